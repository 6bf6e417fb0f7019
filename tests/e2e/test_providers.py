# SPDX-License-Identifier: Apache-2.0
"""Users who sign in by a provider of OpenID Connect, and what links them (docs/decisions/0040): the whole way, with a
provider that does as it is told. How it fails, and who tries it, is in test_provider_attacks.py."""

import secrets

import pytest

import openid
from harness import Server, run
from accounts import PASSWORD, all_at_once, code_of, eventually, login, register, store
from mail_server import Folder
from openid import PUBLIC_URL, RETURN, SECRET, Browser, FakeProvider, contract_of
from test_accounts import disable
from test_second_factor import turn_on, within_step

MORE = """resources:
  User:
    access: { read: auth.id == id }
  Thing:
    fields: { name: string! }
    access: { read: signedIn, create: signedIn }
"""
SESSION = "__Host-session"


def serve(folder, contract, **options):
    folder.mkdir(exist_ok=True)
    path = folder / "ashlar.yaml"
    path.write_text(contract)
    environment = {"OPENID_SECRET": SECRET, "ASHLAR_PUBLIC_URL": PUBLIC_URL, **options}
    return Server(path, folder, **environment)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with FakeProvider() as fake, FakeProvider() as other:
        contract = contract_of({"fake": fake, "other": other}, more=MORE)
        with serve(tmp_path_factory.mktemp("providers"), contract) as server:
            server.fake, server.other = fake, other
            yield server


def come(server, browser, sub, provider="fake", **claims):
    """To the provider and back: the answer of the callback."""
    query = claims.pop("query", {})
    fake = getattr(server, provider)
    return browser.come_back(fake.authorize(browser.depart(provider, **query), sub, **claims))


def tokens(server, sub, browser=None, **claims):
    """What an app has at the end."""
    browser = browser or Browser(server)
    told = browser.told(come(server, browser, sub, **claims))
    assert list(told) == ["ticket"], told
    answer = browser.show(told["ticket"])
    assert answer.status == 200, answer.raw
    return answer.body["data"]


def proved(email):
    return {"email": email, "email_verified": True}


def prove(server, email):
    store(server, "UPDATE users SET email_verified = 1 WHERE email = ?", email)


def links(server, email):
    return store(server, "SELECT l.issuer, l.subject FROM auth_links l JOIN users u ON u.id = l.user_id "
                         "WHERE u.email = ? ORDER BY l.subject", email)


def test_the_whole_way_for_tokens(world):
    browser = Browser(world)
    answer = browser.begin(returnTo=RETURN + "?other=1")
    assert answer.headers["cache-control"] == "no-store" and answer.headers["referrer-policy"] == "no-referrer"
    cookie = answer.headers["set-cookie"]
    assert cookie == (f"{openid.COOKIE}={browser.cookies[openid.COOKIE]}; Path=/; Secure; HttpOnly; SameSite=Lax; "
                      "Max-Age=600")
    asked = openid.query_of(answer.headers["location"])
    assert asked["redirect_uri"] == PUBLIC_URL + "/auth/callback/fake" and asked["scope"] == "openid email profile"
    back = browser.come_back(world.fake.authorize(answer.headers["location"], "ann", **proved("Ann@Example.com")))
    assert back.headers["location"].startswith(RETURN + "?other=1#ticket=")
    assert back.headers["cache-control"] == "no-store" and back.headers["referrer-policy"] == "no-referrer"
    shown = browser.show(browser.told(back)["ticket"])
    data = shown.body["data"]
    assert set(data) == {"accessToken", "tokenType", "expiresIn", "refreshToken", "user"}
    assert data["user"]["email"] == "ann@example.com" and data["user"]["emailVerified"] is True
    client = world.client(data["accessToken"])
    assert client.post("/v1/things", {"name": "x"}).status == 201
    # Again, and under another address by now: the same User, by issuer and subject.
    again = tokens(world, "ann", email="else@example.com", email_verified=True)
    assert again["user"] == data["user"]
    form = next(body for path, _, body in world.fake.asked if path == "/token").decode()
    assert SECRET not in form and "client_secret" not in form and "code_verifier" in form
    exported = client.get("/auth/me/export").body["data"]["links"]
    assert [(one["issuer"], one["subject"]) for one in exported] == [(world.fake.url, "ann")]


