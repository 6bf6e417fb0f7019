# SPDX-License-Identifier: Apache-2.0
"""What tokens of programs open of the service's data: for themselves (RFC 6749, 4.4), and for Users who agreed."""

import time

import pytest

from accounts import signed_in
from provider import (CONTRACT, SECRET, Browser, Pkce, claims_of, error_of, new_user, post_form, request_of,
                      returned, serve, text, tokens_for, userinfo)


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("data")) as server:
        yield server


def for_itself(server, scope=None, client="job", secret=SECRET):
    form = {"grant_type": "client_credentials", **({} if scope is None else {"scope": scope})}
    return post_form(server, "/oauth/token", form, (client, secret))


def statuses(client, *asked):
    return [client.request(method, path, body).status for method, path, body in asked]


THING = ("POST", "/v1/things", {"name": "bolt"})


def test_a_program_gets_a_token_for_itself(idp):
    answer = for_itself(idp)
    assert answer.status == 200 and answer.headers["cache-control"] == "no-store"
    assert set(answer.body) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.body["scope"] == "audits:read stock.audit things:create things:read"
    claims = claims_of(answer.body["access_token"])
    assert (claims["iss"], claims["aud"], claims["sub"], claims["client_id"]) == (idp.issuer, idp.issuer, "job", "job")
    assert "sid" not in claims
    client = idp.client(answer.body["access_token"])
    made = client.post("/v1/things", {"name": "nut"})
    assert (made.status, made.body["data"]["makerId"]) == (201, None)
    path = "/v1/things/" + made.body["data"]["id"]
    assert statuses(client, ("GET", path, None), ("GET", "/v1/things", None), ("GET", "/v1/audits", None),
                    ("GET", "/v1/notices", None)) == [200, 200, 200, 403]
    assert statuses(client, ("PATCH", path, {"name": "x"}), ("DELETE", path, None),
                    ("POST", "/v1/audits", {"text": "x"})) == [403, 403, 403]
    idp.wait_event("request", callerId=f"{idp.issuer} job", route="/v1/audits")


def test_it_asks_for_less_and_gets_no_more(idp):
    less = for_itself(idp, "things:read openid admin")
    assert less.body["scope"] == "things:read"
    client = idp.client(less.body["access_token"])
    assert statuses(client, THING, ("GET", "/v1/things", None), ("GET", "/v1/audits", None)) == [403, 200, 403]
    no_words = idp.client(for_itself(idp, "stock.audit").body["access_token"])
    assert statuses(no_words, ("GET", "/v1/audits", None), ("GET", "/v1/things", None)) == [403, 403]
    for scope in ("openid", "offline_access", "things:update", "write", "x"):
        assert error_of(for_itself(idp, scope)) == (400, "invalid_scope"), scope
    assert error_of(for_itself(idp, secret=SECRET + "x")) == (401, "invalid_client")
    assert error_of(for_itself(idp, client="shop-web")) == (400, "unauthorized_client")
    public = {"grant_type": "client_credentials", "client_id": "phone"}
    assert error_of(post_form(idp, "/oauth/token", public)) == (400, "unauthorized_client")


def test_it_is_nobody_at_auth_and_userinfo(idp):
    token = for_itself(idp).body["access_token"]
    client = idp.client(token)
    assert statuses(client, ("GET", "/auth/me", None), ("GET", "/auth/sessions", None),
                    ("DELETE", "/auth/me", {"currentPassword": "x"})) == [403] * 3
    assert error_of(userinfo(idp, token)) == (403, "insufficient_scope")
    told = post_form(idp, "/oauth/introspect", {"token": token}, ("job", SECRET)).body
    assert told["active"] and told["sub"] == told["client_id"] == "job"
    assert not post_form(idp, "/oauth/introspect", {"token": token}, ("desk", SECRET)).body["active"]
    assert post_form(idp, "/oauth/revoke", {"token": token}, ("job", SECRET)).status == 200  # there is nothing to end


