# SPDX-License-Identifier: Apache-2.0
"""Errors, for every caller of the matrix: they name what the caller may read, and tell nothing of what it may not.

That no value shows is asked of every answer by matrix_world.Watched."""

import base64
import uuid

import pytest

import harness
import matrix_world
from matrix_world import (CALLERS, DRAFT, FORMER_NOTE, GONE, JAM, NOBODY_S, SHELF, TEA, TICKET, cases, found_in,
                          world)  # noqa: F401

DRY = "?dryRun=true"


def test_the_watch_sees_what_stands_in_an_answer(world):  # noqa: F811
    oracle, clients = world
    secrets = matrix_world.Secrets(oracle)
    told = [clients["staff"].get(f"/v1/{path}&perPage=100") for path in ("products?deleted=with", "orders?sort=id")]
    for name in ("anonymous", "ann", "bob"):
        seen = {secret for secret in secrets.of(name) for answer in told if found_in(secret, answer)}
        assert len(seen) > 5, (name, seen)
    assert FORMER_NOTE in secrets.of("staff") and FORMER_NOTE not in secrets.of("ann")
    cursor = base64.urlsafe_b64encode(b"a cursor of " + uuid.UUID(DRAFT).bytes + b" and more").decode().rstrip("=")
    for raw, headers in ((b"{}", {"location": f"/v1/orders/{DRAFT}"}), (cursor.encode(), {}), (DRAFT.encode(), {})):
        assert found_in(DRAFT, harness.Answer(200, headers, None, raw))
    assert not found_in(DRAFT, harness.Answer(200, {}, None, b"{}"))


def fields_of(answer):
    return [detail.get("field") for detail in answer.body["error"].get("details", [])]


def is_staff(oracle, name):
    return "staff" in oracle.roles_of(CALLERS[name])


USERS = [name for name, caller in CALLERS.items() if caller and caller["id"]]


@pytest.mark.parametrize("name", USERS)
def test_a_conflict_names_only_what_its_caller_reads(world, name):  # noqa: F811
    oracle, clients = world
    taken = clients[name].post("/v1/reviews" + DRY, {"productId": JAM, "stars": 3, "ticket": TICKET})
    assert taken.status == 409 and taken.body["error"]["code"] == "CONFLICT", taken.raw
    assert fields_of(taken) == (["ticket"] if is_staff(oracle, name) else [])
    free = clients[name].post("/v1/reviews" + DRY, {"productId": JAM, "stars": 3, "ticket": "free"})
    assert free.status == 201 and ("ticket" in free.body["data"]) == is_staff(oracle, name)


@pytest.mark.parametrize("name", USERS)
def test_a_conflict_of_readable_fields_names_them(world, name):  # noqa: F811
    _, clients = world
    twice = clients[name].post("/v1/reviews" + DRY, {"productId": TEA, "stars": 3})
    assert twice.status == 409 and fields_of(twice) == ["productId", "authorId"], twice.raw


@pytest.mark.parametrize("name", USERS)
def test_a_check_and_a_wrong_value_repeat_no_value(world, name):  # noqa: F811
    _, clients = world
    given = "canary-given-by-the-caller"
    for body, field in (({"productId": JAM, "stars": 5, "ticket": given}, "ticket"),
                        ({"productId": JAM, "stars": 5000, "body": given}, "stars"),
                        ({"productId": given, "stars": 1}, "productId")):
        answer = clients[name].post("/v1/reviews" + DRY, body)
        assert answer.status == 422 and field in fields_of(answer), answer.raw
        assert given not in answer.raw.decode(), answer.raw


@pytest.mark.parametrize("name", [name for name in CALLERS if name in ("staff", "admin", "ann as staff")])
def test_a_check_over_a_guarded_field_tells_who_reads_it_where_it_is(world, name):  # noqa: F811
    _, clients = world
    answer = clients[name].patch(f"/v1/products/{TEA}{DRY}", {"price": "5.00"})
    assert answer.status == 422 and fields_of(answer) == ["price"], answer.raw
    assert "7319.46" not in answer.raw.decode()


