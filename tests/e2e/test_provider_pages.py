# SPDX-License-Identifier: Apache-2.0
"""The pages of the provider: who signs in, agrees and signs out on them, and what others' pages cannot do to them."""

import re
import urllib.parse

import pytest

from accounts import PASSWORD, code_of, post, signed_in, store
from provider import (SECRET, Browser, Pkce, claims_of, hidden, new_user, post_form, redeem, request_of, returned,
                      serve, text, tokens_for, userinfo)
from test_second_factor import turn_on

EVIL = {"Sec_Fetch_Site": "cross-site", "Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("pages")) as server:
        yield server


def is_sign_in(page):
    return page.status < 500 and 'name="password"' in text(page) and "location" not in page.headers


def is_consent(page):
    return page.status == 200 and 'value="allow"' in text(page)


def test_pages_are_plain_and_closed(idp):
    new_user(idp, "ann")
    browser = Browser(idp)
    sign_in = browser.authorize(request_of())
    consent = browser.sign_in(sign_in, "ann@example.com")
    broken = Browser(idp).authorize({})
    for page in (sign_in, consent, broken):
        headers = page.headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
        assert "unsafe" not in policy and "script" not in policy and "," not in policy  # one policy
        assert headers["x-frame-options"] == "DENY" and headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert headers["content-type"] == "text/html; charset=utf-8"
        shown = text(page)
        assert '<html lang="en">' in shown and "<script" not in shown and not re.search(r'\son[a-z]+=| style="', shown)
        for field in re.findall(r'<input id="([^"]+)"', shown):
            assert f'<label for="{field}">' in shown
    # A callback may lead on to other sites of https; what is not of https is the client's own alone.
    native = [Browser(idp).authorize(request_of("phone", redirect_uri=uri))
              for uri in ("http://127.0.0.1:4711/done", "com.example.phone:/done")]
    for page, targets in ((sign_in, " https:"), (consent, " https:"), (broken, ""),
                          (native[0], " https: http://127.0.0.1:4711"), (native[1], " https: com.example.phone:")):
        assert f"form-action 'self'{targets};" in page.headers["content-security-policy"]


def test_cookies_are_closed(idp):
    new_user(idp, "abe")
    browser = Browser(idp)
    page = browser.authorize(request_of())
    assert "SameSite=Strict" in page.headers["set-cookie"] and page.headers["set-cookie"].startswith("__Host-form=")
    before = dict(browser.cookies)
    done = browser.sign_in(page, "abe@example.com")
    assert done.headers["set-cookie"].startswith("__Host-sign-in=") and "SameSite=Lax" in done.headers["set-cookie"]
    cookie = browser.cookies["__Host-sign-in"]
    assert cookie not in before.values()
    # It is worth nothing elsewhere, and what is worth something elsewhere is nothing here.
    for path in ("/auth/me", "/v1/things"):
        assert idp.client().request("GET", path, headers={"Cookie": f"__Host-session={cookie}"}).status == 401
    # Signing in anew ends the session that the browser had.
    browser.sign_in(browser.authorize(request_of(prompt="login")), "abe@example.com")
    other = Browser(idp)
    other.cookies = {"__Host-sign-in": cookie}
    assert is_sign_in(other.authorize(request_of()))


def test_what_programs_call_themselves_is_text(idp):
    page = Browser(idp).authorize(request_of("phone", login_hint='"><script>alert(1)</script>', state='"><b>'))
    assert "&lt;b&gt;Phone&lt;/b&gt; &amp; &quot;friends&quot;" in text(page) and "<script" not in text(page)
    assert "&quot;&gt;&lt;script&gt;" in text(page)


def test_signing_in_is_that_of_accounts(idp):
    user = new_user(idp, "bob")
    browser = Browser(idp)
    page = browser.authorize(request_of())
    wrong = browser.sign_in(page, "bob@example.com", "wrong")
    nobody = browser.sign_in(page, "nobody@example.com", "wrong")
    assert is_sign_in(wrong) and 'role="alert"' in text(wrong) and wrong.status == nobody.status == 403
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", text(wrong)) == strip.sub("", text(nobody))
    assert "wrong" not in text(wrong) and "__Host-sign-in" not in browser.cookies
    for _ in range(4):
        browser.sign_in(page, "bob@example.com", "wrong")
    refused = browser.sign_in(page, "bob@example.com")  # right, but too soon
    assert refused.status == 403
    failures = store(idp, "SELECT failures FROM auth_credentials WHERE hex(id) = ?",
                     user["id"].replace("-", "").upper())
    assert failures == [(5,)]
    assert code_of(post(idp, "/auth/login", {"email": "bob@example.com", "password": PASSWORD})) == \
        "INVALID_CREDENTIALS"
    assert is_sign_in(browser.sign_in(page, "cid@example.com", "x" * 2000))


def test_a_second_factor_is_asked_for(idp):
    _, codes, _ = turn_on(idp, "cleo@example.com")
    browser = Browser(idp)
    page = browser.authorize(request_of())
    without = browser.sign_in(page, "cleo@example.com")
    assert is_sign_in(without) and "second factor" in text(without) and "__Host-sign-in" not in browser.cookies
    assert is_sign_in(browser.sign_in(page, "cleo@example.com", code="000000"))
    assert is_consent(browser.sign_in(page, "cleo@example.com", code=codes[0]))
    assert is_sign_in(Browser(idp).sign_in(page, "cleo@example.com", code=codes[0])) is False  # of another browser


def test_consent_is_remembered_and_asked_for_more(idp):
    new_user(idp, "dora")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(request_of()), "dora@example.com")
    assert is_consent(page) and "e-mail" not in text(page)
    assert returned(browser.send(page, "allow"))["code"]
    assert returned(browser.authorize(request_of()))["code"]
    more = browser.authorize(request_of(scope="openid email"))
    assert is_consent(more) and "e-mail" in text(more)
    assert returned(browser.send(more, "deny"))["error"] == "access_denied"
    assert returned(browser.authorize(request_of(scope="openid email", prompt="none")))["error"] == "consent_required"
    assert is_consent(browser.authorize(request_of(prompt="consent")))
    assert is_consent(browser.authorize(request_of("rival")))
    other = Browser(idp)
    assert returned(other.sign_in(other.authorize(request_of()), "dora@example.com"))["code"]