def test_the_whole_way_for_a_cookie(world):
    browser = Browser(world)
    back = come(world, browser, "bob", **proved("bob@example.com"), query={"mode": "cookie"})
    assert back.status == 303 and back.headers["location"] == RETURN
    assert browser.cookies[SESSION] and "SameSite=Strict" in back.headers["set-cookie"]
    me = browser.request("GET", "/auth/me")
    assert me.body["data"]["user"]["email"] == "bob@example.com"
    made = browser.request("POST", "/v1/things", {"name": "x"}, **{"X-CSRF-Token": me.body["data"]["csrfToken"]})
    assert made.status == 201


def test_an_address_that_only_userinfo_tells(world):
    world.fake.info = {"sub": "cat", **proved("cat@example.com")}
    assert tokens(world, "cat")["user"]["email"] == "cat@example.com"
    asked = [headers for path, headers, _ in world.fake.asked if path == "/me"]
    assert asked[-1]["Authorization"] == "Bearer access-canary"
    browser = Browser(world)
    world.fake.info = {"sub": "somebody else", **proved("cat2@example.com")}
    assert browser.told(come(world, browser, "cat2")) == {"error": "PROVIDER_FAILED"}
    world.fake.straighten()


def test_accounts_are_linked_where_both_sides_have_proved_the_address(world):
    register(world, "dan@example.com")
    prove(world, "dan@example.com")
    mine = login(world, "dan@example.com")["user"]
    assert tokens(world, "dan", **proved("DAN@example.com"))["user"] == mine
    assert links(world, "dan@example.com") == [(world.fake.url, "dan")]
    # Another subject with that address, of the same provider, is not linked a second time.
    browser = Browser(world)
    assert browser.told(come(world, browser, "dan2", **proved("dan@example.com"))) == {"error": "LINK_TAKEN"}


@pytest.mark.parametrize("claims", [
    {"email_verified": False}, {"email_verified": None}, {"email_verified": "false"}, {"email_verified": 1},
    {"email_verified": "yes"}, {"email_verified": [True]}])
def test_an_address_that_the_provider_does_not_vouch_for_opens_nothing(world, claims):
    """The takeover of "nOAuth": an account there with the address of somebody here."""
    email = f"eve-{secrets.token_hex(4)}@example.com"
    register(world, email)
    prove(world, email)
    for address in (email, "nobody-" + email):
        browser = Browser(world)
        answer = come(world, browser, secrets.token_hex(4), email=address, **claims)
        assert browser.told(answer) == {"error": "EMAIL_NOT_VERIFIED"}  # the same, known or not
        assert SESSION not in browser.cookies
    assert links(world, email) == [] and links(world, "nobody-" + email) == []


def test_an_account_that_was_prepared_is_not_linked(world):
    register(world, "fay@example.com")  # by whoever; nobody has proved that the address is theirs
    browser = Browser(world)
    assert browser.told(come(world, browser, "fay", **proved("fay@example.com"))) == {"error": "LINK_REQUIRED"}
    assert links(world, "fay@example.com") == []


def test_who_is_disabled_stays_out(world):
    tokens(world, "gil", **proved("gil@example.com"))
    browser = Browser(world)
    ticket = browser.told(come(world, browser, "gil"))["ticket"]
    disable(world, "gil@example.com")
    assert code_of(browser.show(ticket)) == "INVALID_CREDENTIALS"
    for query in ({}, {"mode": "cookie"}):
        browser = Browser(world)
        assert browser.told(come(world, browser, "gil", query=query)) == {"error": "ACCOUNT_REFUSED"}
    assert SESSION not in browser.cookies
    register(world, "gus@example.com")
    prove(world, "gus@example.com")
    disable(world, "gus@example.com")
    assert browser.told(come(world, browser, "gus", **proved("gus@example.com"))) == {"error": "ACCOUNT_REFUSED"}


