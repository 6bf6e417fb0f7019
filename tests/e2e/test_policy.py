# SPDX-License-Identifier: Apache-2.0
"""`tests` of a contract: what `ashlar check` says of them, and that it is what a running server answers."""

import json
import re

import harness
import matrix_world
import pytest
import yaml

LETTERS = """service: post
roles: { clerk: {}, chief: { inherits: [clerk] } }
resources:
  User:
    fields: { nick: { type: string!, min: 1 } }
    access: { get: auth.id == id }
  Letter:
    description: What one writes to another.
    softDelete: true
    audit: true
    ifMatch: required
    fields:
      owner:  { type: User!, default: auth.id, immutable: true }
      code:   { type: string!, pattern: '[A-Z]{3}', example: ABC }
      weight: { type: int!, min: 1 }
      stamp:  { type: string, read: hasRole('clerk'), write: hasRole('clerk') }
      secret: { type: string, writeOnly: true }
      box:    Box
    access:
      read: ownerId == auth.id || hasRole('clerk')
      create: signedIn
      update: { before: ownerId == auth.id, after: weight < 100 }
      delete: ownerId == auth.id
      restore: hasRole('chief')
  Box:
    description: Where letters lie.
    id: string
    fields: { name: string!, letters: { many: Letter, via: box } }
    access: { read: "auth != null && auth.kind != 'service'", write: "auth.kind == 'service' && hasScope('boxes')" }
  Pair:
    description: Two letters that belong together.
    id: [left, right]
    fields: { left: Letter!, right: Letter!, note: string }
    access: { read: signedIn, write: "auth.claims.tier == 'gold'" }
"""
READ = "read: ownerId == auth.id || hasRole('clerk')"
RIGHT = """tests:
  - { as: anonymous, when: GET /v1/letters, expect: deny }
  - as: { id: ann }
    rows: &rows
      Box: [{ id: red }]
      Letter:
        - { id: 1, ownerId: ann, stamp: A, boxId: red }
        - { id: 2, ownerId: bob }
        - { id: 3, ownerId: ann, deletedAt: 2026-01-01 }
    when: GET /v1/letters?sort=id
    expect: { rows: [1], fields: [ownerId, code, weight, boxId], without: [stamp, secret] }
  - { as: { id: ann }, rows: *rows, when: GET /v1/letters/1, expect: allow }
  - { as: { id: ann }, rows: *rows, when: GET /v1/letters/2, expect: hidden }
  - { as: { id: ann }, rows: *rows, when: GET /v1/letters/3, expect: hidden }
  - { as: { roles: [chief] }, rows: *rows, when: 'GET /v1/letters?deleted=only', expect: { rows: [3] } }
  - { as: { roles: [clerk] }, rows: *rows, when: 'GET /v1/letters?ownerId=bob', expect: { rows: [2] } }
  - { as: { roles: [clerk] }, rows: *rows, when: 'GET /v1/letters?ownerId[in]=bob,ann', expect: { rows: [1, 2] } }
  - { as: { roles: [chief] }, rows: *rows, when: POST /v1/letters/3/restore, expect: allow }
  - { as: { roles: [clerk] }, rows: *rows, when: POST /v1/letters/3/restore, expect: deny }
  - { as: { id: ann }, rows: *rows, when: PATCH /v1/letters/1, input: { weight: 5 }, expect: allow }
  - { as: { id: ann }, rows: *rows, when: PATCH /v1/letters/1, input: { weight: 500 }, expect: deny }
  - { as: { id: ann }, rows: *rows, when: PATCH /v1/letters/1, input: { stamp: B }, expect: deny }
  - { as: { roles: [clerk] }, rows: *rows, when: PATCH /v1/letters/1, input: { weight: 5 }, expect: deny }
  - { as: { id: bob }, rows: *rows, when: DELETE /v1/letters/1, expect: hidden }
  - { as: { id: bob }, when: { operation: deleteLetter, row: { ownerId: bob } }, expect: allow }
  - { as: { id: bob }, when: { operation: getLetterHistory, row: { ownerId: bob } }, expect: allow }
  - as: { id: bob }
    when: { operation: updateLetter, row: { ownerId: bob }, input: { code: XYZ } }
    expect: { without: [stamp] }
  - { as: { id: bob }, rows: *rows, when: { operation: getLetter, row: 2 }, expect: allow }
  - as: { id: bob }
    when: { operation: createLetter, input: { code: ABC, weight: 1, secret: x } }
    expect: { fields: [ownerId, code, weight, boxId] }
  - { as: { id: bob }, rows: *rows, when: 'GET /v1/letters/aggregate?select=count', expect: allow }
  - { as: { kind: service }, when: GET /v1/boxes, expect: deny }
  - { as: { kind: apiKey, id: ann }, when: GET /v1/boxes, expect: allow }
  - { as: { kind: service, scopes: [boxes] }, when: PUT /v1/boxes/blue, input: { name: Blue }, expect: allow }
  - { as: { kind: service, scopes: [boxes] }, when: POST /v1/boxes, input: { id: blue, name: Blue }, expect: allow }
  - { as: { kind: service, scopes: [other] }, when: POST /v1/boxes, input: { id: blue, name: Blue }, expect: deny }
  - as: { claims: { tier: gold } }
    rows: { Pair: [{ leftId: 1, rightId: 2 }], Letter: [{ id: 1, ownerId: ann }, { id: 2, ownerId: ann }] }
    when: PATCH /v1/pairs/1,2
    input: { note: x }
    expect: { rows: ['1,2'] }
  - as: { id: ann, email: ann@example.com }
    rows: { User: [{ id: ann, nick: Ann }] }
    when: GET /v1/users/ann
    expect: allow
  - { as: { id: ann }, rows: { User: [{ id: ann }, { id: bob }] }, when: GET /v1/users/bob, expect: hidden }
"""
# What is wrong, where, and what is told of it. Each stands in its own line.
WRONG = [
    ("as: anonymous, when: GET /v1/letters, expect: ^allow", "expected allow, but the answer is 401 UNAUTHENTICATED: "
     "listLetters needs a credential"),
    ("as: { roles: [clerk] }, when: GET /v1/letters, expect: ^deny", "expected deny, but it is allowed"),
    ("as: { id: ann }, when: { operation: getLetter, row: { ownerId: bob } }, expect: ^allow",
     "expected allow, but the answer is 404 NOT_FOUND: there is no such row"),
    ("as: { id: ann }, when: { operation: getLetter, row: { ownerId: ann } }, expect: ^hidden",
     "expected hidden, but it is allowed"),
    ("as: { id: ann }, when: { operation: getLetter, row: { ownerId: ann } }, expect: ^{ fields: [code, stamp] }",
     "not these fields: 'stamp' is not shown, 'ownerId' is shown, 'weight' is shown, 'boxId' is shown"),
    ("as: { id: ann }, when: { operation: getLetter, row: { ownerId: ann } }, expect: ^{ without: [code, cod] }",
     "not these fields: 'code' is shown, there is no field 'cod'"),
    ("as: { id: ann }, rows: { Letter: [{ id: one, ownerId: ann }] }, when: GET /v1/letters, expect: ^{ rows: [two] }",
     "not these rows: these are shown: [one]"),
    ("as: { id: ann }, when: GET /v1/letters, expect: ^{ fields: [] }", "it is allowed, but no row is shown"),
    ("as: { id: ann }, rows: { Letter: [^{ ownerId: ann, weight: heavy }] }, when: GET /v1/letters, expect: allow",
     "there can be no such row of Letter: 422 VALIDATION_ERROR: weight: WRONG_TYPE"),
    ("as: { id: ann }, when: ^GET /v1/lettres, expect: allow", "404 ROUTE_NOT_FOUND: "),
    ("as: { id: ann }, when: ^PUT /v1/letters, expect: allow", "405 METHOD_NOT_ALLOWED: "),
    ("as: { id: ann }, when: ^POST /v1/batch, expect: allow", "404 ROUTE_NOT_FOUND: a batch is asked for"),
    ("as: { id: ann }, when: POST /v1/letters, input: { weight: 0 }, expect: ^allow",
     "expected allow, but the answer is 422 VALIDATION_ERROR: "),
    ("as: { id: ann }, when: 'GET /v1/letters?perPage=0', expect: ^deny",
     "expected deny, but the answer is 400 INVALID_QUERY: 'perPage' must be a positive whole number"),
    ("as: { id: ann }, when: 'GET /v1/letters/aggregate?select=count', expect: ^{ rows: [] }",
     "it is allowed, and its answer holds no rows to look at"),
]


