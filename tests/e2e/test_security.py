# SPDX-License-Identifier: Apache-2.0
"""Classes of holes that products like ours really had, tried on the running service."""

import base64
import json
import pathlib
import random
import shutil
import string
import time

import harness
import pytest

GUARDED = harness.ROOT / "tests/service/guarded.yaml"
ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
SECRET = "correct-horse-battery"
LEAK = [SECRET, "sqlite", "SQLITE", "SELECT", "/tmp/", ".cc:", "constraint"]


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(GUARDED, module_directory / "guarded") as server:
        staff = server.as_role("staff", user=BOB)
        made = staff.post("/v1/diaries", {"title": "Bob's", "secret": SECRET, "code": "BOB-1"})
        assert made.status == 201, made.raw
        ann = server.as_role(user=ANN)
        for number in range(5):
            assert ann.post("/v1/diaries", {"title": f"Ann's {number}"}).status == 201
        server.bobs = made.body["data"]["id"]
        yield server


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def forged(token):
    """Tokens that say more, or prove less, than the one that was signed."""
    header, payload, signature = token.split(".")
    head, claims = json.loads(decode(header)), json.loads(decode(payload))
    more = encode(json.dumps({**claims, "roles": ["admin"], "sub": BOB}).encode())
    none = encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    flipped = bytearray(decode(signature))
    flipped[7] ^= 1
    yield "other claims", f"{header}.{more}.{signature}"
    yield "no signature", f"{header}.{payload}."
    yield "signature missing", f"{header}.{payload}"
    yield "alg none", f"{none}.{payload}."
    yield "alg None, signed", f"{encode(json.dumps({**head, 'alg': 'None'}).encode())}.{payload}.{signature}"
    yield "alg HS256", f"{encode(json.dumps({**head, 'alg': 'HS256'}).encode())}.{payload}.{encode(bytes(32))}"
    yield "a zero signature", f"{header}.{payload}.{encode(bytes(64))}"
    yield "a flipped bit", f"{header}.{payload}.{encode(bytes(flipped))}"
    yield "a longer signature", f"{header}.{payload}.{encode(decode(signature) + b'x')}"
    yield "a jwk of its own", f"{encode(json.dumps({**head, 'jwk': {'kty': 'EC'}}).encode())}.{payload}.{signature}"
    yield "an unknown kid", f"{encode(json.dumps({**head, 'kid': '../../etc/passwd'}).encode())}.{payload}.{signature}"
    yield "four parts", f"{token}.x"
    yield "empty parts", ".."
    yield "no base64", "a.b!.c"
    yield "deep JSON", f"{encode(b'[' * 5000)}.{payload}.{signature}"
    yield "much", "x" * 9000


def test_forged_tokens_are_no_credentials(server):
    for name, token in forged(server.token(user=ANN)):
        for path in ("/v1/diaries", "/v1/vaults", "/v1/suggestions"):
            answer = server.client(token).get(path)
            assert answer.status == 401, (name, path, answer.status)
            assert answer.body["error"]["code"] == "INVALID_CREDENTIALS", (name, answer.raw)
            assert "www-authenticate" in answer.headers


def test_a_bad_credential_is_401_even_where_everybody_may(server):
    answer = server.client("bad.bad.bad").post("/v1/suggestions", {"text": "x"})
    assert answer.status == 401 and answer.body["error"]["code"] == "INVALID_CREDENTIALS"
    for value in ("Basic YWRtaW46YWRtaW4=", "Bearer", "Bearer ", "bearer  two  words", "Token x"):
        answer = server.client().request("GET", "/v1/vaults", headers={"Authorization": value})
        assert answer.status == 401 and answer.body["error"]["code"] == "INVALID_CREDENTIALS", value


def test_credentials_are_never_read_from_the_url(server):
    token = server.token("admin")
    for name in ("access_token", "token", "Authorization"):
        assert server.client().get("/v1/vaults", **{name: token}).status in (400, 401)


def test_a_key_of_another_store_signs_nothing_here(server, tmp_path):
    with harness.Server(GUARDED, tmp_path) as other:
        answer = server.client(other.token("admin")).get("/v1/vaults")
    assert answer.status == 401 and answer.body["error"]["code"] == "INVALID_CREDENTIALS"


def test_a_token_for_another_service_is_refused_though_the_key_is_ours(server, tmp_path):
    contract = tmp_path / "other.yaml"
    contract.write_text(GUARDED.read_text().replace("service: guarded", "service: other"))
    store = pathlib.Path(server.store.removeprefix("sqlite:"))
    for path in store.parent.iterdir():  # the key stands beside the store; its rows are not needed
        if path.is_file() and not path.name.startswith(store.name + "-") and path != store:
            shutil.copy(path, tmp_path)
    with harness.Server(contract, tmp_path, store=store.name) as other:
        answer = server.client(other.token("admin")).get("/v1/vaults")
    assert answer.status == 401 and answer.body["error"]["code"] == "INVALID_CREDENTIALS"


