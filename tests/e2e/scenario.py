# SPDX-License-Identifier: Apache-2.0
"""The language of tests/service/*.json: requests and expected answers as data.

A file names its `contract` (beside it), optional `seed` (rows by resource, given to `ashlar load`), optional
`users` (NAME: {id, roles}) and one or more of:

* `scenarios`: [{name, as?, steps: [{name?, as?, request, expect}]}], run in order against one server per file.
  `as` is `anonymous` (default), a name of `users`, or `role:NAME`.
  request: {method?, path, query?, headers?, body? | raw?}; query is an object (percent-encoded; an array repeats
  the name) or a list of pairs. `method` defaults to GET.
  expect: {status, code?, message? (parts that it contains), details? (all of them: {field, code}),
  detailFields? (all fields named), body? (subset), exact? (JSON path -> exact value), absent? (JSON paths),
  ids? (of data, in order), count? (of data), headers? (name -> value, null = absent)}.
  `"${step.data.id}"` stands for a value of an earlier answer's body, whole and typed or inside a text;
  `${step.header.etag}` for a header; a batch keeps its own references, which name no step. In expected values
  "@uuid", "@datetime", "@int", "@any" and "@re:REGEX" match.
* `values`: {path, base, accepted: [{field, in, out?}], refused: [{field, in, code, at?, status?}]}: each row is one
  test; what is accepted is read back, and sent back without effect.
* `queries`: {path, ok: [{q, ids}], bad: [{q, names?}]}: each row is one test of a list's parameters.
"""

import json
import re

NAMED = {"@uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
         "@datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"}
LEAKS = re.compile(r"sqlite|(?-i:\bSELECT\b|\bINSERT\b)|std::|/work/|\.cc:\d|simdjson|libfyaml|constraint failed", re.I)
REFERENCE = re.compile(r"\$\{(\w+)\.([^}]+)\}")


def at_path(value, path):
    """`data[0].name` of a JSON value; KeyError or IndexError where it is absent."""
    for part in re.findall(r"[^.\[\]]+|\[\d+\]", path):
        value = value[int(part[1:-1])] if part.startswith("[") else value[part]
    return value


def resolve(value, answers, batch=False):
    """Replaces ${step.path} by what earlier answers held; in a batch, whose operations have names too, only that."""
    def look_up(match):
        if batch and match.group(1) not in answers:
            return match.group(0)
        answer, path = answers[match.group(1)], match.group(2)
        if path.startswith("header."):
            return answer.headers[path.removeprefix("header.")]
        return at_path(answer.body, path)

    if isinstance(value, dict):
        return {resolve(key, answers, batch): resolve(item, answers, batch) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, answers, batch) for item in value]
    if not isinstance(value, str):
        return value
    if whole := REFERENCE.fullmatch(value):
        return look_up(whole)
    return REFERENCE.sub(lambda match: str(look_up(match)), value)


def mismatch(expected, actual, where="body", exact=False):
    """None when actual fits, else a sentence saying where it does not."""
    if isinstance(expected, str) and expected.startswith("@"):
        if expected == "@any":
            return None
        if expected == "@int":
            return None if type(actual) is int else f"{where}: {actual!r} is no int"
        pattern = expected[4:] if expected.startswith("@re:") else NAMED[expected]
        fits = isinstance(actual, str) and re.fullmatch(pattern, actual)
        return None if fits else f"{where}: {actual!r} does not match {expected}"
    if isinstance(expected, dict) and isinstance(actual, dict):
        if exact and expected.keys() != actual.keys():
            return f"{where}: has {sorted(actual)}, expected {sorted(expected)}"
        for key, item in expected.items():
            if key not in actual:
                return f"{where}.{key} is absent"
            if wrong := mismatch(item, actual[key], f"{where}.{key}", exact):
                return wrong
        return None
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where}: {len(actual)} items, expected {len(expected)}: {json.dumps(actual)[:500]}"
        wrongs = (mismatch(e, a, f"{where}[{i}]", exact) for i, (e, a) in enumerate(zip(expected, actual)))
        return next((wrong for wrong in wrongs if wrong), None)
    same = type(expected) is type(actual) and expected == actual
    return None if same else f"{where}: {actual!r}, expected {expected!r}"


