# SPDX-License-Identifier: Apache-2.0
"""Browsers, who sign in for a cookie: what is set, what guards it, and how it ends (docs/decisions/0033). The browser
is Python's: a cookie jar that judges by RFC 6265 what to keep and where to send it, over TLS."""

import http.cookiejar
import json
import re
import ssl
import urllib.error
import urllib.request

import pytest

from harness import Server
from accounts import PASSWORD, code_of, eventually, register, store
from test_accounts import disable
from test_second_factor import turn_on
from test_tls import make_certificate
import tables

CONTRACT = """service: club
identity:
  register: open
  sessions: { cookie: true, idle: 30m, lifetime: 2h }
resources:
  User:
    access: { read: auth.id == id }
  Thing:
    fields: { name: string!, by: { type: uuid, default: auth.id } }
    access: { read: signedIn, create: signedIn, update: signedIn }
  Notice:
    fields: { text: string! }
    access: { read: public }
"""
APP, SIBLING, EVIL = "https://app.example", "https://sibling.example", "https://evil.example"
COOKIE = "__Host-session"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT)
    cert, key = make_certificate(folder, "server")
    arguments = ["--tls-cert", cert, "--tls-key", key, "--cors-origin", APP, "--cors-credentials"]
    with Server(contract, folder, arguments=arguments) as server:
        server.trusted = ssl.create_default_context(cafile=cert)
        # What makes users and asks as programs do, over TLS as well.
        server.client = lambda token=None: Browser(server, token=token)
        yield server


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.raw = response.status, response.headers, response.read()
        self.body = json.loads(self.raw) if self.raw else None


class Browser:
    """A jar, and the headers that a page of the service itself sends."""

    def __init__(self, server, token=None):
        self.server, self.token, self.csrf = server, token, None
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=server.trusted),
                                                  urllib.request.HTTPCookieProcessor(self.jar))

    def request(self, method, path, body=None, headers=None):
        sent = {"Sec-Fetch-Site": "same-origin"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if self.csrf:
            sent["X-CSRF-Token"] = self.csrf
        for name, value in (headers or {}).items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = value
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.server.address + path, data, sent, method=method)
        try:
            with self.opener.open(asked, timeout=30) as response:
                return Answer(response)
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused)

    def get(self, path, **headers):
        return self.request("GET", path, None, headers)

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)

    def sign_in(self, email, **more):
        answer = self.post("/auth/login", {"email": email, "password": PASSWORD, "mode": "cookie", **more})
        if answer.status == 200:
            self.csrf = answer.body["data"]["csrfToken"]
        return answer

    def cookie(self):
        return next((one.value for one in self.jar if one.name == COOKIE), None)


def signed_in(served, email):
    register(served, email)
    browser = Browser(served)
    assert browser.sign_in(email).status == 200
    return browser


def test_the_whole_way(served):
    register(served, "ann@example.com")
    browser = Browser(served)
    answer = browser.sign_in("ann@example.com")
    assert answer.status == 200 and answer.headers["Cache-Control"] == "no-store"
    assert set(answer.body["data"]) == {"csrfToken", "user"}
    assert re.fullmatch(COOKIE + r"=[\w-]{64}; Path=/; Secure; HttpOnly; SameSite=Strict", answer.headers["Set-Cookie"])
    assert browser.cookie() and browser.cookie() not in answer.raw.decode()
    made = browser.post("/v1/things", {"name": "x"})
    assert made.status == 201 and made.body["data"]["by"] == answer.body["data"]["user"]["id"]
    me = browser.get("/auth/me")
    assert me.body["data"] == answer.body["data"]  # a page that is loaded again finds its token here
    assert [one["current"] for one in browser.get("/auth/sessions").body["data"]] == [True]
    kept = browser.cookie()
    out = browser.post("/auth/logout", None)
    assert out.status == 204 and out.headers["Set-Cookie"].startswith(COOKIE + "=; ")
    assert browser.cookie() is None and browser.get("/auth/me").status == 401
    thief = Browser(served)
    eventually(lambda: thief.get("/auth/me", Cookie=f"{COOKIE}={kept}").status, 401)


