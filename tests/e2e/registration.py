# SPDX-License-Identifier: Apache-2.0
"""What the tests of clients that register themselves share: a provider that lets them, and such a client."""

import json

from harness import run
from provider import CONTRACT, Browser, Pkce, post_form, request_of

BACK = "https://new.example/callback"
SCOPES = "openid email offline_access things:read"


def registering(how, scopes=SCOPES, contract=CONTRACT):
    listed = ", ".join(f"'{scope}'" for scope in scopes.split())
    return contract.replace("    clients:\n", f"    registration: {{ {how}, scopes: [{listed}] }}\n    clients:\n")


OPEN = registering("open: true")


def ask(server, token=None, **metadata):
    body = {"redirect_uris": [BACK], **metadata}
    return server.client(token).post("/oauth/register", {name: one for name, one in body.items() if one is not None})


def operate(server, *words):
    """A command of the operator's beside the server."""
    return run(*words, "--contract", server.contract, "--store", server.store, **server.environment)


def events(server, kind):
    return json.loads(operate(server, "events", "--kind", kind, "--format", "json").stdout)


class Program:
    """One that has registered itself."""

    def __init__(self, server, token=None, **metadata):
        grants = {"grant_types": ["authorization_code", "refresh_token"]}
        answer = ask(server, token, **{**grants, **metadata})
        assert answer.status == 201, answer.raw
        self.server, self.told = server, answer.body
        self.id, self.secret = self.told["client_id"], self.told.get("client_secret")
        self.back = self.told["redirect_uris"][0]

    def wants(self, pkce=None, **changes):
        return request_of(self.id, pkce, **{"redirect_uri": self.back, "scope": SCOPES, **changes})

    def post(self, path, form, **changes):
        who = {"id": self.id, "secret": self.secret, **changes}
        basic = (who["id"], who["secret"]) if who["secret"] else None
        return post_form(self.server, path, form if basic else {**form, "client_id": who["id"]}, basic)

    def redeem(self, code, pkce, **changes):
        return self.post("/oauth/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back,
                                          "code_verifier": pkce.verifier}, **changes)

    def refresh(self, token, **changes):
        return self.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": token}, **changes)

    def code(self, email, pkce, browser=None, **changes):
        return (browser or Browser(self.server)).code(self.wants(pkce, **changes), email)

    def tokens(self, email, browser=None, **changes):
        pkce = Pkce()
        answer = self.redeem(self.code(email, pkce, browser, **changes), pkce)
        assert answer.status == 200, answer.raw
        return answer.body