def write(directory, text):
    path = directory / "ashlar.yaml"
    path.write_text(text)
    return path


def lines_of(wrong):
    return "tests:\n" + "".join(f"  - {{ {line.replace('^', '')} }}\n" for line, _ in wrong)


def told(path, *more):
    done = harness.run("check", path, "--format", "json", *more, cwd=path.parent)
    return done.returncode, json.loads(done.stdout)["errors"]


def test_tests_that_hold_are_counted_and_leave_nothing(tmp_path):
    path = write(tmp_path, LETTERS + RIGHT)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = harness.run("check", path, cwd=tmp_path, TMPDIR=temporary)
    assert done.returncode == 0, done.stdout + done.stderr
    count = len(yaml.safe_load(RIGHT)["tests"])
    assert f"{path}: ok, 4 resources, " in done.stdout and f", {count} tests" in done.stdout
    assert not list(temporary.iterdir()) and sorted(tmp_path.iterdir()) == [path, temporary]


def test_each_failure_is_told_at_its_place(tmp_path):
    path = write(tmp_path, LETTERS + lines_of(WRONG))
    status, errors = told(path)
    assert status == 2
    first = LETTERS.count("\n") + 2
    by_line = {error["line"]: error for error in errors}
    assert len(by_line) == len(errors)
    for number, (line, what) in enumerate(WRONG):
        error = by_line.pop(first + number)
        assert error["id"] == "test-failed" and error["message"].startswith(what), (line, error)
        assert error["column"] == len("  - { ") + line.index("^") + 1, (line, error)
    assert not by_line


