# SPDX-License-Identifier: Apache-2.0
"""What is kept and told of what happens to accounts, and that no secret is among it (docs/decisions/0035)."""

import concurrent.futures
import json
import time
import urllib.request

import pytest

from accounts import PASSWORD, login, post, register, store
from harness import Server, run, succeed
from mail_server import Folder
from totp import App
import tables

CONTRACT = """service: club
identity: { register: open, apiKeys: true }
roles: { staff: {} }
resources:
  User:
    audit: true
    access: { read: auth.id == id, history: auth.id == id }
  Thing:
    audit: true
    fields: { name: string! }
    access: { read: signedIn, write: signedIn }
"""

@pytest.fixture
def served(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, tmp_path) as server:
        yield server


def target(server):
    return "--contract", server.contract, "--store", server.store


def events(server, *words):
    return json.loads(succeed("events", "--format", "json", *words, *target(server)).stdout)


def kinds(server, *words):
    return [one["kind"] for one in events(server, *words)]


def lines(server, name):
    """The lines of the log that tell of one kind of event."""
    found = [json.loads(line) for line in server.error_text.splitlines() if line.startswith("{")]
    return [one for one in found if one["event"] == name]


def test_each_thing_is_told_once_with_whose_and_from_where(served):
    new = {"email": "ann@example.com", "password": PASSWORD}
    user = post(served, "/auth/register", new).body["data"]["user"]["id"]
    assert post(served, "/auth/register", new).status == 409
    assert post(served, "/auth/login", {**new, "password": "x" * 12}).status == 401
    answer = post(served, "/auth/login", new, **{"User-Agent": "spy\x9b/1", "X-Request-Id": "r-1"})
    token, refresh = answer.body["data"]["accessToken"], answer.body["data"]["refreshToken"]
    client = served.client(token)
    key = client.post("/auth/keys", {"name": "ci"}).body["data"]
    assert client.delete("/auth/keys/" + key["id"]).status == 204
    assert client.delete("/auth/keys/" + key["id"]).status == 404
    change = {"currentPassword": "wrong wrong wrong", "newPassword": "another horse staple"}
    assert client.post("/auth/password/change", change).status == 401
    other = post(served, "/auth/login", new).body["data"]
    assert client.post("/auth/password/change", {**change, "currentPassword": PASSWORD}).status == 204
    for _ in range(2):
        store(served, "UPDATE auth_sessions SET rotated_at = rotated_at - 11000000")
        refresh = post(served, "/auth/refresh", {"refreshToken": refresh}).body["data"]["refreshToken"]
    assert post(served, "/auth/refresh", {"refreshToken": answer.body["data"]["refreshToken"]}).status == 401
    last = {**new, "password": "another horse staple"}
    final = served.client(post(served, "/auth/login", last).body["data"]["accessToken"])
    assert final.request("POST", "/auth/logout").status == 204
    expected = ["user_created", "authn_login_fail", "authn_login_success", "authn_token_created",
                "authn_token_revoked", "authn_password_change_fail", "authn_login_success", "authn_password_change",
                "session_expired", "authn_token_reuse", "authn_login_success", "session_expired"]
    assert kinds(served) == expected
    told = events(served, "--user", "ann@example.com")
    assert [one["kind"] for one in told] == expected
    assert {one["userId"] for one in told} == {user} and {one["address"] for one in told} == {"127.0.0.1"}
    assert not any(one["byOperator"] for one in told)
    success = told[2]
    assert (success["agent"], success["requestId"]) == ("spy?/1", "r-1")
    assert {told[3]["subject"], told[4]["subject"]} == {key["id"]}
    assert other and told[8]["subject"] != success["subject"]
    assert kinds(served, "--kind", "authn_login_fail") == ["authn_login_fail"]
    assert kinds(served, "--last", "2") == expected[-2:]
    text = succeed("events", "--user", user, *target(served)).stdout
    assert text.count("\n") == len(expected) and "authn_token_reuse" in text
    served.wait_event("session_expired", subject=told[-1]["subject"])
    for name in set(expected):
        assert len(lines(served, name)) == expected.count(name), name
    line, = lines(served, "authn_login_fail")
    assert line["level"] == "warning" and line["userId"] == user and line["address"] == "127.0.0.1"


def test_nothing_is_kept_of_what_strangers_type(served):
    for email in ("nobody-canary@example.com", "no address canary", "x" * 300 + "canary@example.com"):
        assert post(served, "/auth/login", {"email": email, "password": PASSWORD}).status == 401
    told = events(served)
    assert [(one["kind"], one["userId"]) for one in told] == [("authn_login_fail", None)] * 3
    assert "canary" not in json.dumps(told)
    served.stop()
    assert "canary" not in served.error_text


def test_the_failure_that_locks_says_so(served):
    new = {"email": "ben@example.com", "password": PASSWORD}
    post(served, "/auth/register", new)
    for _ in range(6):
        post(served, "/auth/login", {**new, "password": "x" * 12})
    told = kinds(served)
    assert told[1:6] == ["authn_login_fail"] * 4 + ["authn_login_lock"]
    assert told[6] in ("authn_login_fail", "authn_login_lock")  # as soon, or as late, as it came