def test_an_expired_token_says_so(server):
    client = server.client(server.token("staff", lifetime="1s"))
    deadline = time.monotonic() + 90  # the service may allow for clocks that differ a little
    while (answer := client.get("/v1/vaults")).status == 200 and time.monotonic() < deadline:
        time.sleep(0.25)
    assert answer.status == 401 and answer.body["error"]["code"] == "TOKEN_EXPIRED"


def test_cursors_are_signed_and_bound_to_their_caller(server):
    ann, bob = server.as_role(user=ANN), server.as_role("staff", user=BOB)
    cursor = ann.get("/v1/diaries", after="", perPage=2, sort="title").body["meta"]["next"]
    assert ann.get("/v1/diaries", after=cursor, perPage=2, sort="title").status == 200
    assert bob.get("/v1/diaries", after=cursor, perPage=2, sort="title").status == 400
    chance = random.Random(2)
    for _ in range(60):
        at = chance.randrange(len(cursor))
        other = chance.choice([one for one in string.ascii_letters + string.digits + "-_" if one != cursor[at]])
        answer = ann.get("/v1/diaries", after=cursor[:at] + other + cursor[at + 1:], perPage=2, sort="title")
        if answer.status == 200:  # the last character of base64 may hold bits that count for nothing
            assert at == len(cursor) - 1
        else:
            assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY"
    for other in ("x" * 5000, "%00", "=", encode(b'{"id": 1}'), encode(bytes(64))):
        assert ann.get("/v1/diaries", after=other, perPage=2, sort="title").status == 400


def test_a_hidden_field_shows_nowhere(server):
    """Not in counts, orders, errors or pages: every clause that names it is the same 403 for any value."""
    ann = server.as_role(user=ANN)
    seen = set()
    for value in (SECRET, "wrong"):
        for query in ({"secret": value}, {"secret[contains]": value}, {"secret[ne]": value}, {"code[in]": value},
                      {"filter": f"secret == '{value}'"}, {"filter": f"title == 'x' && secret != '{value}'"},
                      {"sort": "secret"}, {"fields": "secret"}, {"fields": "code"}):
            answer = ann.get("/v1/diaries", **query)
            assert answer.status == 403 and answer.body["error"]["code"] == "FORBIDDEN", (query, answer.raw)
            assert SECRET not in answer.raw.decode()
            seen.add(answer.body["error"]["message"].replace("code", "secret"))
        for query in ({"diary.secret": value}, {"diary.entries.diary.code": value},
                      {"filter": f"diary.secret == '{value}'"}):
            assert ann.get("/v1/entries", **query).status == 403
    assert len(seen) <= 3, seen
    for row in ann.get("/v1/diaries").body["data"]:
        assert not {"secret", "code"} & row.keys()


def test_system_fields_are_not_assigned_by_the_caller(server):
    ann = server.as_role(user=ANN)
    mine = ann.get("/v1/diaries").body["data"][0]
    forbidden = {"version": 77, "createdAt": "2001-01-01T00:00:00.000000Z", "updatedAt": "2001-01-01T00:00:00.000000Z",
                 "ownerId": BOB, "id": server.bobs}
    for name, value in forbidden.items():
        for method, path in (("PATCH", f"/v1/diaries/{mine['id']}"), ("PUT", f"/v1/diaries/{mine['id']}")):
            answer = ann.request(method, path, {"title": mine["title"], name: value})
            assert answer.status == 422, (method, name, answer.raw)
            assert [(one["field"], one["code"]) for one in answer.body["error"]["details"]] == [(name, "READ_ONLY")]
    for name in ("_version", "rowid", "roles", "deletedAt", "__proto__", "owner_id", "created_at", "owner"):
        answer = ann.patch(f"/v1/diaries/{mine['id']}", {name: BOB})
        assert answer.status == 422, (name, answer.raw)
    assert ann.get(f"/v1/diaries/{mine['id']}").body["data"] == mine


@pytest.mark.parametrize("value", ["' OR 1=1 --", "\" OR \"\"=\"", "1; DROP TABLE diaries", "x' UNION SELECT 1 --",
                                   "%27%20OR%201=1", "\\' OR 1=1", "title] OR 1=1 --", "\x00", "{\"ne\": null}"])
