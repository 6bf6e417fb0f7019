# SPDX-License-Identifier: Apache-2.0
"""The service as an OAuth 2 and OpenID Connect provider (docs/decisions/0041): what its programs are answered."""

import json
import re
import urllib.parse

import pytest

from accounts import PASSWORD, all_at_once, eventually, post, signed_in, store
from harness import run, succeed
from provider import (CALLBACK, CONTRACT, DEVICE, RIVAL_SECRET, SECRET, Browser, Pkce, claims_of, error_of, new_user,
                      post_form, redeem, request_of, returned, serve, text, tokens_for, userinfo)
import tables


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("provider"), arguments=["--cors-origin", "https://spa.example"]) as server:
        yield server


def disable(server, email):
    succeed("user", "disable", email, "--contract", server.contract, "--store", server.store, **server.environment)


def introspect(server, token, client="shop-web", secret=SECRET):
    return post_form(server, "/oauth/introspect", {"token": token}, (client, secret))


def refresh(server, token, client="shop-web", secret=SECRET, **more):
    return post_form(server, "/oauth/token", {"grant_type": "refresh_token", "refresh_token": token, **more},
                     (client, secret))


def test_discovery_tells_what_is_there(idp):
    told = idp.client().get("/.well-known/openid-configuration")
    assert told.status == 200 and told.body["issuer"] == idp.issuer
    assert idp.client().get("/.well-known/oauth-authorization-server").body == told.body
    for name, address in told.body.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert address.startswith(idp.issuer + "/")
            assert idp.client().request("OPTIONS", address[len(idp.issuer):]).status == 204, name
    assert told.body["code_challenge_methods_supported"] == ["S256"]
    assert told.body["response_types_supported"] == ["code"]
    assert "password" not in json.dumps(told.body) and "registration_endpoint" not in told.body
    assert idp.client().get("/oauth/register").status == 404


def test_the_whole_way(idp):
    user = new_user(idp, "ann")
    pkce, browser = Pkce(), Browser(idp)
    page = browser.authorize(request_of(pkce=pkce, scope="openid email offline_access", login_hint="ann@example.com"))
    assert page.status == 200 and 'value="ann@example.com"' in text(page)
    page = browser.sign_in(page, "ann@example.com")
    assert "The shop would like to" in text(page) and "your e-mail address" in text(page)
    answer = returned(browser.send(page, "allow"))
    assert answer.pop("code") and answer == {"state": "state-of-it", "iss": idp.issuer}
    code = browser.code(request_of(pkce=pkce, scope="openid email offline_access"), None)  # no page any more
    tokens = redeem(idp, code, pkce)
    assert tokens.status == 200 and tokens.headers["cache-control"] == "no-store"
    body = tokens.body
    assert body["token_type"] == "Bearer" and body["expires_in"] == 900 and body["scope"] == \
        "openid email offline_access"
    said = claims_of(body["id_token"])
    assert (said["iss"], said["aud"], said["sub"]) == (idp.issuer, "shop-web", user["id"])
    assert said["nonce"] == "nonce-of-it" and said["auth_time"] <= said["iat"] < said["exp"]
    assert (said["email"], said["email_verified"]) == ("ann@example.com", False)
    access = claims_of(body["access_token"])
    assert (access["iss"], access["aud"], access["client_id"]) == (idp.issuer, idp.issuer, "shop-web")
    seen = userinfo(idp, body["access_token"])
    assert seen.body == {"sub": user["id"], "email": "ann@example.com", "email_verified": False}
    again = refresh(idp, body["refresh_token"])
    assert again.status == 200 and "id_token" not in again.body
    assert userinfo(idp, again.body["access_token"]).status == 200


