# SPDX-License-Identifier: Apache-2.0
"""Whoever tries to sign in as somebody else by a provider, and providers that fail (docs/decisions/0040)."""

import hmac
import json
import secrets
import socket
import time

import pytest

import openid
from harness import run
from accounts import PASSWORD, all_at_once, code_of, login, register, store
from issuer import Key, b64, token_of
from openid import PUBLIC_URL, RETURN, SECRET, Browser, FakeProvider, contract_of, query_of, s256
from test_providers import MORE, SESSION, come, links, proved, serve, tokens, world  # noqa: F401
import tables


def test_a_callback_is_taken_once(world):
    browser = Browser(world)
    url = world.fake.authorize(browser.depart(mode="cookie"), "mia", **proved("mia@example.com"))
    cookie = {"Cookie": f"{openid.COOKIE}={browser.cookies[openid.COOKIE]}"}
    path = url[len(PUBLIC_URL):]
    ahead = world.client().request("HEAD", path, None, cookie)  # as a program does that looks ahead of the browser
    assert (ahead.status, ahead.headers["allow"]) == (405, "GET, OPTIONS")
    seen = all_at_once([lambda: world.client().request("GET", path, None, cookie) for _ in range(50)])
    assert sum(SESSION in answer.headers.get("set-cookie", "") for answer in seen) == 1
    assert sorted({answer.status for answer in seen}) == [303, 401]
    assert [answer.status for answer in seen].count(303) == 1
    assert all(code_of(answer) == "INVALID_CREDENTIALS" for answer in seen if answer.status == 401)
    assert store(world, "SELECT count(*) FROM users WHERE email = 'mia@example.com'") == [(1,)]


def test_whoever_has_not_signed_in_at_the_provider_leaves_nothing(world):
    before = store(world, "SELECT count(*) FROM auth_sign_ins")
    for answer in ({"error": "access_denied"}, {"code": "made-up"}, {"code": "x", "iss": world.other.url}):
        browser = Browser(world)
        url = world.fake.back(query_of(browser.depart(mode="cookie")), **answer)
        for _ in range(2):
            assert list(browser.told(browser.come_back(url))) == ["error"]
    assert store(world, "SELECT count(*) FROM auth_sign_ins") == before


def test_a_ticket_is_taken_once(world):
    browser = Browser(world)
    ticket = browser.told(come(world, browser, "nel", **proved("nel@example.com")))["ticket"]
    body = {"ticket": ticket, "verifier": browser.verifier}
    seen = all_at_once([lambda: world.client().post("/auth/login", body) for _ in range(50)])
    assert [answer.status for answer in seen].count(200) == 1
    assert {code_of(answer) for answer in seen if answer.status != 200} == {"INVALID_CREDENTIALS"}


def test_many_first_sign_ins_at_once_make_one_account(world):
    def one():
        browser = Browser(world)
        return browser.told(come(world, browser, "oli", **proved("oli@example.com")))

    assert all(list(told) == ["ticket"] for told in all_at_once([one] * 20))
    assert store(world, "SELECT count(*) FROM users WHERE email = 'oli@example.com'") == [(1,)]
    assert len(links(world, "oli@example.com")) == 1


def test_a_ticket_is_worth_nothing_without_what_it_was_asked_for_with(world):
    browser = Browser(world)
    back = come(world, browser, "pam", **proved("pam@example.com"))
    ticket = browser.told(back)["ticket"]
    for wrong in ({"verifier": secrets.token_urlsafe(32)}, {"verifier": s256(browser.verifier)},
                  {"verifier": browser.verifier + "="}, {"verifier": None, "mode": "cookie"}):
        assert code_of(browser.show(ticket, **wrong)) == "INVALID_CREDENTIALS", wrong
    for wrong in ({"verifier": None}, {"verifier": ""}, {"mode": "cookie"}, {"mode": "x"}, {"verifier": 1}):
        assert code_of(browser.show(ticket, **wrong)) == "VALIDATION_ERROR", wrong
    for bent in (ticket[:-1], ticket + "A", "A" + ticket[1:], ticket.swapcase(), "", "A" * 2000):
        assert code_of(browser.show(bent)) == "INVALID_CREDENTIALS", bent
    state = query_of(browser.depart())["state"]
    assert code_of(browser.show(state)) == "INVALID_CREDENTIALS"
    assert browser.show(ticket).status == 200


