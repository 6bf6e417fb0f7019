# SPDX-License-Identifier: Apache-2.0
"""Accounts: registration, signing in and out, sessions, passwords, as a client meets them (docs/decisions/0029)."""

import random
import time
import uuid

import pytest

from accounts import PASSWORD, all_at_once, code_of, eventually, login, post, refresh, register, store
from harness import Server, succeed
import tables

CONTRACT = """service: club
identity: { register: open }
resources:
  User:
    audit: true
    fields:
      nick: { type: string, max: 20 }
      rank: { type: int!, default: 0, readOnly: true }
      note: { type: string, write: hasRole('staff') }
    access: { read: auth.id == id }
  Thing:
    fields: { name: string! }
    access: { read: signedIn, create: signedIn }
roles: { staff: {} }
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accounts")
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, folder) as server:
        yield server


def disable(server, email):
    succeed("user", "disable", email, "--contract", server.contract, "--store", server.store)


def test_the_whole_way(served):
    user = register(served, "Ann@Example.com", nick="ann")
    assert user["email"] == "ann@example.com" and user["emailVerified"] is False
    signed_in = login(served, "ANN@example.com")
    assert signed_in["tokenType"] == "Bearer" and signed_in["expiresIn"] == 900
    assert signed_in["user"] == user
    client = served.client(signed_in["accessToken"])
    assert client.get("/auth/me").body["data"]["user"] == user
    assert client.post("/v1/things", {"name": "x"}).status == 201
    assert client.get("/v1/users/" + user["id"]).body["data"]["nick"] == "ann"
    sessions = client.get("/auth/sessions").body["data"]
    assert [one["current"] for one in sessions] == [True]
    other = login(served, "ann@example.com")
    sessions = client.get("/auth/sessions").body["data"]
    assert [one["current"] for one in sessions] == [True, False]
    assert client.delete("/auth/sessions/" + sessions[1]["id"]).status == 204
    assert client.delete("/auth/sessions/" + sessions[1]["id"]).status == 404
    assert code_of(refresh(served, other["refreshToken"])) == "INVALID_CREDENTIALS"
    again = refresh(served, signed_in["refreshToken"])
    assert again.status == 200 and again.body["data"]["user"] == user
    assert again.headers["cache-control"] == "no-store"
    assert client.request("POST", "/auth/logout").status == 204
    assert refresh(served, again.body["data"]["refreshToken"]).status == 401
    eventually(lambda: client.get("/auth/me").status, 401)


def test_what_is_refused(served):
    register(served, "ben@example.com")
    known = {"email": "ben@example.com", "password": PASSWORD}

    def wrong(path, body, **headers):
        answer = post(served, path, body, **headers)
        details = answer.body["error"].get("details", [])
        return answer.status, code_of(answer), [(one["field"], one["code"]) for one in details]

    assert wrong("/auth/register", known)[:2] == (409, "CONFLICT")
    new = {"email": "new@example.com", "password": PASSWORD}
    for field in ("roles", "disabled", "emailVerified", "rank", "note", "id", "version"):
        assert wrong("/auth/register", {**new, field: True}) == (422, "VALIDATION_ERROR", [(field, "READ_ONLY")])
    assert wrong("/auth/register", {**new, "no": 1})[2] == [("no", "UNKNOWN_FIELD")]
    assert wrong("/auth/register", {**new, "nick": "n" * 21})[2] == [("nick", "TOO_LONG")]
    assert wrong("/auth/register", {**new, "password": "short"})[2] == [("password", "TOO_SHORT")]
    assert wrong("/auth/register", {**new, "password": "é" * 129})[2] == [("password", "TOO_LONG")]
    assert wrong("/auth/register", {**new, "password": "New@example.com"})[2] == [("password", "CHECK")]
    assert wrong("/auth/register", {**new, "email": "none"})[:2] == (422, "VALIDATION_ERROR")
    assert wrong("/auth/login", {})[2] == [("email", "REQUIRED"), ("password", "REQUIRED")]
    assert wrong("/auth/login", {**known, "mode": "cookie"})[2] == [("mode", "UNKNOWN_FIELD")]
    assert wrong("/auth/login", known, **{"Idempotency-Key": "k"})[:2] == (400, "INVALID_QUERY")
    assert wrong("/auth/login?email=x", known)[:2] == (400, "INVALID_QUERY")
    assert wrong("/auth/login", known, **{"Content-Type": "text/plain"})[0] == 415
    assert wrong("/auth/logout", None)[:2] == (401, "UNAUTHENTICATED")
    for path in ("/auth", "/auth/", "/auth/email", "/auth/keys"):
        assert wrong(path, known)[:2] == (404, "ROUTE_NOT_FOUND")
    assert served.client().get("/auth/login").status == 405
    assert served.client(served.token("staff")).get("/auth/me").status == 403
    for path in ("/v1/auth-sessions", "/v1/auth-credentials"):
        assert served.client(served.token("staff")).get(path).status == 404


def age_rotation(server, email, seconds=11):
    """As if so much time had gone since the tokens of the user's sessions were renewed."""
    store(server, "UPDATE auth_sessions SET rotated_at = rotated_at - ? WHERE user_id = "
          "(SELECT id FROM users WHERE email = ?)", seconds * 1_000_000, email)


