# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document and the running service say the same. test_service.py holds every answer of its scenarios
against the document too."""

import collections
import json
import re

import harness
import openapi
import pytest

CONTRACTS = {"shop": harness.ROOT / "examples/shop/ashlar.yaml",
             "chinook": harness.ROOT / "examples/chinook/ashlar.yaml",
             "everything": harness.ROOT / "tests/service/everything.yaml",
             "relations": harness.ROOT / "tests/service/relations.yaml",
             "guarded": harness.ROOT / "tests/service/guarded.yaml",
             "accounts": harness.ROOT / "tests/service/accounts.yaml"}
UNKNOWN_ID = {"uuid": "01976f3c-2a00-7000-8000-0000000000ff", None: "404"}


def export(contract, directory):
    return harness.succeed("export", "openapi", contract, cwd=directory).stdout


@pytest.fixture(scope="module", params=sorted(CONTRACTS))
def document(request, module_directory):
    return openapi.Document(json.loads(export(CONTRACTS[request.param], module_directory)))


@pytest.fixture(scope="module")
def served(request, module_directory):
    """The running services by name, each with its document."""
    servers = {}

    def open_server(name):
        if name not in servers:
            server = harness.Server(CONTRACTS[name], module_directory / name).start()
            servers[name] = server, openapi.Document(json.loads(export(CONTRACTS[name], module_directory)))
        return servers[name]

    yield open_server
    for server, _ in servers.values():
        server.stop()


def address(document, path, operation):
    """The path with an id that fits, of a row that is not there."""
    for parameter in document.parameters(operation):
        if parameter["in"] == "path":
            one = parameter["schema"].get("format")
            fits = parameter.get("example", UNKNOWN_ID[one]) if "," in parameter.get("example", "") else UNKNOWN_ID[one]
            path = path.replace("{%s}" % parameter["name"], fits)
    return path


def test_every_reference_leads_somewhere(document):
    used = set(document.references())
    assert len(used) > 20
    for reference in used:
        document.at(reference)
    components = {f"#/components/{kind}/{name}" for kind, named in document.root["components"].items()
                  for name in named if kind != "securitySchemes"}
    assert components - used == set()


def test_operations_are_told_apart(document):
    operations = [operation for _, _, operation in document.operations()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) > 5
    tags = {tag["name"] for tag in document.root["tags"]}
    assert {tag for operation in operations for tag in operation["tags"]} == tags
    for operation in operations:
        assert operation["summary"] and operation["description"], operation["operationId"]
        assert all(scheme in document.root["components"]["securitySchemes"]
                   for choice in operation["security"] for scheme in choice)


def test_parameters_are_told_apart(document):
    for path, _, operation in document.operations():
        parameters = document.parameters(operation)
        named = collections.Counter((parameter["in"], parameter["name"]) for parameter in parameters)
        assert max(named.values()) == 1, named.most_common(1)
        in_path = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
        assert in_path == [part[1:-1] for part in path.split("/") if part.startswith("{")]
        assert all(parameter["required"] for parameter in parameters if parameter["in"] == "path")


def test_schemas_say_what_is_required_and_read_only(document):
    for name, schema in document.root["components"]["schemas"].items():
        properties = schema.get("properties", {})
        assert set(schema.get("required", [])) <= set(properties), name
        if schema.get("additionalProperties") is False:  # a body
            given = [member for member in schema.get("required", []) if properties[member].get("readOnly")]
            assert given == [], name


def test_examples_are_as_their_schemas_say(document):
    judge, seen = openapi.Schema(document), 0
    for schema in document.root["components"]["schemas"].values():
        for name, member in schema.get("properties", {}).items():
            for example in member.get("examples", []):
                assert list(judge.mistakes(member, example)) == [], name
                seen += 1
    for _, _, operation in document.operations():
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in media:
                assert list(judge.mistakes(media["schema"], media["example"])) == [], operation["operationId"]
                seen += 1
    assert seen > 20


@pytest.mark.parametrize("name", ["everything", "relations"])
def test_the_example_of_a_body_makes_a_row(served, name):
    """Where it refers to no other row."""
    server, document = served(name)
    client, made = server.client(), 0
    for path, method, operation in document.operations():
        if method != "post" or "requestBody" not in operation or path == "/v1/batch" or {} not in operation["security"]:
            continue
        body = operation["requestBody"]["content"]["application/json"].get("example")
        if body is None or any(member.endswith("Id") for member in body):
            continue
        answer = client.post(path, body)
        codes = [detail["code"] for detail in (answer.body.get("error") or {}).get("details", [])]
        assert answer.status in (201, 401) or set(codes) == {"CHECK"}, answer.raw
        made += answer.status == 201
    assert made > 1


def test_the_same_contract_gives_the_same_text(tmp_path):
    for contract in CONTRACTS.values():
        text = export(contract, tmp_path)
        assert text == export(contract, tmp_path) and text.endswith("}\n")


@pytest.mark.parametrize("name", ["shop", "everything", "relations", "accounts"])
def test_every_method_that_is_allowed_is_there_and_no_other(served, name):
    server, document = served(name)
    client = server.client()
    seen = 0
    for path in document.root["paths"]:
        methods = {method.upper(): operation for one, method, operation in document.operations() if one == path}
        answer = client.request("OPTIONS", address(document, path, next(iter(methods.values()))))
        allowed = set(answer.headers["allow"].split(", "))
        assert answer.status == 204 and allowed - {"HEAD", "OPTIONS", "QUERY"} == set(methods), path
        assert ("QUERY" in allowed) == ("x-query" in document.root["paths"][path]), path
        seen += len(methods)
    # Nothing is answered that is not in the document.
    collections_ = {path.split("/")[2] for path in document.root["paths"] if path.startswith("/v1/")}
    for collection in collections_:
        for rest in ("", "/aggregate", "/{id}", "/{id}/restore", "/{id}/history"):
            path = f"/v1/{collection}{rest}"
            answer = client.request("OPTIONS", path.replace("{id}", UNKNOWN_ID["uuid"]))
            assert (answer.status == 204) == (path in document.root["paths"]), path
    contract = harness.succeed("check", CONTRACTS[name], cwd=server.directory).stdout
    beside = sum(not path.startswith("/v1/") for path, _, _ in document.operations())
    assert f", {seen - beside - 1} operations" in contract  # and the batch


def sample(schema):
    """A value of a parameter, as a query writes it."""
    if schema.get("type") == "array":
        return sample(schema["items"])
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "boolean":
        return "true"
    if schema["type"] in ("integer", "number"):
        return "1"
    forms = {"uuid": UNKNOWN_ID["uuid"], "date": "2024-02-29", "date-time": "2024-02-29T12:00:00Z",
             "duration": "PT1H", "email": "ann@example.com", "uri": "https://example.com/", "decimal": "1",
             "int64": "1"}
    if "[0-9]" in schema.get("pattern", ""):
        return "1"
    return forms.get(schema.get("format"), "x")


@pytest.mark.parametrize("name", ["shop", "everything", "relations"])
def test_every_parameter_of_a_query_is_taken(served, name):
    server, document = served(name)
    client = server.client(server.token("admin", "staff") if name == "shop" else None)
    client.judge = openapi.Judge(document)
    tried = 0
    for path, method, operation in document.operations():
        if method != "get":
            continue
        needed = {parameter["name"]: sample(parameter["schema"]) for parameter in document.parameters(operation)
                  if parameter["in"] == "query" and parameter.get("required")}
        for parameter in document.parameters(operation):
            if parameter["in"] != "query":
                continue
            value = "true" if parameter["name"] == "filter" else sample(parameter["schema"])
            if parameter["name"] == "tz":
                value = parameter["example"]
            if parameter["name"] in ("after", "before"):
                value = ""  # the beginning
            answer = client.get(address(document, path, operation), **{**needed, parameter["name"]: value})
            assert answer.status in (200, 401, 403, 404), f"{path} {parameter['name']}={value}: {answer.raw}"
            tried += answer.status == 200
    assert tried > 100


@pytest.mark.parametrize("name", ["everything", "relations"])
def test_no_other_filter_is_taken(served, name):
    server, document = served(name)
    client = server.client()
    rows = (line.split("|")[1].strip(" `") for line in
            (harness.ROOT / "docs/reference/operators.md").read_text().splitlines() if line.startswith("| `"))
    operators = list(rows)
    for path, method, operation in document.operations():
        named = {parameter["name"] for parameter in document.parameters(operation)}
        if method != "get" or "sort" not in named or {} not in operation["security"]:
            continue
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        fields = document.resolve(schema["properties"]["data"]["items"])["properties"]
        for field in fields:
            for operator in operators:
                if f"{field}[{operator}]" in named or (operator == "eq" and field in named):
                    continue
                answer = client.get(path, **{f"{field}[{operator}]": "true"})
                assert answer.status == 400, f"{path}?{field}[{operator}]"


def test_who_may_ask_is_told(served):
    """An operation takes nobody without a credential exactly where the document says so."""
    server, document = served("shop")
    client = server.client()
    for path, method, operation in document.operations():
        answer = client.request(method.upper(), address(document, path, operation),
                                {} if "requestBody" in operation else None)
        refused = f"{operation['operationId']} needs a credential"
        told = answer.body.get("error", {}).get("message", "") if answer.body else ""
        assert (told == refused) == ({} not in operation["security"]), f"{operation['operationId']}: {answer.raw}"


def test_the_document_is_served_and_kept(served):
    server, _ = served("shop")
    client = server.client()
    answer = client.get("/openapi.json")
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert answer.raw.decode() + "\n" == export(CONTRACTS["shop"], server.directory)
    assert answer.headers["cache-control"] == "no-cache"
    tag = answer.headers["etag"]
    again = client.request("GET", "/openapi.json", headers={"If-None-Match": tag})
    assert again.status == 304 and again.raw == b"" and again.headers["etag"] == tag
    assert client.request("GET", "/openapi.json", headers={"If-None-Match": '"other"'}).status == 200
    head = client.request("HEAD", "/openapi.json")
    assert head.status == 200 and head.raw == b"" and int(head.headers["content-length"]) == len(answer.raw)
    options = client.request("OPTIONS", "/openapi.json")
    assert options.status == 204 and options.headers["allow"] == "GET, HEAD, OPTIONS"
    refused = client.post("/openapi.json", {})
    assert refused.status == 405 and refused.body["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_the_reference_page_needs_nothing_from_elsewhere(served):
    """A build without npm has no page, and says so."""
    server, _ = served("shop")
    client = server.client()
    answer = client.get("/docs")
    assert client.get("/").body.get("docs") == ("/docs" if answer.status == 200 else None)
    if not (harness.ROOT / "web/node_modules/rapidoc").exists():
        assert answer.status == 404 and "was made without npm" in answer.body["error"]["message"]
        return
    assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    page, policy = answer.raw.decode(), answer.headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'" and rules["script-src"] == "'self'" and rules["connect-src"] == "'self'"
    assert "<title>Shop</title>" in page and 'spec-url="/openapi.json"' in page
    links = re.findall(r'(?:src|href|spec-url)="([^"]*)"', page)
    assert len(links) >= 3 and all(link.startswith(("/", "data:")) for link in links), links
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    for link in links:
        if link.startswith("/"):
            assert client.get(link).status == 200, link
    script = client.get("/docs/rapidoc-min.js")
    assert script.headers["content-type"].startswith("text/javascript") and len(script.raw) > 100_000
    assert script.raw == (harness.ROOT / "web/node_modules/rapidoc/dist/rapidoc-min.js").read_bytes()
    assert client.get("/docs/rapidoc-min.js.LICENSE.txt").status == 200
    assert client.get("/docs/other").status == 404


def test_a_contract_with_mistakes_is_not_described(tmp_path):
    (tmp_path / "ashlar.yaml").write_text("service: x\nresources: { a: {} }\n")
    done = harness.run("export", "openapi", cwd=tmp_path)
    assert done.returncode == 2 and done.stdout == "" and "ashlar.yaml:2:" in done.stderr