def test_strangers_fill_no_disk_and_crowd_nothing_out(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, tmp_path, arguments=("--workers", "1")) as server:
        def fail(i):
            return server.client().post("/auth/login", {"email": f"n{i}@example.com", "password": PASSWORD}).status

        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert set(pool.map(fail, range(150))) == {401}
        elapsed = time.monotonic() - begun
        client = server.client()
        new = {"email": "cara@example.com", "password": PASSWORD}
        assert client.post("/auth/register", new).status == 201
        assert client.post("/auth/login", new).status == 200
        told = events(server, "--last", "1000")
        assert [one["kind"] for one in told][-2:] == ["user_created", "authn_login_success"]
        failed = [one for one in told if one["kind"] == "authn_login_fail"]
        # Sixty at once, and one more for each second that has passed meanwhile.
        assert 60 <= len(failed) <= min(60 + elapsed + 1, 149)
        time.sleep(1.1)
        assert fail("one more") == 401
        failed = events(server, "--kind", "authn_login_fail", "--last", "1000")
        assert len(failed) + sum(one["dropped"] for one in failed) == 151
        server.wait_event("authn_login_success")
        assert len(lines(server, "authn_login_fail")) >= 150, "the log has them all"


def test_the_operators_doings_are_events_too(served):
    made = succeed("user", "add", "dora@example.com", *target(served)).stdout.strip()
    succeed("user", "role", "dora@example.com", "--role", "staff", *target(served))
    succeed("user", "disable", "dora@example.com", *target(served))
    succeed("user", "enable", "dora@example.com", *target(served))
    succeed("user", "password", "dora@example.com", *target(served), stdin="one more horse staple")
    succeed("key", "create", "dora@example.com", "--name", "x", *target(served))
    key = json.loads(succeed("key", "list", "--format", "json", *target(served)).stdout)[0]["id"]
    succeed("key", "revoke", key, *target(served))
    told = events(served, "--user", made)
    assert [one["kind"] for one in told] == ["user_created", "privilege_permissions_changed", "user_updated",
                                             "user_updated", "authn_password_change", "authn_token_created",
                                             "authn_token_revoked"]
    assert all(one["byOperator"] and one["address"] is None for one in told)
    assert told[-1]["subject"] == told[-2]["subject"] == key
    # The same without a server.
    served.stop()
    succeed("user", "disable", "dora@example.com", *target(served))
    assert kinds(served)[-1] == "user_updated"


def test_second_factors_and_removal_are_events(served):
    user = register(served, "fay@example.com")["id"]
    client = served.client(login(served, "fay@example.com")["accessToken"])
    app = App(client.post("/auth/totp", {"currentPassword": PASSWORD}).body["data"]["uri"])
    assert client.post("/auth/totp/confirm", {"code": app.code(-1)}).status == 200
    both = {"email": "fay@example.com", "password": PASSWORD}
    assert post(served, "/auth/login", both).status == 401  # a code is missing: no failure
    assert post(served, "/auth/login", {**both, "code": "000000"}).status == 401
    gone = {"currentPassword": PASSWORD}
    assert client.request("DELETE", "/auth/totp", {**gone, "code": "000000"}).status == 401
    assert client.request("DELETE", "/auth/totp", {**gone, "code": app.code(0)}).status == 204
    assert client.request("DELETE", "/auth/me", {"currentPassword": "wrong wrong wrong"}).status == 401
    assert client.request("DELETE", "/auth/me", gone).status == 204
    told = events(served, "--user", user)  # what happened outlives the account
    assert [one["kind"] for one in told] == [
        "user_created", "authn_login_success", "authn_mfa_enabled", "authn_login_fail", "authn_login_fail",
        "authn_mfa_disabled", "authn_login_fail", "user_deleted"]


