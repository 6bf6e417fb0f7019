# SPDX-License-Identifier: Apache-2.0
"""Every operation of the matrix through POST /v1/batch: it answers and refuses as it does alone, and is named."""

import pytest

import matrix_oracle
from matrix_world import CALLERS, DRAFT, JAM, NOBODY_S, SHELF, TEA, TICKET, cases, world  # noqa: F401

MADE_ANEW = ("id", "createdAt", "updatedAt", "deletedAt")


def settled(value):
    """Without what is made anew each time that it is asked."""
    if isinstance(value, list):
        return [settled(item) for item in value]
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items() if key not in MADE_ANEW}
    return value


def reads(oracle, resource):
    """(method, path, body) of what may be asked of a resource without changing it."""
    path = f"/v1/{resource.collection}"
    ids = [*oracle.rows[resource.name], NOBODY_S]
    yield from (("GET", f"{path}/{key}", None) for key in ids)
    yield from (("GET", f"{path}/{key}?include={relation}", None) for relation in resource.to_one for key in ids[:2])
    for relation in [*resource.to_one, *resource.to_many]:
        yield "GET", f"{path}?perPage=100&sort=-id&include={relation}", None
    if resource.said.get("audit"):
        yield from (("GET", f"{path}/{key}/history", None) for key in ids)
    for field, kind in resource.types.items():
        yield "GET", f"{path}?fields={field}", None
        yield "GET", f"{path}?filter={field}%20%3D%3D%20{field}", None
        if not kind.startswith("["):
            yield "GET", f"{path}?sort={field}&{field}[isNull]=false", None
            yield "GET", f"{path}/aggregate?select=count,min({field})", None
            yield "GET", f"{path}/aggregate?select=count&groupBy={field}&sort={field}", None
            yield "QUERY", path, {"where": {field: {"isNull": False}}, "sort": [field]}


BODIES = {
    "Category": [{"name": "New shelf"}, {"name": "Shelf"}, {"name": "New shelf", "parentId": NOBODY_S}, {"name": 5}],
    "Product": [{"sku": "NEW-1", "name": "New", "price": "1.00", "categoryId": SHELF},
                {"sku": "TEA-1", "name": "New", "price": "1.00", "categoryId": SHELF},
                {"sku": "NEW-1", "name": "New", "price": "1.00", "cost": "2.00", "categoryId": SHELF},
                {"sku": "NEW-1", "name": "New", "price": "1.00", "supplier": "s", "categoryId": SHELF}],
    "Order": [{}, {"note": "mine"}, {"total": "5.00"}],
    "OrderLine": [{"orderId": DRAFT, "productId": JAM, "quantity": 1},
                  {"orderId": DRAFT, "productId": TEA, "quantity": 1},
                  {"orderId": NOBODY_S, "productId": JAM, "quantity": 1}, {"orderId": DRAFT, "productId": JAM}],
    "Review": [{"productId": JAM, "stars": 3}, {"productId": TEA, "stars": 3}, {"productId": JAM, "stars": 9},
               {"productId": JAM, "stars": 3, "ticket": TICKET}, {"productId": JAM, "stars": 5, "ticket": "mine"}],
}


def writes(oracle, resource):
    """(method, path, body) of writes, right and wrong; dry, so that each finds the same rows."""
    path = f"/v1/{resource.collection}"
    for body in BODIES[resource.name]:
        yield "POST", path, body
    for key in [*oracle.rows[resource.name], NOBODY_S]:
        yield "PATCH", f"{path}/{key}", {}
        yield "PUT", f"{path}/{key}", BODIES[resource.name][0]
        yield from (("PATCH", f"{path}/{key}", {field: None}) for field in resource.said["fields"]
                    if field in resource.types)
        yield "DELETE", f"{path}/{key}", None
        if resource.soft_delete:
            yield "POST", f"{path}/{key}/restore", None


