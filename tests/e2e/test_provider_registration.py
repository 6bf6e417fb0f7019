# SPDX-License-Identifier: Apache-2.0
"""Programs that register themselves as clients of the provider (RFC 7591; docs/decisions/0041)."""

import json
import shutil
import urllib.parse

import pytest

import npm
from accounts import PASSWORD, signed_in
from provider import (CONTRACT, DEVICE, SECRET, Browser, Pkce, claims_of, error_of, new_user, post_form, request_of,
                      returned, serve, text, userinfo)
from registration import BACK, OPEN, SCOPES, Program, ask, events, registering
import tables

TOKEN = "registration-token-0123456789-canary-0123456789"
CAUTION = "This program registered itself"


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("registration"), OPEN) as server:
        yield server


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    contract = registering("token: '${REGISTRATION_TOKEN}'")
    with serve(tmp_path_factory.mktemp("closed"), contract, REGISTRATION_TOKEN=TOKEN) as server:
        yield server


def test_the_whole_way(idp):
    user = new_user(idp, "ann")
    told = idp.client().get("/.well-known/openid-configuration").body
    assert told["registration_endpoint"] == idp.issuer + "/oauth/register"
    answer = ask(idp, client_name="The new one", grant_types=["authorization_code", "refresh_token", "password"],
                 response_types=["code", "token"], post_logout_redirect_uris=["https://new.example/bye"],
                 logo_uri="https://new.example/logo", scope=SCOPES + " admin profile")
    assert answer.status == 201 and answer.headers["cache-control"] == "no-store", answer.raw
    body = dict(answer.body)
    assert body.pop("client_id").startswith("registered.") and len(body.pop("client_secret")) == 43
    assert abs(body.pop("client_id_issued_at") - user_time(idp)) < 60
    assert body == {"client_secret_expires_at": 0, "client_name": "The new one", "redirect_uris": [BACK],
                    "post_logout_redirect_uris": ["https://new.example/bye"],
                    "token_endpoint_auth_method": "client_secret_basic", "response_types": ["code"],
                    "grant_types": ["authorization_code", "refresh_token"], "scope": SCOPES,
                    "id_token_signed_response_alg": told["id_token_signing_alg_values_supported"][0]}
    program = Program(idp, client_name="The new one")
    tokens = program.tokens("ann@example.com")
    assert tokens["scope"] == SCOPES
    said = claims_of(tokens["id_token"])
    assert (said["sub"], said["aud"]) == (user["id"], program.id)
    assert userinfo(idp, tokens["access_token"]).body["email"] == "ann@example.com"
    client = idp.client(tokens["access_token"])
    assert client.get("/v1/things").status == 200 and client.post("/v1/things", {"name": "x"}).status == 403
    assert client.get("/auth/me").status in (401, 403)
    again = program.refresh(tokens["refresh_token"])
    assert again.status == 200 and userinfo(idp, again.body["access_token"]).status == 200
    assert program.post("/oauth/introspect", {"token": again.body["access_token"]}).body["client_id"] == program.id
    own = signed_in(idp, "ann@example.com")
    assert "The new one (registered itself)" in [one["agent"] for one in own.get("/auth/sessions").body["data"]]
    consents = own.get("/auth/consents").body["data"]
    assert [(one["client"], one["name"]) for one in consents] == [(program.id, "The new one (registered itself)")]
    assert own.delete("/auth/consents/" + program.id).status == 204
    assert program.refresh(again.body["refresh_token"]).status == 400
    assert [one["subject"] for one in events(idp, "client_created")].count(program.id) == 1
    assert idp.wait_event("client_created", subject=program.id)["address"] == "127.0.0.1"


def user_time(server):
    made = Program(server)
    return made.told["client_id_issued_at"]


