# SPDX-License-Identifier: Apache-2.0
"""Signing in by providers, as tests need it: a browser's part of it, and a provider that does as it is told."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

from issuer import Key, b64, token_of

PUBLIC_URL = "https://shop.example"
RETURN = "https://app.example/signed-in"
SECRET = "s3cret:of the+client/canary"
COOKIE = "__Host-login"


def s256(verifier):
    return b64(hashlib.sha256(verifier.encode()).digest())


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, strict_parsing=True))


class Browser:
    """What a browser keeps of the service and sends to it; it follows nothing by itself."""

    def __init__(self, server):
        self.server, self.cookies, self.verifier = server, {}, secrets.token_urlsafe(32)

    def request(self, method, path, body=None, token=None, **headers):
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.server.client(token).request(method, path, body, headers)
        for one in answer.headers.get("set-cookie", "").split(", "):
            name, _, rest = one.partition("=")
            value = rest.split(";")[0]
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer

    def begin(self, provider="fake", **query):
        if "mode" not in query and "challenge" not in query:
            query["challenge"] = s256(self.verifier)
        return self.request("GET", f"/auth/login/{provider}?{urllib.parse.urlencode(query)}")

    def depart(self, provider="fake", **query):
        """Where the browser is sent."""
        answer = self.begin(provider, **query)
        assert answer.status == 303, answer.raw
        return answer.headers["location"]

    def come_back(self, url):
        """url: the callback with what the provider said; what is asked of the service is behind its own address."""
        assert url.startswith(PUBLIC_URL + "/auth/callback/"), url
        return self.request("GET", url[len(PUBLIC_URL):])

    def told(self, answer):
        """What the page is told behind '#'."""
        assert answer.status == 303, answer.raw
        place, _, fragment = answer.headers["location"].partition("#")
        assert place in (RETURN, RETURN + "?other=1"), place
        return dict(urllib.parse.parse_qsl(fragment))

    def show(self, ticket, **more):
        body = {"ticket": ticket, "verifier": self.verifier, **more}
        return self.request("POST", "/auth/login", {name: one for name, one in body.items() if one is not None})


class FakeProvider:
    """An OpenID Connect provider over http on this machine. What it says can be bent: claims, header, signer and
    signature of its ID tokens, what UserInfo tells, and the answer of any address."""

    def __init__(self, client="shop", **document):
        self.client, self.key = client, Key("ES256", "one")
        self.codes, self.asked, self.pages = {}, [], {}
        self.claims, self.header, self.info, self.last = {}, {}, {}, None
        self.signature, self.strict, self.raw_token, self.signer = None, True, None, None
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(b"")

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def answer(self, body):
                provider.asked.append((self.path, dict(self.headers), body))
                page = provider.pages.get(self.path)
                if callable(page):
                    page = page(self, body)
                if page is None:
                    return
                status, headers, text = page
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.describe(**document)
        self.pages["/keys"] = self.json({"keys": [self.key.jwk()]})
        self.pages["/token"] = self.redeem
        self.pages["/me"] = lambda handler, body: self.json(self.info or {"sub": self.last})

    @staticmethod
    def json(value, status=200, **headers):
        return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()

    def describe(self, **more):
        document = {"issuer": self.url, "authorization_endpoint": self.url + "/authorize",
                    "token_endpoint": self.url + "/token", "userinfo_endpoint": self.url + "/me",
                    "jwks_uri": self.url + "/keys", "response_types_supported": ["code"], **more}
        self.pages["/.well-known/openid-configuration"] = self.json(
            {name: value for name, value in document.items() if value is not None})

    def authorize(self, url, sub, **claims):
        """Signs somebody in, as if at its page: where the browser goes then."""
        assert url.startswith(self.url + "/authorize?"), url
        asked = query_of(url)
        assert (asked["response_type"], asked["client_id"]) == ("code", self.client)
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split() and len(asked["nonce"]) == 43 and len(asked["code_challenge"]) == 43
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": sub, **claims}
        return self.back(asked, code=code)

    @staticmethod
    def back(asked, **answer):
        return asked["redirect_uri"] + "?" + urllib.parse.urlencode({"state": asked["state"], **answer})

    def redeem(self, handler, body):
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        grant = self.codes.pop(form.get("code"), None)
        good = "Basic " + base64.b64encode(
            f"{urllib.parse.quote(self.client, safe='')}:{urllib.parse.quote(SECRET, safe='')}".encode()).decode()
        named = handler.headers.get("Authorization") == good or form.get("client_secret") == SECRET
        if not named or form["grant_type"] != "authorization_code" or grant is None:
            return self.json({"error": "invalid_grant", "error_description": "canary-of-the-provider"}, 400)
        fits = s256(form["code_verifier"]) == grant["code_challenge"] and form["redirect_uri"] == grant["redirect_uri"]
        if self.strict and not fits:
            return self.json({"error": "invalid_grant"}, 400)
        now, self.last = int(time.time()), grant["sub"]
        own = {key: value for key, value in grant.items() if key in ("sub", "email", "email_verified", "nonce")}
        claims = {"iss": self.url, "aud": self.client, "iat": now, "exp": now + 300, **own, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.raw_token(claims) if self.raw_token else token_of(self.signer or self.key, claims, self.header,
                                                                     self.signature)
        return self.json({"access_token": "access-canary", "token_type": "Bearer", "id_token": token})

    def straighten(self):
        self.claims, self.header, self.info, self.signature, self.strict = {}, {}, {}, None, True
        self.raw_token, self.signer = None, None
        self.pages["/token"] = self.redeem

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def contract_of(providers, identity="  register: open\n  sessions: { cookie: true }\n", more=""):
    """providers: name to provider."""
    rows = [f"    {name}: {{ issuer: '{one.url}', clientId: '{one.client}', clientSecret: '${{OPENID_SECRET}}' }}\n"
            for name, one in providers.items()]
    return (f"service: club\nidentity:\n{identity}  returnTo: ['{RETURN}', '{RETURN}?other=1']\n  providers:\n"
            f"{''.join(rows)}{more}")
