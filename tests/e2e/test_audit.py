# SPDX-License-Identifier: Apache-2.0
"""The audit of a row: who, what, before, after, and by which request; written with the change or not at all."""

import json

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/relations.yaml"
ANN = "00000000-0000-4000-8000-00000000000a"


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "audit") as server:
        yield server


def test_every_change_is_told_with_its_caller_and_request(server):
    ann, staff, archivist = server.as_role(user=ANN), server.as_role("staff"), server.as_role("archivist")
    made = ann.request("POST", "/v1/docs", {"title": "One"}, {"X-Request-Id": "audit-create"}).body["data"]
    path = f"/v1/docs/{made['id']}"
    assert server.client().request("PATCH", path, {"title": "Two"}, {"X-Request-Id": "audit-update"}).status == 200
    assert ann.request("PATCH", path, {"title": None}, {"X-Request-Id": "audit-refused"}).status == 422
    assert ann.request("PATCH", path, {"title": "Two"}, {"X-Request-Id": "audit-nothing"}).status == 200
    assert ann.request("DELETE", path, None, {"X-Request-Id": "audit-delete"}).status == 204
    assert archivist.request("POST", path + "/restore", None, {"X-Request-Id": "audit-restore"}).status == 200
    answer = staff.get(path + "/history")
    assert answer.status == 200, answer.raw
    entries = {}
    for entry in answer.body["data"]:
        told = json.dumps(entry)
        marks = [mark for mark in ("create", "update", "refused", "nothing", "delete", "restore")
                 if f"audit-{mark}" in told]
        assert len(marks) == 1, entry
        entries[marks[0]] = entry
    assert sorted(entries) == ["create", "delete", "restore", "update"]
    assert entries["create"]["before"] is None and entries["create"]["after"]["title"] == "One"
    assert entries["update"]["before"]["title"] == "One" and entries["update"]["after"]["title"] == "Two"
    assert entries["delete"]["before"]["title"] == "Two"
    assert ANN in json.dumps(entries["create"]) and ANN not in json.dumps(entries["update"])
    versions = [entry.get("version") for entry in answer.body["data"]]
    assert sorted(versions) in ([1, 2, 3, 4], [4, 3, 2, 1]), versions


def test_a_history_is_read_page_by_page(server):
    client, staff = server.client(), server.as_role("staff")
    made = client.post("/v1/docs", {"title": "Paged"}).body["data"]
    for number in range(24):
        assert client.patch(f"/v1/docs/{made['id']}", {"body": str(number)}).status == 200
    first = staff.get(f"/v1/docs/{made['id']}/history", perPage=20)
    second = staff.get(f"/v1/docs/{made['id']}/history", perPage=20, page=2)
    assert (len(first.body["data"]), len(second.body["data"])) == (20, 5)
    assert first.body["meta"]["total"] == 25