def test_failures_are_shown_as_other_mistakes_are(tmp_path):
    path = write(tmp_path, LETTERS + lines_of(WRONG[:1]))
    done = harness.run("check", path, cwd=tmp_path)
    assert done.returncode == 2 and ": ok" not in done.stdout
    line = LETTERS.count("\n") + 2
    told_so = rf"^{re.escape(str(path))}:{line}:\d+: error: expected allow, but .*\n  .*\n +\^~~~~$"
    assert re.search(told_so, done.stdout, re.M), done.stdout
    sarif = json.loads(harness.run("check", path, "--format", "sarif", cwd=tmp_path).stdout)
    results = sarif["runs"][0]["results"]
    assert [one["ruleId"] for one in results if one["level"] == "error"] == ["test-failed"]


def test_a_required_reference_must_be_given(tmp_path):
    contract = LETTERS.replace("box:    Box", "box:    Box!")
    path = write(tmp_path, contract + "tests:\n  - { as: { id: ann }, when: { operation: getLetter, row: "
                 "{ ownerId: ann } }, expect: allow }\n")
    _, (error,) = told(path)
    assert "there can be no such row of Letter: " in error["message"] and "boxId" in error["message"], error


def test_a_user_who_cannot_be_made_up_is_told(tmp_path):
    contract = LETTERS.replace("nick: { type: string!, min: 1 }", "home: Box!")
    path = write(tmp_path, contract + "tests:\n  - { as: { id: ann }, when: GET /v1/letters, expect: allow }\n")
    _, (error,) = told(path)
    assert error["message"].startswith("the User 'ann' cannot be made up, give it in rows: "), error


def test_what_the_environment_leaves_open_is_not_tested(tmp_path):
    test = "tests:\n  - { as: anonymous, when: GET /v1/letters, expect: allow }\n"
    path = write(tmp_path, LETTERS.replace(READ, READ.replace("clerk", "${WHO}")) + test)
    done = harness.run("check", path, cwd=tmp_path)
    assert done.returncode == 0 and "the tests are not run" in done.stdout, done.stdout
    assert harness.run("check", path, cwd=tmp_path, WHO="clerk").returncode == 2
    described = LETTERS.replace("service: post", "service: post\ntitle: ${TITLE}") + test
    assert harness.run("check", write(tmp_path, described), cwd=tmp_path).returncode == 2


def test_what_the_environment_filled_in_is_not_shown(tmp_path):
    path = write(tmp_path, LETTERS + "tests:\n  - { as: { id: ann }, rows: { Letter: [{ id: '${SECRET}', ownerId: "
                 "ann }] }, when: GET /v1/letters, expect: { rows: [] } }\n")
    done = harness.run("check", path, cwd=tmp_path, SECRET="canary")
    assert done.returncode == 2 and "not these rows: others are shown" in done.stdout
    assert "canary" not in done.stdout + done.stderr


