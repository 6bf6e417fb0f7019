# SPDX-License-Identifier: Apache-2.0
"""API keys, as programs and their owners meet them (docs/decisions/0034)."""

import datetime
import json
import uuid

import pytest

from accounts import PASSWORD, all_at_once, code_of, eventually, login, store as rows
from harness import Server, run, succeed

CONTRACT = """service: club
identity: { register: open, apiKeys: { maxAge: 30d, perUser: 5 } }
roles: { staff: {} }
resources:
  User:
    access: { read: auth.id == id || hasRole('staff') }
  Shelf:
    fields: { name: string! }
    access: { read: public, write: signedIn }
  Thing:
    softDelete: true
    audit: true
    fields:
      name: string!
      ownerId: { type: uuid!, default: auth.id, readOnly: true }
      shelf: Shelf
      price: { type: int, read: hasRole('staff') }
    access:
      read: auth.id == ownerId
      write: auth.id == ownerId
      purge: auth.id == ownerId
  Report:
    fields: { name: string! }
    access: { read: hasScope('reports'), create: auth.kind == 'user' }
  Public:
    fields: { name: string! }
    access: { read: public, create: public }
"""

@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, folder) as server:
        yield server


def signed_in(server, email):
    """A client that has registered and signed in, and its tokens."""
    body = {"email": email, "password": PASSWORD}
    answer = server.client().post("/auth/register", body)
    assert answer.status == 201, answer.raw
    tokens = server.client().post("/auth/login", body).body["data"]
    return server.client(tokens["accessToken"]), tokens


def make(client, name="ci", **more):
    answer = client.post("/auth/keys", {"name": name, **more})
    assert answer.status == 201, answer.raw
    assert answer.headers["cache-control"] == "no-store"
    return answer.body["data"]