def check_form(method, answer, path="/v1/"):
    """What holds for every answer of the service, whatever was asked."""
    assert re.fullmatch(r"[\x21-\x7e]{1,128}", answer.headers.get("x-request-id", "")), answer.headers
    if method == "HEAD" or answer.status in (204, 304):
        assert answer.raw == b"", answer.raw
        return
    kept = r"no-store|(public|private), max-age=\d+" if method == "GET" and answer.status == 200 else "no-store"
    assert re.fullmatch(kept, answer.headers.get("cache-control", "")), answer.headers
    assert answer.headers.get("vary") == "Authorization, Cookie, X-Api-Key, Accept, Accept-Encoding", answer.headers
    if not answer.raw or path.startswith("/health/"):
        return
    media = answer.headers.get("content-type", "")
    if media == "application/hal+json":
        assert answer.status < 400 and "data" not in answer.body, answer.body
        return
    if media == "application/problem+json":
        assert answer.status == answer.body["status"] >= 400 and not LEAKS.search(answer.body["detail"]), answer.body
        assert answer.body["requestId"] == answer.headers["x-request-id"]
        return
    assert re.match(r"application/json\b", media), answer.headers
    meta = answer.body["meta"]
    assert meta["requestId"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", meta["timestamp"]), meta
    if answer.status < 400:
        assert "data" in answer.body and "error" not in answer.body, answer.body
        return
    error = answer.body["error"]
    assert "data" not in answer.body and re.fullmatch(r"[A-Z_]+", error["code"]) and error["message"], answer.body
    for detail in error.get("details", []):
        assert re.fullmatch(r"[A-Z_]+", detail["code"]) and detail["message"], error
    assert not LEAKS.search(error["message"]), error
    if answer.status == 401:
        assert answer.headers.get("www-authenticate"), answer.headers


def check_headers(expected, headers):
    for name, value in expected.items():
        actual = headers.get(name.lower())
        if value is None:
            assert actual is None, f"header {name}: {actual!r} is there"
        else:
            wrong = mismatch(value, actual, f"header {name}")
            assert not wrong, wrong


def check_error(expect, answer):
    error = (answer.body or {}).get("error", {})
    if "code" in expect:
        assert error.get("code") == expect["code"], error
    for part in [expect["message"]] if isinstance(expect.get("message"), str) else expect.get("message", []):
        told = error.get("message", "") + json.dumps(error.get("details", []), ensure_ascii=False)
        assert part in told, f"{part!r} is not named in {error}"
    if "details" in expect:
        told = sorted((one.get("field") or "", one["code"]) for one in error.get("details", []))
        assert told == sorted((one.get("field") or "", one["code"]) for one in expect["details"]), error
    if "detailFields" in expect:
        assert sorted({one.get("field") for one in error.get("details", [])}) == sorted(expect["detailFields"]), error


def check_answer(expect, answer):
    assert answer.status == expect["status"], f"{answer.status}, expected {expect['status']}: {answer.raw[:1000]!r}"
    check_error(expect, answer)
    check_headers(expect.get("headers", {}), answer.headers)
    if "body" in expect:
        wrong = mismatch(expect["body"], answer.body)
        assert not wrong, f"{wrong}\n{answer.raw[:1500]!r}"
    for path, value in expect.get("exact", {}).items():
        wrong = mismatch(value, at_path(answer.body, path), path, exact=True)
        assert not wrong, wrong
    for path in expect.get("absent", []):
        try:
            found = at_path(answer.body, path)
        except (KeyError, IndexError):
            continue
        raise AssertionError(f"{path} is there: {found!r}")
    if "ids" in expect:
        assert [row["id"] for row in answer.body["data"]] == expect["ids"], answer.body
    if "count" in expect:
        assert len(answer.body["data"]) == expect["count"], answer.body


def run_steps(scenario, client_of, with_query):
    """Runs one scenario; client_of(name) gives the caller's client."""
    answers = {}
    for number, step in enumerate(scenario["steps"], 1):
        batch = step["request"]["path"] == "/v1/batch"
        step = {**step, **{part: resolve(step[part], answers, batch) for part in ("request", "expect")}}
        request = step["request"]
        method = request.get("method", "GET")
        client = client_of(step.get("as", scenario.get("as", "anonymous")))
        raw = request["raw"].encode() if "raw" in request else None
        if "body" in request and request["body"] is None:
            raw = b"null"
        answer = client.request(method, with_query(request["path"], request.get("query", {})), request.get("body"),
                                request.get("headers"), raw)
        try:
            check_form(method, answer, request["path"])
            check_answer(step["expect"], answer)
        except AssertionError as wrong:
            shown = answer.raw.decode(errors="replace")[:1500]
            told = f"step {number}: {method} {request['path']}: {wrong}\n{answer.status} {shown}"
            raise AssertionError(told) from wrong
        if "name" in step:
            answers[step["name"]] = answer
