# SPDX-License-Identifier: Apache-2.0
"""`ashlar export access`: every cell of the matrix against what a running server answers.

The oracle reads the conditions of the export with its own evaluator of CEL and asks the server for every row, as
callers of every kind; it knows nothing of how the export was made."""

import copy
import decimal
import json
import pathlib
import re

import harness
import matrix_oracle
import matrix_world
import pytest
import yaml

CONTRACTS = pathlib.Path(__file__).parent / "access"
NOWHERE = "0190a000-0000-7000-8000-00000000dead"


def exported(contract, tmp_path):
    return json.loads(harness.succeed("export", "access", contract, "--format", "json", cwd=tmp_path).stdout)


class World:
    """A contract with its rows, served; callers of each kind of the matrix, and what is expected of them."""

    def __init__(self, contract, rows, people, directory):
        self.matrix = exported(contract, directory)
        self.oracle = matrix_oracle.Oracle.__new__(matrix_oracle.Oracle)
        self.server = harness.Server(contract, directory / "server", rows)
        self.contract = contract
        roles = list(yaml.safe_load(contract.read_text()).get("roles", {}))
        self.callers = {"anonymous": [("anonymous", None)], "apiKey": [],
                        "user": [(f"user {who[-2:]}", {"id": who, "roles": []}) for who in people],
                        "service": [("service", {"id": None, "roles": []})] +
                                   [(f"service as {role}", {"id": None, "roles": [role]}) for role in roles]}
        for role in roles:
            self.callers[f"role {role}"] = [(f"{role} {who[-2:]}", {"id": who, "roles": [role]}) for who in people]

    def __enter__(self):
        self.server.start()
        self.oracle = matrix_oracle.Oracle(self.contract, self.server.store_path)
        self.clients = {}
        for some in self.callers.values():
            for name, caller in some:
                token = None if caller is None else self.server.token(*caller["roles"], user=caller["id"])
                self.clients[name] = self.server.client(token)
        return self

    def __exit__(self, *what):
        self.server.__exit__(*what)

    def each(self):
        """(kind of caller, name, caller, resource as the oracle has it, its rights)"""
        for rights in self.matrix["resources"]:
            for kind, some in self.callers.items():
                for name, caller in some:
                    yield kind, name, caller, self.oracle.resources[rights["name"]], rights

    def holds(self, cell, resource, row, caller):
        """What the cell says of the row."""
        if isinstance(cell, bool):
            return cell
        return self.oracle.holds(cell, resource, row, known(caller)) is True


def known(caller):
    if caller is None:
        return None
    return {**caller, "kind": "user" if caller["id"] else "service"}


def judge_reads(world, counted):
    oracle = world.oracle
    for kind, name, caller, resource, rights in world.each():
        client, operations = world.clients[name], rights["operations"]
        cell = {operation: cells[kind] for operation, cells in operations.items()}
        path = f"/v1/{resource.collection}"
        where = (resource.name, name)
        listed = client.get(path + "?perPage=100")
        live = oracle.live(resource)
        if cell["list"] is False:
            assert listed.status in (401, 403), (where, listed.body)
        else:
            expected = {key for key, row in live.items() if world.holds(cell["list"], resource, row, caller)}
            # A condition that is about the caller alone may deny the whole list.
            shown = {row["id"] for row in listed.body["data"]} if listed.status == 200 else set()
            assert listed.status in (200, 403) and shown == expected, (where, listed.body)
        counted[str(cell["list"])] += 1
        total = client.get(path + "/aggregate?select=count")
        counts = cell["aggregate"] is not False and listed.status == 200
        assert (total.status == 200) == counts, (where, total.body)
        if total.status == 200:
            assert total.body["data"][0]["count"] == listed.body["meta"]["total"]
        for key, row in list(oracle.rows[resource.name].items()):
            got = client.get(f"{path}/{key}")
            may = key in live and world.holds(cell["get"], resource, row, caller)
            assert got.status == 200 if may else got.status in (401, 403, 404), (where, key, got.body)
            assert may or cell["get"] is not False or got.status != 404, (where, got.body)
            if may:
                judge_fields(world, kind, caller, resource, rights, row, got.body["data"], where)
            if "history" in cell:
                past = client.get(f"{path}/{key}/history")
                may = key in live and world.holds(cell["history"], resource, row, caller)
                assert (past.status == 200) == may, (where, key, past.body)
        if "list deleted" in cell:
            gone = client.get(path + "?deleted=only&perPage=100")
            rows = {key: row for key, row in oracle.rows[resource.name].items() if key not in live}
            expected = {key for key, row in rows.items() if world.holds(cell["list deleted"], resource, row, caller)}
            assert ({row["id"] for row in gone.body["data"]} if gone.status == 200 else set()) == expected, where