@pytest.mark.parametrize("mode", ["off", "invite\n  links: { invite: 'https://app.example/#{token}' }"])
def test_nobody_makes_an_account_where_registration_is_closed(tmp_path, mode):
    with FakeProvider() as fake:
        contract = contract_of({"fake": fake}, f"  register: {mode}\n", MORE)
        mails = {"ASHLAR_DEV": "on"}
        with serve(tmp_path, contract, **mails) as server:
            server.fake = fake
            browser = Browser(server)
            told = browser.told(come(server, browser, "x", **proved("x@example.com")))
            assert told == {"error": "REGISTRATION_CLOSED"}
            assert store(server, "SELECT count(*) FROM users") == [(0,)]


def test_a_user_of_whom_the_contract_wants_more_is_not_made(tmp_path):
    with FakeProvider() as fake:
        more = "resources:\n  User:\n    fields: { nick: string! }\n"
        with serve(tmp_path, contract_of({"fake": fake}, more=more)) as server:
            server.fake = fake
            browser = Browser(server)
            told = browser.told(come(server, browser, "x", **proved("x@example.com")))
            assert told == {"error": "REGISTRATION_INCOMPLETE"}


def test_a_second_factor_is_still_asked_for(world):
    app, recovery, _ = turn_on(world, "hal@example.com")
    prove(world, "hal@example.com")
    browser = Browser(world)
    ticket = browser.told(come(world, browser, "hal", **proved("hal@example.com")))["ticket"]
    assert code_of(browser.show(ticket)) == "SECOND_FACTOR_REQUIRED"
    assert code_of(browser.show(ticket, code="000000")) == "INVALID_CREDENTIALS"
    within_step(app)
    assert browser.show(ticket, code=app.code(0)).status == 200
    assert code_of(browser.show(ticket, code=recovery[0])) == "INVALID_CREDENTIALS"  # the ticket is used
    # A browser that wants a cookie gets a ticket as well, which opens there alone.
    browser = Browser(world)
    back = come(world, browser, "hal", query={"mode": "cookie"})
    ticket = browser.told(back)["ticket"]
    assert SESSION not in browser.cookies
    assert code_of(Browser(world).show(ticket, verifier=None, mode="cookie", code=recovery[1])) == "INVALID_CREDENTIALS"
    assert code_of(browser.show(ticket, code=recovery[1])) == "INVALID_CREDENTIALS"  # not for tokens
    assert code_of(browser.show(ticket, verifier=None, mode="cookie")) == "SECOND_FACTOR_REQUIRED"
    done = browser.show(ticket, verifier=None, mode="cookie", code=recovery[1])
    assert done.status == 200 and set(done.body["data"]) == {"csrfToken", "user"} and browser.cookies[SESSION]


def test_guesses_of_a_second_factor_lock_the_account(world):
    turn_on(world, "hop@example.com")
    prove(world, "hop@example.com")
    browser = Browser(world)
    ticket = browser.told(come(world, browser, "hop", **proved("hop@example.com")))["ticket"]
    for guess in range(8):
        assert browser.show(ticket, code=f"{guess:06}").status == 401
    (failures, locked), = store(world, "SELECT c.failures, c.locked_until IS NOT NULL FROM auth_credentials c "
                                       "JOIN users u ON u.id = c.id WHERE u.email = 'hop@example.com'")
    assert failures >= 5 and locked


def back_from(browser, provider, begun, sub, **claims):
    """What the page is told that began to link."""
    return browser.told(browser.come_back(provider.authorize(begun.body["data"]["url"], sub, **claims)))


def begin_link(server, token, browser, provider="fake", **body):
    return browser.request("POST", f"/auth/links/{provider}", body, token)


