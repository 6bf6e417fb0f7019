# SPDX-License-Identifier: Apache-2.0
"""Paths of includes, walks by cursors, and histories, for every caller of the matrix."""

import json

import pytest

import matrix_oracle
import tables
from matrix_world import (ANN, CALLERS, DRAFT, FORMER_NOTE, FORMER_SUPPLIER, NOBODY_S, RESOURCES, TEA, cases,
                          expected_row, without_times, world)  # noqa: F401


def brought(oracle, resource, row, path, caller):
    """What an include path brings behind a row: the rows of its end nested, each level by its own rules."""
    relation, *rest = path
    if relation in resource.to_one:
        target = oracle.resources[resource.to_one[relation]]
        related = oracle.visible(target, "get", caller).get(row[relation + "Id"])
        return related and full(oracle, target, related, rest, caller)
    target_name, via = resource.to_many[relation]
    target = oracle.resources[target_name]
    rows = oracle.visible(target, "list", caller)
    return [full(oracle, target, rows[key], rest, caller) for key in sorted(rows) if rows[key][via + "Id"] == row["id"]]


def full(oracle, resource, row, path, caller):
    said = expected_row(oracle, resource, row, caller)
    return {**said, path[0]: brought(oracle, resource, row, path, caller)} if path else said


def timeless(oracle, resource, row, path):
    """An answered row without its times, on every level of an include path."""
    said = without_times(resource, {key: value for key, value in row.items() if not path or key != path[0]})
    if path:
        inner = row[path[0]]
        target = oracle.resources[resource.to_one.get(path[0]) or resource.to_many[path[0]][0]]
        said[path[0]] = [timeless(oracle, target, one, path[1:]) for one in inner] if isinstance(inner, list) else \
            inner and timeless(oracle, target, inner, path[1:])
    return said


def paths(oracle, resource):
    """All include paths of two relations."""
    for relation in [*resource.to_one, *resource.to_many]:
        target = oracle.resources[resource.to_one.get(relation) or resource.to_many[relation][0]]
        yield from ([relation, inner] for inner in [*target.to_one, *target.to_many])


@pytest.mark.parametrize("name,of", cases())
def test_an_include_path_follows_the_rules_of_each_level(world, name, of):  # noqa: F811
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    if oracle.refused(resource, "list", caller):
        return
    rows = oracle.visible(resource, "list", caller)
    for path in paths(oracle, resource):
        answer = clients[name].get(f"/v1/{resource.collection}?perPage=100&sort=id&include={'.'.join(path)}")
        assert answer.status == 200, answer.raw
        said = [timeless(oracle, resource, row, path) for row in answer.body["data"]]
        assert said == [full(oracle, resource, rows[key], path, caller) for key in sorted(rows)], path
        by_id = {key: clients[name].get(f"/v1/{resource.collection}/{key}?include={'.'.join(path)}")
                 for key in oracle.visible(resource, "get", caller)}
        for key, one in by_id.items():
            assert timeless(oracle, resource, one.body["data"], path) == \
                full(oracle, resource, oracle.rows[of][key], path, caller), (path, key)


HAL = {"Accept": "application/hal+json, application/problem+json"}


@pytest.mark.parametrize("name,of", cases())
def test_hal_shows_the_same_and_links_only_rows_that_are_named(world, name, of):  # noqa: F811
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    rows = oracle.visible(resource, "get", caller)
    for key in [*oracle.rows[of], NOBODY_S]:
        answer = clients[name].request("GET", f"/v1/{resource.collection}/{key}", headers=HAL)
        assert answer.status == (oracle.refused(resource, "get", caller) or (200 if key in rows else 404)), answer.raw
        if answer.status != 200:
            continue
        said = {field: value for field, value in answer.body.items() if field not in ("_links", "_embedded")}
        expected = expected_row(oracle, resource, rows[key], caller)
        assert without_times(resource, said) == expected
        for relation, target in resource.to_one.items():
            link = answer.body["_links"].get(relation, {}).get("href")
            related = expected.get(relation + "Id")
            named = related and not oracle.refused(oracle.resources[target], "get", caller)
            assert link == (f"/v1/{oracle.resources[target].collection}/{related}" if named else None), relation
    listed = clients[name].request("GET", f"/v1/{resource.collection}?perPage=100", headers=HAL)
    if listed.status == 200:
        assert {row["id"] for row in listed.body["_embedded"][json_name(resource)]} == \
            set(oracle.visible(resource, "list", caller))