def judge_fields(world, kind, caller, resource, rights, row, shown, where):
    for field, cells in rights["fields"].items():
        may = world.holds(cells["read"][kind], resource, row, caller)
        assert (field in shown) == may, (where, field, shown)


def judge_writes(world, counted):
    """Each is a dry run; whatever the cell denies is refused, and what it allows is not refused by a rule."""
    oracle = world.oracle
    for kind, name, caller, resource, rights in world.each():
        client = world.clients[name]
        cell = {operation: cells[kind] for operation, cells in rights["operations"].items()}
        live, path = oracle.live(resource), f"/v1/{resource.collection}"
        for key, row in oracle.rows[resource.name].items():
            where = (resource.name, name, key)
            asked = [("PATCH", "update", f"{path}/{key}?dryRun=true", {}, key in live),
                     ("DELETE", "delete", f"{path}/{key}?dryRun=true", None, key in live),
                     ("POST", "restore", f"{path}/{key}/restore?dryRun=true", None, True),
                     ("DELETE", "purge", f"{path}/{key}?purge=true&dryRun=true", None, True)]
            for method, operation, target, body, there in asked:
                if operation not in cell:
                    continue
                may = there and world.holds(cell[operation], resource, row, caller)
                if operation == "update":
                    may = may and world.holds(cell["update to"], resource, row, caller)
                answer = client.request(method, target, body)
                # What a rule lets through may still meet what refers to the row, or who has taken its name.
                assert (answer.status in (200, 204, 409)) == may, (where, operation, answer.body)
                assert may or answer.status in (401, 403, 404), (where, operation, answer.body)
                counted[str(cell[operation])] += 1
            if "update" in cell and key in live and world.holds(cell["update"], resource, row, caller):
                judge_written(world, kind, caller, resource, rights, row, client, f"{path}/{key}?dryRun=true", where)


def other_value(kind, value):
    """A value that such a field may have and this one has not."""
    if kind.startswith("enum"):
        return next(one for one in re.findall(r"\w+", kind[4:]) if one != value)
    if kind == "bool":
        return not value
    if kind == "int":
        return (value or 1) + 1
    if kind.startswith("decimal"):
        return str((value or decimal.Decimal("1.00")) + 1)
    if kind == "uuid":
        return NOWHERE
    if kind.startswith("["):
        return ["another"]
    return "another" if kind != "email" else "another@example.com"


def judge_written(world, kind, caller, resource, rights, row, client, target, where):
    """Fields of a row that may be changed, one at a time."""
    for field, cells in rights["fields"].items():
        if field in ("createdAt", "updatedAt", "deletedAt", "version") or field not in resource.types:
            assert cells["update"][kind] is False
            continue
        changed = other_value(resource.types[field], row[field])
        after = {**row, field: decimal.Decimal(changed) if resource.types[field].startswith("decimal") else changed}
        cell = cells["update"][kind]
        may = world.holds(cell, resource, row, caller) and world.holds(cell, resource, after, caller)
        to = world.holds(rights["operations"]["update to"][kind], resource, after, caller)
        answer = client.patch(target, {field: changed})
        details = [detail["code"] for detail in (answer.body.get("error") or {}).get("details", [])]
        refused = answer.status in (401, 403) or "READ_ONLY" in details
        # A reference to nothing is told where the rules let it through.
        assert refused == (not may or not to), (where, field, changed, cell, answer.body)


def judge_creations(world, bodies, counted):
    for kind, name, caller, resource, rights in world.each():
        cells = rights["operations"].get("create")
        if cells is None or resource.name not in bodies:
            continue
        client, cell = world.clients[name], cells[kind]
        for body in bodies[resource.name]:
            row = {**{field: None for field in resource.types}, **copy.deepcopy(body),
                   **{field: decimal.Decimal(body[field]) for field in body if
                      resource.types.get(field, "").startswith("decimal")}}
            for field, said in resource.fields.items():
                if row[field] is None and said.get("default") is not None:
                    try:
                        row[field] = world.oracle.value(matrix_oracle.Parser(str(said["default"])).parse(), resource,
                                                        row, known(caller))
                    except matrix_oracle.RuleError:
                        row[field] = None
            may = world.holds(cell, resource, row, caller)
            writable = all(world.holds(rights["fields"][field]["create"][kind], resource, row, caller)
                           for field in body)
            answer = client.post(f"/v1/{resource.collection}?dryRun=true", body)
            refused = answer.status in (401, 403)
            details = [detail["code"] for detail in (answer.body.get("error") or {}).get("details", [])]
            assert (refused or "READ_ONLY" in details) == (not may or not writable), \
                (resource.name, name, body, cell, answer.body)
            counted[str(cell)] += 1