def test_a_state_is_of_one_browser(world):
    victim, attacker = Browser(world), Browser(world)
    begun = world.fake.authorize(attacker.depart(), "quin", **proved("quin@example.com"))
    assert code_of(victim.come_back(begun)) == "INVALID_CREDENTIALS"  # without a cookie of its own
    victim.depart()
    assert code_of(victim.come_back(begun)) == "INVALID_CREDENTIALS"
    # Not even counted against whom it belongs to.
    assert list(attacker.told(attacker.come_back(begun))) == ["ticket"]
    twice = {"Cookie": f"{openid.COOKIE}=a; {openid.COOKIE}=b"}
    assert code_of(world.client().request("GET", begun[len(PUBLIC_URL):], None, twice)) == "INVALID_CREDENTIALS"


def test_several_tabs_do_not_spoil_each_other(world):
    browser = Browser(world)
    urls = [browser.depart() for _ in range(3)]
    for number, url in enumerate(urls):
        back = world.fake.authorize(url, "ray", **proved("ray@example.com"))
        assert list(browser.told(browser.come_back(back))) == ["ticket"], number


@pytest.mark.parametrize("bend", [
    lambda good: {"state": good["state"]}, lambda good: {"code": good["code"]}, lambda good: {**good, "state": ""},
    lambda good: {**good, "state": good["state"][:-2]}, lambda good: {**good, "state": "A" + good["state"][1:]},
    lambda good: {**good, "state": good["state"] + "AAAA"}, lambda good: {**good, "state": "x" * 4000},
    lambda good: {**good, "error": "access_denied"}, lambda good: {**good, "code": "\u00e9"},
    lambda good: {**good, "code": "x" * 5000}, lambda good: {}])
def test_a_callback_of_another_form_is_refused(world, bend):
    browser = Browser(world)
    url = world.fake.authorize(browser.depart(), "sue", **proved("sue@example.com"))
    place = url.partition("?")[0]
    wrong = browser.come_back(place + "?" + openid.urllib.parse.urlencode(bend(query_of(url))))
    assert (wrong.status, code_of(wrong)) == (401, "INVALID_CREDENTIALS")
    for twice in ("&state=x", "&code=x"):
        assert browser.come_back(url + twice).status == 401
    # What else a provider adds is passed over.
    assert list(browser.told(browser.come_back(url + "&session_state=x&scope=openid&scope=email"))) == ["ticket"]


def test_what_the_provider_says_went_wrong_is_not_repeated(world):
    for error, wanted, logged in (("access_denied", "ACCESS_DENIED", None),
                                  ("server_error", "PROVIDER_FAILED", "server_error"),
                                  ("<script>canary</script>", "PROVIDER_FAILED", "an error of another form")):
        browser = Browser(world)
        asked = query_of(browser.depart())
        answer = browser.come_back(world.fake.back(asked, error=error, error_description="canary-text",
                                                   error_uri="https://canary.example"))
        assert browser.told(answer) == {"error": wanted}
        assert b"canary" not in answer.raw and "canary" not in str(answer.headers)
        if logged:
            world.wait_event("provider.failed", message=f"fake: its answer: {logged}")
    assert "canary" not in world.error_text
    browser = Browser(world)
    asked = query_of(browser.depart())
    assert browser.told(browser.come_back(world.fake.back(asked, code="not-a-code"))) == {"error": "PROVIDER_FAILED"}
    world.wait_event("provider.failed",
                     message="fake: its token endpoint: it answered with status 400, invalid_grant")
    assert "canary" not in world.error_text


