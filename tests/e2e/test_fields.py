# SPDX-License-Identifier: Apache-2.0
"""Fields that are more than stored and shown; what requests and answers alone do not tell is looked at here."""

import json
import sqlite3

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/fields.yaml"
SECRET = "never-ever"


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "fields") as server:
        yield server


def test_a_write_only_field_leaves_no_trace_in_audit_and_logs(server):
    client = server.client()
    assert client.post("/v1/accounts", {"id": "x", "name": "X", "pin": SECRET}).status == 201
    assert client.patch("/v1/accounts/x", {"hints": {"a": SECRET}, "name": "Y"}).status == 200
    assert client.patch("/v1/accounts/x", {"pin": SECRET * 2}).status == 422
    assert client.post("/v1/accounts", {"id": "y", "name": "Y", "pin": SECRET}).status == 409
    gone = client.delete("/v1/accounts/x")
    assert gone.status == 204
    server.wait_event("request", requestId=gone.headers["x-request-id"])
    link = sqlite3.connect(f"file:{server.directory / 'store.db'}?mode=ro", uri=True)
    told = link.execute("SELECT before, after FROM audit_entries WHERE row_id = 'x' ORDER BY id").fetchall()
    link.close()
    assert len(told) == 3
    for image in (json.loads(text) for row in told for text in row if text is not None):
        assert "name" in image and not {"pin", "hints", "viaId"} & image.keys()
    assert SECRET not in json.dumps(told) and SECRET not in json.dumps(server.error_text)


@pytest.fixture(scope="module")
def schemas(module_directory):
    exported = json.loads(harness.succeed("export", "openapi", CONTRACT, cwd=module_directory).stdout)
    listed = exported["paths"]["/v1/accounts"]["get"]["parameters"]
    return exported["components"]["schemas"], {parameter.get("name", "") for parameter in listed}


def test_a_write_only_field_is_described_in_bodies_alone(schemas):
    found, parameters = schemas
    for body in ("AccountCreate", "AccountPatch", "AccountReplace"):
        assert found[body]["properties"]["pin"]["writeOnly"] is True, body
    assert "pin" in found["AccountCreate"]["required"] and "pin" not in found["AccountReplace"].get("required", [])
    for answer in ("Account", "AccountView"):
        assert not {"pin", "hints", "viaId"} & found[answer]["properties"].keys()
    assert "name" in parameters and not {name for name in parameters if name.startswith(("pin", "hints", "viaId"))}