def test_a_clients_token_opens_nothing_but_userinfo(idp):
    new_user(idp, "bea")
    tokens = tokens_for(idp, "bea@example.com")
    for token in (tokens["access_token"], tokens["id_token"], tokens["refresh_token"]):
        for path in ("/v1/things", "/v1/notices", "/auth/me", "/auth/sessions"):
            assert idp.client(token).get(path).status == 401, path
    assert post(idp, "/auth/refresh", {"refreshToken": tokens["refresh_token"]}).status == 401
    own = signed_in(idp, "bea@example.com")
    for token in (own.token, tokens["id_token"], tokens["refresh_token"], "x", tokens["access_token"] + "A"):
        assert error_of(userinfo(idp, token)) == (401, "invalid_token")
    assert introspect(idp, own.token).body == {"active": False}


def test_userinfo_takes_a_bearer_token_alone(idp):
    new_user(idp, "cat")
    browser = Browser(idp)
    token = tokens_for(idp, "cat@example.com", browser=browser)["access_token"]
    assert browser.request("GET", "/oauth/userinfo").status == 401  # by its cookie
    assert idp.client().get("/oauth/userinfo", access_token=token).status == 400
    assert post_form(idp, "/oauth/userinfo", {"access_token": token}).status == 400
    assert idp.client().request("GET", "/oauth/userinfo").headers["www-authenticate"] == "Bearer"
    assert idp.client(token).request("POST", "/oauth/userinfo").status == 200
    assert browser.request("GET", "/oauth/userinfo", Authorization="Bearer " + token).status == 200
    bare = tokens_for(idp, "cat@example.com", scope="email")
    assert "id_token" not in bare and error_of(userinfo(idp, bare["access_token"])) == (403, "insufficient_scope")


def test_a_code_is_used_once_by_fifty(idp):
    new_user(idp, "dan")
    pkce = Pkce()
    code = Browser(idp).code(request_of(pkce=pkce, scope="openid offline_access"), "dan@example.com")
    answers = all_at_once([lambda: redeem(idp, code, pkce)] * 50)
    won = [one for one in answers if one.status == 200]
    assert len(won) == 1 and all(error_of(one) == (400, "invalid_grant") for one in answers if one.status != 200)
    assert userinfo(idp, won[0].body["access_token"]).status == 401  # its second use ended what it had brought
    assert error_of(refresh(idp, won[0].body["refresh_token"])) == (400, "invalid_grant")


def test_a_code_is_bound(idp):
    new_user(idp, "eve")
    pkce = Pkce()
    ahead = Browser(idp).request("HEAD", "/oauth/authorize?" + urllib.parse.urlencode(request_of(pkce=pkce)))
    assert (ahead.status, ahead.headers["allow"]) == (405, "GET, POST, OPTIONS")
    code = Browser(idp).code(request_of(pkce=pkce), "eve@example.com")
    assert error_of(redeem(idp, code, pkce, code_verifier=Pkce().verifier)) == (400, "invalid_grant")
    assert error_of(redeem(idp, code, pkce, code_verifier=pkce.challenge)) == (400, "invalid_grant")  # as if plain
    assert error_of(redeem(idp, code, pkce, code_verifier=None)) == (400, "invalid_request")
    assert error_of(redeem(idp, code, pkce, redirect_uri=None)) == (400, "invalid_request")
    assert error_of(redeem(idp, code, pkce, redirect_uri="https://shop.example/other?x=1")) == (400, "invalid_grant")
    assert error_of(redeem(idp, code, pkce, "rival")) == (400, "invalid_grant")
    assert error_of(redeem(idp, code, pkce, "phone")) == (400, "invalid_grant")
    assert error_of(redeem(idp, code + "A", pkce)) == (400, "invalid_grant")
    assert redeem(idp, code, pkce).status == 200


def test_other_grants_are_refused(idp):
    for grant in ("password", "implicit", "urn:ietf:params:oauth:grant-type:token-exchange"):
        form = {"grant_type": grant, "username": "ann@example.com", "password": PASSWORD}
        assert error_of(post_form(idp, "/oauth/token", form, ("shop-web", SECRET))) == (400, "unsupported_grant_type")
    for client, grant in (("phone", "refresh_token"), ("phone", "client_credentials"), ("phone", DEVICE),
                          ("tv", "authorization_code")):
        form = {"grant_type": grant, "client_id": client, "refresh_token": "x", "device_code": "x", "code": "x"}
        assert error_of(post_form(idp, "/oauth/token", form)) == (400, "unauthorized_client")