def test_linking_and_unlinking(world):
    register(world, "ida@example.com")
    token = login(world, "ida@example.com")["accessToken"]
    other = login(world, "ida@example.com")["accessToken"]
    browser = Browser(world)
    for body, wanted in (({}, "VALIDATION_ERROR"), ({"currentPassword": "wrong"}, "INVALID_CREDENTIALS"),
                         ({"currentPassword": PASSWORD, "returnTo": "https://evil.example/"}, "INVALID_QUERY")):
        assert code_of(begin_link(world, token, browser, **body)) == wanted
    begun = begin_link(world, token, browser, currentPassword=PASSWORD, returnTo=RETURN)
    assert begun.status == 200 and list(begun.body["data"]) == ["url"], begun.raw
    # An address that nobody vouches for is enough: whose account it is has been shown.
    assert back_from(browser, world.fake, begun, "ida", email="other@example.com") == {"linked": "fake"}
    assert SESSION not in browser.cookies
    assert links(world, "ida@example.com") == [(world.fake.url, "ida")]
    assert tokens(world, "ida")["user"]["email"] == "ida@example.com"
    # Whoever is linked to one is not linked to another.
    register(world, "ivy@example.com")
    second = login(world, "ivy@example.com")["accessToken"]
    begun = begin_link(world, second, browser, currentPassword=PASSWORD)
    assert back_from(browser, world.fake, begun, "ida") == {"error": "LINK_TAKEN"}
    begun = begin_link(world, token, browser, currentPassword=PASSWORD)
    assert back_from(browser, world.fake, begun, "ida2") == {"error": "LINK_TAKEN"}
    assert code_of(browser.request("DELETE", "/auth/links/other", {"currentPassword": PASSWORD}, token)) == "NOT_FOUND"
    assert code_of(browser.request("DELETE", "/auth/links/none", {"currentPassword": PASSWORD}, token)) == "NOT_FOUND"
    assert code_of(browser.request("DELETE", "/auth/links/fake", {}, token)) == "VALIDATION_ERROR"
    assert browser.request("DELETE", "/auth/links/fake", {"currentPassword": PASSWORD}, token).status == 204
    assert links(world, "ida@example.com") == []
    assert world.client(token).get("/auth/me").status == 200
    eventually(lambda: world.client(other).get("/auth/me").status, 401)
    assert browser.told(come(world, browser, "ida", email="other@example.com")) == {"error": "EMAIL_NOT_VERIFIED"}


def test_a_session_that_has_ended_links_nobody(world):
    register(world, "jan@example.com")
    token = login(world, "jan@example.com")["accessToken"]
    browser = Browser(world)
    url = begin_link(world, token, browser, currentPassword=PASSWORD).body["data"]["url"]
    assert world.client(token).post("/auth/logout", None).status == 204
    assert browser.told(browser.come_back(world.fake.authorize(url, "jan"))) == {"error": "ACCOUNT_REFUSED"}
    assert links(world, "jan@example.com") == []


def test_the_last_way_to_sign_in_stays(world):
    data = tokens(world, "kim", **proved("kim@example.com"))
    token, browser = data["accessToken"], Browser(world)
    assert code_of(browser.request("DELETE", "/auth/links/fake", {}, token)) == "CONFLICT"
    begun = begin_link(world, token, browser, "other")  # has no password, and has signed in just now
    assert back_from(browser, world.other, begun, "kim") == {"linked": "other"}
    both = ["/auth/links/fake", "/auth/links/other"]
    seen = all_at_once([lambda path=path: world.client(token).request("DELETE", path, {}).status for path in both * 5])
    assert seen.count(204) == 1, seen
    assert len(links(world, "kim@example.com")) == 1
    store(world, "UPDATE auth_sessions SET created_at = created_at - 3600000000 WHERE user_id = (SELECT id FROM users "
                 "WHERE email = 'kim@example.com')")
    assert code_of(begin_link(world, token, browser, "other")) == "FORBIDDEN"


def test_links_go_with_the_account(world):
    register(world, "lea@example.com")
    prove(world, "lea@example.com")
    tokens(world, "lea", **proved("lea@example.com"))
    token = login(world, "lea@example.com")["accessToken"]
    assert world.client(token).request("DELETE", "/auth/me", {"currentPassword": PASSWORD}).status == 204
    assert store(world, "SELECT count(*) FROM auth_links WHERE subject = 'lea'") == [(0,)]


def test_who_has_no_password_removes_the_account_soon_after_signing_in(world):
    data = tokens(world, "liz", **proved("liz@example.com"))
    assert world.client(world.token(user=data["user"]["id"])).request("DELETE", "/auth/me", {}).status == 403
    seen = all_at_once([lambda: world.client(data["accessToken"]).request("DELETE", "/auth/me", {}).status] * 10)
    assert seen.count(204) == 1, seen
    assert store(world, "SELECT count(*) FROM users WHERE email = 'liz@example.com'") == [(0,)]
    assert store(world, "SELECT count(*) FROM auth_links WHERE subject = 'liz'") == [(0,)]
    old = tokens(world, "lou", **proved("lou@example.com"))
    store(world, "UPDATE auth_sessions SET created_at = created_at - 3600000000 WHERE user_id = (SELECT id FROM users "
                 "WHERE email = 'lou@example.com')")
    assert code_of(world.client(old["accessToken"]).request("DELETE", "/auth/me", {})) == "FORBIDDEN"


