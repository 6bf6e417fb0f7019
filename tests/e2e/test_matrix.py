# SPDX-License-Identifier: Apache-2.0
"""Operation x field x caller of the shop example: what the server answers against what the oracle expects."""

import pytest

import matrix_oracle
from matrix_world import (CALLERS, GONE, JAM, NOBODY_S, ORDERS, TEA, cases, expected_row, shown, without_times,
                          world)  # noqa: F401


@pytest.mark.parametrize("name,of", cases())
def test_list_shows_the_rows_and_fields_that_the_rules_admit(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    answer = clients[name].get(f"/v1/{resource.collection}?perPage=100")
    refused = oracle.refused(resource, "list", caller)
    if refused:
        assert answer.status == refused, answer.body
        return
    rows = oracle.visible(resource, "list", caller)
    assert answer.status == 200, answer.body
    assert {row["id"] for row in answer.body["data"]} == set(rows)
    assert answer.body["meta"]["total"] == len(rows)
    for row in answer.body["data"]:
        assert without_times(resource, row) == expected_row(oracle, resource, rows[row["id"]], caller)


@pytest.mark.parametrize("name,of", cases())
def test_get_judges_every_row(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    refused = oracle.refused(resource, "get", caller)
    rows = oracle.visible(resource, "get", caller)
    for key in [*oracle.rows[of], NOBODY_S]:
        answer = clients[name].get(f"/v1/{resource.collection}/{key}")
        assert answer.status == (refused or (200 if key in rows else 404)), (key, answer.body)
        if answer.status == 200:
            assert without_times(resource, answer.body["data"]) == expected_row(oracle, resource, rows[key], caller)


def in_clause(oracle, resource, field, caller):
    """The status of a list whose clause names the field: it must be readable whatever the row."""
    readable = oracle.reads_field(resource, field, matrix_oracle.UNKNOWN, caller) is True
    return 200 if readable else 401 if caller is None else 403


def selected(oracle, resource, field, caller):
    """The same where it is asked for in the answer: a rule that looks at the row shapes that alone."""
    never = oracle.reads_field(resource, field, matrix_oracle.UNKNOWN, caller) is False
    return 200 if not never else 401 if caller is None else 403


def refuse_alike(client, path, clauses, field, wanted):
    for clause in clauses:
        answer = client.get(f"{path}?{clause}")
        assert answer.status == wanted, (clause, answer.body)
        assert wanted == 200 or field in answer.body["error"]["message"]


@pytest.mark.parametrize("name,of", cases())
def test_no_clause_touches_a_field_that_may_not_be_read(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    if oracle.refused(resource, "list", caller):
        return
    for field, kind in resource.types.items():
        wanted = in_clause(oracle, resource, field, caller)
        refuse_alike(clients[name], f"/v1/{resource.collection}", [f"fields={field}"], field,
                     selected(oracle, resource, field, caller))
        clauses = [f"filter={field}%20%3D%3D%20{field}"]
        if not kind.startswith("["):
            clauses += [f"sort={field}", f"{field}[isNull]=true", f"sort={field}&after="]
        refuse_alike(clients[name], f"/v1/{resource.collection}", clauses, field, wanted)


def sortable(kind):
    return not kind.startswith(("[", "json", "bytes"))


@pytest.mark.parametrize("name,of", cases())
def test_a_query_in_a_body_meets_the_same_rules(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    path = f"/v1/{resource.collection}"
    answer = clients[name].request("QUERY", path, {"perPage": 100, "where": {"not": {"id": NOBODY_S}}})
    refused = oracle.refused(resource, "list", caller)
    if refused:
        assert answer.status == refused, answer.body
        return
    rows = oracle.visible(resource, "list", caller)
    assert answer.status == 200 and {row["id"] for row in answer.body["data"]} == set(rows), answer.body
    for row in answer.body["data"]:
        assert without_times(resource, row) == expected_row(oracle, resource, rows[row["id"]], caller)
    for field, kind in resource.types.items():
        wanted = in_clause(oracle, resource, field, caller)
        chosen = clients[name].request("QUERY", path, {"fields": [field]})
        assert chosen.status == selected(oracle, resource, field, caller), (field, chosen.body)
        bodies = [{"filter": f"{field} == {field}"}]
        if sortable(kind):
            null = {field: {"isNull": True}}
            bodies += [{"sort": [field]}, {"where": null}, {"where": {"or": [{"not": null}, {"id": NOBODY_S}]}}]
        for body in bodies:
            answer = clients[name].request("QUERY", path, body)
            assert answer.status == wanted, (body, answer.body)
            assert wanted == 200 or field in answer.body["error"]["message"]


def tally(rows, field, kind):
    """What an aggregate says of a field: {function: {field: value}} of those that it has."""
    values = [row[field] for row in rows if row[field] is not None]
    if kind == "datetime" or not sortable(kind):
        return {}
    said = {"min": min(values, default=None), "max": max(values, default=None)}
    if kind == "int" or kind.startswith("decimal"):
        said["sum"] = sum(values) if values else None
    return {function: {field: shown(kind, value)} for function, value in said.items()}


@pytest.mark.parametrize("name,of", cases())
def test_aggregates_show_the_rows_and_fields_that_the_rules_admit(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    path = f"/v1/{resource.collection}/aggregate"
    refused = oracle.refused(resource, "list", caller)
    if refused:
        assert clients[name].get(f"{path}?select=count").status == refused
        return
    rows = list(oracle.visible(resource, "list", caller).values())
    assert clients[name].get(f"{path}?select=count").body["data"] == [{"count": len(rows)}]
    for field, kind in resource.types.items():
        if oracle.reads_field(resource, field, matrix_oracle.UNKNOWN, caller) is not True or kind == "datetime":
            continue
        if said := tally(rows, field, kind):
            select = ",".join(f"{function}({field})" for function in said)
            answer = clients[name].get(f"{path}?select={select}")
            assert answer.status == 200 and answer.body["data"] == [said], (field, answer.body)
            groups = clients[name].get(f"{path}?select=count&groupBy={field}&perPage=100")
            counted = {group[field]: group["count"] for group in groups.body["data"]}
            alike = [shown(kind, row[field]) for row in rows]
            assert counted == {value: alike.count(value) for value in alike}, (field, groups.body)


@pytest.mark.parametrize("name,of", cases())
def test_no_aggregate_touches_a_field_that_may_not_be_read(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    if oracle.refused(resource, "list", caller):
        return
    for field, kind in resource.types.items():
        wanted = in_clause(oracle, resource, field, caller)
        if not sortable(kind):
            continue
        clauses = [f"select=min({field})", f"select=count&groupBy={field}", f"select=count&{field}[isNull]=true",
                   f"select=count&having[max({field})][isNull]=true", f"select=count&sort=-max({field})",
                   f"select=count&filter={field}%20%3D%3D%20{field}"]
        if kind == "datetime":
            clauses.append(f"select=count&groupBy={field}:month")
        refuse_alike(clients[name], f"/v1/{resource.collection}/aggregate", clauses, field, wanted)


@pytest.mark.parametrize("name,of", cases())
def test_includes_follow_the_rules_of_what_they_bring(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    if oracle.refused(resource, "list", caller):
        return
    for relation, target_name in resource.to_one.items():
        target = oracle.resources[target_name]
        admitted = oracle.visible(target, "get", caller)
        for row in clients[name].get(f"/v1/{resource.collection}?perPage=100&include={relation}").body["data"]:
            key = row[relation + "Id"]
            assert (row[relation] or {}).get("id") == (key if key in admitted else None)
    for relation, (target_name, via) in resource.to_many.items():
        target = oracle.resources[target_name]
        admitted = oracle.visible(target, "list", caller)
        for row in clients[name].get(f"/v1/{resource.collection}?perPage=100&include={relation}").body["data"]:
            mine = {key for key, related in admitted.items() if related[via + "Id"] == row["id"]}
            assert {related["id"] for related in row[relation]} == mine


@pytest.mark.parametrize("name,of", [case for case in cases() if case[1] != "User"])
def test_an_update_needs_its_rule(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    refused = oracle.refused(resource, "update", caller)
    readable = oracle.visible(resource, "get", caller)
    for key, row in oracle.rows[of].items():
        answer = clients[name].patch(f"/v1/{resource.collection}/{key}", {})
        admitted = 200 if oracle.may(resource, "update", row, caller) else 403
        wanted = refused or (admitted if key in readable else 404)
        assert answer.status == wanted, (key, answer.body)


@pytest.mark.parametrize("name,of", [case for case in cases() if case[1] != "User"])
def test_writing_a_field_needs_its_rule(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    for key, row in oracle.visible(resource, "get", caller).items():
        if not oracle.may(resource, "update", row, caller):
            continue
        for field, said in resource.fields.items():
            if "write" in said and oracle.holds(said["write"], resource, row, caller) is not True:
                answer = clients[name].patch(f"/v1/{resource.collection}/{key}", {field: "1.00"})
                assert answer.status in (401, 403) and field in answer.body["error"]["message"], answer.body


@pytest.mark.parametrize("name,of", [case for case in cases() if case[1] != "User"])
def test_what_was_read_is_sent_back_by_who_may_update(world, name, of):
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    readable = oracle.visible(resource, "get", caller)
    refused = oracle.refused(resource, "update", caller)
    absent = clients[name].put(f"/v1/{resource.collection}/{NOBODY_S}?dryRun=true", {})
    for key, row in oracle.rows[of].items():
        path = f"/v1/{resource.collection}/{key}"
        if key not in readable:  # as if there were none, but for the creation that its id is in the way of
            answer = clients[name].put(path + "?dryRun=true", {})
            wanted = absent.status if absent.status != 201 else 404
            assert answer.status == wanted and (wanted == 404 or answer.body["error"] == absent.body["error"])
            continue
        read = clients[name].get(path).body["data"]
        answer = clients[name].put(path + "?dryRun=true", read)
        assert answer.status == (refused or (200 if oracle.may(resource, "update", row, caller) else 403)), answer.body
        if answer.status == 200:
            assert answer.body["data"] == read  # its version and times too


@pytest.mark.parametrize("name", CALLERS)
def test_restoring_and_purging_need_their_rules(world, name):
    oracle, clients = world
    resource, caller = oracle.resources["Product"], CALLERS[name]
    no = 401 if caller is None else 403
    may = not oracle.refused(resource, "restore", caller)
    for key, wanted in ((GONE, 200), (NOBODY_S, 404)):
        answer = clients[name].post(f"/v1/products/{key}/restore?dryRun=true", None)
        assert answer.status == (wanted if may else no), (key, answer.body)
    for key in (TEA, GONE, NOBODY_S):  # write gives no right to purge
        assert clients[name].delete(f"/v1/products/{key}?purge=true&dryRun=true").status == no
    for deleted, live in (("with", True), ("only", False)):
        answer = clients[name].get(f"/v1/products?perPage=100&deleted={deleted}")
        assert answer.status == (200 if may else no), answer.body
        if may:
            rows = {key: row for key, row in oracle.rows["Product"].items() if live or row["deletedAt"] is not None}
            said = {row["id"]: without_times(resource, row) for row in answer.body["data"]}
            assert said == {key: expected_row(oracle, resource, row, caller) for key, row in rows.items()}


def candidates(caller):
    """Bodies that are right but for the rules, with the row that they would become as far as rules look at it."""
    own = caller["id"] if caller else None
    yield "Category", {"name": f"New {own}"}, {}
    yield "Order", {}, {"customerId": own, "status": "draft"}
    for order, _ in ORDERS.items():
        yield "OrderLine", {"orderId": order, "productId": JAM, "quantity": 1}, {"orderId": order}
    yield "Review", {"productId": JAM, "stars": 3}, {"productId": JAM, "authorId": own}


@pytest.mark.parametrize("name", CALLERS)
def test_zz_creation_needs_its_rule(world, name):
    oracle, clients = world
    caller = CALLERS[name]
    for of, body, row in candidates(caller):
        resource = oracle.resources[of]
        row = {**{field: None for field in resource.fields}, **row}
        answer = clients[name].post(f"/v1/{resource.collection}", body)
        if not oracle.may(resource, "create", row, caller):
            assert answer.status == (401 if caller is None else 403), (of, body, answer.body)
        else:
            lacks_user = caller["id"] is None and of in ("Order", "Review")
            assert answer.status == (422 if lacks_user else answer.status) and answer.status in (201, 409, 422), \
                (of, body, answer.body)
            assert lacks_user or answer.status != 422, (of, body, answer.body)


@pytest.mark.parametrize("name,of", [case for case in cases() if case[1] != "User"])
def test_zzz_deletion_needs_its_rule(world, name, of):
    oracle, clients = world
    oracle.reload()
    resource, caller = oracle.resources[of], CALLERS[name]
    refused = oracle.refused(resource, "delete", caller)
    for key in list(oracle.rows[of]):
        oracle.reload()
        readable = oracle.visible(resource, "get", caller)
        if key in readable and oracle.may(resource, "delete", readable[key], caller):
            continue  # admitted: proved below, where nobody else needs the row any more
        answer = clients[name].delete(f"/v1/{resource.collection}/{key}")
        assert answer.status == (refused or (403 if key in readable else 404)), (key, answer.body)


@pytest.mark.parametrize("of", ["Review", "OrderLine", "Order"])
def test_zzzz_admitted_deletions_delete(world, of):
    oracle, clients = world
    for name, caller in CALLERS.items():
        oracle.reload()
        resource = oracle.resources[of]
        readable = oracle.visible(resource, "get", caller)
        for key, row in readable.items():
            if oracle.may(resource, "delete", row, caller):
                assert clients[name].delete(f"/v1/{resource.collection}/{key}").status == 204
                assert clients[name].get(f"/v1/{resource.collection}/{key}").status == 404
                break