def json_name(resource):
    """order-lines is orderLines in JSON."""
    first, *rest = resource.collection.split("-")
    return first + "".join(word.capitalize() for word in rest)


def walk(client, path, first):
    """The rows of a walk by cursors from one end, in pages of two, and every cursor on the way."""
    rows, cursors, link = [], [], ""
    while link is not None and len(rows) < 100:
        answer = client.get(f"{path}&{first}={link}")
        assert answer.status == 200, answer.raw
        rows = rows + answer.body["data"] if first == "after" else answer.body["data"] + rows
        link = answer.body["meta"]["next" if first == "after" else "previous"]
        cursors += [link] if link else []
    return rows, cursors


SORTS = ("id", "-createdAt")


@pytest.mark.parametrize("name,of", cases())
def test_a_walk_by_cursors_sees_the_rows_of_its_caller(world, name, of):  # noqa: F811
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    path = f"/v1/{resource.collection}?perPage=2"
    if refused := oracle.refused(resource, "list", caller):
        assert clients[name].get(f"{path}&after=").status == refused
        return
    rows = oracle.visible(resource, "list", caller)
    for sort in SORTS:
        seen, _ = walk(clients[name], f"{path}&sort={sort}", "after")
        back, _ = walk(clients[name], f"{path}&sort={sort}", "before")
        assert seen == back
        assert {row["id"]: without_times(resource, row) for row in seen} == \
            {key: expected_row(oracle, resource, row, caller) for key, row in rows.items()}
        assert len(seen) == len(rows)


@pytest.mark.parametrize("of", RESOURCES)
def test_a_cursor_is_of_its_caller_alone(world, of):  # noqa: F811
    oracle, clients = world
    resource = oracle.resources[of]
    path = f"/v1/{resource.collection}?perPage=1"
    given = {name: walk(clients[name], path, "after")[1] for name, caller in CALLERS.items()
             if not oracle.refused(resource, "list", caller)}
    for owner, cursors in given.items():
        for name, caller in CALLERS.items():
            for cursor in cursors[:2]:
                wanted = 200 if name == owner else oracle.refused(resource, "list", caller) or 400
                answer = clients[name].get(f"{path}&after={cursor}")
                assert answer.status == wanted, (owner, name, answer.raw)
                assert wanted != 400 or answer.body["error"]["code"] == "INVALID_QUERY"


def images(oracle, of, key):
    """[(action, before, after)] of a row, newest first, as they lie in the store."""
    link = tables.connect(oracle.store)
    found = link.execute('SELECT action, "before", "after" FROM audit_entries WHERE resource = ? AND row_id = ? '
                         "ORDER BY id DESC", (of, key)).fetchall()
    link.close()
    return [(action, before and json.loads(before), after and json.loads(after)) for action, before, after in found]


@pytest.mark.parametrize("name,of", [(name, of) for name in CALLERS for of in ("Order", "Product")])
def test_a_history_shows_who_may_get_the_row_the_fields_that_it_reads(world, name, of):  # noqa: F811
    oracle, clients = world
    resource, caller = oracle.resources[of], CALLERS[name]
    refused = oracle.refused(resource, "history", caller)
    readable = oracle.visible(resource, "get", caller)
    plain = {field for field in resource.fields
             if oracle.reads_field(resource, field, matrix_oracle.UNKNOWN, caller) is True}
    for key in [*oracle.rows[of], NOBODY_S]:
        answer = clients[name].get(f"/v1/{resource.collection}/{key}/history")
        assert answer.status == (refused or (200 if key in readable else 404)), answer.body
        if answer.status == 200:
            kept = images(oracle, of, key)
            assert [entry["action"] for entry in answer.body["data"]] == [action for action, _, _ in kept]
            for entry, (_, *stored) in zip(answer.body["data"], kept):
                for said, image in zip((entry["before"], entry["after"]), stored):
                    assert (said is None) == (image is None)
                    assert image is None or said == {field: image[field] for field in image if field in plain}


def test_what_a_history_hides_is_kept(world):  # noqa: F811
    oracle, _ = world
    changed = [json.dumps(images(oracle, of, key)) for of, key in (("Product", TEA), ("Order", DRAFT))]
    assert FORMER_SUPPLIER in changed[0] and FORMER_NOTE in changed[1]
    assert oracle.rows["Order"][DRAFT]["customerId"] == ANN
