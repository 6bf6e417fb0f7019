# SPDX-License-Identifier: Apache-2.0
"""/auth/me: what users change, take with them and remove of their own accounts (decision 0031)."""

import json
import uuid

import pytest

from accounts import (PASSWORD, all_at_once, code_of, details, eventually, login, post, refresh, register, signed_in,
                      store)
from harness import Server

CONTRACT = """service: club
identity: { register: open }
roles: { staff: {} }
resources:
  User:
    audit: true
    fields:
      nick: { type: string, max: 20 }
      born: { type: date, immutable: true }
      tags: json
      rank: { type: int!, default: 0, readOnly: true }
      note: { type: string, read: hasRole('staff'), write: hasRole('staff') }
      shout: { type: string, computed: "nick + '!'" }
      boss: { type: User, onDelete: clear }
    access: { get: auth.id == id || hasRole('staff'), list: hasRole('staff') }
  Post:
    fields:
      text: { type: string!, max: 100 }
      secret: { type: string, read: hasRole('staff') }
      author: { type: User, onDelete: cascade }
      editor: { type: User, onDelete: clear }
    access: { read: auth.id == authorId || auth.id == editorId || hasRole('staff'), create: hasRole('staff') }
  Bill:
    fields: { owner: User! }
    access: { create: hasRole('staff'), read: hasRole('staff') }
  Rating:
    fields: { of: { type: User, onDelete: cascade, read: hasRole('staff') } }
    access: { read: signedIn, create: hasRole('staff') }
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("profile")
    (folder / "ashlar.yaml").write_text(CONTRACT)
    with Server(folder / "ashlar.yaml", folder) as server:
        yield server


@pytest.fixture(scope="module")
def staff(served):
    return served.client(served.token("staff"))


def made(client, path, **body):
    answer = client.post(path, body)
    assert answer.status == 201, answer.raw
    return answer.body["data"]


def test_a_user_changes_what_may_be_given_at_registration(served, staff):
    user = register(served, "ann@example.com", nick="ann", tags={"a": 1, "b": 2})
    client = signed_in(served, "ann@example.com")
    me = client.get("/auth/me")
    assert me.headers["etag"] == '"1"'
    done = client.patch("/auth/me", {"nick": "anna", "tags": {"b": None, "c": 3}})
    assert done.status == 200 and done.body["data"]["user"] == user and done.headers["etag"] == '"2"'
    row = client.get("/v1/users/" + user["id"]).body["data"]
    assert row["nick"] == "anna" and row["tags"] == {"a": 1, "c": 3} and row["version"] == 2
    merge = {"Content-Type": "application/merge-patch+json"}
    assert client.request("PATCH", "/auth/me", {"nick": None}, merge).status == 200
    assert client.get("/v1/users/" + user["id"]).body["data"]["nick"] is None
    # What was read may be sent back; nothing changes then.
    assert client.patch("/auth/me", me.body["data"]["user"]).headers["etag"] == '"3"'
    assert client.patch("/auth/me", {}).headers["etag"] == '"3"'
    history = store(served, "SELECT action, caller_kind, caller_id FROM audit_entries WHERE row_id = ? ORDER BY "
                    "row_version", user["id"])
    assert history == [("create", "operator", "operator"), ("update", "user", user["id"]),
                       ("update", "user", user["id"])]


def test_what_a_user_may_not_change_is_told_at_once(served):
    register(served, "ben@example.com", nick="ben", born="2000-01-01")
    client = signed_in(served, "ben@example.com")
    other = str(uuid.uuid4())
    answer = client.patch("/auth/me", {
        "nick": "n" * 21, "born": "2001-01-01", "rank": 3, "note": "x", "shout": "x", "bossId": other, "id": other,
        "version": 9, "email": "new@example.com", "emailVerified": True, "disabled": False, "roles": ["staff"],
        "hat": 1, "password": "x"})
    assert (answer.status, code_of(answer)) == (422, "VALIDATION_ERROR")
    assert details(answer) == [
        ("born", "READ_ONLY"), ("bossId", "READ_ONLY"), ("disabled", "READ_ONLY"), ("email", "READ_ONLY"),
        ("emailVerified", "READ_ONLY"), ("hat", "UNKNOWN_FIELD"), ("id", "READ_ONLY"), ("nick", "TOO_LONG"),
        ("note", "READ_ONLY"), ("password", "UNKNOWN_FIELD"), ("rank", "READ_ONLY"), ("roles", "READ_ONLY"),
        ("shout", "READ_ONLY"), ("version", "READ_ONLY")]
    assert client.get("/auth/me").headers["etag"] == '"1"'
    assert details(client.patch("/auth/me", [1])) == [("", "WRONG_TYPE")]
    patch = {"Content-Type": "application/json-patch+json"}
    assert client.request("PATCH", "/auth/me", [], patch).status == 415
    merge = {"Content-Type": "application/merge-patch+json"}
    assert post(served, "/auth/login", {}, **merge).status == 415
    options = client.request("OPTIONS", "/auth/me")
    assert options.headers["allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS"
    assert options.headers["accept-patch"] == "application/merge-patch+json, application/json"
    for method, path in (("PATCH", "/auth/me"), ("DELETE", "/auth/me"), ("GET", "/auth/me/export")):
        assert served.client().request(method, path, {} if method != "GET" else None).status == 401
        assert served.client(served.token("staff")).request(method, path, {} if method != "GET" else None).status == 403


def test_a_change_may_be_conditional(served):
    register(served, "cara@example.com")
    client = signed_in(served, "cara@example.com")
    assert client.patch("/auth/me", {"nick": "a"}, {"If-Match": '"7"'}).status == 412
    assert client.patch("/auth/me", {"nick": "a", "rank": 1}, {"If-Match": '"7"'}).status == 412
    assert client.patch("/auth/me", {"nick": "a"}, {"If-Match": "7"}).status == 400
    answers = all_at_once([lambda i=i: signed_in(served, "cara@example.com") for i in range(3)])
    assert len(answers) == 3
    works = [lambda i=i: served.client(client.token).patch("/auth/me", {"nick": f"n{i}"}, {"If-Match": '"1"'})
             for i in range(50)]
    statuses = [one.status for one in all_at_once(works)]
    assert sorted(set(statuses)) == [200, 412] and statuses.count(200) == 1
    assert client.get("/auth/me").headers["etag"] == '"2"'


def test_a_contract_may_ask_for_conditions(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.replace("    audit: true\n", "    ifMatch: required\n"))
    with Server(contract, tmp_path) as server:
        register(server, "a@example.com")
        client = signed_in(server, "a@example.com")
        assert client.patch("/auth/me", {"nick": "a"}).status == 428
        assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}).status == 428
        assert client.patch("/auth/me", {"nick": "a"}, {"If-Match": '"1"'}).status == 200
        assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}, {"If-Match": '"1"'}).status == 412
        login(server, "a@example.com")
        assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}, {"If-Match": '"2"'}).status == 204


def test_an_account_is_removed_whole(served, staff):
    user = register(served, "dora@example.com", nick="dora")
    other = register(served, "dolf@example.com")
    first, second = login(served, "dora@example.com"), login(served, "dora@example.com")
    client = served.client(first["accessToken"])
    own = made(staff, "/v1/posts", text="hers", authorId=user["id"])
    edited = made(staff, "/v1/posts", text="his", authorId=other["id"], editorId=user["id"])
    assert client.request("DELETE", "/auth/me", {}).status == 422
    assert client.request("DELETE", "/auth/me").status == 415
    assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD, "x": 1}).status == 422
    wrong = client.request("DELETE", "/auth/me", {"currentPassword": "wrong wrong wrong"})
    assert (wrong.status, code_of(wrong)) == (401, "INVALID_CREDENTIALS")
    assert client.get("/auth/me").status == 200
    assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}).status == 204
    key = uuid.UUID(user["id"]).bytes
    for table, column in (("users", "id"), ("auth_credentials", "id"), ("auth_sessions", "user_id")):
        assert store(served, f"SELECT count(*) FROM {table} WHERE {column} = ?", key) == [(0,)], table
    assert staff.get("/v1/posts/" + own["id"]).status == 404
    assert staff.get("/v1/posts/" + edited["id"]).body["data"]["editorId"] is None
    assert store(served, "SELECT caller_kind, caller_id FROM audit_entries WHERE row_id = ? AND action = 'delete'",
                 user["id"]) == [("user", user["id"])]
    for token in (first, second):
        assert refresh(served, token["refreshToken"]).status == 401
        eventually(lambda: served.client(token["accessToken"]).get("/auth/me").status, 401)
    assert post(served, "/auth/login", {"email": "dora@example.com", "password": PASSWORD}).status == 401
    assert register(served, "dora@example.com")["id"] != user["id"]
    login(served, "dolf@example.com")


def test_an_account_that_others_hold_stays_whole(served, staff):
    user = register(served, "emil@example.com")
    client = signed_in(served, "emil@example.com")
    post_of = made(staff, "/v1/posts", text="his", authorId=user["id"])
    bill = made(staff, "/v1/bills", ownerId=user["id"])
    for _ in range(6):  # more often than wrong passwords may be
        held = client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD})
        assert (held.status, code_of(held)) == (409, "REFERENCED"), held.raw
        assert held.body["error"]["message"] == "other rows refer to this one"  # of whom, is not the caller's to see
    assert staff.get("/v1/posts/" + post_of["id"]).status == 200
    assert client.get("/auth/me").status == 200
    login(served, "emil@example.com")
    store(served, "DELETE FROM bills WHERE hex(id) = ?", bill["id"].replace("-", "").upper())
    assert client.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}).status == 204


def test_many_who_delete_at_once_do_it_once(served):
    user = register(served, "fay@example.com")
    client = signed_in(served, "fay@example.com")
    answers = all_at_once(
        [lambda: served.client(client.token).request("DELETE", "/auth/me", {"currentPassword": PASSWORD})] * 50)
    statuses = [one.status for one in answers]
    assert statuses.count(204) == 1 and set(statuses) <= {204, 401}, statuses
    assert store(served, "SELECT count(*) FROM users WHERE id = ?", uuid.UUID(user["id"]).bytes) == [(0,)]


def test_many_who_change_a_password_at_once_do_it_once(served):
    register(served, "gil@example.com")
    client = signed_in(served, "gil@example.com")
    new = [f"another horse staple {i}" for i in range(50)]
    answers = all_at_once([lambda one=one: served.client(client.token).post(
        "/auth/password/change", {"currentPassword": PASSWORD, "newPassword": one}) for one in new])
    done = [one for one, answer in zip(new, answers) if answer.status == 204]
    assert len(done) == 1 and {one.status for one in answers} <= {204, 401, 503}
    key = uuid.UUID(client.get("/auth/me").body["data"]["user"]["id"]).bytes
    store(served, "UPDATE auth_credentials SET locked_until = NULL, failures = 0 WHERE id = ?", key)
    login(served, "gil@example.com", done[0])


def test_an_export_has_what_its_user_may_see(served, staff):
    user = register(served, "hal@example.com", nick="hal")
    other = register(served, "ida@example.com", nick="ida")
    login(served, "hal@example.com")
    client = signed_in(served, "hal@example.com")
    own = [made(staff, "/v1/posts", text=f"own {i}", secret="hush", authorId=user["id"]) for i in range(120)]
    both = made(staff, "/v1/posts", text="both", authorId=user["id"], editorId=user["id"])
    edited = made(staff, "/v1/posts", text="edited", authorId=other["id"], editorId=user["id"])
    made(staff, "/v1/posts", text="another's", authorId=other["id"])
    made(staff, "/v1/bills", ownerId=user["id"])
    made(staff, "/v1/ratings", ofId=user["id"])
    answer = client.get("/auth/me/export")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="club-export.json"'
    assert answer.headers["cache-control"] == "no-store"
    data = answer.body["data"]
    assert data["user"] == {**user, **client.get("/v1/users/" + user["id"]).body["data"]}
    assert data["user"]["nick"] == "hal" and data["user"]["shout"] == "hal!" and "note" not in data["user"]
    assert [one["current"] for one in data["sessions"]] == [False, True]
    assert data["apiKeys"] == []
    assert list(data["rows"]) == ["posts"] and "more" not in data
    ids = [one["id"] for one in data["rows"]["posts"]]
    assert len(ids) == len(set(ids)) and set(ids) == {one["id"] for one in [*own, both, edited]}
    assert all("secret" not in one for one in data["rows"]["posts"])
    assert b"hush" not in answer.raw and b"argon2" not in answer.raw and b"ida@" not in answer.raw
    assert client.get("/auth/me/export", user=other["id"]).status == 400


def test_an_export_is_bounded(served, staff):
    user = register(served, "jon@example.com")
    client = signed_in(served, "jon@example.com")
    key = uuid.UUID(user["id"]).bytes
    store(served, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10150) INSERT INTO posts"
          "(id, version, created_at, updated_at, text, author_id) SELECT unhex(printf('%032x', i)), 1, 0, 0, 'x', ? "
          "FROM n".replace("unhex(printf('%032x', i))", "randomblob(16)"), key)
    data = client.get("/auth/me/export").body["data"]
    assert "posts" in data["more"] and 10_000 <= len(data["rows"]["posts"]) < 10_150


def test_an_export_without_a_right_to_read_has_what_is_built_in(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text("service: club\nidentity: { register: open }\n"
                        "resources:\n  User:\n    fields: { nick: string }\n")
    with Server(contract, tmp_path) as server:
        user = register(server, "a@example.com", nick="a")
        data = signed_in(server, "a@example.com").get("/auth/me/export").body["data"]
        assert data["user"] == user and data["rows"] == {}
        assert json.dumps(data)
