# SPDX-License-Identifier: Apache-2.0
"""Shapes at the edge (tests/service/edges.yaml): what a row that a caller may not get lets slip, and what goes wrong
where rows refer to each other in circles or come by the thousand."""

import json

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/edges.yaml"


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "edges") as server:
        yield server


@pytest.fixture
def client(server):
    return server.client()


def made(answer):
    assert answer.status == 201, answer.raw
    return answer.body["data"]


def details(answer):
    return sorted((detail["field"], detail["code"]) for detail in answer.body["error"]["details"])


def test_a_default_wider_than_64_bits_on_its_way_is_exact(client):
    rate = made(client.post("/v1/rates", {"rate": "5000", "factor": "5000"}))
    assert made(client.post("/v1/invoices", {"rateId": rate["id"]}))["total"] == "25000000.00"


def test_a_default_lets_nothing_slip_of_a_row_that_cannot_be_referred_to(client, server):
    admin = server.client(server.token("admin"))
    hidden = made(admin.post("/v1/hiddens", {"price": "12.34", "factor": "1"}))
    dear = client.post("/v1/lines", {"hiddenId": hidden["id"], "quantity": 82})
    cheap = client.post("/v1/lines", {"hiddenId": hidden["id"], "quantity": 81})
    absent = client.post("/v1/lines", {"hiddenId": 4711, "quantity": 82})
    for answer in (dear, cheap, absent):
        assert answer.status == 422 and details(answer) == [("hiddenId", "REFERENCE_NOT_FOUND")], answer.raw
    told = admin.post("/v1/lines", {"hiddenId": hidden["id"], "quantity": 82})
    assert told.status == 422 and told.body["error"]["details"][0]["code"] == "CHECK", told.raw
    assert made(admin.post("/v1/lines", {"hiddenId": hidden["id"], "quantity": 81}))["unit"] == "12.340000"


def test_a_guess_of_an_unread_value_shows_in_nothing(client, server):
    admin = server.client(server.token("admin"))
    hidden = made(admin.post("/v1/hiddens", {"price": "1", "factor": "1"}))
    box = made(admin.post("/v1/boxes", {"secret": "right", "ownerId": hidden["id"]}))
    path = f"/v1/boxes/{box['id']}"
    assert client.patch(path, {"ownerId": hidden["id"]}).status == client.patch(path, {"ownerId": 4711}).status == 422
    right, wrong = client.patch(path, {"secret": "right"}), client.patch(path, {"secret": "wrong"})
    assert (right.body["data"]["version"], wrong.body["data"]["version"]) == (2, 3)
    assert admin.get(path).body["data"]["secret"] == "wrong"


def test_what_the_row_lets_one_read_can_be_sent_back(client):
    box = made(client.post("/v1/boxes", {"open": True}))
    assert box["half"] == "d"
    same = client.patch(f"/v1/boxes/{box['id']}", {"half": "d"})
    assert same.status == 200 and same.body["data"]["version"] == 1, same.raw
    assert client.patch(f"/v1/boxes/{box['id']}", {"half": "e"}).status == 401


def test_a_patch_of_a_null_json_field_removes_nulls(client):
    box = made(client.post("/v1/boxes", {}))
    patched = client.patch(f"/v1/boxes/{box['id']}", {"j": {"a": None, "b": {"c": None, "d": 1}}})
    assert patched.body["data"]["j"] == {"b": {"d": 1}}


def test_the_history_of_a_row_begins_with_it(client):
    made(client.post("/v1/docs", {"id": "x", "text": "first"}))
    assert client.patch("/v1/docs/x", {"text": "secret of the first"}).status == 200
    assert client.delete("/v1/docs/x").status == 204
    made(client.post("/v1/docs", {"id": "x", "text": "second"}))
    client.patch("/v1/docs/x", {"text": "third"})
    history = client.get("/v1/docs/x/history")
    assert [entry["action"] for entry in history.body["data"]] == ["update", "create"], history.raw
    assert history.body["meta"]["total"] == 2 and b"secret of the first" not in history.raw