@pytest.mark.parametrize("name", USERS)
def test_a_reference_to_a_deleted_row_is_one_to_nothing(world, name):  # noqa: F811
    _, clients = world
    answers = [clients[name].post("/v1/reviews" + DRY, {"productId": key, "stars": 3}) for key in (GONE, NOBODY_S)]
    assert [answer.status for answer in answers] == [422, 422]
    assert answers[0].body["error"] == answers[1].body["error"] and fields_of(answers[0]) == ["productId"]


@pytest.mark.parametrize("name", CALLERS)
def test_a_reference_to_a_hidden_row_is_one_to_nothing(world, name):  # noqa: F811
    oracle, clients = world
    caller = CALLERS[name]
    readable = oracle.visible(oracle.resources["Order"], "get", caller)
    nothing = clients[name].post("/v1/order-lines" + DRY, {"orderId": NOBODY_S, "productId": JAM, "quantity": 1})
    for key in oracle.rows["Order"]:
        if key not in readable:
            hidden = clients[name].post("/v1/order-lines" + DRY, {"orderId": key, "productId": JAM, "quantity": 1})
            assert hidden.status == nothing.status and hidden.body["error"] == nothing.body["error"], hidden.raw


@pytest.mark.parametrize("name", CALLERS)
def test_what_still_refers_is_told_to_who_lists_it(world, name):  # noqa: F811
    oracle, clients = world
    answer = clients[name].delete(f"/v1/categories/{SHELF}{DRY}")
    if is_staff(oracle, name):
        assert answer.status == 409 and answer.body["error"]["code"] == "REFERENCED", answer.raw
        assert all(key not in answer.raw.decode() for key in (TEA, JAM, GONE))
    else:
        assert answer.status == (401 if CALLERS[name] is None else 403)


@pytest.mark.parametrize("name,of", cases())
def test_a_hidden_row_answers_as_one_that_is_absent(world, name, of):  # noqa: F811
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    readable = oracle.visible(resource, "get", caller)
    asked = [("GET", "", None), ("HEAD", "", None), ("GET", "?include=" + next(iter(resource.to_one), ""), None)]
    if of != "User":
        asked += [("PATCH", DRY, {}), ("PATCH", DRY, {"nothing": 5}), ("DELETE", DRY, None)]
    asked += [("GET", "/history", None)] if resource.said.get("audit") else []
    for method, behind, body in asked:
        if behind == "?include=":
            continue
        for headers in ({}, {"If-Match": '"1"'}, {"If-None-Match": "*"}):
            absent = clients[name].request(method, f"/v1/{resource.collection}/{NOBODY_S}{behind}", body, headers)
            for key in oracle.rows[of]:
                if key not in readable:
                    hidden = clients[name].request(method, f"/v1/{resource.collection}/{key}{behind}", body, headers)
                    assert like(hidden) == like(absent), (method, key, behind, hidden.raw)


def like(answer):
    """An answer without what is of its request alone."""
    heads = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
    return answer.status, heads, answer.body and answer.body["error"]


@pytest.mark.parametrize("name", CALLERS)
def test_a_refused_field_is_named_and_not_told(world, name):  # noqa: F811
    oracle, clients = world
    caller = CALLERS[name]
    resource = oracle.resources["Product"]
    for key in (TEA, DRAFT):
        answer = clients[name].patch(f"/v1/products/{key}{DRY}", {"cost": "1.00", "supplier": "canary-supplier-of-jam"})
        if not oracle.refused(resource, "update", caller):
            assert answer.status == (409 if key == TEA else 404), answer.raw
            assert key != TEA or fields_of(answer) == ["supplier"]
        else:
            assert answer.status == (401 if caller is None else 403), answer.raw
            assert not answer.body["error"].get("details")