@pytest.mark.parametrize("changes, error", [
    ({"code_challenge": None}, "invalid_request"), ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"), ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"), ({"scope": "profile admin"}, "invalid_scope"),
    ({"response_mode": "fragment"}, "invalid_request"), ({"request": "e30.e30."}, "request_not_supported"),
    ({"prompt": "none"}, "login_required")])
def test_what_is_wrong_is_told_the_client(idp, changes, error):
    told = returned(Browser(idp).authorize(request_of(**changes)))
    assert told["error"] == error and told["state"] == "state-of-it" and told["iss"] == idp.issuer


def test_scopes_that_are_not_there_are_left_out_and_the_client_is_told(idp):
    new_user(idp, "ned")
    pkce, browser = Pkce(), Browser(idp)
    code = browser.code(request_of(pkce=pkce, scope="openid profile email offline_access"), "ned@example.com")
    tokens = redeem(idp, code, pkce).body
    assert tokens["scope"] == "openid email offline_access"
    assert refresh(idp, tokens["refresh_token"], scope="openid profile offline_access").body["scope"] == \
        "openid offline_access"
    phone = browser.authorize(request_of("phone", pkce, scope="openid email offline_access"))
    assert "e-mail address" not in text(phone)
    code = returned(browser.send(phone, "allow"))["code"]
    answer = redeem(idp, code, pkce, "phone", redirect_uri=CALLBACK["phone"])
    assert answer.body["scope"] == "openid" and "refresh_token" not in answer.body


@pytest.mark.parametrize("uri", [
    "https://shop.example/callback/", "https://shop.example/callback?x", "https://shop.example/callback#x",
    "https://shop.example/Callback", "https://SHOP.example/callback", "https://shop.example:443/callback",
    "https://shop.example/%63allback", "https://shop.example@evil.example/callback", "//shop.example/callback",
    "https://shop.example.evil.example/callback", "https://evil.example/", "http://shop.example/callback",
    "https://shop.example/callback\n", "javascript:alert(1)", "https://rival.example/callback",
    "https://shop.example/callback/../other", "https://shop.example\\@evil.example/callback", ""])
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(idp, uri):
    for wrong in ({}, {"response_type": "token"}, {"prompt": "none"}):
        answer = Browser(idp).authorize(request_of(redirect_uri=uri, **wrong))
        assert answer.status == 400 and "location" not in answer.headers
        assert "evil.example" not in text(answer)


def test_a_public_clients_port_is_its_own(idp):
    for uri in ("http://127.0.0.1:1/done", "http://127.0.0.1/done", "com.example.phone:/done"):
        assert Browser(idp).authorize(request_of("phone", redirect_uri=uri)).status == 200, uri
    for uri in ("http://127.0.0.1:1/done2", "http://localhost:1/done", "http://127.0.0.1:1@evil.example/done",
                "http://127.0.0.1:0/done", "http://127.0.0.1:99999/done"):
        assert Browser(idp).authorize(request_of("phone", redirect_uri=uri)).status == 400, uri


def test_parameters_are_given_once(idp):
    asked = "&".join(f"{name}={value}" for name, value in request_of(redirect_uri=None).items())
    for more in ("&redirect_uri=https://shop.example/callback&redirect_uri=https://evil.example/",
                 "&redirect_uri=https://shop.example/callback&scope=email",
                 "&redirect_uri=https://shop.example/callback&%73tate=x", "&redirect_uri=%ff"):
        answer = Browser(idp).request("GET", "/oauth/authorize?" + asked + more)
        assert answer.status == 400 and "location" not in answer.headers, more
    for form in ("grant_type=refresh_token&grant_type=refresh_token", "token=a&token=b", "a=%zz"):
        assert error_of(post_form(idp, "/oauth/token", form, ("shop-web", SECRET))) == (400, "invalid_request")
    refused = idp.client().request("POST", "/oauth/token", {"grant_type": "refresh_token"})
    assert error_of(refused) == (400, "invalid_request")
    assert error_of(idp.client().request("POST", "/oauth/token?client_id=phone", None, {
        "Content-Type": "application/x-www-form-urlencoded"}, raw=b"grant_type=refresh_token")) == \
        (400, "invalid_request")


