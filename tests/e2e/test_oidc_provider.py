# SPDX-License-Identifier: Apache-2.0
"""Users sign in by a provider that others have written: oidc-provider, with its own pages."""

import contextlib
import html
import http.cookiejar
import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

import npm
from openid import PUBLIC_URL, SECRET, Browser
from test_providers import MORE, links, serve

ACCOUNTS = {"ann": {"email": "ann@example.com", "email_verified": True, "name": "Ann"},
            "eve": {"email": "eve@example.com", "email_verified": False, "name": "Eve"}}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class AtProvider:
    """The same browser, at the provider's pages: follows what leads on there, and stops where it leads to us."""

    def __init__(self):
        self.opener = urllib.request.build_opener(
            NoRedirect, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        try:
            with self.opener.open(urllib.request.Request(url, data), timeout=30) as response:
                return response.status, response.url, response.read().decode()
        except urllib.error.HTTPError as other:
            with other:
                where = urllib.parse.urljoin(url, other.headers.get("Location", ""))
                return other.code, where, other.read().decode(errors="replace")

    def sign_in(self, url, name):
        """Where the provider sends the browser in the end."""
        form = None
        for _ in range(20):
            status, at, text = self.open(url, form)
            form = None
            if status in (301, 302, 303, 307):
                if at.startswith(PUBLIC_URL):
                    return at
                url = at
                continue
            assert status == 200, (status, at, text)
            action = html.unescape(re.search(r'<form[^>]* action="([^"]+)"', text).group(1))
            url = urllib.parse.urljoin(at, action)
            form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', text))
            if form["prompt"] == "login":
                form.update(login=name, password="anything")
        raise AssertionError("it leads nowhere")


@contextlib.contextmanager
def provider(**client):
    npm.installed()
    known = {"client_id": "shop", "client_secret": SECRET, "redirect_uris": [PUBLIC_URL + "/auth/callback/npm"]}
    options = json.dumps({"client": {**known, **client}, "accounts": ACCOUNTS})
    process = subprocess.Popen(["node", npm.TOOLS / "openid_provider.mjs", options],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), process.stderr.read()
        yield address
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
        process.stderr.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    contract = """service: club
identity:
  register: open
  sessions: {{ cookie: true }}
  returnTo: ['https://app.example/signed-in']
  providers:
    npm: {{ issuer: '{address}', clientId: shop, clientSecret: '${{OPENID_SECRET}}' }}
{more}"""
    with provider() as address:
        with serve(tmp_path_factory.mktemp("oidc"), contract.format(address=address, more=MORE)) as server:
            server.issuer = address
            yield server


def test_a_user_is_made_and_comes_back(served):
    people = []
    for _ in range(2):
        browser = Browser(served)
        back = AtProvider().sign_in(browser.depart("npm"), "ann")
        assert f"iss={urllib.parse.quote(served.issuer, safe='')}" in back
        ticket = browser.told(browser.come_back(back))["ticket"]
        people.append(browser.show(ticket).body["data"]["user"])
    assert people[0]["email"] == "ann@example.com" and people[0]["emailVerified"] is True
    assert people[0] == people[1]
    assert links(served, "ann@example.com") == [(served.issuer, "ann")]


def test_for_a_cookie(served):
    browser = Browser(served)
    answer = browser.come_back(AtProvider().sign_in(browser.depart("npm", mode="cookie"), "ann"))
    assert answer.headers["location"] == "https://app.example/signed-in"
    assert browser.request("GET", "/auth/me").body["data"]["user"]["email"] == "ann@example.com"


def test_an_address_that_is_not_proved_there_makes_nobody(served):
    browser = Browser(served)
    told = browser.told(browser.come_back(AtProvider().sign_in(browser.depart("npm"), "eve")))
    assert told == {"error": "EMAIL_NOT_VERIFIED"}


def test_who_goes_back_is_told_so(served):
    browser = Browser(served)
    at = AtProvider()
    _, where, _ = at.open(browser.depart("npm"))
    status, where, text = at.open(where)
    abort = html.unescape(re.search(r'href="([^"]*/abort)"', text).group(1))
    url = urllib.parse.urljoin(where, abort)
    for _ in range(5):
        status, url, _ = at.open(url)
        if url.startswith(PUBLIC_URL):
            break
    assert browser.told(browser.come_back(url)) == {"error": "ACCESS_DENIED"}