@pytest.mark.skipif(npm.node_version() < npm.NODE_VERSION, reason="needs npm and a node of that age")
def test_openid_client_registers_itself(closed, tmp_path):
    new_user(closed, "npm")
    program = shutil.copy(npm.TOOLS / "provider.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(npm.installed())
    done = npm.call("node", program, closed.issuer, SECRET, "npm@example.com", PASSWORD, TOKEN, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "signed in\n", done.stderr[-4000:]


def test_a_public_program_is_agreed_to_each_time(idp):
    new_user(idp, "bea")
    program = Program(idp, redirect_uris=["http://127.0.0.1/cb", "com.example.new:/cb"], client_name="Booth",
                      token_endpoint_auth_method="none")
    assert program.secret is None and "client_secret_expires_at" not in program.told
    browser, back = Browser(idp), "http://127.0.0.1:4711/cb"
    for _ in range(2):
        page = browser.authorize(program.wants(redirect_uri=back))
        page = browser.sign_in(page, "bea@example.com") if 'name="password"' in text(page) else page
        assert "Allow Booth?" in text(page) and CAUTION in text(page) and "http://127.0.0.1:4711" in text(page)
        assert "code" in returned(browser.send(page, "allow"))
    assert program.post("/oauth/introspect", {"token": "x"}).status == 401
    assert program.post("/oauth/revoke", {"token": "x"}).status == 200


def test_pages_say_that_nobody_knows_it(idp):
    new_user(idp, "cat")
    program = Program(idp, client_name='<b>The bank</b> & "friends"')
    browser = Browser(idp)
    page = browser.authorize(program.wants())
    for page in (page, browser.sign_in(page, "cat@example.com")):
        shown = text(page)
        assert page.status == 200 and CAUTION in shown and "<strong>https://new.example</strong>" in shown
        assert "&lt;b&gt;The bank&lt;/b&gt; &amp; &quot;friends&quot;" in shown and "<b>" not in shown
    assert CAUTION not in text(Browser(idp).authorize(request_of("shop-web")))
    form = Browser(idp).authorize(program.wants(response_mode="form_post", scope="x"))
    assert "<b>" not in text(form) and "&lt;b&gt;The bank" in text(form) and CAUTION in text(form)


def test_nobody_is_sent_on_to_a_stranger_unasked(idp, closed):
    """RFC 9700, 4.11.2: else anybody could make links of this service that lead anywhere."""
    program = Program(idp, post_logout_redirect_uris=["https://new.example/bye"])
    out = "/oauth/logout?" + urllib.parse.urlencode({"client_id": program.id,
                                                     "post_logout_redirect_uri": "https://new.example/bye"})
    for browser, page in [(Browser(idp), Browser(idp).authorize(program.wants(**wrong)))
                          for wrong in ({"prompt": "none"}, {"scope": "x"}, {"response_type": "token"},
                                        {"code_challenge": None}, {"id_token_hint": "x"})]:
        assert page.status == 200 and "location" not in page.headers and "refresh" not in page.headers
        assert '<a href="https://new.example/callback?error=' in text(page) and "nobody here knows it" in text(page)
    page = Browser(idp).request("GET", out)
    assert page.status == 200 and '<a href="https://new.example/bye"' in text(page)
    # Once its User has seen whose it is, and with one that was let in, it goes on as with any.
    new_user(idp, "dan")
    browser = Browser(idp)
    seen = browser.authorize(program.wants())
    assert returned(browser.send(seen, "deny"))["error"] == "access_denied"
    tokens = program.tokens("dan@example.com", browser)
    assert "code" in returned(browser.authorize(program.wants(prompt="none")))
    leaving = browser.request("GET", out + "&id_token_hint=" + tokens["id_token"])
    assert leaving.status == 303 and leaving.headers["location"] == "https://new.example/bye"
    known = Program(closed, TOKEN)
    assert returned(Browser(closed).authorize(known.wants(prompt="none")))["error"] == "login_required"
    assert CAUTION in text(Browser(closed).authorize(known.wants()))


def test_who_agreed_to_one_place_has_agreed_to_no_other(idp):
    """The name is unchecked: where it goes back to is all that a User can judge by."""
    other = "https://other.example/cb"
    program = Program(idp, client_name="Two", redirect_uris=[BACK, other],
                      post_logout_redirect_uris=["https://other.example/bye"])
    new_user(idp, "eva")
    browser = Browser(idp)
    tokens = program.tokens("eva@example.com", browser)
    page = browser.authorize(program.wants(redirect_uri=other))
    assert "Allow Two?" in text(page) and "<strong>https://other.example</strong>" in text(page)
    silent = browser.authorize(program.wants(redirect_uri=other, prompt="none"))
    assert silent.status == 200 and "error=consent_required" in text(silent) and "code=" not in text(silent)
    leaving = browser.request("GET", "/oauth/logout?" + urllib.parse.urlencode({
        "id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://other.example/bye"}))
    assert leaving.status == 200 and '<a href="https://other.example/bye"' in text(leaving)


def test_a_scheme_of_its_own_brings_no_text_along(idp):
    own = "app.ok://shop.example-(checked);sandbox"
    page = Browser(idp).authorize(Program(idp, redirect_uris=[own], token_endpoint_auth_method="none").wants())
    assert "<strong>app.ok:</strong>" in text(page) and "(checked)" not in text(page)
    assert "sandbox" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("error, metadata", [
    ("invalid_redirect_uri", {"redirect_uris": None}), ("invalid_redirect_uri", {"redirect_uris": []}),
    ("invalid_redirect_uri", {"redirect_uris": ["javascript:alert(1)"]}),
    ("invalid_redirect_uri", {"redirect_uris": ["https://new.example/#x"]}),
    ("invalid_redirect_uri", {"redirect_uris": ["http://new.example/"]}),
    ("invalid_redirect_uri", {"redirect_uris": ["com.example.new:/cb"]}),
    ("invalid_redirect_uri", {"redirect_uris": [BACK] * 21}),
    ("invalid_redirect_uri", {"redirect_uris": ["https://new.example/" + "x" * 236]}),
    ("invalid_client_metadata", {"redirect_uris": BACK}), ("invalid_client_metadata", {"client_name": "a\u0007b"}),
    ("invalid_client_metadata", {"client_name": "\u202eknab eht"}), ("invalid_client_metadata", {"client_name": 1}),
    ("invalid_client_metadata", {"client_name": "x" * 101}), ("invalid_client_metadata", {"client_name": "  "}),
    ("invalid_client_metadata", {"client_name": "a\u3164"}), ("invalid_client_metadata", {"client_name": "a\u2028b"}),
    ("invalid_client_metadata", {"client_name": "x" + "\u0300" * 5}),
    ("invalid_client_metadata", {"client_name": "a  b"}), ("invalid_client_metadata", {"client_name": "thé SHOP "}),
    ("invalid_client_metadata", {"post_logout_redirect_uris": ["javascript:alert(1)"]}),
    ("invalid_client_metadata", {"grant_types": ["client_credentials"]}),
    ("invalid_client_metadata", {"response_types": ["token"]}), ("invalid_client_metadata", {"scope": "admin"}),
    ("invalid_client_metadata", {"token_endpoint_auth_method": "private_key_jwt"})])
def test_what_is_wrong_is_told(idp, error, metadata):
    answer = ask(idp, **metadata)
    assert error_of(answer) == (400, error) and answer.headers["cache-control"] == "no-store"
    assert set(answer.body) == {"error", "error_description"}


def test_the_longest_address_is_taken_and_this_services_own_is_not(idp):
    assert ask(idp, redirect_uris=["https://new.example/" + "x" * 235]).status == 201
    ours = idp.client().get("/.well-known/openid-configuration").body["issuer"] + "/oauth/activate"
    assert error_of(ask(idp, redirect_uris=[ours])) == (400, "invalid_redirect_uri")
    assert error_of(ask(idp, post_logout_redirect_uris=[ours])) == (400, "invalid_redirect_uri")


def test_what_is_no_registration_is_refused(idp):
    client = idp.client()
    right = json.dumps({"redirect_uris": [BACK]}).encode()

    def post(raw, path="/oauth/register", **headers):
        return client.request("POST", path, None, headers or None, raw=raw)

    assert post(right).status == 201
    for raw in (b"", b"{", b"[]", b"null", right + b"x", right[:-1] + b', "redirect_uris": []}', b'{"a": "\xff"}',
                right + b" " * 32768, b'{"a":' * 50000):
        assert error_of(post(raw)) == (400, "invalid_client_metadata"), raw[:40]
    assert error_of(post(right, **{"Content-Type": "text/plain"})) == (400, "invalid_client_metadata")
    assert post(right, "/oauth/register?client_name=x").status == 400
    assert post_form(idp, "/oauth/register", {"redirect_uris": BACK}).status == 400
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, "/oauth/register")
        assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


def test_whoever_registers_brings_the_token(closed):
    assert ask(closed).headers["www-authenticate"] == "Bearer"
    for wrong in (TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "x" * 5000):
        answer = ask(closed, wrong)
        assert error_of(answer) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    body = {"redirect_uris": [BACK], "token": TOKEN, "access_token": TOKEN}
    for headers in ({"Authorization": "Basic " + TOKEN}, {"Authorization": TOKEN}, {"Authorization": "Bearer "},
                    {"X-Api-Key": TOKEN}, {"Cookie": "token=" + TOKEN}):
        assert closed.client().request("POST", "/oauth/register", body, headers).status == 401, headers
    assert closed.client().post("/oauth/register?access_token=" + TOKEN, body).status == 400
    assert ask(closed, TOKEN, client_name=1).status == 400 and ask(closed, client_name=1).status == 401
    program = Program(closed, TOKEN)
    # It opens nothing else, and is no client's.
    for path in ("/v1/things", "/auth/me", "/oauth/userinfo"):
        assert closed.client(TOKEN).get(path).status == 401
    assert program.refresh("x", secret=TOKEN).status == 401


def test_it_is_off_unless_the_contract_says_so(tmp_path):
    with serve(tmp_path, CONTRACT) as server:
        answers = [server.client().request(method, path, body) for path in ("/oauth/register", "/oauth/nothing")
                   for method, body in (("POST", {"redirect_uris": [BACK]}), ("GET", None), ("OPTIONS", None))]
        assert [one.status for one in answers] == [404] * 6
        assert {one.body["error"]["code"] for one in answers} == {"ROUTE_NOT_FOUND"}
        assert "registration_endpoint" not in server.client().get("/.well-known/openid-configuration").body
        assert Browser(server).authorize(request_of("registered.x", redirect_uri=BACK)).status == 400


def test_what_is_one_programs_is_no_others(idp):
    new_user(idp, "eve")
    mine, other = Program(idp), Program(idp)
    pkce = Pkce()
    code = mine.code("eve@example.com", pkce)
    assert error_of(other.redeem(code, pkce)) == (400, "invalid_grant")
    for wrong in ({"secret": other.secret}, {"secret": mine.secret + "x"}, {"secret": SECRET}, {"secret": None},
                  {"id": "registered."}, {"id": "registered.x"}, {"id": mine.id.upper()}, {"id": mine.id + "0"},
                  {"id": mine.id[len("registered."):]}, {"id": "registered.00000000-0000-0000-0000-000000000000"},
                  {"id": "registered.'; DROP TABLE users; --"}, {"id": "shop-web"}, {"id": "registered.\u0000"}):
        answer = mine.redeem(code, pkce, **wrong)
        assert answer.status in (400, 401) and answer.body["error"] in ("invalid_client", "invalid_request"), wrong
    assert error_of(post_form(idp, "/oauth/token", {"grant_type": "x"}, ("shop-web", mine.secret))) == \
        (401, "invalid_client")
    told = [mine.redeem(code, pkce, **wrong) for wrong in ({"secret": "x"}, {"id": other.id[:-1] + "x"})]
    assert told[0].body == told[1].body and told[0].status == told[1].status == 401
    tokens = mine.redeem(code, pkce).body
    assert error_of(other.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert other.post("/oauth/introspect", {"token": tokens["access_token"]}).body == {"active": False}
    assert other.post("/oauth/revoke", {"token": tokens["access_token"]}).status == 200
    assert userinfo(idp, tokens["access_token"]).status == 200
    for client in (mine.id.upper(), mine.id + " ", "registered.x"):
        assert Browser(idp).authorize(mine.wants(client_id=client)).status == 400
    assert Browser(idp).authorize(mine.wants(redirect_uri="https://new.example/")).status == 400


def test_it_has_no_grant_but_these(idp):
    asked = ["authorization_code", "client_credentials", DEVICE, "device_code", "password", "implicit"]
    program = Program(idp, grant_types=asked)
    assert program.told["grant_types"] == ["authorization_code"] and "offline_access" not in program.told["scope"]
    for grant in ("client_credentials", DEVICE, "refresh_token"):
        answer = program.post("/oauth/token", {"grant_type": grant, "device_code": "x", "refresh_token": "x"})
        assert error_of(answer) == (400, "unauthorized_client"), grant
    assert error_of(program.post("/oauth/device", {"scope": "openid"})) == (400, "unauthorized_client")


def test_no_secret_is_in_the_log_or_the_store(idp, closed):
    for server, token in ((idp, None), (closed, TOKEN)):
        program = Program(server, token, client_name="Canary of the log")
        ask(server, token, client_name="Canary\u0007", redirect_uris=["https://canary.example/"])
        server.wait_event("client_created", subject=program.id)
        kept = tables.everything(server.store_path)
        for secret in (program.secret, TOKEN):
            assert secret not in server.error_text and secret.encode() not in kept
        assert "anary" not in server.error_text