def test_a_client_proves_itself_in_one_way(idp):
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    refused = (401, "invalid_client")
    for basic in (("shop-web", "wrong"), ("shop-web", RIVAL_SECRET), ("nobody", SECRET), ("phone", "x"), ("", "")):
        answer = post_form(idp, "/oauth/token", form, basic)
        assert error_of(answer) == refused and answer.headers["www-authenticate"].startswith("Basic "), basic
    assert error_of(post_form(idp, "/oauth/token", {**form, "client_id": "shop-web"})) == refused
    assert error_of(post_form(idp, "/oauth/token", form)) == refused
    both = {**form, "client_id": "shop-web", "client_secret": SECRET}
    assert error_of(post_form(idp, "/oauth/token", both, ("shop-web", SECRET))) == (400, "invalid_request")
    assert error_of(post_form(idp, "/oauth/token", {**form, "client_id": "rival"}, ("shop-web", SECRET))) == refused
    assert error_of(post_form(idp, "/oauth/token", both)) == (400, "invalid_grant")  # the client is, its token is not
    for value in ("Basic", "Basic !", "Bearer x", "Basic eA=="):
        assert error_of(post_form(idp, "/oauth/token", form, Authorization=value)) == refused, value


def test_refresh_tokens_are_their_clients(idp):
    new_user(idp, "fay")
    first = tokens_for(idp, "fay@example.com")
    assert error_of(refresh(idp, first["refresh_token"], "rival", RIVAL_SECRET)) == (400, "invalid_grant")
    assert error_of(refresh(idp, first["refresh_token"], scope="admin")) == (400, "invalid_scope")
    answers = all_at_once([lambda: refresh(idp, first["refresh_token"])] * 10)  # tabs: one successor, for 10 s
    assert {one.status for one in answers} == {200} and len({one.body["refresh_token"] for one in answers}) == 1
    store(idp, "UPDATE auth_sessions SET rotated_at = rotated_at - 11000000")
    less = refresh(idp, answers[0].body["refresh_token"], scope="openid")
    assert less.body["scope"] == "openid offline_access"
    assert "email" not in userinfo(idp, less.body["access_token"]).body
    assert error_of(refresh(idp, first["refresh_token"])) == (400, "invalid_grant")  # two steps old: reuse
    assert error_of(refresh(idp, less.body["refresh_token"])) == (400, "invalid_grant")


def test_introspection_is_for_the_client_of_the_token(idp):
    new_user(idp, "gus")
    tokens = tokens_for(idp, "gus@example.com")
    seen = introspect(idp, tokens["access_token"]).body
    assert seen["active"] and seen["client_id"] == "shop-web" and seen["scope"] == "openid email offline_access"
    assert introspect(idp, tokens["refresh_token"]).body["active"]
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert introspect(idp, token, "rival", RIVAL_SECRET).body == {"active": False}
    assert introspect(idp, tokens["id_token"]).body == {"active": False}
    assert introspect(idp, "x").body == {"active": False}
    assert error_of(introspect(idp, tokens["access_token"], "shop-web", "wrong")) == (401, "invalid_client")
    assert error_of(post_form(idp, "/oauth/introspect", {"token": "x", "client_id": "phone"})) == \
        (401, "invalid_client")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revocation_ends_the_session(idp, kind):
    new_user(idp, "hal-" + kind[0])
    tokens = tokens_for(idp, f"hal-{kind[0]}@example.com")
    assert post_form(idp, "/oauth/revoke", {"token": tokens[kind]}, ("rival", RIVAL_SECRET)).status == 200
    assert userinfo(idp, tokens["access_token"]).status == 200  # it was not the rival's
    for _ in range(2):
        done = post_form(idp, "/oauth/revoke", {"token": tokens[kind], "token_type_hint": "x"}, ("shop-web", SECRET))
        assert (done.status, done.raw) == (200, b"")
    assert userinfo(idp, tokens["access_token"]).status == 401
    assert error_of(refresh(idp, tokens["refresh_token"])) == (400, "invalid_grant")
    assert introspect(idp, tokens["refresh_token"]).body == {"active": False}
    assert post_form(idp, "/oauth/revoke", {"token": "x"}, ("shop-web", SECRET)).status == 200
    assert error_of(post_form(idp, "/oauth/revoke", {"token": "x"}, ("shop-web", "no"))) == (401, "invalid_client")