def test_for_a_user_it_opens_what_both_may(idp):
    new_user(idp, "ann")
    own = signed_in(idp, "ann@example.com")
    mine = own.post("/v1/things", {"name": "mine"}).body["data"]["id"]
    pkce, browser = Pkce(), Browser(idp)
    asked = request_of("desk", pkce, scope="openid things:read things:create")
    page = browser.sign_in(browser.authorize(asked), "ann@example.com")
    assert "see things, as you" in text(page) and "make things" not in text(page)
    tokens = tokens_for(idp, "ann@example.com", "desk", "openid offline_access things:read things:create")
    assert tokens["scope"] == "openid offline_access things:read"
    client = idp.client(tokens["access_token"])
    assert statuses(client, ("GET", "/v1/things/" + mine, None), THING, ("GET", "/v1/audits", None),
                    ("PATCH", "/v1/things/" + mine, {"name": "x"})) == [200, 403, 403, 403]
    for method, path, body in (("GET", "/auth/me", None), ("GET", "/auth/sessions", None),
                               ("DELETE", "/auth/me", {}), ("PATCH", "/auth/me", {}), ("POST", "/auth/password", {}),
                               ("POST", "/auth/logout", None),
                               ("GET", "/auth/consents", None), ("GET", "/auth/me/export", None)):
        assert client.request(method, path, body).status in (403, 404), path
    assert client.get("/auth/me").body["error"]["code"] == "FORBIDDEN"
    assert userinfo(idp, tokens["access_token"]).status == 200
    post_form(idp, "/oauth/revoke", {"token": tokens["refresh_token"]}, ("desk", SECRET))
    end = time.monotonic() + 5
    while client.get("/v1/things").status == 200:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert client.get("/v1/things").body["error"]["code"] == "INVALID_CREDENTIALS"


def test_a_user_is_asked_for_each_scope_of_data(idp):
    new_user(idp, "eve")
    pkce, browser = Pkce(), Browser(idp)
    browser.code(request_of("desk", pkce, scope="openid"), "eve@example.com")
    more = request_of("desk", pkce, scope="openid things:read")
    assert returned(browser.authorize({**more, "prompt": "none"}))["error"] == "consent_required"
    assert "see things, as you" in text(browser.authorize(more))
    assert "make audits" in text(browser.authorize(request_of("desk", pkce, scope="openid audits:create")))
    browser.send(browser.authorize(more), "allow")
    own = signed_in(idp, "eve@example.com")
    assert own.get("/auth/consents").body["data"][0]["scopes"] == ["openid", "things:read"]
    assert "code" in returned(browser.authorize({**more, "prompt": "none"}))
    assert "make audits" in text(browser.authorize(request_of("desk", pkce, scope="openid audits:create")))


def test_what_is_for_users_is_not_for_their_programs(idp):
    new_user(idp, "flo")
    tokens = tokens_for(idp, "flo@example.com", "desk", "openid audits:create")
    note = {"text": "x"}
    refused = idp.client(tokens["access_token"]).post("/v1/audits", note)
    assert (refused.status, refused.body["error"]["code"]) == (403, "FORBIDDEN")
    assert signed_in(idp, "flo@example.com").post("/v1/audits", note).status == 201


def test_without_a_scope_of_data_it_opens_nothing(idp):
    new_user(idp, "bob")
    tokens = tokens_for(idp, "bob@example.com", "desk", "openid")
    answer = idp.client(tokens["access_token"]).get("/v1/notices")
    assert (answer.status, answer.body["error"]["code"]) == (401, "INVALID_CREDENTIALS")


def test_one_name_of_two_tokens_is_two(idp):
    new_user(idp, "cy")
    tokens = tokens_for(idp, "cy@example.com", "desk", "openid things:read")
    own = idp.client(for_itself(idp).body["access_token"])
    less = idp.client(for_itself(idp, "things:read").body["access_token"])
    for name in ("a", "b", "c"):
        assert own.post("/v1/things", {"name": name}).status == 201
    after = own.get("/v1/things?perPage=1&after=").body["meta"]["next"]
    assert own.get(f"/v1/things?perPage=1&after={after}").status == 200
    for other in (less, idp.client(tokens["access_token"])):
        assert other.get(f"/v1/things?perPage=1&after={after}").status == 400


def test_what_the_contract_takes_back_is_gone(tmp_path):
    with serve(tmp_path) as idp:
        new_user(idp, "ann")
        token = for_itself(idp).body["access_token"]
        of_user = tokens_for(idp, "ann@example.com", "desk", "openid things:read")["access_token"]
        assert idp.client(token).get("/v1/audits").status == idp.client(of_user).get("/v1/things").status == 200
    less = CONTRACT.replace("'things:read', 'things:create', 'audits:read', stock.audit", "'things:read'")
    less = less.replace("['things:read', openid, email", "[openid, email")
    with serve(tmp_path, less, port=idp.port) as idp:
        assert idp.client(token).get("/v1/audits").status == 403
        assert idp.client(token).get("/v1/things").status == 200
        assert idp.client(of_user).get("/v1/things").status == 401
        told = [post_form(idp, "/oauth/introspect", {"token": one}, (client, SECRET)).body["scope"]
                for client, one in (("job", token), ("desk", of_user))]
        assert told == ["things:read", "openid"]
    none = less.replace("grants: [client_credentials]", "grants: [device_code]")
    with serve(tmp_path, none, port=idp.port) as idp:
        assert idp.client(token).get("/v1/things").status == 401
        assert not post_form(idp, "/oauth/introspect", {"token": token}, ("desk", SECRET)).body["active"]