def test_one_refresh_token_at_once_has_one_successor(served):
    register(served, "cara@example.com")
    token = login(served, "cara@example.com")["refreshToken"]
    answers = all_at_once([lambda: refresh(served, token)] * 50)
    assert {one.status for one in answers} == {200}
    successors = {one.body["data"]["refreshToken"] for one in answers}
    assert len(successors) == 1 and successors != {token}
    assert refresh(served, successors.pop()).status == 200


def test_a_storm_of_tabs_logs_nobody_out(served):
    """Eight tabs that share a token renew it at once, some of them again and again as their clocks are wrong; half of
    the answers are lost, and asked for again."""
    register(served, "tab@example.com")
    shared = {"token": login(served, "tab@example.com")["refreshToken"]}
    chance, statuses, steps = random.Random(8), set(), set()

    def tab(times):
        for _ in range(times):
            lost = True
            while lost:
                answer = refresh(served, shared["token"])
                statuses.add(answer.status)
                lost = answer.status == 200 and chance.random() < 0.5
            if answer.status == 200:
                shared["token"] = answer.body["data"]["refreshToken"]

    for _ in range(10):
        all_at_once([lambda times=times: tab(times) for times in (1, 1, 1, 1, 2, 2, 5, 10)])
        steps.add(shared["token"])
        age_rotation(served, "tab@example.com")
    assert statuses == {200} and len(steps) == 10


def test_a_token_that_is_used_again_later_ends_its_session(served):
    register(served, "dora@example.com")
    first = login(served, "dora@example.com")
    second = refresh(served, first["refreshToken"]).body["data"]
    assert refresh(served, first["refreshToken"]).body["data"]["refreshToken"] == second["refreshToken"]
    age_rotation(served, "dora@example.com")
    answer = refresh(served, first["refreshToken"])
    assert (answer.status, code_of(answer)) == (401, "REFRESH_REUSED")
    assert code_of(refresh(served, second["refreshToken"])) == "INVALID_CREDENTIALS"
    eventually(lambda: served.client(second["accessToken"]).get("/auth/me").status, 401)


def test_a_token_two_steps_old_ends_its_session_at_once(served):
    register(served, "dolf@example.com")
    first = login(served, "dolf@example.com")["refreshToken"]
    second = refresh(served, first).body["data"]["refreshToken"]
    assert refresh(served, second).body["data"]["refreshToken"] == second  # one step in ten seconds
    age_rotation(served, "dolf@example.com")
    third = refresh(served, second).body["data"]["refreshToken"]
    assert third != second and refresh(served, second).body["data"]["refreshToken"] == third
    assert code_of(refresh(served, first)) == "REFRESH_REUSED"
    assert code_of(refresh(served, third)) == "INVALID_CREDENTIALS"
    for bad in ("", "x", third[:-1], third[:-1] + ("A" if third[-1] != "A" else "B"), "A" * 75, "A" * 500):
        assert code_of(refresh(served, bad)) == "INVALID_CREDENTIALS"


def test_many_wrong_passwords_at_once_get_no_more_verdicts_than_one_by_one(served):
    user = register(served, "emil@example.com")
    key = user["id"].replace("-", "").upper()
    begun = time.monotonic()
    guess = {"email": "emil@example.com", "password": "x" * 12}
    answers = all_at_once([lambda: post(served, "/auth/login", guess)] * 50)
    assert {(one.status, code_of(one)) for one in answers} == {(401, "INVALID_CREDENTIALS")}
    (failures, locked), = store(served, "SELECT failures, locked_until FROM auth_credentials WHERE hex(id) = ?", key)
    # Five, and one more for each second of growing delay that has passed meanwhile.
    assert 5 <= failures <= 5 + (time.monotonic() - begun) and locked is not None
    # The right one is refused too while it is locked, and in the same words.
    store(served, "UPDATE auth_credentials SET locked_until = locked_until + 600000000 WHERE hex(id) = ?", key)
    right = post(served, "/auth/login", {"email": "emil@example.com", "password": PASSWORD})
    assert right.body["error"] == answers[0].body["error"]
    assert store(served, "SELECT failures FROM auth_credentials WHERE hex(id) = ?", key) == [(failures,)]
    store(served, "UPDATE auth_credentials SET locked_until = 0 WHERE hex(id) = ?", key)
    login(served, "emil@example.com")
    assert store(served, "SELECT failures, locked_until FROM auth_credentials WHERE hex(id) = ?", key) == [(0, None)]