@pytest.mark.parametrize("rows", [
    [("A", {}), ("B", {"aId": "A"}), ("A", {"aId": "B"})],
    [("P", {}), ("Q1", {"aId": "P"}), ("Q2", {"aId": "P", "bId": "Q1"})],
    [("P", {}), ("Q2", {"aId": "P"}), ("Q1", {"aId": "P", "bId": "Q2"})],
    [("S", {}), ("S", {"rId": "S"})],
    [("G", {}), ("G1", {"aId": "G"}), ("G2", {"aId": "G", "rId": "G1"})],
], ids=["circle", "siblings", "siblings the other way", "itself", "restricting among themselves"])
def test_rows_that_go_together_do_not_hold_each_other(client, rows):
    for name, fields in rows:
        if client.get(f"/v1/nodes/{name}").status == 200:
            assert client.patch(f"/v1/nodes/{name}", fields).status == 200
        else:
            made(client.post("/v1/nodes", {"id": name, **fields}))
    gone = client.delete(f"/v1/nodes/{rows[0][0]}")
    assert gone.status == 204, gone.raw
    assert client.get("/v1/nodes").body["meta"]["total"] == 0


def test_what_is_cleared_passes_its_checks_and_is_one_change(client):
    for name in ("N1", "N2"):
        made(client.post("/v1/nodes", {"id": name}))
    made(client.post("/v1/nodes", {"id": "N0", "aId": "N1"}))
    made(client.post("/v1/tags", {"id": "t", "xId": "N1", "yId": "N1"}))
    refused = client.delete("/v1/nodes/N1")
    assert refused.status == 409 and refused.body["error"]["code"] == "REFERENCED", refused.raw
    assert client.patch("/v1/tags/t", {"note": "long enough"}).status == 200
    assert client.delete("/v1/nodes/N1").status == 204
    tag = client.get("/v1/tags/t").body["data"]
    assert (tag["xId"], tag["yId"], tag["version"]) == (None, None, 3)
    newest = client.get("/v1/tags/t/history").body["data"][0]
    assert (newest["after"]["xId"], newest["after"]["yId"], newest["version"]) == (None, None, 3)


def test_exactly_as_many_included_rows_as_are_allowed_all_come(server, module_directory):
    rows = {"Parent": [{"id": 1000 + i} for i in range(100)],
            "Kid": [{"id": 100_000 + i, "parentId": 1000 + i // 101} for i in range(10_100)]}
    path = module_directory / "many.json"
    path.write_text(json.dumps(rows))
    server.load(path)
    listed = server.client().get("/v1/parents", perPage=100, include="kids", **{"id[gte]": 1000})
    assert listed.status == 200, listed.raw
    assert {len(parent["kids"]) for parent in listed.body["data"]} == {100}
    assert len(listed.body["meta"]["more"]) == 100


def test_a_filter_loops_over_rows_within_rows_only_so_deep(client):
    twice = "kids.exists(a, kids.exists(b, b.n == a.n))"
    assert client.get("/v1/parents", filter=twice).status == 200
    thrice = client.get("/v1/parents", filter="kids.exists(a, kids.exists(b, kids.exists(c, c.n == a.n)))")
    assert thrice.status == 400 and thrice.body["error"]["code"] == "INVALID_QUERY", thrice.raw


def test_rows_too_large_together_are_refused_by_name(client):
    for _ in range(36):
        made(client.post("/v1/boxes", {"text": "x" * 950_000}))
    answer = client.get("/v1/boxes", perPage=100)
    assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY", answer.raw[:300]
    assert client.get("/v1/boxes", perPage=100, fields="id,version").status == 200


def test_a_null_int_becomes_a_null_decimal(client):
    parent = made(client.post("/v1/parents", {}))
    assert made(client.post("/v1/kids", {"parentId": parent["id"]}))["half"] is None
    assert made(client.post("/v1/kids", {"parentId": parent["id"], "n": 3}))["half"] == "3.00"


def test_a_function_called_the_wrong_way_round_says_so(client):
    answer = client.get("/v1/parents", filter="sum(kids.map(k, k.n)) > 9")
    assert answer.status == 400 and "x.sum(...)" in answer.body["error"]["message"]