def test_users_see_and_end_what_clients_hold(idp):
    new_user(idp, "ida")
    tokens = tokens_for(idp, "ida@example.com")
    me = signed_in(idp, "ida@example.com")
    theirs = [one for one in me.get("/auth/sessions").body["data"] if one["agent"] == "The shop"]
    assert len(theirs) == 1
    assert me.delete("/auth/sessions/" + theirs[0]["id"]).status == 204
    assert userinfo(idp, tokens["access_token"]).status == 401
    assert error_of(refresh(idp, tokens["refresh_token"])) == (400, "invalid_grant")


def test_what_ends_sessions_ends_those_of_clients(idp):
    new_user(idp, "jan")
    tokens = tokens_for(idp, "jan@example.com")
    pkce, browser = Pkce(), Browser(idp)
    code = browser.code(request_of(pkce=pkce), "jan@example.com")
    change = {"currentPassword": PASSWORD, "newPassword": "another horse staple"}
    assert signed_in(idp, "jan@example.com").post("/auth/password/change", change).status == 204
    assert userinfo(idp, tokens["access_token"]).status == 401
    assert error_of(redeem(idp, code, pkce)) == (400, "invalid_grant")
    assert 'name="password"' in text(browser.authorize(request_of()))

    new_user(idp, "jon")
    tokens, browser = tokens_for(idp, "jon@example.com"), Browser(idp)
    code = browser.code(request_of(pkce=pkce), "jon@example.com")
    disable(idp, "jon@example.com")
    eventually(lambda: userinfo(idp, tokens["access_token"]).status, 401)
    assert error_of(refresh(idp, tokens["refresh_token"])) == (400, "invalid_grant")
    assert error_of(redeem(idp, code, pkce)) == (400, "invalid_grant")
    assert introspect(idp, tokens["access_token"]).body == {"active": False}


def test_pushed_requests(idp):
    new_user(idp, "kim")
    pkce = Pkce()
    asked = request_of(pkce=pkce, scope="openid email")
    pushed = post_form(idp, "/oauth/par", asked, ("shop-web", SECRET))
    assert pushed.status == 201 and 0 < pushed.body["expires_in"] <= 90
    uri = pushed.body["request_uri"]
    assert uri.startswith("urn:ietf:params:oauth:request_uri:") and "shop.example" not in uri
    # What stands beside it counts for nothing.
    short = {"client_id": "shop-web", "request_uri": uri, "scope": "openid", "redirect_uri": "https://evil.example/"}
    code = Browser(idp).code(short, "kim@example.com")
    assert redeem(idp, code, pkce).body["scope"] == "openid email"
    for wrong in ({"client_id": "rival", "request_uri": uri}, {"client_id": "shop-web", "request_uri": uri + "A"},
                  {"request_uri": uri}):
        answer = Browser(idp).authorize(wrong)
        assert answer.status == 400 and "location" not in answer.headers
    assert error_of(post_form(idp, "/oauth/par", asked, ("shop-web", "wrong"))) == (401, "invalid_client")
    assert error_of(post_form(idp, "/oauth/par", {**asked, "request_uri": uri}, ("shop-web", SECRET))) == \
        (400, "request_uri_not_supported")
    for change in ({"redirect_uri": "https://evil.example/"}, {"code_challenge_method": "plain"}):
        assert error_of(post_form(idp, "/oauth/par", {**asked, **change}, ("shop-web", SECRET))) == \
            (400, "invalid_request")
    theirs = {**asked, "client_id": "rival"}
    assert error_of(post_form(idp, "/oauth/par", theirs, ("shop-web", SECRET))) == (401, "invalid_client")


