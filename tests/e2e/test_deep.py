# SPDX-License-Identifier: Apache-2.0
"""What is nested 100,000 deep is refused by name, wherever it comes in, and takes no memory to speak of."""

import json
import pathlib
import re
import urllib.parse

import harness
import pytest

DEEP = 100_000
CONTRACT = harness.ROOT / "tests/service/everything.yaml"
MOST_GROWTH = 64 << 20  # bytes


def peak(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "deep") as server:
        assert server.client().post("/v1/things", {"label": "one", "doc": {"a": 1}}).status == 201
        yield server


def deep(begin, end, inner=""):
    return begin * DEEP + inner + end * DEEP


PATCH = {"Content-Type": "application/json-patch+json"}
OPERATION = '[{"op": "add", "path": "%s", "value": %s}]'
BODIES = {
    "arrays": ("POST", "/v1/things", deep("[", "]"), {}),
    "arrays without an end": ("POST", "/v1/things", "[" * DEEP, {}),
    "objects": ("POST", "/v1/things", deep('{"a":', "}", "1"), {}),
    "both in turn": ("POST", "/v1/things", deep('[{"a":', "}]", "1"), {}),
    "a json field": ("POST", "/v1/things", '{"label": "x", "doc": ' + deep("[", "]") + "}", {}),
    "a text field": ("POST", "/v1/things", '{"label": ' + deep("[", "]") + "}", {}),
    "a merge patch": ("PATCH", "/v1/things/1", '{"doc": ' + deep('{"a":', "}", "1") + "}", {}),
    "a patch's value": ("PATCH", "/v1/things/1", OPERATION % ("/doc/a", deep("[", "]")), PATCH),
    "a replacement": ("PUT", "/v1/things/1", '{"label": "x", "doc": ' + deep('{"a":', "}", "1") + "}", {}),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_deep_body_is_malformed(server, kind):
    method, path, body, headers = BODIES[kind]
    before = peak(server)
    answer = server.client().request(method, path, raw=body.encode(), headers=headers)
    assert answer.status == 400 and answer.body["error"]["code"] == "MALFORMED_JSON", answer.body
    assert re.match(r"line 1, column \d+: nested more than 64 levels", answer.body["error"]["message"]), answer.body
    assert peak(server) - before < MOST_GROWTH
    assert server.client().get("/v1/things/1").body["data"]["doc"] == {"a": 1}


def test_a_deep_pointer_is_refused(server):
    before = peak(server)
    patch = OPERATION % ("/doc" + "/a" * DEEP, "1")
    answer = server.client().request("PATCH", "/v1/things/1", raw=patch.encode(), headers=PATCH)
    assert (answer.status, answer.body["error"]["code"]) in ((422, "VALIDATION_ERROR"), (409, "CONFLICT")), answer.body
    assert peak(server) - before < MOST_GROWTH


# What fits into an expression is parsed; 100,000 do not fit into an address.
FILTERS = {"parentheses": ("(", ")", "true"), "lists": ("[", "]", ""), "minus signs": ("-", "", "1 == 1"),
           "negations": ("!", "", "flag"), "conditionals": ("true?", ":true", "true"), "members": ("", ".a", "doc"),
           "products": ("", "*1", "num == 1")}


@pytest.mark.parametrize("kind", FILTERS)
def test_a_deep_filter_is_an_invalid_query(server, kind):
    begin, end, inner = FILTERS[kind]
    before = peak(server)
    levels = 8_000 // len(begin + end)
    target = "/v1/things?filter=" + urllib.parse.quote(begin * levels + inner + end * levels, safe="()[]-!?:.*")
    answer = server.client().request("GET", target)
    assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY", answer.body
    assert "filter" in answer.body["error"]["message"] and len(answer.raw) < 4_000
    whole = server.client().request("GET", target + (begin + end) * DEEP)
    assert whole.status == 414 and whole.body["error"]["code"] == "URI_TOO_LONG", whole.body
    assert peak(server) - before < MOST_GROWTH


@pytest.mark.parametrize("target, status, code", [
    ("/v1/things" + "/a" * 6_000, 404, "ROUTE_NOT_FOUND"), ("/v1" + "/a" * DEEP, 414, "URI_TOO_LONG"),
    ("/v1/things?include=" + "maker." * 2_000 + "maker", 400, "INVALID_QUERY"),
    ("/v1/things?" + "maker." * 2_000 + "name=x", 400, "INVALID_QUERY"),
    ("/v1/things?sort=" + "maker." * 2_000 + "name", 400, "INVALID_QUERY"),
], ids=lambda value: str(value)[:30])
def test_a_deep_address_is_refused(server, target, status, code):
    before = peak(server)
    answer = server.client().get(target)
    assert (answer.status, answer.body["error"]["code"]) == (status, code), answer.body
    assert peak(server) - before < MOST_GROWTH


RULE = "service: x\nrules:\n  deep: '%s'\n"
FIELD = "service: x\nresources:\n  A:\n    fields:\n      b: %s\n"
LEVELS, STEPS = "nested deeper than 64 levels", "nested more than 32 deep"
CONTRACTS = {
    "flow sequences": ("service: x\nresources: " + deep("[", "]"), LEVELS),
    "flow mappings": ("service: x\nresources: " + deep("{a: ", "}"), LEVELS),
    "block sequences": ("service: x\nresources:\n  " + "- " * DEEP + "x\n", LEVELS),
    "block mappings": ("service: x\nresources:\n" + "".join(" " * n + "a:\n" for n in range(1, 2_000)), LEVELS),
    "an example": (FIELD % ("{ type: json, example: " + deep("[", "]") + " }"), LEVELS),
    "a rule": (RULE % deep("(", ")", "true"), "longer than 8192 bytes"),
    "a short rule's parentheses": (RULE % ("(" * 4_000 + "true" + ")" * 4_000), STEPS),
    "a short rule's lists": (RULE % ("[" * 4_000 + "]" * 4_000 + " == []"), STEPS),
    "a short rule's negations": (RULE % ("!" * 8_000 + "true"), STEPS),
    "a type's lists": (FIELD % ("'" + deep("[", "]", "int") + "'"), "a type is written NAME"),
    "a type's parentheses": (FIELD % ("'" + deep("enum(", ")") + "'"), ""),
}


@pytest.mark.parametrize("kind", CONTRACTS)
def test_a_deep_contract_is_refused_at_its_place(tmp_path, kind):
    text, told = CONTRACTS[kind]
    file = tmp_path / "deep.yaml"
    file.write_text(text)
    done = harness.run("check", file, cwd=tmp_path, timeout=30)
    assert done.returncode == 2
    first = done.stdout.splitlines()[0]
    assert re.match(rf"{re.escape(str(file))}:\d+:\d+: error: .*{told}", first), first[:500]
    assert len(done.stdout) < 100_000


def test_a_deep_row_is_not_loaded(tmp_path):
    file = tmp_path / "Thing.ndjson"
    file.write_text('{"label": "one"}\n{"label": "two", "doc": ' + deep("[", "]") + "}\n")
    service = harness.Server(CONTRACT, tmp_path / "service")
    done = harness.run("load", "--contract", CONTRACT, "--store", service.store, file, cwd=tmp_path)
    assert done.returncode == 2 and re.search(r"Thing\.ndjson:2: .*more than 64 levels deep", done.stderr), done.stderr


def test_the_server_is_as_it_was(server):
    assert server.client().get("/v1/things").body["meta"]["total"] == 1
    assert json.loads(server.client().get("/health/ready").raw)["status"] == "ok"


@pytest.mark.parametrize("junction", ["and", "or"])
def test_a_query_of_a_hundred_long_lists_is_answered(server, junction):
    where = {junction: [{"num": {"in": list(range(1000))}}] * 100}
    answer = server.client().request("QUERY", "/v1/things", {"where": where})
    assert answer.status == 200, answer.raw  # the loop stood for half a minute once, and it was 504


def test_many_members_below_a_long_name_take_no_memory(server):
    before = peak(server)
    inner = {str(number): 1 for number in range(20_000)}
    answer = server.client().request("QUERY", "/v1/things", {"where": {"a" * 300_000: inner, "maker": inner}})
    assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY", answer.raw[:1000]
    assert len(answer.raw) < 10_000
    assert peak(server) - before < MOST_GROWTH


def test_a_batch_refers_to_answers_of_some_size_alone(server):
    client = server.client()
    doc = [[] for _ in range(20_000)]  # 60 KB, and many times that as a tree
    made = [client.post("/v1/things", {"label": "wide", "doc": doc}) for _ in range(100)]
    assert {answer.status for answer in made} == {201}
    operations = [{"id": f"o{number}", "method": "GET", "path": "/v1/things?perPage=100&label=wide"}
                  for number in range(4)]
    uses = [{"method": "POST", "path": "/v1/things", "body": {"label": f"${{o{number}[0].label}}"}}
            for number in range(4)]
    before = peak(server)
    answer = client.post("/v1/batch", {"operations": operations + uses})
    assert answer.status == 422 and "4 MiB" in json.dumps(answer.body), answer.raw[:1000]
    assert peak(server) - before < 160 << 20
