# SPDX-License-Identifier: Apache-2.0
"""Runs tests/service/*.json (the language is told in scenario.py) against the real binary over real sockets."""

import json
import pathlib
import re

import harness
import openapi
import pytest
import scenario

SERVICE = harness.ROOT / "tests/service"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(SERVICE.glob("*.json"))}


def printed(page, column):
    """A column of a page of docs/reference, which test_reference.py compares with what the registries print."""
    rows = (line.split(" | ") for line in (harness.ROOT / f"docs/reference/{page}.md").read_text().splitlines())
    return [row[column].strip("| `") for row in rows if len(row) > max(column, 1) and "`" in row[column]]


FIELD_TYPES = printed("types", 0)
DETAIL_CODES = re.findall(r'return "([A-Z_]+)";', (harness.ROOT / "src/types/type.cc").read_text())


class Services:
    """One server per file, started when its first test asks and stopped when the next file begins."""

    def __init__(self, directory):
        self.directory = directory
        self.name, self.server, self.clients, self.judge = None, None, {}, None

    def open(self, name):
        if self.name != name:
            self.close()
            described = FILES[name]
            seed = None
            if "seed" in described:
                seed = self.directory / f"{name}.seed.json"
                seed.write_text(json.dumps(described["seed"]))
            self.server = harness.Server(SERVICE / described["contract"], self.directory / name, seed).start()
            self.name = name
            exported = harness.succeed("export", "openapi", SERVICE / described["contract"], cwd=self.directory)
            self.judge = openapi.Judge(openapi.Document(json.loads(exported.stdout)))
        return self

    def client(self, caller):
        if caller not in self.clients:
            if caller == "anonymous":
                token = None
            elif caller.startswith("role:"):
                token = self.server.token(caller.removeprefix("role:"))
            else:
                user = FILES[self.name]["users"][caller]
                token = self.server.token(*user.get("roles", []), user=user.get("id"))
            self.clients[caller] = self.server.client(token)
            self.clients[caller].judge = self.judge  # every answer of every scenario is as the document says
        return self.clients[caller]

    def close(self):
        if self.server is not None:
            for client in self.clients.values():
                client.close()
            server, self.server, self.name, self.clients = self.server, None, None, {}
            server.stop()


@pytest.fixture(scope="module")
def services(module_directory):
    services = Services(module_directory)
    yield services
    services.close()


def cases(part, kind=None):
    """(file, row) of every file, with readable test ids."""
    found = []
    for name, described in FILES.items():
        rows = described.get(part, {}) if kind else described.get(part, [])
        for row in rows.get(kind, []) if kind else rows:
            said = row.get("name") or json.dumps(row["q"] if "q" in row else {row["field"]: row["in"]})
            found.append(pytest.param(name, row, id=f"{name}-{said[:70]}"))
    return found


@pytest.mark.parametrize("file, case", cases("scenarios"))
def test_scenario(services, file, case):
    scenario.run_steps(case, services.open(file).client, harness.with_query)


def row_with(described, case):
    return {**described["base"], case["field"]: case["in"]}


@pytest.mark.parametrize("file, case", cases("values", "accepted"))
def test_value_is_kept_and_sent_back(services, file, case):
    client, described = services.open(file).client("anonymous"), FILES[file]["values"]
    field, expected = case["field"], case.get("out", case["in"])
    made = client.post(described["path"], row_with(described, case))
    assert made.status == 201, made.raw
    assert not scenario.mismatch(expected, made.body["data"][field], field, exact=True), made.raw
    path = f"{described['path']}/{made.body['data']['id']}"
    read = client.get(path)
    assert read.status == 200 and read.body["data"] == made.body["data"], read.raw
    again = client.patch(path, {field: read.body["data"][field]})
    assert again.status == 200 and again.body["data"] == read.body["data"], again.raw  # version and updatedAt too
    replaced = client.put(path, read.body["data"])
    assert replaced.status == 200 and replaced.body["data"] == read.body["data"], replaced.raw


@pytest.mark.parametrize("file, case", cases("values", "refused"))
def test_value_is_refused(services, file, case):
    client, described = services.open(file).client("anonymous"), FILES[file]["values"]
    before = client.get(described["path"], perPage=1).body["meta"]["total"]
    answer = client.post(described["path"], row_with(described, case))
    scenario.check_form("POST", answer)
    scenario.check_answer({"status": 422, "code": "VALIDATION_ERROR",
                           "details": [{"field": case.get("at", case["field"]), "code": case["code"]}]}, answer)
    assert client.get(described["path"], perPage=1).body["meta"]["total"] == before


@pytest.mark.parametrize("file, case", cases("queries", "ok"))
def test_query_answers(services, file, case):
    client, path = services.open(file).client("anonymous"), FILES[file]["queries"]["path"]
    answer = client.request("GET", harness.with_query(path, case["q"]))
    scenario.check_form("GET", answer)
    scenario.check_answer({"status": 200, "ids": case["ids"]}, answer)
    assert answer.body["meta"]["total"] == len(case["ids"]), answer.body["meta"]


@pytest.mark.parametrize("file, case", cases("queries", "bad"))
def test_query_is_refused(services, file, case):
    client, path = services.open(file).client("anonymous"), FILES[file]["queries"]["path"]
    answer = client.request("GET", harness.with_query(path, case["q"]))
    scenario.check_form("GET", answer)
    scenario.check_answer({"status": 400, "code": "INVALID_QUERY", "message": case.get("names", [])}, answer)


def test_every_operator_has_a_case():
    used = json.dumps([case["q"] for described in FILES.values()
                       for case in described.get("queries", {}).get("ok", [])])
    operators = printed("operators", 0)
    assert len(operators) > 12 and [name for name in operators if f"[{name}]" not in used] == []


def test_every_code_has_a_case():
    data = "".join(path.read_text() for path in SERVICE.glob("*.json"))
    tests = "".join(path.read_text() for path in pathlib.Path(__file__).parent.glob("test_*.py")
                    if path.name != "test_service.py")
    units = "".join(path.read_text() for path in harness.ROOT.glob("src/**/*_test.cc"))
    codes = printed("errors", 1)
    assert [code for code in DETAIL_CODES if f'"{code}"' not in data] == []
    named = (data + tests + units).replace('\\"', '"')
    assert len(codes) > 25 and [code for code in codes if f'"{code}"' not in named] == []


def test_every_field_type_takes_and_refuses_values():
    contract = (SERVICE / "everything.yaml").read_text()
    values = FILES["field_values"]["values"]
    taken = {case["field"] for case in values["accepted"]}
    refused = {case["field"] for case in values["refused"]}
    kind = {"string": "str", "text": "txt", "int": "num", "int64": "big", "float": "flt", "decimal": "dec",
            "bool": "flag", "uuid": "uid", "date": "day", "datetime": "at", "duration": "span", "email": "mail",
            "url": "link", "json": "doc", "bytes": "blob", "enum": "color"}
    assert sorted(kind) == sorted(FIELD_TYPES)
    for name, field in kind.items():
        assert f"      {field}: " in contract, name
        assert field in taken, name
        assert field in refused or name == "json", name  # json takes every value that JSON can say