def test_the_houses_own_program_asks_nobody(idp):
    new_user(idp, "emma")
    browser = Browser(idp)
    assert returned(browser.sign_in(browser.authorize(request_of("house")), "emma@example.com"))["code"]
    assert returned(browser.authorize(request_of("house", scope="openid email", prompt="none")))["code"]
    assert is_consent(browser.authorize(request_of("house", prompt="consent")))


def test_a_program_that_nothing_proves_is_agreed_to_each_time(idp):
    new_user(idp, "pam")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(request_of("phone")), "pam@example.com")
    for uri in ("http://127.0.0.1:4711/done", "http://127.0.0.1:4712/done", "com.example.phone:/done"):
        assert is_consent(page) and returned(browser.send(page, "allow"))["code"]
        asked = request_of("phone", redirect_uri=uri)
        page = browser.authorize(asked)
        assert returned(browser.authorize({**asked, "prompt": "none"}))["error"] == "consent_required"
    assert is_consent(page)
    seen = signed_in(idp, "pam@example.com").get("/auth/consents").body["data"]
    assert [(one["client"], one["scopes"]) for one in seen] == [("phone", ["openid"])]


def test_a_client_that_means_somebody_gets_no_answer_of_another(idp):
    browser, tokens = visitor(idp, "quin")
    other, others = visitor(idp, "rosa")
    hint = {"id_token_hint": tokens["id_token"]}
    assert returned(browser.authorize(request_of(prompt="none", **hint)))["code"]
    assert returned(other.authorize(request_of(prompt="none", **hint)))["error"] == "login_required"
    assert returned(Browser(idp).authorize(request_of(prompt="none", **hint)))["error"] == "login_required"
    page = other.authorize(request_of(**hint))
    assert is_sign_in(page)
    told = returned(other.sign_in(page, "rosa@example.com"))
    assert told["error"] == "login_required" and told["state"] == "state-of-it"
    assert returned(other.authorize(request_of(prompt="none")))["code"]  # she has signed in, but for others
    assert returned(other.sign_in(page, "quin@example.com"))["code"]
    assert returned(other.authorize(request_of(prompt="none", **hint)))["code"]
    pushed = post_form(idp, "/oauth/par", request_of(prompt="none", id_token_hint=others["id_token"]),
                       ("shop-web", SECRET)).body
    told = returned(browser.authorize({"client_id": "shop-web", "request_uri": pushed["request_uri"]}))
    assert told["error"] == "login_required"