def test_no_more_come_back_than_can_be_remembered(tmp_path):
    with FakeProvider() as fake:
        with serve(tmp_path, contract_of({"fake": fake}, more=MORE)) as server:
            server.fake = fake
            tokens(server, "one", **proved("one@example.com"))
            store(server, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "
                          "INSERT INTO auth_sign_ins (id, version, created_at, updated_at, expires_at) "
                          "SELECT randomblob(16), 1, s.created_at, s.created_at, s.expires_at FROM n, "
                          "(SELECT * FROM auth_sign_ins LIMIT 1) s")
            browser = Browser(server)
            answer = come(server, browser, "one", query={"mode": "cookie"})
            assert (answer.status, code_of(answer)) == (503, "OVERLOADED")
            store(server, "UPDATE auth_sign_ins SET expires_at = expires_at - 7200000000")
            assert list(browser.told(come(server, browser, "one"))) == ["ticket"]


def test_a_service_with_providers_says_where_it_is(tmp_path):
    with FakeProvider() as fake:
        path = tmp_path / "ashlar.yaml"
        path.write_text(contract_of({"fake": fake}))
        where = ["--store", f"sqlite:{tmp_path}/x.db", "--listen", "127.0.0.1:0"]
        done = run("serve", path, *where, cwd=tmp_path, OPENID_SECRET=SECRET)
        assert done.returncode == 2 and "--public-url" in done.stderr and "ASHLAR_PUBLIC_URL" in done.stderr
        for wrong in ("shop.example", "https://shop.example/", "http://shop.example", "https://shop.example/api",
                      "https://a@shop.example", "https://shop.example?x", "ftp://shop.example"):
            done = run("serve", path, *where, "--public-url", wrong, cwd=tmp_path, OPENID_SECRET=SECRET)
            assert done.returncode == 2 and "--public-url" in done.stderr, wrong


def test_without_a_list_browsers_come_back_to_the_root(tmp_path):
    with FakeProvider() as fake:
        contract = contract_of({"fake": fake}).replace(f"  returnTo: ['{RETURN}', '{RETURN}?other=1']\n", "")
        with serve(tmp_path, contract) as server:
            browser = Browser(server)
            back = browser.come_back(fake.authorize(browser.depart(), "x", **proved("x@example.com")))
            assert back.headers["location"].startswith(PUBLIC_URL + "/#ticket=")
            assert browser.begin(returnTo=RETURN).status == 400


def test_a_reset_takes_the_links_away(tmp_path):
    """Of whoever prepared an account with a stranger's address, and linked themselves to it."""
    with FakeProvider() as fake:
        identity = "  register: open\n  links: { reset: 'https://app.example/#{token}' }\n"
        environment = {"ASHLAR_MAIL": f"file:{tmp_path}/mails", "ASHLAR_MAIL_FROM": "post@shop.example"}
        with serve(tmp_path, contract_of({"fake": fake}, identity, MORE), **environment) as server:
            server.fake = fake
            register(server, "max@example.com")
            browser = Browser(server)
            token = login(server, "max@example.com")["accessToken"]
            begun = begin_link(server, token, browser, currentPassword=PASSWORD)
            assert back_from(browser, fake, begun, "attacker") == {"linked": "fake"}
            client = server.client()
            assert client.post("/auth/password/forgot", {"email": "max@example.com"}).status == 202
            token = Folder(tmp_path / "mails").wait("max@example.com", "a new password").token()
            body = {"token": token, "newPassword": "another horse staple"}
            assert client.post("/auth/password/reset", body).status == 204
            assert links(server, "max@example.com") == []
            assert browser.told(come(server, browser, "attacker")) == {"error": "EMAIL_NOT_VERIFIED"}
            assert tokens(server, "max", **proved("max@example.com"))["user"]["email"] == "max@example.com"
