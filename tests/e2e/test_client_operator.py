# SPDX-License-Identifier: Apache-2.0
"""What the operator sees and ends of clients that registered themselves."""

import json

import pytest

from accounts import eventually, signed_in
from provider import CONTRACT, Browser, Pkce, error_of, new_user, serve, userinfo
from registration import BACK, OPEN, Program, events, operate


@pytest.fixture
def idp(tmp_path):
    with serve(tmp_path, OPEN) as server:
        yield server


def test_the_operator_lists_and_removes(idp):
    new_user(idp, "fay")
    program, other = Program(idp, client_name="To go"), Program(idp, token_endpoint_auth_method="none")
    tokens = program.tokens("fay@example.com")
    pkce = Pkce()
    code = program.code("fay@example.com", pkce)
    listed = {one["clientId"]: one for one in json.loads(operate(idp, "client", "list", "--format", "json").stdout)}
    assert listed[program.id]["name"] == "To go" and listed[program.id]["usedAt"] and not listed[program.id]["public"]
    assert listed[program.id]["redirectUris"] == [BACK] and not listed[program.id]["byToken"]
    assert listed[other.id]["usedAt"] is None and listed[other.id]["public"]
    shown = operate(idp, "client", "list").stdout
    assert f"{program.id}  secret  open" in shown and f"{other.id}  public  open" in shown
    assert program.secret not in shown
    done = operate(idp, "client", "remove", program.id)
    assert (done.returncode, done.stdout) == (0, f"{program.id} removed, 2 sessions ended\n"), done.stderr
    assert error_of(program.refresh(tokens["refresh_token"])) == (401, "invalid_client")
    assert error_of(program.redeem(code, pkce)) == (401, "invalid_client")
    assert error_of(userinfo(idp, tokens["access_token"])) == (401, "invalid_token")
    eventually(lambda: idp.client(tokens["access_token"]).get("/v1/things").status, 401)
    own = signed_in(idp, "fay@example.com")
    assert own.get("/auth/consents").body["data"] == []
    assert not [one for one in own.get("/auth/sessions").body["data"] if "registered itself" in one["agent"]]
    assert Browser(idp).authorize(program.wants()).status == 400
    gone, = [one for one in events(idp, "client_deleted") if one["subject"] == program.id]
    assert gone["byOperator"]
    for wrong in (program.id, "registered.x", "shop-web", other.id.upper()):
        done = operate(idp, "client", "remove", wrong)
        assert done.returncode == 2 and wrong in done.stderr, wrong
    assert operate(idp, "client", "remove", other.id).stdout == f"{other.id} removed, 0 sessions ended\n"


def test_without_registration_there_are_none(tmp_path):
    with serve(tmp_path, CONTRACT) as server:
        done = operate(server, "client", "list")
        assert done.returncode == 2 and "identity.provider.registration" in done.stderr