def test_origins_that_cors_lets_in_ask_as_programs_and_see_no_page(idp):
    spa = {"Origin": "https://spa.example"}
    for method, path in (("POST", "/oauth/token"), ("GET", "/oauth/userinfo"), ("GET", "/.well-known/jwks.json"),
                         ("GET", "/.well-known/openid-configuration")):
        answer = idp.client().request(method, path, None, spa)
        assert answer.headers["access-control-allow-origin"] == "https://spa.example", path
    for method in ("GET", "POST", "OPTIONS"):
        for path in ("/oauth/authorize", "/oauth/logout"):
            answer = idp.client().request(method, path, None, {**spa, "Access-Control-Request-Method": "POST"})
            assert not any(name.startswith("access-control") for name in answer.headers), path


def test_no_secret_is_in_the_log_or_the_store(idp):
    new_user(idp, "lea")
    pkce, browser = Pkce(), Browser(idp)
    code = browser.code(request_of(pkce=pkce, scope="openid offline_access", state="state-canary"), "lea@example.com")
    tokens = redeem(idp, code, pkce).body
    refresh(idp, tokens["refresh_token"])
    redeem(idp, "wrong" + code, pkce)
    secrets = [SECRET, RIVAL_SECRET, code, pkce.verifier, tokens["access_token"], tokens["refresh_token"],
               tokens["id_token"], "state-canary", PASSWORD, *browser.cookies.values()]
    kept = tables.everything(idp.store_path)
    for secret in secrets:
        assert secret not in idp.error_text and secret.encode() not in kept, secret


def test_secrets_are_not_shown_by_commands(idp):
    environment = {"ISSUER": idp.issuer, "SHOP_SECRET": SECRET, "RIVAL_SECRET": RIVAL_SECRET}
    for command in (("check",), ("check", "--format", "json"), ("export", "openapi"), ("export", "access")):
        done = run(*command, idp.contract, cwd=idp.directory, **environment)
        assert SECRET not in done.stdout + done.stderr and done.stdout + done.stderr, command
    done = run("check", idp.contract, cwd=idp.directory, **{**environment, "SHOP_SECRET": "short-canary"})
    assert done.returncode == 2 and "short-canary" not in done.stdout + done.stderr


def test_without_a_provider_nothing_of_it_is_there(tmp_path):
    contract = re.sub(r"  provider:\n(    .*\n)+", "", CONTRACT)
    with serve(tmp_path, contract) as server:
        for path in ("/oauth/authorize", "/.well-known/openid-configuration", "/oauth/token"):
            assert server.client().get(path).status == 404, path
        assert server.client().get("/.well-known/jwks.json").status == 200


def test_accounts_that_go_take_all_along(idp):
    new_user(idp, "mia")
    tokens = tokens_for(idp, "mia@example.com")
    me = signed_in(idp, "mia@example.com")
    mine = me.get("/auth/me").body["data"]["user"]["id"]
    assert me.request("DELETE", "/auth/me", {"currentPassword": PASSWORD}).status == 204
    assert userinfo(idp, tokens["access_token"]).status == 401
    for table in ("auth_consents", "auth_sessions"):
        assert store(idp, f"SELECT count(*) FROM {table} WHERE hex(user_id) = ?", mine.replace("-", "").upper()) == \
            [(0,)], table


def test_callbacks_of_the_tests_are_of_the_contract():
    assert all(uri.split(":4711")[0] in CONTRACT for uri in CALLBACK.values())