def test_a_hint_is_an_id_token_of_this_client(idp):
    browser, tokens = visitor(idp, "sam")
    rivals = tokens_for(idp, "sam@example.com", "rival", browser=browser)
    whole = tokens["id_token"]
    bent = whole[:-9] + ("A" if whole[-9] != "A" else "B") + whole[-8:]
    for wrong in ("x", tokens["access_token"], bent, rivals["id_token"]):
        asked = request_of(id_token_hint=wrong)
        assert returned(browser.authorize(asked))["error"] == "invalid_request"
        refused = post_form(idp, "/oauth/par", asked, ("shop-web", SECRET))
        assert (refused.status, refused.body["error"]) == (400, "invalid_request")


def test_prompts_and_ages(idp):
    new_user(idp, "fred")
    browser = Browser(idp)
    browser.code(request_of(), "fred@example.com")
    assert returned(browser.authorize(request_of(prompt="none")))["code"]
    assert is_sign_in(browser.authorize(request_of(prompt="login")))
    assert is_sign_in(browser.authorize(request_of(prompt="select_account")))
    for age in ("1000", "9223372036854775807"):
        assert returned(browser.authorize(request_of(max_age=age)))["code"]
    old = browser.authorize(request_of(max_age="0"))
    assert is_sign_in(old)
    assert returned(browser.authorize(request_of(max_age="0", prompt="none")))["error"] == "login_required"
    assert returned(browser.sign_in(old, "fred@example.com"))["code"]


def test_a_declined_sign_in_is_told_the_client(idp):
    browser = Browser(idp)
    told = returned(browser.send(browser.authorize(request_of()), "deny"))
    assert told["error"] == "access_denied" and told["state"] == "state-of-it"


def test_forms_of_other_pages_do_nothing(idp):
    new_user(idp, "gina")
    browser, attacker = Browser(idp), Browser(idp)
    page, theirs = browser.authorize(request_of()), attacker.authorize(request_of())
    own = {"email": "gina@example.com", "password": PASSWORD, "do": "login"}
    refused = [browser.request("POST", "/oauth/authorize", {**hidden(theirs), **own}),  # a form of another browser
               browser.request("POST", "/oauth/authorize", {**hidden(page), **own}, **EVIL),  # of another site
               browser.request("POST", "/oauth/authorize", {"form": "x", **own}),
               browser.request("POST", "/oauth/authorize", {**hidden(page), **own, "do": "allow"}),
               Browser(idp).request("POST", "/oauth/authorize", {**hidden(page), **own})]  # without its cookie
    for answer in refused:
        assert answer.status == 403 and "location" not in answer.headers and "code=" not in str(answer.headers)
    assert "__Host-sign-in" not in browser.cookies
    consent = browser.sign_in(page, "gina@example.com")
    assert is_consent(consent)
    attacker_consent = attacker.sign_in(theirs, "gina@example.com")
    for form, more in ((hidden(attacker_consent), {}), (hidden(page), {}), (hidden(consent), EVIL)):
        answer = browser.request("POST", "/oauth/authorize", {**form, "do": "allow"}, **more)
        assert answer.status == 403 and "location" not in answer.headers
    # A consent is of the session in which it was shown.
    browser.sign_in(browser.authorize(request_of(prompt="login")), "gina@example.com")
    assert browser.send(consent, "allow").status == 403
    assert is_consent(browser.authorize(request_of()))


def test_a_form_cannot_be_made_to_ask_for_more(idp):
    new_user(idp, "hans")
    browser = Browser(idp)
    page = browser.sign_in(browser.authorize(request_of()), "hans@example.com")
    more = {"scope": "openid email", "redirect_uri": "https://evil.example/", "client_id": "rival"}
    pkce = Pkce()
    answer = browser.request("POST", "/oauth/authorize", {**hidden(page), **more, "do": "allow",
                                                          "code_challenge": pkce.challenge})
    assert answer.headers["location"].startswith("https://shop.example/callback?")
    assert redeem(idp, returned(answer)["code"], pkce).status == 400  # another challenge than that of the request


def test_a_request_may_come_by_post(idp):
    new_user(idp, "ina")
    browser = Browser(idp)
    page = browser.request("POST", "/oauth/authorize", request_of(), **EVIL)
    assert is_sign_in(page)
    assert is_consent(browser.sign_in(page, "ina@example.com"))