def test_an_answer_names_its_issuer_where_it_does_at_all(tmp_path):
    with FakeProvider(authorization_response_iss_parameter_supported=True) as fake:
        with serve(tmp_path, contract_of({"fake": fake}, more=MORE)) as server:
            server.fake = fake
            for more, wanted in (("", "error"), ("&iss=https%3A%2F%2Fevil.example", "error"),
                                 (f"&iss={fake.url}/", "error"), (f"&iss={fake.url}", "ticket")):
                browser = Browser(server)
                url = fake.authorize(browser.depart(), "tom", **proved("tom@example.com"))
                assert list(browser.told(browser.come_back(url + more))) == [wanted], more


def test_a_wrong_issuer_is_refused_of_whoever_names_one(world):
    browser = Browser(world)
    url = world.fake.authorize(browser.depart(), "tim", **proved("tim@example.com"))
    before = len(world.fake.asked)
    assert browser.told(browser.come_back(f"{url}&iss={world.other.url}")) == {"error": "PROVIDER_FAILED"}
    assert len(world.fake.asked) == before  # the code went nowhere


def test_providers_are_not_mixed_up(world):
    """A code of one is brought to the callback of the other, or named as the other's."""
    browser = Browser(world)
    url = world.fake.authorize(browser.depart("fake"), "una", **proved("una@example.com"))
    moved = url.replace("/auth/callback/fake", "/auth/callback/other")
    before = len(world.other.asked)
    assert code_of(browser.come_back(moved)) == "INVALID_CREDENTIALS"
    assert len(world.other.asked) == before
    asked = query_of(browser.depart("other"))
    assert browser.told(browser.come_back(world.other.back(asked, **{"code": query_of(url)["code"]}))) == {
        "error": "PROVIDER_FAILED"}


@pytest.mark.parametrize("strict", [True, False])
def test_a_code_of_another_sign_in_is_worth_nothing(world, strict):
    """Injected: with PKCE at the provider, and, where it forgets that, by the nonce of the ID token."""
    world.fake.strict = strict
    victim, attacker = Browser(world), Browser(world)
    stolen = query_of(world.fake.authorize(victim.depart(), "vic", **proved("vic@example.com")))["code"]
    asked = query_of(attacker.depart())
    told = attacker.told(attacker.come_back(world.fake.back(asked, code=stolen)))
    world.fake.straighten()
    assert told == {"error": "PROVIDER_FAILED"}


def id_token_attacks(fake):
    now = int(time.time())
    stranger, edwards = Key("ES256", "one"), Key("EdDSA", "one")

    def unsigned(claims, algorithm="none"):
        head = b64(json.dumps({"alg": algorithm, "kid": "one"}).encode())
        return f"{head}.{b64(json.dumps(claims).encode())}."

    def hmac_signed(claims, secret):
        head = b64(json.dumps({"alg": "HS256", "kid": "one", "typ": "JWT"}).encode())
        signed = f"{head}.{b64(json.dumps(claims).encode())}"
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"

    for name, value in (("nonce", None), ("nonce", ""), ("nonce", "x" * 43), ("nonce", ["x"]),
                        ("iss", "https://evil.example"), ("iss", fake.url + "/"), ("iss", None),
                        ("aud", "other"), ("aud", None), ("aud", []),
                        ("aud", ["shop", "other"]), ("azp", "other"), ("exp", now - 120), ("exp", None),
                        ("iat", None), ("iat", now + 600), ("nbf", now + 600), ("sub", None), ("sub", ""), ("sub", 7),
                        ("sub", "x" * 300), ("cnf", {"jkt": "x"})):
        yield f"{name} {value}", {"claims": {name: value}}
    yield "none", {"raw_token": unsigned}
    yield "None", {"raw_token": lambda claims: unsigned(claims, "None")}
    yield "by the client secret", {"raw_token": lambda claims: hmac_signed(claims, SECRET.encode())}
    yield "by the public key", {"raw_token": lambda claims: hmac_signed(claims, json.dumps(fake.key.jwk()).encode())}
    yield "another's key", {"signer": stranger}
    yield "another kind of key", {"signer": edwards}
    yield "a key that is not published", {"signer": Key("ES256", "two")}
    yield "its own key", {"signer": stranger, "header": {"jwk": stranger.jwk()}}
    yield "no signature", {"signature": b""}
    yield "an access token", {"header": {"typ": "at+jwt"}}
    yield "garbage", {"raw_token": lambda claims: "a.b.c"}
    yield "nothing", {"raw_token": lambda claims: None}
    yield "too large", {"claims": {"pad": "x" * 9000}}