def test_what_goes_by_mail_is_an_event_when_it_counts(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    links = "{ verify: 'https://a.example/v#{token}', reset: 'https://a.example/r#{token}' }"
    contract.write_text(CONTRACT.replace("apiKeys: true", f"verification: required, links: {links}"))
    environment = {"ASHLAR_MAIL": f"file:{tmp_path}/mails", "ASHLAR_MAIL_FROM": "a@a.example"}
    with Server(contract, tmp_path, **environment) as server:
        mails = Folder(tmp_path / "mails")
        for _ in range(2):
            assert post(server, "/auth/register", {"email": "gus@example.com", "password": PASSWORD}).status == 202
        assert kinds(server) == ["user_created"]
        token = mails.wait("gus@example.com", "is this your address").token()
        for status in (204, 401):
            assert post(server, "/auth/email/verify", {"token": token}).status == status
        session = server.client(login(server, "gus@example.com")["accessToken"])
        for _ in range(2):
            assert post(server, "/auth/password/forgot", {"email": "gus@example.com"}).status == 202
        token = mails.wait("gus@example.com", "a new password", 2).token()
        fresh = {"token": token, "newPassword": "another horse staple"}
        assert post(server, "/auth/password/reset", fresh).status == 204
        assert session.get("/auth/me").status in (200, 401)
        assert kinds(server) == ["user_created", "user_updated", "authn_login_success", "authn_password_change",
                                 "session_expired"]


def test_what_cannot_be_asked(served):
    for path in ("/v1/auth-events", "/auth/events"):
        assert served.client(served.token("staff")).get(path).status == 404
    assert run("events", "--kind", "cake", *target(served)).returncode == 64
    assert run("events", "--last", "0", *target(served)).returncode == 64
    done = run("events", "--user", "nobody@example.com", *target(served))
    assert done.returncode == 2 and "no user" in done.stderr


def test_a_client_behind_a_trusted_proxy_is_named(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    new = {"email": "ed@example.com", "password": PASSWORD}
    with Server(contract, tmp_path, arguments=("--trusted-proxies", "127.0.0.1")) as server:
        post(server, "/auth/register", new, **{"X-Forwarded-For": "2001:DB8:0::1"})
        assert events(server)[0]["address"] == "2001:db8::1"


def test_no_secret_is_in_any_sink(tmp_path):
    """Everything that there is, with secrets that can be found, and then all places where one could stand."""
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    canary = "canary-7d1f0c-password"
    said, secrets = [], [canary]

    def ask(token, method, path, body=None, **headers):
        answer = server.client(token).request(method, path, body, headers or None)
        said.append(answer.raw + repr(answer.headers).encode())
        return answer

    with Server(contract, tmp_path, arguments=("--admin-listen", "127.0.0.1:0")) as server:
        new = {"email": "z@example.com", "password": canary}
        for _ in range(2):
            ask(None, "POST", "/auth/register", new)
        ask(None, "POST", "/auth/login", {**new, "extra": canary})
        ask(None, "POST", "/auth/login", {**new, "password": canary + "!"})
        ask(None, "POST", "/auth/login", {"email": canary, "password": canary})
        signed_in = server.client().post("/auth/login", new).body["data"]
        access, refresh = signed_in["accessToken"], signed_in["refreshToken"]
        made = server.client(access).post("/auth/keys", {"name": "ci", "scopes": ["things:read", "things:create"]})
        key = made.body["data"]["key"]
        given = succeed("key", "create", "z@example.com", "--name", "op", *target(server))
        operators = given.stdout.strip()
        assert operators not in given.stderr
        secrets += [access, refresh, key, operators, access.split(".")[2], key[29:72], operators[29:72]]
        for token in (access, key, operators):
            ask(token, "GET", "/v1/things")
            ask(token, "POST", "/v1/things", {"name": "x"})
            ask(token, "POST", "/v1/things", {"name": 1})
            ask(token, "GET", "/auth/me")
            ask(token, "GET", "/auth/keys")
            ask(token, "GET", "/auth/sessions")
            ask(token + "x", "GET", "/v1/things")
            ask(token[:-1], "GET", "/v1/things")
            ask(None, "GET", "/v1/things", None, **{"X-Api-Key": token})
            ask(token, "GET", "/v1/things", None, **{"X-Api-Key": token})
            ask(None, "GET", "/v1/things?access_token=" + token)
            ask(None, "GET", "/v1/things/" + token)
            ask(None, "POST", "/auth/refresh", {"refreshToken": token})
        ask(access, "POST", "/auth/keys", {"name": "x", "scopes": [key]})
        ask(access, "DELETE", "/auth/keys/" + key)
        ask(None, "POST", "/auth/refresh", {"refreshToken": refresh + "x"})
        ask(access, "POST", "/auth/password/change", {"currentPassword": canary, "newPassword": canary})
        ask(access, "POST", "/auth/password/change", {"currentPassword": canary + "!", "newPassword": canary + "-2"})
        ask(access, "POST", "/auth/password/change", {"currentPassword": canary, "newPassword": canary + "-2"})
        ask(access, "GET", "/v1/users/" + signed_in["user"]["id"] + "/history")
        said.append(succeed("events", *target(server)).stdout.encode())
        said.append(succeed("events", "--format", "json", *target(server)).stdout.encode())
        said.append(succeed("key", "list", *target(server)).stdout.encode())
        said.append(succeed("key", "list", "--format", "json", *target(server)).stdout.encode())
        admin = server.wait_event("admin.started")["address"]
        with urllib.request.urlopen(admin + "/metrics") as metrics:
            said.append(metrics.read())
        assert ask(access, "POST", "/auth/logout").status == 204
    link = tables.connect(server.store_path)
    names = [name for name, in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    said += [repr(link.execute(f'SELECT * FROM "{table}"').fetchall()).encode() for table in names]
    link.close()
    said.append(server.error_text.encode())
    said.append(tables.everything(server.store_path))
    assert any(b"authn_token_created" in one for one in said)
    for secret in secrets:
        # What a caller types into an address is told back to nobody and stands in no line.
        assert not any(secret.encode() in one for one in said), secret