def test_known_and_unknown_are_told_the_same(served):
    register(served, "fay@example.com")
    off = register(served, "off@example.com")
    disable(served, "off@example.com")
    told = []
    for email, password in (("fay@example.com", "wrong wrong wrong"), ("nobody@example.com", PASSWORD),
                            ("off@example.com", PASSWORD), ("no address", PASSWORD), ("", "")):
        answer = post(served, "/auth/login", {"email": email, "password": password})
        headers = {key: value for key, value in answer.headers.items() if key not in ("x-request-id", "date")}
        told.append((answer.status, answer.body["error"], sorted(headers.items())))
    assert all(one == told[0] for one in told) and told[0][0] == 401, told
    assert off["id"]


def test_changing_the_password_ends_the_other_sessions(served):
    register(served, "gil@example.com")
    here, there = login(served, "gil@example.com"), login(served, "gil@example.com")
    client = served.client(here["accessToken"])
    change = {"currentPassword": PASSWORD, "newPassword": "another horse staple"}
    assert client.post("/auth/password/change", {**change, "currentPassword": "wrong"}).status == 401
    assert client.post("/auth/password/change", {**change, "newPassword": "short"}).status == 422
    assert client.post("/auth/password/change", change).status == 204
    assert refresh(served, there["refreshToken"]).status == 401
    assert refresh(served, here["refreshToken"]).status == 200
    eventually(lambda: served.client(there["accessToken"]).get("/auth/me").status, 401)
    assert client.get("/auth/me").status == 200
    assert post(served, "/auth/login", {"email": "gil@example.com", "password": PASSWORD}).status == 401
    login(served, "gil@example.com", "another horse staple")


def test_who_is_disabled_is_out(served):
    register(served, "hal@example.com")
    signed_in = login(served, "hal@example.com")
    client = served.client(signed_in["accessToken"])
    assert client.get("/v1/things").status == 200
    disable(served, "hal@example.com")
    eventually(lambda: client.get("/v1/things").status, 401)
    assert refresh(served, signed_in["refreshToken"]).status == 401


def test_a_session_is_its_own_users(served):
    register(served, "ida@example.com")
    register(served, "jon@example.com")
    ida, jon = (served.client(login(served, name + "@example.com")["accessToken"]) for name in ("ida", "jon"))
    theirs = ida.get("/auth/sessions").body["data"][0]["id"]
    assert jon.delete("/auth/sessions/" + theirs).status == 404
    assert ida.get("/auth/me").status == 200


def test_a_user_has_a_bounded_number_of_sessions(served):
    user = register(served, "kim@example.com")
    live, over = (int((time.time() + seconds) * 1e6) for seconds in (1000, -1000))
    for i in range(230):
        store(served, "INSERT INTO auth_sessions(id, version, created_at, updated_at, user_id, step, rotated_at, "
              "expires_at, browser) VALUES (?, 1, 0, 0, ?, 0, 0, ?, 0)", uuid.UUID(int=(1 << 120) + i).bytes,
              uuid.UUID(user["id"]).bytes, live if i % 2 else over)
    token = login(served, "kim@example.com")["accessToken"]
    assert len(served.client(token).get("/auth/sessions").body["data"]) == 50


def test_without_the_section_there_is_nothing(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.replace("identity: { register: open }\n", ""))
    with Server(contract, tmp_path) as server:
        for path in ("/auth/register", "/auth/login", "/auth/me"):
            assert post(server, path, {"email": "a@example.com", "password": PASSWORD}).status == 404


def test_registration_is_off_unless_it_is_opened(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.replace("identity: { register: open }", "identity: {}"))
    with Server(contract, tmp_path) as server:
        answer = post(server, "/auth/register", {"email": "a@example.com", "password": PASSWORD})
        assert (answer.status, code_of(answer)) == (403, "FORBIDDEN")


def test_no_secret_is_anywhere_but_where_it_belongs(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    canary = "canary-0f1e2d-password"
    said = []
    with Server(contract, tmp_path) as server:
        said.append(post(server, "/auth/register", {"email": "z@example.com", "password": canary}).raw)
        said.append(post(server, "/auth/register", {"email": "z@example.com", "password": canary}).raw)
        said.append(post(server, "/auth/login", {"email": "z@example.com", "password": canary, "x": canary}).raw)
        said.append(post(server, "/auth/login", {"email": "z@example.com", "password": canary + "!"}).raw)
        signed_in = login(server, "z@example.com", canary)
        client = server.client(signed_in["accessToken"])
        changed = client.post("/auth/password/change", {"currentPassword": canary, "newPassword": canary + "-2"})
        assert changed.status == 204
        said.append(refresh(server, signed_in["refreshToken"] + "x").raw)
        said.append(client.get("/v1/users?fields=id,email").raw)
        said.append(client.get("/auth/sessions").raw)
        audit = store(server, "SELECT * FROM audit_entries")
        assert audit
    secrets = [canary, signed_in["accessToken"], signed_in["refreshToken"], "$argon2id$"]
    for secret in secrets:
        assert secret not in server.error_text
        assert secret not in repr(audit)
        assert all(secret.encode() not in one for one in said)
    files = tables.everything(server.store_path)
    for secret in secrets[:3]:
        assert secret.encode() not in files
    assert b"$argon2id$" in files
