# SPDX-License-Identifier: Apache-2.0
"""Second factors as a client meets them: codes by time, recovery codes, the lockout (docs/decisions/0032)."""

import base64
import re
import time

import pytest

from accounts import PASSWORD, all_at_once, code_of, eventually, login, post, refresh, register, store
from harness import Server, run, succeed
from test_accounts import CONTRACT
from totp import App
import tables


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("second-factor")
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, folder) as server:
        yield server


def ask(server, email, code=None, password=PASSWORD):
    body = {"email": email, "password": password}
    return post(server, "/auth/login", body if code is None else {**body, "code": code})


def turn_on(server, email):
    """A user with a second factor: the app, the recovery codes, the client that turned it on."""
    register(server, email)
    client = server.client(login(server, email)["accessToken"])
    begun = client.post("/auth/totp", {"currentPassword": PASSWORD})
    assert begun.status == 200, begun.raw
    app = App(begun.body["data"]["uri"])
    confirmed = client.post("/auth/totp/confirm", {"code": app.code(-1)})
    assert confirmed.status == 200, confirmed.raw
    return app, confirmed.body["data"]["recoveryCodes"], client


def within_step(app):
    """Waits until the step has 10 s left, so that a code means the same a little later."""
    left = app.period - time.time() % app.period
    if left < 10:
        time.sleep(left)


def test_the_whole_way(served):
    register(served, "ann@example.com")
    first = login(served, "ann@example.com")
    client = served.client(login(served, "ann@example.com")["accessToken"])
    begun = client.post("/auth/totp", {"currentPassword": PASSWORD})
    assert begun.status == 200 and begun.headers["cache-control"] == "no-store"
    app = App(begun.body["data"]["uri"])
    assert app.label == "club:ann@example.com" and (app.issuer, app.digits, app.period) == ("club", 6, 30)
    assert len(app.secret) == 20 and begun.body["data"]["secret"] in begun.body["data"]["uri"]
    login(served, "ann@example.com")  # it counts for nothing yet
    within_step(app)
    confirmed = client.post("/auth/totp/confirm", {"code": app.code(-1)})
    codes = confirmed.body["data"]["recoveryCodes"]
    assert len(set(codes)) == 10 and all(re.fullmatch("([A-Z2-7]{6}-){3}[A-Z2-7]{6}", one) for one in codes)
    assert refresh(served, first["refreshToken"]).status == 401  # what was begun without it has ended
    assert client.get("/auth/me").status == 200

    answer = ask(served, "ann@example.com")
    assert (answer.status, code_of(answer)) == (401, "SECOND_FACTOR_REQUIRED")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert code_of(ask(served, "ann@example.com", "")) == "SECOND_FACTOR_REQUIRED"
    code = app.code()
    assert ask(served, "ann@example.com", code).status == 200
    assert code_of(ask(served, "ann@example.com", code)) == "INVALID_CREDENTIALS"
    assert ask(served, "ann@example.com", codes[3].lower().replace("-", " ")).status == 200
    assert code_of(ask(served, "ann@example.com", codes[3])) == "INVALID_CREDENTIALS"

    off = {"currentPassword": PASSWORD}
    assert client.request("DELETE", "/auth/totp", {**off, "code": codes[3]}).status == 401
    assert client.request("DELETE", "/auth/totp", off).status == 422
    assert client.request("DELETE", "/auth/totp", {**off, "code": codes[4]}).status == 204
    assert client.request("DELETE", "/auth/totp", {**off, "code": codes[5]}).status == 404
    login(served, "ann@example.com")


def test_what_is_refused(served):
    app, codes, client = turn_on(served, "ben@example.com")

    def told(method, path, body):
        answer = client.request(method, path, body)
        return answer.status, code_of(answer)

    assert told("POST", "/auth/totp", {"currentPassword": PASSWORD}) == (409, "CONFLICT")
    assert told("POST", "/auth/totp/confirm", {"code": app.code(1)}) == (409, "CONFLICT")
    assert told("POST", "/auth/totp", {}) == (422, "VALIDATION_ERROR")
    assert told("POST", "/auth/totp/confirm", {"code": 123456}) == (422, "VALIDATION_ERROR")
    assert code_of(ask(served, "ben@example.com", 123456)) == "VALIDATION_ERROR"
    change = {"currentPassword": PASSWORD, "newPassword": "another horse staple"}
    assert told("POST", "/auth/password/change", change) == (401, "SECOND_FACTOR_REQUIRED")
    assert told("POST", "/auth/password/change", {**change, "code": "000 00"}) == (401, "INVALID_CREDENTIALS")
    # Neither what was wrong of it nor that the account is locked shows, but that it is not about the address does.
    bad = [{**change, "code": "000 00"}, {**change, "currentPassword": "wrong"}]
    words = {client.post("/auth/password/change", body).body["error"]["message"] for body in bad}
    assert words == {"the password or the code is not right"}
    assert client.post("/auth/password/change", {**change, "code": codes[0]}).status == 204
    for path in ("/auth/totp", "/auth/totp/confirm"):
        assert post(served, path, {"code": "x"}).status == 401
        assert served.client().get(path).status == 405
    assert served.client(served.token("staff")).get("/v1/auth-second-factors").status == 404