def test_only_a_good_id_token_signs_in(world):
    for what, bent in id_token_attacks(world.fake):
        world.fake.straighten()
        for name, value in bent.items():
            setattr(world.fake, name, value)
        browser = Browser(world)
        told = browser.told(come(world, browser, "wim", query={"mode": "cookie"}, **proved("wim@example.com")))
        assert told == {"error": "PROVIDER_FAILED"}, what
        assert SESSION not in browser.cookies, what
    world.fake.straighten()
    assert store(world, "SELECT count(*) FROM users WHERE email = 'wim@example.com'") == [(0,)]
    for good in ({"aud": ["shop"]}, {"aud": ["shop", "other"], "azp": "shop"}, {"azp": "shop"}):
        world.fake.claims = good
        tokens(world, "wim", **proved("wim@example.com"))
    world.fake.straighten()


@pytest.mark.parametrize("where", [
    "https://evil.example/", RETURN + "/", RETURN + "?", RETURN + "#", RETURN + "x", RETURN.upper(),
    RETURN.replace("app", "App"), RETURN + "%20", "//app.example/signed-in", "/signed-in",
    RETURN.replace("https", "http"), RETURN.replace("//", "//evil@"), RETURN + "\r\nX: y", "javascript:alert(1)",
    RETURN + "?other=1&x=2", " " + RETURN])
def test_browsers_go_back_nowhere_else(world, where):
    answer = Browser(world).begin(returnTo=where)
    assert (answer.status, code_of(answer)) == (400, "INVALID_QUERY") and "location" not in answer.headers


@pytest.mark.parametrize("query", [
    "", "challenge=", "challenge=short", "challenge=" + "A" * 44, "challenge=" + "!" * 43, "mode=token",
    "mode=cookie&challenge=" + "A" * 43, "mode=cookie&mode=cookie", "mode=cookie&state=x", "mode=cookie&next=x"])
def test_a_sign_in_is_begun_in_one_form(world, query):
    answer = world.client().get("/auth/login/fake" + ("?" + query if query else ""))
    assert (answer.status, code_of(answer)) == (400, "INVALID_QUERY")