def test_an_answer_may_go_by_a_form(idp):
    new_user(idp, "jo")
    pkce, browser = Pkce(), Browser(idp)
    page = browser.sign_in(browser.authorize(request_of("house", pkce, response_mode="form_post")), "jo@example.com")
    assert page.status == 200 and 'action="https://house.example/callback"' in text(page)
    told = hidden(page)
    assert told["state"] == "state-of-it" and told["iss"] == idp.issuer
    assert redeem(idp, told["code"], pkce, "house").status == 200
    wrong = browser.authorize(request_of("house", response_mode="form_post", scope="admin"))
    assert hidden(wrong)["error"] == "invalid_scope"


def logout(browser, **parameters):
    return browser.request("GET", "/oauth/logout?" + urllib.parse.urlencode(parameters))


def signed_out(browser):
    return is_sign_in(browser.authorize(request_of("house")))


def visitor(idp, name):
    new_user(idp, name)
    browser = Browser(idp)
    return browser, tokens_for(idp, f"{name}@example.com", browser=browser)


def test_a_client_signs_its_user_out(idp):
    browser, tokens = visitor(idp, "kai")
    answer = logout(browser, id_token_hint=tokens["id_token"], state="s&x",
                    post_logout_redirect_uri="https://shop.example/bye")
    assert answer.status == 303 and answer.headers["location"] == "https://shop.example/bye?state=s%26x"
    assert "__Host-sign-in" not in browser.cookies and signed_out(browser)
    assert userinfo(idp, tokens["access_token"]).status == 200  # what a client holds while its User is away stays
    assert logout(browser, id_token_hint=tokens["id_token"]).status == 200


def test_without_a_hint_the_user_is_asked(idp):
    browser, tokens = visitor(idp, "lou")
    _, others = visitor(idp, "max")
    for parameters in ({}, {"client_id": "shop-web"}, {"id_token_hint": others["id_token"]}):
        page = logout(browser, **parameters)
        assert page.status == 200 and 'value="logout"' in text(page) and "lou@example.com" in text(page)
        assert not signed_out(browser)
    assert browser.request("POST", "/oauth/logout", {**hidden(page), "do": "logout"}, **EVIL).status == 403
    assert browser.request("POST", "/oauth/logout", {"form": "x", "do": "logout"}).status == 403
    assert browser.request("POST", "/oauth/logout", {**hidden(page), "do": "stay"}).status == 200
    assert not signed_out(browser)
    page = logout(browser, client_id="shop-web", post_logout_redirect_uri="https://shop.example/bye")
    answer = browser.request("POST", "/oauth/logout", {**hidden(page), "do": "logout"})
    assert answer.status == 303 and answer.headers["location"] == "https://shop.example/bye" and signed_out(browser)


@pytest.mark.parametrize("parameters", [
    {"post_logout_redirect_uri": "https://evil.example/"}, {"post_logout_redirect_uri": "https://shop.example/bye/"},
    {"post_logout_redirect_uri": "https://rival.example/bye"}, {"client_id": "rival"}, {"id_token_hint": "x"},
    {"post_logout_redirect_uri": "https://shop.example/callback"}, {"id_token_hint": None,
     "post_logout_redirect_uri": "https://shop.example/bye"}])
def test_signing_out_leads_nowhere_else(idp, parameters):
    if not hasattr(idp, "leaver"):
        idp.leaver = visitor(idp, "nils")
    browser, tokens = idp.leaver
    asked = {"id_token_hint": tokens["id_token"], **parameters}
    answer = logout(browser, **{name: value for name, value in asked.items() if value is not None})
    assert answer.status == 400 and "location" not in answer.headers and not signed_out(browser)


def test_consent_is_seen_and_taken_back(idp):
    browser, tokens = visitor(idp, "olga")
    me = signed_in(idp, "olga@example.com")
    seen = me.get("/auth/consents").body["data"]
    assert [(one["client"], one["name"], one["scopes"]) for one in seen] == \
        [("shop-web", "The shop", ["openid", "email", "offline_access"])]
    assert me.delete("/auth/consents/rival").status == 404
    assert me.delete("/auth/consents/shop-web").status == 204
    assert me.get("/auth/consents").body["data"] == []
    assert userinfo(idp, tokens["access_token"]).status == 401
    assert is_consent(browser.authorize(request_of()))
    assert claims_of(tokens["id_token"])["sub"] == me.get("/auth/me").body["data"]["user"]["id"]