def answers_alike(client, method, path, body, dry=""):
    alone = client.request(method, path + dry, body)
    operation = {"id": "it", "method": method, "path": path, **({} if body is None else {"body": body})}
    first = {"method": "GET", "path": "/v1/categories?fields=name&perPage=1"}  # which everybody may
    batch = client.post("/v1/batch" + dry, {"operations": [first, operation]})
    if alone.status < 400:
        assert batch.status == 200, (method, path, body, batch.raw)
        result = batch.body["data"][1]
        assert (result["id"], result["status"]) == ("it", alone.status)
        assert settled(result["data"]) == settled(alone.body["data"] if alone.raw else None), (method, path, body)
    else:
        assert batch.status == alone.status, (method, path, body, alone.raw, batch.raw)
        assert batch.body["error"] == {**alone.body["error"], "operation": {"index": 1, "id": "it"}}
        assert batch.headers.get("www-authenticate") == alone.headers.get("www-authenticate")
    return alone.status


@pytest.mark.parametrize("name,of", cases())
def test_reads_in_a_batch_answer_as_alone(world, name, of):  # noqa: F811
    oracle, clients = world
    for method, path, body in reads(oracle, oracle.resources[of]):
        answers_alike(clients[name], method, path, body)


@pytest.mark.parametrize("name,of", [case for case in cases() if case[1] != "User"])
def test_writes_in_a_batch_answer_as_alone(world, name, of):  # noqa: F811
    oracle, clients = world
    before = {key: len(rows) for key, rows in oracle.rows.items()}
    resource = oracle.resources[of]
    statuses = {answers_alike(clients[name], *one, dry="?dryRun=true") for one in writes(oracle, resource)}
    assert len(statuses) > 1 or oracle.refused(resource, "create", CALLERS[name]), statuses
    oracle.reload()
    assert {key: len(rows) for key, rows in oracle.rows.items()} == before


@pytest.mark.parametrize("name", [name for name, caller in CALLERS.items() if caller and caller["id"]])
def test_what_is_refused_undoes_what_was_admitted(world, name):  # noqa: F811
    oracle, clients = world
    own = {"method": "POST", "path": "/v1/orders", "body": {"note": "to be undone"}}
    refused = [
        ({"method": "GET", "path": f"/v1/orders/{NOBODY_S}"}, 404),
        ({"method": "GET", "path": "/v1/users"}, 403),
        ({"method": "GET", "path": "/v1/orders?sort=note"}, 403),
        ({"method": "PATCH", "path": f"/v1/categories/{SHELF}", "body": {}, "ifMatch": '"99"'},
         412 if "staff" in oracle.roles_of(CALLERS[name]) else 403),
        ({"method": "POST", "path": "/v1/reviews", "body": {"productId": TEA, "stars": 9}}, 422),
        ({"method": "POST", "path": "/v1/reviews", "body": {"productId": TEA, "stars": 3}}, 409),
    ]
    for operation, status in refused:
        answer = clients[name].post("/v1/batch", {"operations": [own, own, {**operation, "id": "last"}]})
        assert answer.status == status, (operation, answer.raw)
        assert answer.body["error"]["operation"] == {"index": 2, "id": "last"}
    before = len(oracle.rows["Order"])
    oracle.reload()
    assert len(oracle.rows["Order"]) == before


@pytest.mark.parametrize("name", CALLERS)
def test_a_reference_reaches_only_what_its_caller_was_answered(world, name):  # noqa: F811
    oracle, clients = world
    caller, resource = CALLERS[name], oracle.resources["Product"]
    for field in resource.fields:
        if resource.types[field].startswith("["):
            continue
        readable = oracle.reads_field(resource, field, matrix_oracle.UNKNOWN, caller) is True
        answer = clients[name].post("/v1/batch", {"operations": [
            {"id": "p", "method": "GET", "path": f"/v1/products/{TEA}"},
            {"method": "GET", "path": "/v1/products?fields=id&name=${p.%s}" % field}]})
        value = answer.body["data"][0]["data"].get(field) if readable and answer.status == 200 else None
        wanted = 400 if not readable or value is None and oracle.rows["Product"][TEA][field] is None else 200
        assert answer.status == wanted, (field, answer.raw)
        assert wanted == 200 or answer.body["error"]["operation"] == {"index": 1}
        assert wanted == 200 or f"${{p.{field}}}" in answer.body["error"]["message"]
