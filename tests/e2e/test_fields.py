# SPDX-License-Identifier: Apache-2.0
"""Fields that are more than stored and shown; what requests and answers alone do not tell is looked at here."""

import json

import harness
import pytest
import tables

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
    link = tables.connect(server.store_path)
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


# Values that a store could give back in another form than they came.
NASTY = [
    {},
    {"flt": -0.0, "dec": -0.0, "num": 0, "big": "-9223372036854775808", "whole": "-999999999999999999"},
    {"flt": 5e-324, "dec": "7", "big": "9223372036854775807", "whole": 1, "flag": False},
    {"flt": 1e300, "dec": "999999.99", "num": -9007199254740991, "flag": True},
    {"flt": 3.0, "str": "", "txt": "a\u0001b\u2028\U0001f600", "doc": None, "tags": [], "nums": []},
    {"uid": "ABCDEF00-0000-4000-8000-00000000000A", "day": "0001-01-01", "at": "9999-12-31T23:59:59.999999+00:00"},
    {"at": "2026-02-03T04:05:06.7+01:30", "span": "P1W", "mail": "Me@EXAMPLE.org", "link": "HTTP://example.org/%7e"},
    {"span": "-PT0.000001S", "doc": {"b": [1.50, -0.0, 1e2, {"": ""}], "a": "\u00e9"}, "blob": "", "color": "red"},
    {"doc": 0.10, "blob": "AP8=", "tags": ["", "a,b", "\"", "\u0001"], "nums": [3, -1, 3]},
    {"doc": "text", "order": 5, "filter": " "},
]


def test_what_a_write_answers_is_what_is_read_then(module_directory):
    def data(answer, status):
        assert answer.status == status, answer.raw
        return answer.raw.partition(b',"meta":')[0]

    with harness.Server(harness.ROOT / "tests/service/everything.yaml", module_directory / "nasty") as server:
        client = server.client()
        for values in NASTY:
            made = client.post("/v1/things", {"label": "a", **values})
            path = f"/v1/things/{made.body['data']['id']}"
            assert data(made, 201) == data(client.get(path), 200), values
            other = client.patch(path, {"label": "b", **values})
            assert data(other, 200) == data(client.get(path), 200), values
            for following in NASTY:
                changed = client.patch(path, following)
                assert data(changed, 200) == data(client.get(path), 200), following


LARGE = """service: large
resources:
  Thing:
    id: int
    fields:
      n: int
      a: {{ type: int, computed: '[{names}].sum()' }}
      b: {{ type: int, computed: '[{names}].sum() + 0' }}
      c: {{ type: int, computed: '0 - [{names}].sum()' }}
      deep: {{ type: int, computed: '{deep}' }}
    access: {{ read: public, write: public }}
"""


@pytest.fixture(scope="module")
def large(module_directory):
    contract = module_directory / "large.yaml"
    contract.write_text(LARGE.format(names=", ".join(["n"] * 230), deep="(" * 13 + "n" + " + 1)" * 13))
    with harness.Server(contract, module_directory / "large") as server:
        client = server.client()
        for number in (3, None, -1):
            assert client.post("/v1/things", {"n": number}).status == 201
        yield client


def ids(answer):
    assert answer.status == 200, answer.raw
    return [row["id"] for row in answer.body["data"]]


def test_large_computed_fields_run_within_limits(large):
    assert ids(large.get("/v1/things", sort="-a,c", after="", perPage=2)) == [1, 3]
    assert ids(large.get("/v1/things", **{"a[gt]": -500, "b[lt]": 700, "sort": "c"})) == [1, 3]
    assert ids(large.get("/v1/things", filter="a + b + a - b + c >= 690")) == [1]
    answer = large.get("/v1/things", sort="a,b,c")
    assert answer.status == 400 and "computed" in answer.body["error"]["message"], answer.raw
    answer = large.get("/v1/things", filter=" || ".join(["a == 1"] * 20))
    assert answer.status == 400 and "5000 parts" in answer.body["error"]["message"], answer.raw
    answer = large.get("/v1/things?" + "&".join(f"a[{op}]=1" for op in ("gt", "gte", "lt", "lte", "ne", "nin")) +
                       "&" + "&".join(f"b[{op}]=1" for op in ("gt", "gte", "lt", "lte", "ne", "nin")))
    assert answer.status == 400 and "5000 parts" in answer.body["error"]["message"], answer.raw


def test_deep_computed_fields_are_refused_where_the_store_could_not_run_them(large):
    refused = 0
    for depth in range(1, 30):
        answer = large.get("/v1/things", filter="!(" * depth + "deep > 15" + ")" * depth)
        assert answer.status in (200, 400), answer.raw
        refused += answer.status == 400
    assert 0 < refused < 29
    assert ids(large.get("/v1/things", filter="deep in [16, deep, 1]", sort="-deep")) == [1, 3, 2]


def test_a_computed_field_is_no_column(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    stored = ("service: t\nresources:\n  Thing:\n    id: int\n    fields:\n      n: int!\n{}"
              "    access: {{ read: public, write: public }}\n")

    def serve(fields):
        contract.write_text(stored.format(fields))
        with harness.Server(contract, tmp_path) as server:
            client = server.client()
            if not client.get("/v1/things").body["data"]:
                assert client.post("/v1/things", {"n": 2}).status == 201
            return client.get("/v1/things/1").body["data"]

    assert "twice" not in serve("")
    assert serve("      twice: { type: int, computed: n * 2 }\n")["twice"] == 4
    assert serve("      twice: { type: string, computed: \"n > 1 ? 'two' : 'one'\" }\n")["twice"] == "two"
    assert "twice" not in serve("")
    assert serve("      twice: int\n")["twice"] is None
    contract.write_text(stored.format("      twice: { type: int, computed: n * 2 }\n"))
    done = harness.run("serve", contract, "--store", harness.store_of(tmp_path / "store.db"), "--listen", "127.0.0.1:0",
                       cwd=tmp_path)
    assert done.returncode != 0 and "Thing.twice is gone" in done.stderr, done.stderr