# ---- what a running server answers, by the example and the rows of the matrix

CALLERS = {name: ("anonymous" if caller is None else
                  {"id": caller["id"], "roles": caller["roles"]} if caller["id"] else
                  {"kind": "service", "roles": caller["roles"]}) for name, caller in matrix_world.CALLERS.items()}
DRAFT, TEA, SHELF = matrix_world.DRAFT, matrix_world.TEA, matrix_world.SHELF


def requests():
    for collection in ("users", "categories", "products", "orders", "order-lines", "reviews"):
        yield "GET", f"/v1/{collection}", None
        yield "GET", f"/v1/{collection}/aggregate?select=count", None
    for resource, rows in matrix_world.SEED.items():
        collection = {"Category": "categories", "OrderLine": "order-lines"}.get(resource, resource.lower() + "s")
        for row in rows:
            yield "GET", f"/v1/{collection}/{row['id']}", None
            if resource != "User":
                yield "PATCH", f"/v1/{collection}/{row['id']}", {}
                yield "DELETE", f"/v1/{collection}/{row['id']}", None
    for key in matrix_world.ORDERS:
        yield "GET", f"/v1/orders/{key}/history", None
        yield "PATCH", f"/v1/orders/{key}", {"note": "x"}
    yield "POST", "/v1/orders", {}
    yield "POST", "/v1/orders", {"note": "x"}
    yield "POST", "/v1/categories", {"name": "New"}
    yield "POST", "/v1/order-lines", {"orderId": DRAFT, "productId": matrix_world.JAM, "quantity": 1}
    yield "PATCH", f"/v1/products/{TEA}", {"cost": "1.00"}
    yield "PATCH", f"/v1/products/{TEA}", {"supplier": "x"}
    yield "GET", f"/v1/products/{TEA}?fields=cost", None
    yield "GET", "/v1/products?sort=cost", None


VERDICTS = {200: "allow", 201: "allow", 204: "allow", 401: "deny", 403: "deny", 404: "hidden"}


def test_tests_say_what_a_server_answers(tmp_path):
    contract, seed = matrix_world.enriched(tmp_path), tmp_path / "seed.json"
    seed.write_text(json.dumps(matrix_world.SEED))
    tests, open_ones = [], 0
    with harness.Server(contract, tmp_path / "server", seed) as server:
        for name, caller in matrix_world.CALLERS.items():
            token = None if caller is None else server.token(*caller["roles"], user=caller["id"])
            client = server.client(token)
            for method, target, body in requests():
                asked = target + ("" if method == "GET" else "?dryRun=true")
                answer = client.request(method, asked, body)
                verdict = VERDICTS.get(answer.status)
                open_ones += verdict is None
                if verdict is None:
                    continue
                expect = verdict
                data = answer.body and answer.body.get("data")
                if method == "GET" and verdict == "allow" and "aggregate" not in target and "history" not in target:
                    rows = data if isinstance(data, list) else [data]
                    if "fields=" not in target:
                        expect = {"rows": [row["id"] for row in rows]}
                    if len(rows) == 1:
                        system = {"id", "version", "createdAt", "updatedAt", "deletedAt"}
                        expect = {**(expect if isinstance(expect, dict) else {}),
                                  "fields": [field for field in rows[0] if field not in system]}
                test = {"as": CALLERS[name], "rows": matrix_world.SEED, "when": f"{method} {target}", "expect": expect}
                tests.append({**test, "input": body} if body is not None else test)
    assert open_ones < len(tests) / 10 and len({test["expect"] for test in tests
                                                if isinstance(test["expect"], str)}) == 3
    other = {"allow": "deny", "deny": "hidden", "hidden": "allow"}
    for start in range(0, len(tests), 200):
        some = tests[start:start + 200]
        whole = {**yaml.safe_load(contract.read_text()), "tests": some}
        right = write(tmp_path, yaml.safe_dump(whole, sort_keys=False))
        status, errors = told(right)
        assert status == 0 and not errors, errors[:3]
        turned = [{**test, "expect": other[test["expect"]] if isinstance(test["expect"], str) else "hidden"}
                  for test in some]
        status, errors = told(write(tmp_path, yaml.safe_dump({**whole, "tests": turned}, sort_keys=False)))
        assert status == 2 and len(errors) == len(some)
