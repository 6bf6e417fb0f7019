# SPDX-License-Identifier: Apache-2.0
"""`ashlar explain access`: the verdict is the server's, the rules stand at their lines, and nothing is written."""

import json

import harness
import matrix_world
import pytest
import tables

ANN, BOB = matrix_world.ANN, matrix_world.BOB
ONE, TWO, GONE = (f"0190f000-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
POST = """service: post
roles: { clerk: {}, chief: { inherits: [clerk] } }
rules:
  mine: ownerId == auth.id
resources:
  Letter:
    description: What one writes to another.
    softDelete: true
    fields:
      owner:  { type: User!, default: auth.id, readOnly: true }
      weight: { type: int!, min: 1 }
      price:  { type: 'decimal(8,2)', default: '1.5' }
      stamp:  { type: string, read: hasRole('clerk'), write: weight < 50 }
      secret: { type: string, writeOnly: true }
      reply:  Letter
    access:
      read: mine || hasRole('clerk') || reply.ownerId == auth.id
      create: signedIn && weight < 100
      update: { before: mine && secret != 'x', after: weight < 100 }
      delete: hasRole('chief')
"""
ROWS = {"User": [{"id": ANN, "email": "ann@example.com"}, {"id": BOB, "email": "bob@example.com", "roles": ["clerk"]}],
        "Letter": [{"id": ONE, "ownerId": ANN, "weight": 7, "stamp": "canary-stamp", "secret": "canary-secret"},
                   {"id": TWO, "ownerId": BOB, "weight": 60, "replyId": ONE},
                   {"id": GONE, "ownerId": ANN, "weight": 9}]}
LINE = {text: number for number, text in enumerate((line.strip() for line in POST.splitlines()), 1)}


@pytest.fixture(scope="module")
def world(module_directory):
    contract, seed = module_directory / "post.yaml", module_directory / "seed.json"
    contract.write_text(POST)
    seed.write_text(json.dumps(ROWS))
    with harness.Server(contract, module_directory, seed) as server:
        assert server.as_role("chief").delete(f"/v1/letters/{GONE}").status == 204
        yield server


def explain(server, request, who, body=None):
    more = [] if body is None else ["--body", json.dumps(body)]
    return harness.run("explain", "access", server.contract, request, "--as", who, "--store", server.store, *more,
                       cwd=server.directory)


def block(done, title):
    """What is told of one rule: its lines, the first one first."""
    found = [part.splitlines() for part in done.stdout.split("\n\n") if part.startswith(title + ": ")]
    assert len(found) == 1, done.stdout
    return found[0]


def test_a_row_that_is_hidden(world):
    done = explain(world, f"GET /v1/letters/{TWO}", "anonymous")
    assert done.returncode == 3 and "refused: 401 UNAUTHENTICATED" in done.stdout, done
    done = explain(world, f"GET /v1/letters/{TWO}", f"user:{ANN}")
    assert done.returncode == 0 and f"as user {ANN} (ann@example.com; roles: none)\nallowed\n" in done.stdout, done
    at = LINE["read: mine || hasRole('clerk') || reply.ownerId == auth.id"]
    assert block(done, "get") == [
        "get: holds", f"  {world.contract}:{at}: read: mine || hasRole('clerk') || reply.ownerId == auth.id",
        "  ownerId == auth.id || hasRole('clerk') || reply.ownerId == auth.id: true",
        f"    ownerId == auth.id: false (ownerId is '{BOB}', auth.id is '{ANN}')", "    hasRole('clerk'): false",
        f"    reply.ownerId == auth.id: true (reply.ownerId is '{ANN}', auth.id is '{ANN}')"]
    done = explain(world, f"GET /v1/letters/{TWO}", "service")
    assert done.returncode == 4 and "refused: 404 NOT_FOUND" in done.stdout
    assert block(done, "get")[0] == "get: does not hold: hides the row"
    assert "    ownerId == auth.id: false (ownerId is" in done.stdout and "auth.id is null" in done.stdout


def test_fields_that_are_hidden(world):
    done = explain(world, f"GET /v1/letters/{ONE}", "user:ann@example.com")
    assert block(done, "field stamp, read")[:2] == [
        "field stamp, read: does not hold: hides the field",
        f"  {world.contract}:{LINE[POST.splitlines()[12].strip()]}: read: hasRole('clerk')"]
    assert block(explain(world, f"GET /v1/letters/{ONE}", "role:chief"), "field stamp, read")[0].endswith("holds")


def test_a_write_is_judged_over_both_rows_and_not_done(world):
    before = tables.connect(world.store_path).execute("SELECT * FROM letters").fetchall()
    good = explain(world, f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"weight": 8})
    assert good.returncode == 0 and "allowed; nothing was written" in good.stdout, good
    heavy = explain(world, f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"weight": 500})
    assert heavy.returncode == 3
    assert block(heavy, "update, of the row as it is")[0].endswith(": holds")
    after = block(heavy, "update, of the row as it would become")
    assert after[0].endswith("does not hold: denies") and after[2] == "  weight < 100: false (weight is 500)"
    at = LINE["update: { before: mine && secret != 'x', after: weight < 100 }"]
    assert f":{at}: update.after" in after[1]
    stamped = explain(world, f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"weight": 60, "stamp": "x"})
    assert stamped.returncode == 3
    assert block(stamped, "field stamp, write, in the row as it is")[0].endswith("holds")
    assert "does not hold" in block(stamped, "field stamp, write, in the row as it would become")[0]
    given = explain(world, f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"ownerId": BOB})
    assert given.returncode == 5 and "field ownerId is readOnly" in given.stdout
    made = explain(world, "POST /v1/letters", f"user:{BOB}", {"weight": 100})
    assert made.returncode == 3 and "weight < 100: false (weight is 100)" in made.stdout
    made = explain(world, "POST /v1/letters", f"user:{BOB}", {"weight": 10})
    assert made.returncode == 0 and "signedIn" in made.stdout
    wrong = explain(world, "POST /v1/letters", f"user:{BOB}", {"weight": 0})
    assert wrong.returncode == 5 and "is not judged: no row would come of it (422 VALIDATION_ERROR" in wrong.stdout
    gone = explain(world, f"DELETE /v1/letters/{ONE}", f"user:{BOB}")
    assert gone.returncode == 3 and "delete: does not hold: denies" in gone.stdout
    assert tables.connect(world.store_path).execute("SELECT * FROM letters").fetchall() == before