def test_nothing_of_a_request_becomes_sql(server, value):
    ann = server.as_role(user=ANN)
    for query in ({"title": value}, {"title[contains]": value}, {"title[startsWith]": value}, {"title[in]": value},
                  {"filter": "title == " + json.dumps(value)}):
        answer = ann.get("/v1/diaries", **query)
        assert answer.status in (200, 400) and (answer.status == 400 or answer.body["data"] == []), (query, answer.raw)
    for query in ({value: "x"}, {f"title[{value}]": "x"}, {"sort": value}, {"sort": f"title,{value}"},
                  {"fields": value}, {"include": value}, {f"diary.{value}": "x"}, {"page": value},
                  {"perPage": value}, {"deleted": value}):
        answer = ann.get("/v1/diaries", **query)
        refused = answer.body["error"]["code"] in ("INVALID_QUERY", "BAD_REQUEST")
        assert answer.status == 400 and refused, (query, answer.raw)
        told = answer.raw.decode()
        assert not any(leak in told for leak in LEAK if leak not in value), told
    assert ann.get("/v1/diaries").body["meta"]["total"] == 5


def test_scalars_are_scalars(server):
    ann = server.as_role(user=ANN)
    for value in ({"$ne": None}, {"ne": "x"}, ["x"], [["x"]], True, 1, {"$gt": ""}):
        answer = ann.post("/v1/diaries", {"title": value})
        assert answer.status == 422 and answer.body["error"]["details"][0]["code"] == "WRONG_TYPE", answer.raw


@pytest.mark.parametrize("path", [
    "//v1/vaults", "/v1//vaults", "/./v1/vaults", "/v1/./vaults", "/v1/diaries/../vaults", "/v1/%2e%2e/v1/vaults",
    "/v1/%76aults", "/v1%2fvaults", "/v1/vaults%2f", "/v1/vaults;a=b", "/v1/vaults%00", "/v1/Vaults", "/V1/vaults",
    "/v1/vaults/", "/v1/vaults/.", "/v1/vaults%20", "/v1/vaults%c0%af", "/v1/suggestions/..%2fvaults", "/v1/%2fvaults",
    "/v1/vaults#x", "/v1/suggestions%2f..%2fvaults", "/v1\\vaults", "/%c0%ae/v1/vaults", "/v1/_audit", "/v1/audits",
    "/v1/sqlite_master", "/v1/keys", "/v1/sessions", "/v1/audit-entries"])
def test_no_spelling_of_a_path_goes_round_the_rules(server, path):
    received = server.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
    status = int(received.split()[1])
    assert status in (400, 401, 404), received[:300]
    assert b'"data"' not in received


def test_errors_and_logs_hold_no_secrets(server, tmp_path):
    ann, token = server.as_role(user=ANN), server.token(user=ANN)
    for method, path, body in (("POST", "/v1/diaries", {"title": SECRET * 5}), ("POST", "/v1/diaries", {SECRET: 1}),
                               ("GET", f"/v1/diaries?title={SECRET}", None), ("GET", f"/v1/{SECRET}", None),
                               ("PATCH", f"/v1/diaries/{SECRET}", {"title": SECRET})):
        ann.request(method, path, body, {"X-Request-Id": "secret-" + method.lower(), "Cookie": "session=" + SECRET,
                                         "X-Api-Key": SECRET} if method == "PATCH" else None)
    server.client(token + "x").request("GET", "/v1/diaries", headers={"X-Request-Id": "secrets-are-over"})
    server.wait_event("request", requestId="secrets-are-over")
    key = [path for path in server.directory.iterdir() if path.is_file() and b"PRIVATE" in path.read_bytes()[:4096]]
    for secret in [SECRET, token, token.split(".")[2]] + [path.read_text() for path in key]:
        assert secret not in server.error_text
    assert "Ann's" not in server.error_text


def test_the_log_names_the_caller(server):
    server.as_role(user=ANN).request("GET", "/v1/diaries", headers={"X-Request-Id": "who-is-ann-1"})
    assert server.wait_event("request", requestId="who-is-ann-1")["callerId"] == ANN
    server.client().request("GET", "/v1/vaults", headers={"X-Request-Id": "who-is-nobody"})
    assert not server.wait_event("request", requestId="who-is-nobody").get("callerId")


def test_a_request_cannot_write_lines_into_the_log(server):
    server.raw(b"GET /v1/diaries?x=%0a%7b%22event%22%3a%22forged%22%7d HTTP/1.1\r\nHost: x\r\n"
               b"X-Request-Id: {\"event\":\"forged\"}\r\nConnection: close\r\n\r\n")
    server.client().request("GET", "/v1/diaries", headers={"X-Request-Id": "after-the-forgery"})
    server.wait_event("request", requestId="after-the-forgery")
    assert not [line for line in server.lines if line.get("event") == "forged"]
    assert all(line.startswith("{") for line in server.error_text.splitlines())


def test_page_sizes_and_headers_do_not_lift_limits(server):
    ann = server.as_role(user=ANN)
    assert ann.get("/v1/diaries", perPage=10_000_000).status == 400
    assert ann.get("/v1/diaries", page=2**63).status == 400
    for header in ("X-Forwarded-For", "X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override"):
        answer = server.client().request("GET", "/v1/suggestions", headers={header: "/v1/diaries"})
        assert answer.status == 401