def test_a_wrong_code_is_told_and_counted_as_a_wrong_password(served):
    turn_on(served, "cara@example.com")
    wrong_password = ask(served, "cara@example.com", "000000x", "wrong wrong wrong")
    wrong_code = ask(served, "cara@example.com", "000000x")
    assert wrong_code.status == wrong_password.status == 401
    assert wrong_code.body["error"] == wrong_password.body["error"]
    assert wrong_code.headers.keys() == wrong_password.headers.keys()
    failures = "SELECT failures FROM auth_credentials WHERE failures > 0"
    assert store(served, failures) == [(2,)]
    for _ in range(3):
        assert code_of(ask(served, "cara@example.com")) == "SECOND_FACTOR_REQUIRED"
    assert store(served, failures) == [(2,)]
    answers = all_at_once([lambda: ask(served, "cara@example.com", "000000x")] * 50)
    assert {(one.status, code_of(one)) for one in answers} == {(401, "INVALID_CREDENTIALS")}
    locked, = store(served, "SELECT failures, locked_until FROM auth_credentials WHERE failures > 0")
    assert 5 <= locked[0] < 20 and locked[1] is not None
    store(served, "UPDATE auth_credentials SET failures = 0, locked_until = NULL")


def test_fifty_at_once_with_one_code_sign_in_once(served):
    app, codes, _ = turn_on(served, "dora@example.com")
    within_step(app)
    for code in (app.code(), codes[0]):
        answers = all_at_once([lambda: ask(served, "dora@example.com", code)] * 50)
        assert sorted(one.status for one in answers) == [200] + [401] * 49
        store(served, "UPDATE auth_credentials SET failures = 0, locked_until = NULL")


def test_whoever_removes_the_account_shows_a_code_too(served):
    _, codes, client = turn_on(served, "fay@example.com")
    removed = [client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD, **code})
               for code in ({}, {"code": "000000x"}, {"code": codes[0]})]
    assert [answer.status for answer in removed] == [401, 401, 204]
    assert [code_of(answer) for answer in removed[:2]] == ["SECOND_FACTOR_REQUIRED", "INVALID_CREDENTIALS"]
    assert store(served, "SELECT count(*) FROM auth_second_factors f LEFT JOIN users u ON u.id = f.id "
                 "WHERE u.id IS NULL") == [(0,)]


def test_the_operator_takes_what_was_lost(served):
    _, _, client = turn_on(served, "emil@example.com")
    assert code_of(ask(served, "emil@example.com")) == "SECOND_FACTOR_REQUIRED"
    target = ("--contract", served.contract, "--store", served.store)
    assert "emil@example.com" in succeed("user", "totp-reset", "emil@example.com", *target).stdout
    login(served, "emil@example.com")
    again = succeed("user", "totp-reset", "emil@example.com", *target)
    assert again.stdout == "" and "has no second factor" in again.stderr
    assert run("user", "totp-reset", "nobody@example.com", *target).returncode == 2
    eventually(lambda: client.get("/auth/me").status, 200)


def test_no_secret_is_anywhere_but_where_it_belongs(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, tmp_path) as server:
        app, codes, client = turn_on(server, "z@example.com")
        told = [ask(server, "z@example.com").raw, ask(server, "z@example.com", codes[0] + "X").raw,
                client.get("/auth/me").raw, client.get("/v1/users").raw]
        used = app.code()
        assert ask(server, "z@example.com", used).status == 200
        assert ask(server, "z@example.com", codes[1]).status == 200
        audit = repr(store(server, "SELECT * FROM audit_entries"))
        rows = repr(store(server, "SELECT * FROM auth_second_factors"))
    secrets = [base64.b32encode(app.secret).decode(), *codes, *(one.replace("-", "") for one in codes)]
    for secret in secrets:
        assert secret not in server.error_text and secret not in audit and secret not in rows
        assert all(secret.encode() not in one for one in told)
    files = tables.everything(server.store_path)
    for secret in [app.secret, *(one.encode() for one in secrets)]:
        assert secret not in files
