# SPDX-License-Identifier: Apache-2.0
"""What the tests of the provider share: a service that others sign in with, a client of it, and a browser that keeps
cookies and sends forms."""

import base64
import hashlib
import html
import json
import re
import secrets
import socket
import urllib.parse

from accounts import PASSWORD, register
from harness import Server

SECRET = "shop-secret-0123456789-0123456789-canary"
CONTRACT = """service: idp
title: The house
identity:
  register: open
  provider:
    issuer: '${ISSUER}'
    clients:
      shop-web:
        name: The shop
        secret: '${SHOP_SECRET}'
        redirectUris: ['https://shop.example/callback', 'https://shop.example/other?x=1']
        postLogoutRedirectUris: ['https://shop.example/bye']
        grants: [authorization_code, refresh_token]
        scopes: [openid, email, offline_access]
      rival:
        secret: '${RIVAL_SECRET}'
        redirectUris: ['https://rival.example/callback']
        postLogoutRedirectUris: ['https://rival.example/bye']
        grants: [authorization_code, refresh_token]
        scopes: [openid, email, offline_access]
      phone:
        name: <b>Phone</b> & "friends"
        redirectUris: ['http://127.0.0.1/done', 'com.example.phone:/done']
        scopes: [openid]
      house:
        secret: '${SHOP_SECRET}'
        trusted: true
        redirectUris: ['https://house.example/callback']
        scopes: [openid, email]
      tv:
        name: The television
        grants: [device_code, refresh_token]
        scopes: [openid, email, offline_access]
      desk:
        secret: '${SHOP_SECRET}'
        redirectUris: ['https://desk.example/callback']
        grants: [authorization_code, refresh_token]
        scopes: ['things:read', openid, email, offline_access, 'audits:create']
      job:
        secret: '${SHOP_SECRET}'
        grants: [client_credentials]
        scopes: ['things:read', 'things:create', 'audits:read', stock.audit]
resources:
  Thing:
    fields: { name: string!, maker: { type: User, default: auth.id, readOnly: true } }
    access: { read: signedIn, create: signedIn, update: makerId == auth.id }
  Audit:
    fields: { text: string! }
    access: { read: hasScope('stock.audit'), create: auth.kind == 'user' }
  Notice:
    fields: { text: string! }
    access: { read: public }
"""
RIVAL_SECRET = "rival-secret-0123456789-0123456789-canary"
CALLBACK = {"shop-web": "https://shop.example/callback", "rival": "https://rival.example/callback",
            "phone": "http://127.0.0.1:4711/done", "house": "https://house.example/callback",
            "desk": "https://desk.example/callback"}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SECRETS = {"shop-web": SECRET, "rival": RIVAL_SECRET, "house": SECRET, "desk": SECRET, "job": SECRET}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serve(directory, contract=CONTRACT, host="localhost", port=None, **options):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "ashlar.yaml"
    path.write_text(contract)
    port = port or free_port()
    server = Server(path, directory, listen=f"127.0.0.1:{port}", ISSUER=f"http://{host}:{port}", SHOP_SECRET=SECRET,
                    RIVAL_SECRET=RIVAL_SECRET, **options)
    server.port = port
    server.issuer = f"http://{host}:{port}"
    return server


def post_form(server, path, form, basic=None, **headers):
    """A program's request; `form` is a dict, pairs, or a text."""
    body = form if isinstance(form, str) else urllib.parse.urlencode(form)
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    if basic:
        pair = ":".join(urllib.parse.quote(part, safe="") for part in basic)
        sent["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return server.client().request("POST", path, None, sent, raw=body.encode())


def error_of(answer):
    return answer.status, answer.body["error"]


class Pkce:
    def __init__(self):
        self.verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")


def request_of(client="shop-web", pkce=None, **changes):
    """An authorization request; what is None is left out."""
    pkce = pkce or Pkce()
    asked = {"client_id": client, "redirect_uri": CALLBACK.get(client), "response_type": "code", "scope": "openid",
             "state": "state-of-it", "nonce": "nonce-of-it", "code_challenge": pkce.challenge,
             "code_challenge_method": "S256", **changes}
    return {name: value for name, value in asked.items() if value is not None}


class Browser:
    """Cookies by RFC 6265 as far as one host goes, the headers that browsers send, and forms as they stand."""

    def __init__(self, server):
        self.server, self.cookies = server, {}

    def request(self, method, path, form=None, **headers):
        sent = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin" if method == "POST" else "cross-site"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        raw = None if form is None else urllib.parse.urlencode(form).encode()
        answer = self.server.client().request(method, path, None, sent, raw=raw)
        for one in re.split(r", (?=__Host-)", answer.headers.get("set-cookie", "")):
            if found := re.match(r"(__Host-[a-z-]+)=([^;]*);(.*)", one):
                name, value, attributes = found.groups()
                assert "Secure" in attributes and "HttpOnly" in attributes and "Domain" not in attributes, one
                self.cookies.pop(name, None)
                if "Max-Age=0" not in attributes:
                    self.cookies[name] = value
        return answer

    def authorize(self, asked):
        return self.request("GET", "/oauth/authorize?" + urllib.parse.urlencode(asked))

    def send(self, page, action, place="/oauth/authorize", **fields):
        """The form of the page that has this button."""
        return self.request("POST", place, {**hidden(page), **fields, "do": action})

    def sign_in(self, page, email, password=PASSWORD, **more):
        return self.send(page, "login", email=email, password=password, **more)

    def code(self, asked, email):
        """All pages, to the answer that goes back to the client."""
        answer = self.authorize(asked)
        if 'name="password"' in text(answer):
            answer = self.sign_in(answer, email)
        if 'value="allow"' in text(answer):
            answer = self.send(answer, "allow")
        return returned(answer)["code"]


def text(answer):
    return answer.raw.decode()


def hidden(page):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text(page))
    return {name: html.unescape(value) for name, value in found}


def returned(answer):
    """What an answer tells the client, by the address to which it leads."""
    assert answer.status == 303, (answer.status, answer.raw[:2000])
    pairs = urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def redeem(server, code, pkce, client="shop-web", **changes):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK[client],
            "code_verifier": pkce.verifier, **changes}
    if client not in SECRETS:
        form["client_id"] = client
    form = {name: value for name, value in form.items() if value is not None}
    return post_form(server, "/oauth/token", form, (client, SECRETS[client]) if client in SECRETS else None)


def tokens_for(server, email, client="shop-web", scope="openid email offline_access", browser=None):
    pkce = Pkce()
    code = (browser or Browser(server)).code(request_of(client, pkce, scope=scope), email)
    answer = redeem(server, code, pkce, client)
    assert answer.status == 200, answer.raw
    return answer.body


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def userinfo(server, token):
    return server.client(token).get("/oauth/userinfo")


def new_user(server, name):
    return register(server, f"{name}@example.com")