def test_what_a_page_of_another_site_begins_brings_no_cookie(world):
    for path, wanted in (("mode=cookie", 403), ("challenge=" + s256("x" * 43), 303)):
        answer = world.client().request("GET", "/auth/login/fake?" + path, None, {"Sec-Fetch-Site": "cross-site"})
        assert answer.status == wanted
    assert world.client().get("/auth/login/none?mode=cookie").status == 404
    # Where browsers come back to is of the settings, whatever a request says.
    answer = world.client().request("GET", "/auth/login/fake?mode=cookie", None,
                                    {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert query_of(answer.headers["location"])["redirect_uri"].startswith(PUBLIC_URL)


def test_linking_is_of_the_browser_that_began_it(world):
    """Who leads somebody to a callback of their own links nobody: neither the reader's account, nor theirs."""
    register(world, "xan@example.com")
    token = login(world, "xan@example.com")["accessToken"]
    mine, other = Browser(world), Browser(world)
    url = mine.request("POST", "/auth/links/fake", {"currentPassword": PASSWORD}, token).body["data"]["url"]
    back = world.fake.authorize(url, "evil")
    other.depart()
    assert code_of(other.come_back(back)) == "INVALID_CREDENTIALS"
    assert links(world, "xan@example.com") == []
    assert code_of(Browser(world).request("POST", "/auth/links/fake", {})) == "UNAUTHENTICATED"
    service = world.token()
    assert Browser(world).request("POST", "/auth/links/fake", {}, service).status == 403


def test_a_provider_that_fails_fails_alone(world):
    def hang(handler, body):
        time.sleep(6)

    def drip(handler, body):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(60):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    answers = [hang, drip, (200, {}, b"x" * 300_000), (200, {}, b"{"), (200, {}, b"[]"), (200, {}, b""),
               (500, {}, b"canary"), (302, {"Location": world.other.url + "/token"}, b""), (200, {}, b"{}"),
               (200, {}, b"[" * 100_000), FakeProvider.json({"id_token": 1}),
               FakeProvider.json({"error": "canary-error"}, 400)]
    before = len(world.other.asked)
    for answer in answers:
        world.fake.pages["/token"] = answer
        browser = Browser(world)
        begun = time.monotonic()
        told = browser.told(come(world, browser, "yan", query={"mode": "cookie"}))
        assert told == {"error": "PROVIDER_FAILED"} and time.monotonic() - begun < 5.5
        assert world.client().get("/health/live").status == 200
    world.fake.straighten()
    assert len(world.other.asked) == before  # no redirect is followed, with the secret least of all
    assert "canary" not in world.error_text


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("how", [
    (500, {}, b""), (200, {}, b"garbage"), (200, {}, b"x" * 400_000), (302, {"Location": "/elsewhere"}, b""),
    {"issuer": "https://evil.example"}, {"authorization_endpoint": None}, {"token_endpoint": "file:///etc/passwd"},
    {"token_endpoint": "http://internal.example/token"}, {"authorization_endpoint": "javascript:alert(1)"},
    {"jwks_uri": "ftp://x"}, {"response_types_supported": ["token"]},
    {"token_endpoint_auth_methods_supported": ["private_key_jwt"]}])
def test_a_discovery_document_that_does_not_do(tmp_path, how):
    with FakeProvider() as fake:
        if isinstance(how, dict):
            fake.describe(**how)
        else:
            fake.pages[DISCOVERY] = how
        with serve(tmp_path, contract_of({"fake": fake})) as server:
            answer = server.client().get("/auth/login/fake?mode=cookie")
            assert (answer.status, code_of(answer)) == (503, "UNAVAILABLE")
            assert "location" not in answer.headers and server.client().get("/health/ready").status == 200


def test_a_provider_that_is_not_there(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        class Gone:
            url, client = f"http://127.0.0.1:{silent.getsockname()[1]}", "shop"

        with serve(tmp_path, contract_of({"fake": Gone})) as server:
            begun = time.monotonic()
            seen = all_at_once([lambda: server.client().get("/auth/login/fake?mode=cookie").status] * 10)
            assert set(seen) == {503} and time.monotonic() - begun < 20
            assert server.client().get("/auth/login/fake?mode=cookie").status == 503  # at once: none is asked so soon


def test_one_that_takes_the_secret_in_the_form(tmp_path):
    with FakeProvider(token_endpoint_auth_methods_supported=["client_secret_post"]) as fake:
        with serve(tmp_path, contract_of({"fake": fake}, more=MORE)) as server:
            server.fake = fake
            tokens(server, "zoe", **proved("zoe@example.com"))
            headers = next(headers for path, headers, _ in fake.asked if path == "/token")
            assert "Authorization" not in headers


def test_nothing_that_is_secret_shows(world):
    """In logs, documents, exports and what explains; nor is any of it kept as it is."""
    browser = Browser(world)
    data = tokens(world, "zed", browser, **proved("zed@example.com"))
    world.fake.pages["/token"] = (500, {}, b"")
    come(world, browser, "zed")
    world.fake.straighten()
    secret = ("OPENID_SECRET", SECRET)
    documents = world.client().get("/openapi.json").raw.decode()
    for command in (["check"], ["export", "openapi"], ["export", "access"], ["export", "sql"], ["export", "jsonschema"],
                    ["explain"]):
        done = run(*command, world.contract, cwd=world.directory, **dict([secret]))
        documents += done.stdout + done.stderr
    path = world.directory / "wrong.yaml"
    path.write_text(world.contract.read_text() + "wrong: true\n")
    documents += run("check", path, cwd=world.directory, **dict([secret])).stderr
    kept = tables.everything(world.store_path)
    for needle in (SECRET, "access-canary", browser.verifier, browser.cookies[openid.COOKIE], data["refreshToken"]):
        assert needle not in documents and needle not in world.error_text
        assert needle.encode() not in kept