class Counts(dict):
    def __missing__(self, key):
        return 0


def judge_all(world, bodies):
    counted = Counts()
    judge_reads(world, counted)
    judge_writes(world, counted)
    judge_creations(world, bodies, counted)
    assert counted["True"] > 20 and counted["False"] > 20 and len(counted) > 6, counted


def test_the_matrix_of_the_shop_is_what_its_server_does(tmp_path):
    contract, seed = matrix_world.enriched(tmp_path), tmp_path / "seed.json"
    seed.write_text(json.dumps(matrix_world.SEED))
    world = World(contract, seed, [matrix_world.ANN, matrix_world.BOB], tmp_path)
    with world:
        staff = world.server.as_role("staff")
        assert staff.delete(f"/v1/products/{matrix_world.GONE}").status == 204
        world.oracle.reload()
        draft, tea, jam = matrix_world.DRAFT, matrix_world.TEA, matrix_world.JAM
        judge_all(world, {
            "Category": [{"name": "New"}],
            "Product": [{"sku": "NEW-1", "name": "New", "price": "2.00", "categoryId": matrix_world.SHELF},
                        {"sku": "NEW-1", "name": "New", "price": "2.00", "categoryId": matrix_world.SHELF,
                         "cost": "1.00"}],
            "Order": [{}, {"total": "5.00"}, {"note": "x"}],
            "OrderLine": [{"orderId": draft, "productId": jam, "quantity": 1},
                          {"orderId": draft, "productId": jam, "quantity": 1, "unitPrice": "1.00"}],
            "Review": [{"productId": jam, "stars": 3}, {"productId": tea, "stars": 3, "ticket": "new"}]})


@pytest.mark.parametrize("name", sorted(path.stem for path in CONTRACTS.glob("*.yaml")))
def test_the_matrix_is_what_a_server_does(tmp_path, name):
    rows = json.loads((CONTRACTS / f"{name}.json").read_text())
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(rows["rows"]))
    people = [row["id"] for row in rows["rows"]["User"]]
    with World(CONTRACTS / f"{name}.yaml", seed, people, tmp_path) as world:
        for who, method, path in rows["before"]:
            client = world.server.as_role(*who.get("roles", []), user=who.get("id"))
            assert client.request(method, path).status in (200, 204)
        world.oracle.reload()
        judge_all(world, rows["bodies"])


@pytest.mark.parametrize("name", sorted(path.stem for path in CONTRACTS.glob("*.yaml")))
def test_the_cells_of_api_keys_are_what_the_planner_does(tmp_path, name):
    """No server of this build knows keys; tests of the contract ask its planner as one."""
    rows = json.loads((CONTRACTS / f"{name}.json").read_text())["rows"]
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(rows))
    contract = yaml.safe_load((CONTRACTS / f"{name}.yaml").read_text())
    people = [row["id"] for row in rows["User"]]
    tests = []
    with World(CONTRACTS / f"{name}.yaml", seed, people, tmp_path) as world:
        for rights in world.matrix["resources"]:
            resource = world.oracle.resources[rights["name"]]
            cells = {operation: said["apiKey"] for operation, said in rights["operations"].items()}
            for who in people:
                for roles in [[], *([role] for role in contract["roles"])]:
                    caller = {"id": who, "roles": roles, "kind": "apiKey"}
                    listed = cells["list"]
                    shown = {key for key, row in world.oracle.rows[resource.name].items() if listed is True or
                             listed is not False and world.oracle.holds(listed, resource, row, caller) is True}
                    test = {"as": caller, "rows": rows, "when": f"GET /v1/{resource.collection}"}
                    if cells["list"] is False:
                        tests.append({**test, "expect": "deny"})
                    elif shown:
                        tests.append({**test, "expect": {"rows": sorted(shown)}})
                    may = {key: cells["get"] is True or cells["get"] is not False and
                           world.oracle.holds(cells["get"], resource, row, caller) is True
                           for key, row in world.oracle.rows[resource.name].items()}
                    for key, allowed in may.items():
                        if any(may.values()):  # else it may be denied for the caller's sake, whatever the row
                            tests.append({**test, "when": f"GET /v1/{resource.collection}/{key}",
                                          "expect": "allow" if allowed else "hidden"})
    assert len(tests) > 50
    for start in range(0, len(tests), 100):
        path = tmp_path / "ashlar.yaml"
        path.write_text(yaml.safe_dump({**contract, "tests": tests[start:start + 100]}, sort_keys=False))
        done = harness.run("check", path, "--format", "json", cwd=tmp_path)
        assert done.returncode == 0, [one["message"] for one in json.loads(done.stdout)["errors"]]
