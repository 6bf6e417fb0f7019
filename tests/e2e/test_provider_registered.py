# SPDX-License-Identifier: Apache-2.0
"""How many clients register themselves, how long they stay, and what the contract takes back of them."""

import json
import sqlite3
import uuid

from accounts import all_at_once, store
from provider import CONTRACT, Browser, Pkce, error_of, new_user, serve, userinfo
from registration import OPEN, Program, ask, registering
import tables

PLACES = 1000
HOUR = 3600 * 1_000_000
DAY = 24 * HOUR


def fill(server, like, leave):
    """All places but so many, with clients like this one that were used just now."""
    link = tables.connect(server.store_path)
    link.row_factory = sqlite3.Row
    row = dict(link.execute("SELECT * FROM auth_clients WHERE id = ?", (key_of(server, like),)).fetchone())
    taken = {one[0] for one in link.execute("SELECT slot FROM auth_clients")}
    names = ", ".join(row)
    with link:
        for slot in [one for one in range(PLACES) if one not in taken][leave:]:
            one = uuid.uuid4()
            new = {**row, "id": one.bytes if isinstance(row["id"], bytes) else str(one), "slot": slot,
                   "used_at": row["created_at"]}
            link.execute(f"INSERT INTO auth_clients ({names}) VALUES ({', '.join('?' * len(new))})",
                         list(new.values()))
    link.close()


def key_of(server, program):
    one = uuid.UUID(program.id.removeprefix("registered."))
    kind, = store(server, "SELECT DISTINCT typeof(id) FROM auth_clients")
    return one.bytes if kind[0] == "blob" else str(one)


def age(server, program, by):
    store(server, "UPDATE auth_clients SET created_at = created_at - ?1, used_at = used_at - ?1 WHERE id = ?2", by,
          key_of(server, program))


def count(server):
    return store(server, "SELECT count(*), count(DISTINCT slot) FROM auth_clients")[0]


def test_nothing_grows_and_what_is_used_stays(tmp_path):
    with serve(tmp_path, OPEN) as server:
        new_user(server, "ann")
        used, unused = Program(server), Program(server)
        tokens = used.tokens("ann@example.com")
        fill(server, used, 1)
        answers = all_at_once([lambda: ask(server)] * 50)
        made = [one for one in answers if one.status == 201]
        full = [one for one in answers if one.status != 201]
        assert len(made) == 1 and {error_of(one) for one in full} == {(503, "temporarily_unavailable")}
        assert all("retry-after" in one.headers for one in full)
        assert count(server) == (PLACES, PLACES)
        assert store(server, "SELECT count(*) FROM auth_events WHERE kind = 'client_created'") == [(3,)]
        # One that nobody ever used makes room after an hour, once; one that is used after half a year.
        age(server, unused, 2 * HOUR)
        answers = all_at_once([lambda: ask(server)] * 50)
        assert [one.status for one in answers].count(201) == 1 and count(server) == (PLACES, PLACES)
        assert error_of(unused.refresh("x")) == (401, "invalid_client")
        age(server, used, 179 * DAY)
        assert ask(server).status == 503
        again = used.refresh(tokens["refresh_token"])
        assert again.status == 200  # which tells that it is used
        age(server, used, 2 * DAY)
        assert ask(server).status == 503
        age(server, used, 179 * DAY)
        assert ask(server).status == 201
        assert error_of(used.refresh(again.body["refresh_token"])) == (401, "invalid_client")
        assert count(server) == (PLACES, PLACES)


def test_twenty_an_hour_register_from_an_address(tmp_path):
    with serve(tmp_path, OPEN, ASHLAR_LOGIN_LIMIT="") as server:
        answers = [ask(server) for _ in range(22)]
        assert [one.status for one in answers] == [201] * 20 + [429] * 2
        assert '"20/h per ip' in answers[0].headers["ratelimit-policy"]
        assert server.client().get("/.well-known/openid-configuration").status == 200


def test_what_the_contract_takes_back_is_gone(tmp_path):
    with serve(tmp_path, OPEN) as server:
        new_user(server, "ann")
        program, port = Program(server), server.port
        first, second = (program.tokens("ann@example.com") for _ in range(2))
        assert server.client(first["access_token"]).get("/v1/things").status == 200
    with serve(tmp_path, registering("open: true", "openid"), port=port) as server:
        program.server = server
        assert server.client(first["access_token"]).get("/v1/things").status == 401
        assert "email" not in userinfo(server, first["access_token"]).body
        assert program.post("/oauth/introspect", {"token": first["access_token"]}).body["scope"] == "openid"
        assert error_of(program.refresh(first["refresh_token"])) == (400, "unauthorized_client")
        pkce = Pkce()
        tokens = program.redeem(program.code("ann@example.com", pkce), pkce).body
        assert tokens["scope"] == "openid" and "refresh_token" not in tokens
    with serve(tmp_path, CONTRACT, port=port) as server:
        program.server = server
        for token in (first, second, tokens):
            assert error_of(userinfo(server, token["access_token"])) == (401, "invalid_token")
            assert server.client(token["access_token"]).get("/v1/things").status == 401
        assert error_of(program.refresh(second["refresh_token"])) == (401, "invalid_client")
        assert Browser(server).authorize(program.wants()).status == 400
    with serve(tmp_path, OPEN, port=port) as server:
        program.server = server
        assert program.refresh(second["refresh_token"]).status == 200


def test_a_store_that_was_made_before_is_served(tmp_path):
    with serve(tmp_path, CONTRACT) as server:
        new_user(server, "ann")
        port = server.port
    link = tables.connect(server.store_path)
    described = json.loads(link.execute("SELECT description FROM ashlar_schema").fetchone()[0])
    del described["resources"]["AuthClient"]
    link.execute("DROP TABLE auth_clients")
    link.execute("UPDATE ashlar_schema SET description = ?", (json.dumps(described),))
    link.commit()
    link.close()
    with serve(tmp_path, OPEN, port=port) as server:
        program = Program(server)
        assert userinfo(server, program.tokens("ann@example.com")["access_token"]).status == 200