def test_what_nobody_reads_is_not_shown(world):
    done = explain(world, f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"weight": 8})
    assert "secret != 'x': true (secret is write-only)" in done.stdout, done.stdout
    assert "canary-secret" not in done.stdout and "this is for the operator" in done.stdout


def test_rows_that_are_deleted_or_not_there(world):
    done = explain(world, f"GET /v1/letters/{GONE}", "role:clerk")
    assert done.returncode == 4 and "the row is deleted\n" in done.stdout
    done = explain(world, f"GET /v1/letters/{ONE[:-1]}9", "role:clerk")
    assert done.returncode == 4 and "there is no row of that id, whoever asks\n" in done.stdout
    done = explain(world, f"POST /v1/letters/{GONE}/restore", "role:chief")
    assert done.returncode == 3 and "restore: does not hold: denies\n  no rule is given: nobody" in done.stdout


def test_a_list_is_told_by_its_condition(world):
    done = explain(world, "GET /v1/letters?sort=weight", f"user:{ANN}")
    assert done.returncode == 0 and block(done, "list")[0] == "list: is part of the query: other rows are hidden"
    assert "    ownerId == auth.id: depends on the row" in done.stdout
    done = explain(world, "GET /v1/letters?sort=stamp", f"user:{ANN}")
    assert done.returncode == 3 and "field 'stamp' is not allowed here" in done.stdout


@pytest.mark.parametrize("request_, who, told", [
    ("GET /v1/lettres", "anonymous", "404 ROUTE_NOT_FOUND"), ("GET", "anonymous", "is not a method and an address"),
    ("GET /v1/letters", "user:nobody@example.com", "there is no user 'nobody@example.com'"),
    ("GET /v1/letters", "role:clark", "the contract has no role 'clark'"),
    ("GET /v1/letters", "somebody", "'somebody' is none of anonymous, user:ID"),
    ("GET /auth/me", "anonymous", "'/auth' needs 'identity' in the contract"),
    ("GET /v1/letters", "user:", "is none of anonymous"), ("POST /v1/batch", "anonymous", "a batch is asked for")])
def test_what_cannot_be_explained_is_told(world, request_, who, told):
    done = explain(world, request_, who)
    assert done.returncode == 2 and told in done.stderr and not done.stdout, done