def test_what_writes_needs_the_token_of_the_session(served):
    browser, other = signed_in(served, "ben@example.com"), signed_in(served, "bea@example.com")
    for token in (None, "", "x", other.csrf, browser.csrf[:-1], browser.cookie()):
        for method, path in (("POST", "/v1/things"), ("POST", "/v1/batch"), ("PATCH", "/v1/things/x"),
                             ("PUT", "/v1/things/x"), ("DELETE", "/v1/things/x"), ("POST", "/auth/logout"),
                             ("POST", "/auth/password/change")):
            body = None if path == "/auth/logout" else {"name": "x"}
            answer = browser.request(method, path, body, {"X-CSRF-Token": token})
            assert (answer.status, code_of(answer)) == (403, "FORBIDDEN"), (method, path, token)
        assert browser.get("/v1/things", **{"X-CSRF-Token": token}).status == 200
        query = browser.request("QUERY", "/v1/things", {}, {"X-CSRF-Token": token})
        assert query.status == 200, query.raw
    assert browser.post("/v1/things", {"name": "x"}).status == 201


def test_pages_of_other_origins_write_nothing(served):
    browser = signed_in(served, "cara@example.com")
    refused = ({"Sec-Fetch-Site": "cross-site", "Origin": EVIL}, {"Sec-Fetch-Site": "same-site", "Origin": SIBLING},
               {"Sec-Fetch-Site": None, "Origin": EVIL}, {"Sec-Fetch-Site": None, "Origin": "null"},
               {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": served.address + ".evil.example"})
    for headers in refused:
        answer = browser.post("/v1/things", {"name": "x"}, headers)
        assert (answer.status, code_of(answer)) == (403, "FORBIDDEN"), headers
        login = Browser(served).post("/auth/login",
                                     {"email": "cara@example.com", "password": PASSWORD, "mode": "cookie"}, headers)
        assert login.status == 403 and "Set-Cookie" not in login.headers, headers
    for headers in ({"Sec-Fetch-Site": None}, {"Sec-Fetch-Site": "none"},
                    {"Sec-Fetch-Site": None, "Origin": served.address}):
        assert browser.post("/v1/things", {"name": "x"}, headers).status == 201, headers
    listed = {"Sec-Fetch-Site": "same-site", "Origin": APP}
    assert browser.post("/v1/things", {"name": "x"}, {**listed, "X-CSRF-Token": None}).status == 403
    answer = browser.post("/v1/things", {"name": "x"}, listed)
    assert answer.status == 201 and answer.headers["Access-Control-Allow-Credentials"] == "true"
    preflight = browser.request("OPTIONS", "/v1/things", None, {**listed, "Access-Control-Request-Method": "POST",
                                                                "Access-Control-Request-Headers": "x-csrf-token"})
    assert preflight.status == 204 and "X-CSRF-Token" in preflight.headers["Access-Control-Allow-Headers"]


def test_a_cookie_and_another_credential_do_not_go_together(served):
    browser = signed_in(served, "dora@example.com")
    program = Browser(served)
    token = program.post("/auth/login", {"email": "dora@example.com", "password": PASSWORD}).body["data"]["accessToken"]
    for headers in ({"Authorization": "Bearer " + token}, {"X-Api-Key": "x"}, {"Authorization": "Basic eDp5"}):
        for path in ("/v1/things", "/v1/notices", "/auth/me"):
            answer = browser.get(path, **headers)
            assert (answer.status, code_of(answer)) == (401, "INVALID_CREDENTIALS") and COOKIE in answer.raw.decode()
            assert "Set-Cookie" not in answer.headers
    assert program.get("/v1/things", Authorization="Bearer " + browser.cookie()).status == 401
    assert program.get("/v1/things", Cookie=f"{COOKIE}={token}").status == 401
    twice = program.get("/v1/things", Cookie=f"{COOKIE}={browser.cookie()}; {COOKIE}={browser.cookie()}")
    assert twice.status == 401
    assert browser.get("/v1/things").status == 200


def test_a_cookie_that_is_worth_nothing_is_taken_back(served):
    browser = signed_in(served, "emil@example.com")
    assert browser.get("/v1/notices").status == 200
    disable(served, "emil@example.com")
    eventually(lambda: browser.get("/v1/notices").status if browser.cookie() else "gone", "gone")
    assert browser.get("/v1/notices").status == 200  # as anybody
    stranger = Browser(served).get("/v1/notices", Cookie=f"a=b; {COOKIE}=nonsense")
    assert stranger.status == 401 and "Max-Age=0" in stranger.headers["Set-Cookie"]
    assert Browser(served).get("/v1/notices", Cookie="a=b; session=nonsense").status == 200


def test_a_wrong_password_leaves_the_cookie(served):
    browser = signed_in(served, "eve@example.com")
    change = {"currentPassword": "wrong", "newPassword": "another horse staple"}
    answer = browser.post("/auth/password/change", change)
    assert answer.status == 401 and "Set-Cookie" not in answer.headers
    assert browser.get("/auth/me").status == 200
    assert browser.post("/auth/password/change", {**change, "currentPassword": PASSWORD}).status == 204
    assert browser.get("/auth/me").status == 200


def test_signing_in_anew_ends_what_the_browser_had(served):
    browser = signed_in(served, "fay@example.com")
    before, token = browser.cookie(), browser.csrf
    assert browser.sign_in("fay@example.com").status == 200
    assert browser.cookie() != before and browser.csrf != token
    assert [one["current"] for one in browser.get("/auth/sessions").body["data"]] == [True]
    eventually(lambda: Browser(served).get("/auth/me", Cookie=f"{COOKIE}={before}").status, 401)


def test_a_session_ends_elsewhere_within_two_seconds(served):
    browser, other = signed_in(served, "gil@example.com"), Browser(served)
    assert other.sign_in("gil@example.com").status == 200
    theirs = next(one["id"] for one in browser.get("/auth/sessions").body["data"] if not one["current"])
    assert browser.request("DELETE", "/auth/sessions/" + theirs).status == 204
    assert browser.cookie()
    eventually(lambda: other.get("/auth/me").status, 401)
    assert other.cookie() is None


def test_idle_sessions_end_and_used_ones_go_on_to_their_end(served):
    browser = signed_in(served, "hal@example.com")

    def expires():
        return store(served, "SELECT expires_at - created_at FROM auth_sessions WHERE browser AND ended_at IS NULL "
                     "AND user_id = (SELECT id FROM users WHERE email = 'hal@example.com')")[0][0]

    def shift(seconds):
        store(served, "UPDATE auth_sessions SET created_at = created_at - ?1, expires_at = expires_at - ?1, "
              "rotated_at = rotated_at - ?1 WHERE user_id = (SELECT id FROM users WHERE email = 'hal@example.com')",
              seconds * 1_000_000)

    def use():
        before = expires()
        eventually(lambda: (browser.get("/auth/me").status, expires() > before), (200, True))

    assert abs(expires() - 1800e6) < 10e6
    shift(600)
    use()
    while expires() < 7020e6:  # what is less than a tenth of the idle time later is not written
        shift(1700)
        use()
    assert expires() <= 7200e6
    shift(1800)
    eventually(lambda: browser.get("/auth/me").status, 401)


def test_a_second_factor_is_asked_for(served):
    _, codes, _ = turn_on(served, "ida@example.com")
    browser = Browser(served)
    answer = browser.sign_in("ida@example.com")
    assert (answer.status, code_of(answer)) == (401, "SECOND_FACTOR_REQUIRED") and "Set-Cookie" not in answer.headers
    assert browser.sign_in("ida@example.com", code=codes[0]).status == 200
    assert browser.get("/v1/things").status == 200


def test_modes_are_two(served):
    register(served, "jon@example.com")
    for mode in ("token", "Cookie", "", 1, None):
        answer = Browser(served).post("/auth/login", {"email": "jon@example.com", "password": PASSWORD, "mode": mode})
        assert (answer.status, [one["field"] for one in answer.body["error"]["details"]]) == (422, ["mode"]), mode


def test_no_secret_is_in_the_log_or_the_store(served):
    browser = signed_in(served, "kim@example.com")
    browser.get("/v1/things", Authorization="Bearer x")
    kept = tables.everything(served.store_path)
    for secret in (browser.cookie(), browser.csrf):
        assert secret not in served.error_text and secret.encode() not in kept


def test_without_the_key_a_cookie_is_nothing(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.replace("  sessions: { cookie: true, idle: 30m, lifetime: 2h }\n", ""))
    with Server(contract, tmp_path) as server:
        register(server, "ann@example.com")
        body = {"email": "ann@example.com", "password": PASSWORD}
        refused = server.client().post("/auth/login", {**body, "mode": "cookie"})
        assert [one["code"] for one in refused.body["error"]["details"]] == ["UNKNOWN_FIELD"]
        assert server.client().request("GET", "/v1/notices", headers={"Cookie": f"{COOKIE}=x"}).status == 200