def at(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_the_whole_way(served):
    client, _ = signed_in(served, "ann@example.com")
    made = make(client, "ci", expiresAt=at(3600))
    assert made["key"].startswith("ashlar_") and len(made["key"]) == 78 and made["key"].endswith(made["ending"])
    assert made["scopes"] == [] and made["lastUsedAt"] is None
    for headers in ({"Authorization": "Bearer " + made["key"]}, {"X-Api-Key": made["key"]}):
        answer = served.client().request("POST", "/v1/things", {"name": "x"}, headers)
        assert answer.status == 201, answer.raw
        assert served.client().request("GET", "/v1/things", None, headers).body["meta"]["total"] >= 1
    program = served.client(made["key"])
    me = client.get("/auth/me").body["data"]["user"]
    assert program.get("/auth/me").body["data"]["user"] == me
    thing = program.post("/v1/things", {"name": "y"}).body["data"]
    assert thing["ownerId"] == me["id"]
    kinds = rows(served, "SELECT caller_kind FROM audit_entries WHERE row_id = ?", thing["id"])
    assert kinds == [("apiKey",)]
    listed = client.get("/auth/keys").body["data"]
    assert [one["id"] for one in listed] == [made["id"]] and "key" not in listed[0]
    eventually(lambda: client.get("/auth/keys").body["data"][0]["lastUsedAt"] is not None, True)
    assert client.delete("/auth/keys/" + made["id"]).status == 204
    assert client.delete("/auth/keys/" + made["id"]).status == 404
    assert client.get("/auth/keys").body["data"] == []
    eventually(lambda: program.get("/v1/things").status, 401)
    assert code_of(program.get("/v1/things")) == "INVALID_CREDENTIALS"


def test_a_key_opens_nothing_of_auth_but_me(served):
    client, tokens = signed_in(served, "ben@example.com")
    made = make(client)
    program = served.client(made["key"])
    assert program.get("/auth/me").status == 200
    change = {"currentPassword": PASSWORD, "newPassword": PASSWORD + "!"}
    for method, path, body in (("GET", "/auth/keys", None), ("POST", "/auth/keys", {"name": "more"}),
                               ("DELETE", "/auth/keys/" + made["id"], None), ("GET", "/auth/sessions", None),
                               ("DELETE", "/auth/sessions/" + str(uuid.uuid4()), None), ("POST", "/auth/logout", None),
                               ("POST", "/auth/password/change", change)):
        answer = program.request(method, path, body)
        assert (answer.status, code_of(answer)) == (403, "FORBIDDEN"), path
    assert len(client.get("/auth/keys").body["data"]) == 1
    assert served.client(tokens["accessToken"]).get("/auth/sessions").status == 200


def test_scopes_are_an_upper_bound_at_every_door(served):
    client, _ = signed_in(served, "cara@example.com")
    shelf = client.post("/v1/shelves", {"name": "s"}).body["data"]
    thing = client.post("/v1/things", {"name": "x", "shelfId": shelf["id"]}).body["data"]
    path = "/v1/things/" + thing["id"]

    def with_scopes(*scopes):
        key = make(client, scopes=list(scopes))
        revoke.append(key["id"])
        return served.client(key["key"])

    revoke = []
    reads = with_scopes("things:read")
    assert reads.get(path).status == 200
    assert reads.get("/v1/things").body["meta"]["total"] == 1
    assert reads.get("/v1/things/aggregate", select="count").status == 200
    assert reads.get(path + "/history").status == 200
    for answer in (reads.post("/v1/things", {"name": "y"}), reads.patch(path, {"name": "y"}), reads.delete(path),
                   reads.put(path, {"name": "y"}), reads.request("DELETE", path + "?purge=true"),
                   reads.get("/v1/shelves"), reads.get("/v1/publics"), reads.post("/v1/publics", {"name": "p"}),
                   reads.get("/v1/things", deleted="with"),
                   reads.post("/v1/batch", {"operations": [{"method": "DELETE", "path": path}]}),
                   reads.post("/v1/batch", {"operations": [{"method": "GET", "path": "/v1/shelves/" + shelf["id"]}]})):
        assert (answer.status, code_of(answer)) == (403, "FORBIDDEN"), answer.raw
    # What a relation leads to is beyond it, too: no row of a shelf is shown, found or counted.
    assert reads.get("/v1/things", include="shelf").body["data"][0]["shelf"] is None
    assert reads.get("/v1/things", **{"shelf.name": "s"}).body["meta"]["total"] == 0
    both = with_scopes("things:read", "shelves:get", "shelves:list")
    assert both.get("/v1/things", include="shelf").body["data"][0]["shelf"]["name"] == "s"
    assert both.get("/v1/things", **{"shelf.name": "s"}).body["meta"]["total"] == 1

    creates = with_scopes("things:create")
    answer = creates.post("/v1/things", {"name": "z"})
    assert answer.status == 201 and answer.body["data"] is None, answer.raw
    answer = creates.post("/v1/things", {"name": "z", "shelfId": shelf["id"]})
    assert answer.status == 422 and "REFERENCE_NOT_FOUND" in answer.raw.decode()
    assert creates.get("/v1/things").status == 403
    writes = with_scopes("read", "write")
    assert writes.patch(path, {"name": "w"}).status == 200
    assert writes.request("DELETE", path + "?purge=true").status == 403
    assert writes.delete(path).status == 204
    # A field that the owner may not read stays closed, whatever the scope.
    assert code_of(writes.get("/v1/things", sort="price")) == "FORBIDDEN"
    for one in revoke:
        client.delete("/auth/keys/" + one)


def test_nobody_gives_himself_a_scope_that_a_rule_asks_for(served):
    client, _ = signed_in(served, "dora@example.com")
    answer = client.post("/auth/keys", {"name": "x", "scopes": ["reports"]})
    assert answer.status == 422 and answer.body["error"]["details"][0]["field"] == "scopes[0]"
    mine = served.client(make(client, scopes=["read", "write"])["key"])
    assert mine.get("/v1/reports").status == 403
    assert mine.post("/v1/reports", {"name": "r"}).status == 403  # auth.kind is apiKey
    assert client.post("/v1/reports", {"name": "r"}).status == 201
    done = succeed("key", "create", "dora@example.com", "--name", "reports", "--scope", "reports", "--scope",
                   "reports:read", "--contract", served.contract, "--store", served.store)
    assert "opens nothing by itself" in done.stderr
    given = served.client(done.stdout.strip())
    assert given.get("/v1/reports").status == 200
    assert given.get("/v1/things").status == 403


def test_an_idempotency_key_is_the_api_keys_own(served):
    client, _ = signed_in(served, "dan@example.com")
    one, two = (served.client(make(client, scopes=["things:read", "things:create"])["key"]) for _ in range(2))
    first = one.post("/v1/things", {"name": "x"}, **{"Idempotency-Key": "k"})
    again = one.post("/v1/things", {"name": "x"}, **{"Idempotency-Key": "k"})
    assert again.headers["idempotency-replayed"] == "true" and again.body["data"] == first.body["data"]
    other = two.post("/v1/things", {"name": "x"}, **{"Idempotency-Key": "k"})
    assert other.status == 201 and "idempotency-replayed" not in other.headers


def test_what_is_refused(served):
    client, _ = signed_in(served, "emil@example.com")

    def wrong(body):
        answer = client.post("/auth/keys", body)
        return answer.status, [(one["field"], one["code"]) for one in answer.body["error"].get("details", [])]

    assert wrong({}) == (422, [("name", "REQUIRED")])
    assert wrong({"name": "x" * 101})[1] == [("name", "TOO_LONG")]
    assert wrong({"name": "x", "scopes": ["read"] * 33})[1][0] == ("scopes", "TOO_LONG")
    assert wrong({"name": "x", "expiresAt": at(31 * 86400)})[1] == [("expiresAt", "TOO_LARGE")]
    assert wrong({"name": "x", "expiresAt": at(-1)})[1] == [("expiresAt", "TOO_SMALL")]
    assert wrong({"name": "x", "userId": "y", "granted": True})[1] == [("userId", "UNKNOWN_FIELD"),
                                                                      ("granted", "UNKNOWN_FIELD")]
    assert served.client().get("/auth/keys").status == 401
    assert served.client(served.token("staff")).get("/auth/keys").status == 403
    assert client.request("PUT", "/auth/keys").status == 405
    for path in ("/v1/auth-api-keys", "/v1/auth-api-keys/" + str(uuid.uuid4())):
        assert served.client(served.token("staff")).get(path).status == 404
    key = make(client)["key"]
    program = served.client()
    for headers in ({"X-Api-Key": key, "Authorization": "Bearer " + key}, {"X-Api-Key": key[:-1]}, {"X-Api-Key": ""},
                    {"X-Api-Key": key.replace("ashlar_", "ashlar-")}, {"Authorization": "Bearer " + key + "0"},
                    {"X-Api-Key": served.token("staff")}):
        answer = program.request("GET", "/v1/publics", None, headers)
        assert (answer.status, code_of(answer)) == (401, "INVALID_CREDENTIALS"), headers
        assert "WWW-Authenticate".lower() in answer.headers
    # Never from an address.
    assert program.get("/v1/things", apiKey=key).status in (400, 401)
    assert program.get("/v1/publics", **{"x-api-key": key}).status == 400


def test_another_users_key_is_not_there(served):
    one, _ = signed_in(served, "fay@example.com")
    two, _ = signed_in(served, "gil@example.com")
    made = make(one)
    assert two.delete("/auth/keys/" + made["id"]).status == 404
    assert two.delete("/auth/keys/none").status == 404
    assert two.get("/auth/keys").body["data"] == []
    assert served.client(made["key"]).get("/v1/things").status == 200


def test_fifty_at_once_make_no_more_than_a_user_may_have(served):
    client, tokens = signed_in(served, "hal@example.com")
    answers = all_at_once([lambda i=i: served.client(tokens["accessToken"]).post("/auth/keys", {"name": f"k{i}"})
                           for i in range(50)])
    assert sorted(one.status for one in answers) == [201] * 5 + [409] * 45
    listed = client.get("/auth/keys").body["data"]
    assert len(listed) == 5
    assert {one["id"] for one in listed} == {one.body["data"]["id"] for one in answers if one.status == 201}
    victim = listed[0]["id"]
    answers = all_at_once([lambda i=i: served.client(tokens["accessToken"]).delete("/auth/keys/" + victim)
                           for i in range(50)])
    assert sorted(one.status for one in answers) == [204] + [404] * 49
    answers = all_at_once([lambda i=i: served.client(tokens["accessToken"]).post("/auth/keys", {"name": f"k{i}"})
                           for i in range(50)])
    assert sorted(one.status for one in answers) == [201] + [409] * 49
    assert rows(served, "SELECT count(*) FROM auth_api_keys WHERE user_id = (SELECT id FROM users WHERE email = ?)",
                "hal@example.com") == [(5,)]


def test_disabling_roles_and_expiry_reach_a_key_in_use(served):
    client, _ = signed_in(served, "ida@example.com")
    program = served.client(make(client)["key"])
    other, _ = signed_in(served, "other@example.com")
    their = other.get("/auth/me").body["data"]["user"]["id"]
    assert program.get("/v1/users/" + their).status == 404
    target = ("--contract", served.contract, "--store", served.store)
    succeed("user", "role", "ida@example.com", "--role", "staff", *target)
    eventually(lambda: program.get("/v1/users/" + their).status, 200)
    succeed("user", "disable", "ida@example.com", *target)
    eventually(lambda: program.get("/v1/things").status, 401)
    succeed("user", "enable", "ida@example.com", *target)
    eventually(lambda: program.get("/v1/things").status, 200)
    client = served.client(login(served, "ida@example.com")["accessToken"])
    short = served.client(make(client, expiresAt=at(3))["key"])
    assert short.get("/v1/things").status == 200
    eventually(lambda: short.get("/v1/things").status, 401)
    assert code_of(short.get("/v1/things")) == "TOKEN_EXPIRED"


def test_the_operator_makes_lists_and_revokes(served):
    signed_in(served, "jon@example.com")
    target = ("--contract", served.contract, "--store", served.store)
    done = succeed("key", "create", "JON@example.com", "--name", "nightly", "--scope", "things:read", "--expires", "7d",
                   *target)
    key = done.stdout.strip()
    program = served.client(key)
    assert program.get("/v1/things").status == 200
    assert program.post("/v1/things", {"name": "x"}).status == 403
    listed = json.loads(succeed("key", "list", "--user", "jon@example.com", "--format", "json", *target).stdout)
    assert [(one["name"], one["state"], one["scopes"], one["email"]) for one in listed] == \
        [("nightly", "good", ["things:read"], "jon@example.com")]
    assert key.endswith(listed[0]["ending"])
    text = succeed("key", "list", *target).stdout
    assert "nightly" in text and "jon@example.com" in text and key not in text and "ashlar_" not in text
    assert succeed("key", "revoke", listed[0]["id"], *target).stdout == listed[0]["id"] + " revoked\n"
    eventually(lambda: program.get("/v1/things").status, 401)
    assert run("key", "revoke", listed[0]["id"], *target).returncode == 2
    for words, told in ((("create", "nobody@example.com", "--name", "x"), "no user"),
                        (("create", "jon@example.com", "--name", "x", "--expires", "60d"), "expiresAt"),
                        (("create", "jon@example.com", "--name", "x", "--expires", "soon"), "--expires"),
                        (("create", "jon@example.com", "--name", "x", "--scope", "a b"), "scopes[0]"),
                        (("revoke", "none"), "no key")):
        done = run("key", *words, *target)
        assert done.returncode == 2 and told in done.stderr, done.stderr


def test_without_the_contracts_word_there_are_none(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.replace("apiKeys: { maxAge: 30d, perUser: 5 }", "apiKeys: false"))
    with Server(contract, tmp_path) as server:
        client, _ = signed_in(server, "a@example.com")
        assert client.get("/auth/keys").status == 404
        assert client.post("/auth/keys", {"name": "x"}).status == 404
        answer = server.client().request("GET", "/v1/publics", None, {"X-Api-Key": "ashlar_" + "0" * 71})
        assert (answer.status, code_of(answer)) == (401, "INVALID_CREDENTIALS")
        done = run("key", "create", "a@example.com", "--name", "x", "--contract", contract, "--store", server.store)
        assert done.returncode == 2 and "apiKeys: true" in done.stderr


def test_a_limit_per_key_is_each_keys_own(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT + "limits:\n  - { match: 'GET /v1/things', to: 2/h, per: key }\n")
    with Server(contract, tmp_path) as server:
        client, _ = signed_in(server, "a@example.com")
        one, two = (server.client(make(client)["key"]) for _ in range(2))
        assert [one.get("/v1/things").status for _ in range(3)] == [200, 200, 429]
        answer = two.get("/v1/things")
        assert answer.status == 200 and answer.headers["ratelimit"] == '"2/h per key";r=1;t=1800'
        assert [client.get("/v1/things").status for _ in range(4)] == [200] * 4


def test_keys_outlive_a_restart(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    server = Server(contract, tmp_path)
    server.start()
    try:
        client, _ = signed_in(server, "a@example.com")
        made = make(client)
        assert server.client(made["key"]).get("/v1/things").status == 200
        server.stop()
        (used,), = rows(server, "SELECT last_used_at FROM auth_api_keys")
        assert used is not None
        server.start()
        assert server.client(made["key"]).get("/v1/things").status == 200
    finally:
        server.stop()