def test_what_is_built_in_has_no_rules(tmp_path):
    (tmp_path / "club.yaml").write_text("service: club\nidentity: { apiKeys: true }\nresources: {}\n")
    with harness.Server(tmp_path / "club.yaml", tmp_path) as server:
        for request, told in (("GET /auth/me", "whoever has signed in may ask it of their own account, and their API"),
                              ("DELETE /auth/me", "whoever has signed in may ask it of their own account\n"),
                              ("POST /auth/login", "no rule of the contract is looked at: anybody may ask it"),
                              ("PUT /auth/me", "only GET, HEAD, PATCH, DELETE, OPTIONS is taken there"),
                              ("GET /auth/none", "'/auth' is built in, and no operation of the contract"),
                              ("GET /oauth/authorize", "'/oauth' needs 'identity.provider' in the contract")):
            done = explain(server, request, "anonymous")
            assert done.returncode == 2 and told in done.stderr and not done.stdout, done


def test_a_body_that_is_no_json_is_told(world):
    done = harness.run("explain", "access", world.contract, "POST /v1/letters", "--as", "anonymous", "--store",
                       world.store, "--body", "{weight: 1}", cwd=world.directory)
    assert done.returncode == 2 and "--body: line 1, column 2" in done.stderr, done


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    (tmp_path / "post.yaml").write_text(POST)
    done = harness.run("explain", "access", "post.yaml", "GET /v1/letters", "--as", "anonymous", cwd=tmp_path)
    assert done.returncode == 2 and "there is no store at" in done.stderr and not (tmp_path / "data").exists(), done


def test_without_a_server_it_says_the_same(tmp_path):
    contract, seed = tmp_path / "post.yaml", tmp_path / "seed.json"
    contract.write_text(POST)
    seed.write_text(json.dumps(ROWS))
    server = harness.Server(contract, tmp_path, seed)
    asked = [(f"GET /v1/letters/{TWO}", f"user:{ANN}", None),
             (f"PATCH /v1/letters/{ONE}", f"user:{ANN}", {"weight": 500}), ("GET /v1/letters", "role:clerk", None)]
    offline = [explain(server, *one) for one in asked]
    with server:
        running = [explain(server, *one) for one in asked]
    assert [(one.returncode, one.stdout) for one in offline] == [(one.returncode, one.stdout) for one in running]
    assert "as a user of no row with the role clerk\n" in offline[2].stdout


def test_a_disabled_user_is_refused_as_by_the_server(tmp_path):
    contract, seed = tmp_path / "post.yaml", tmp_path / "seed.json"
    contract.write_text(POST)
    seed.write_text(json.dumps(ROWS))
    server = harness.Server(contract, tmp_path, seed)
    harness.succeed("user", "disable", contract, "ann@example.com", "--store", server.store, cwd=tmp_path)
    done = explain(server, f"GET /v1/letters/{ONE}", f"user:{ANN}")
    assert done.returncode == 3 and "401 UNAUTHENTICATED: the user is disabled" in done.stdout


STATUSES = {200: 0, 201: 0, 204: 0, 401: 3, 403: 3, 404: 4}


def test_the_verdict_is_what_the_server_answers(tmp_path):
    contract, seed = matrix_world.enriched(tmp_path), tmp_path / "seed.json"
    seed.write_text(json.dumps(matrix_world.SEED))
    draft, tea = matrix_world.DRAFT, matrix_world.TEA
    asked = [("GET", f"/v1/orders/{key}", None) for key in matrix_world.ORDERS]
    asked += [("PATCH", f"/v1/orders/{draft}", {"note": "x"}), ("DELETE", f"/v1/orders/{draft}", None),
              ("PATCH", f"/v1/products/{tea}", {"cost": "1.00"}), ("GET", "/v1/orders", None),
              ("POST", "/v1/reviews", {"productId": tea, "stars": 3}), ("GET", f"/v1/orders/{draft}/history", None),
              ("PUT", f"/v1/categories/{matrix_world.SHELF}", {"name": "x"}), ("GET", "/v1/products?sort=cost", None)]
    people = {"anonymous": "anonymous", "ann": f"user:{ANN}", "bob": f"user:{BOB}", "staff": "service:staff"}
    with harness.Server(contract, tmp_path / "server", seed) as server:
        for name, who in people.items():
            caller = matrix_world.CALLERS[name]
            client = server.client(None if caller is None else server.token(*caller["roles"], user=caller["id"]))
            for method, target, body in asked:
                answer = client.request(method, target + ("" if method == "GET" else "?dryRun=true"), body)
                done = explain(server, f"{method} {target}", who, body)
                assert done.returncode == STATUSES.get(answer.status, 5), (name, method, target, answer.body, done)
                if answer.status >= 400:
                    error = answer.body["error"]
                    assert f"refused: {answer.status} {error['code']}: " in done.stdout
        server.wait_event("operator", command="explain", outcome="done")
