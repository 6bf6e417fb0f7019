# SPDX-License-Identifier: Apache-2.0
"""Tokens of other issuers, whose keys are fetched over https from a server that this file runs
(docs/decisions/0037)."""

import concurrent.futures
import contextlib
import hmac
import http.client
import ipaddress
import json
import socket
import threading
import time
import uuid

import pytest

from harness import Server, run
from issuer import DISCOVERY, Issuer, Key, b64, token_of

CONTRACT = """service: club
roles: {{ staff: {{}}, editor: {{}}, root: {{}} }}
identity:
  issuers:
    - issuer: {issuer}
      audience: shop
{more}
resources:
  User:
    access: {{ get: auth.id == id }}
  Thing:
    fields:
      name: string!
      kept: {{ type: string, read: hasRole('staff') }}
      rooted: {{ type: string, read: hasRole('root') }}
      mine: {{ type: string, read: auth.claims.team == 'blue' }}
    access: {{ read: signedIn, create: signedIn }}
  Own:
    fields: {{ name: string! }}
    access: {{ read: auth.id != null, create: auth.kind == 'service' }}
  Note:
    fields: {{ owner: {{ type: User, default: auth.id, readOnly: true }}, text: string! }}
    access: {{ read: ownerId == auth.id, write: ownerId == auth.id, create: signedIn }}
"""


@contextlib.contextmanager
def serving(folder, issuer, more="", **options):
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT.format(issuer=issuer.url, more=more))
    with Server(contract, folder, SSL_CERT_FILE=issuer.certificate, **options) as server:
        yield server


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("issuers")
    with Issuer(folder) as issuer:
        issuer.publish([Key(name, name) for name in ("ES256", "ES384", "EdDSA", "RS256", "PS256")])
        more = "      roles: [staff, editor]\n      rolesClaim: groups\n"
        with serving(folder, issuer, more) as server:
            yield issuer, server


def ask(server, token, path="/v1/things"):
    return server.client(token).get(path)


def code_of(answer):
    return answer.body["error"]["code"]


def wait_until(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_every_algorithm_is_verified(world):
    issuer, server = world
    for key in issuer.keys:
        assert ask(server, issuer.token(key)).status == 200, key.algorithm
        assert ask(server, issuer.token(key, header={"typ": "at+jwt"})).status == 200
        assert ask(server, issuer.token(key, aud=["other", "shop"])).status == 200
        wrong = issuer.token(key, signature=key.sign(b"something else"))
        assert code_of(ask(server, wrong)) == "INVALID_CREDENTIALS", key.algorithm
    assert issuer.asked.count("/keys") == 1


def test_a_stranger_is_no_user_and_has_the_roles_that_the_contract_lets_the_issuer_give(world):
    issuer, server = world
    plain = server.client(issuer.token())
    made = plain.post("/v1/things", {"name": "x", "kept": "k", "rooted": "r", "mine": "m"})
    assert made.status == 201, made.raw
    path = "/v1/things/" + plain.get("/v1/things").body["data"][0]["id"]

    def seen(**claims):
        return set(ask(server, issuer.token(**claims), path).body["data"]) & {"kept", "rooted", "mine"}

    assert seen() == set()
    assert seen(groups=["staff", "root", "nobody"], roles=["root"], scope="root") == {"kept"}
    assert seen(groups="staff") == {"kept"}
    assert seen(groups={"staff": True}) == set()
    assert seen(team="blue") == {"mine"}
    assert plain.get("/v1/owns").status == 403
    assert plain.post("/v1/owns", {"name": "x"}).status == 201
    me = plain.get("/auth/me")
    assert (me.status, code_of(me)) == (403, "FORBIDDEN")
    server.wait_event("request", callerId=issuer.url + " sam", route="/auth/me")


def test_rows_of_nobody_are_not_a_strangers(world):
    issuer, server = world
    client = server.client(issuer.token())
    made = client.post("/v1/notes", {"text": "x"})
    assert (made.status, made.body["data"]) == (201, None)
    path = "/v1/notes/" + made.headers["location"].rsplit("/", 1)[1]
    asked = (("GET", "/v1/notes", None), ("GET", path, None), ("PATCH", path, {"text": "y"}), ("DELETE", path, None))
    assert [client.request(*one).status for one in asked] == [403] * 4


def test_strangers_share_no_answers_that_are_kept(world):
    issuer, server = world
    sent = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = (server.client(issuer.token(sub=name)) for name in ("one", "two"))
    made = first.post("/v1/owns", {"name": "x"}, **sent)
    assert first.post("/v1/owns", {"name": "x"}, **sent).headers.get("idempotency-replayed") == "true"
    other = second.post("/v1/owns", {"name": "x"}, **sent)
    assert other.status == 201 and "idempotency-replayed" not in other.headers
    assert made.status == 201


def forgeries(issuer, trap):
    """What is wrong, and a token that has it wrong."""
    key = issuer.keys[0]
    good = issuer.token()
    both, signature = good.rsplit(".", 1)
    now = int(time.time())
    stranger = Key("ES256", key.kid)
    public = json.dumps(key.jwk()).encode()
    for alg in ("none", "None", "HS256", "RS256", "ES384", "EdDSA", "es256", ""):
        yield f"alg {alg}", issuer.token(header={"alg": alg})
        yield f"alg {alg}, no signature", issuer.token(header={"alg": alg}, signature=b"")
    signed = f"{b64(json.dumps({'alg': 'HS256', 'kid': key.kid}).encode())}.{b64(json.dumps(issuer.claims()).encode())}"
    for secret in (public, b"", issuer.certificate.read_bytes()):
        yield "HMAC with what is public", f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"
    for name, value in (("jku", trap + "/keys"), ("x5u", trap + "/cert"), ("jwk", stranger.jwk()), ("x5c", ["AAAA"]),
                        ("crit", ["exp"]), ("b64", False), ("zip", "DEF"), ("typ", "dpop+jwt")):
        yield f"header {name}", issuer.token(stranger, header={name: value})
        yield f"header {name}, signed well", issuer.token(header={name: value})
    for kid in (None, "", 1, ["ES256"], trap + "/keys", "../../../dev/null", "x' OR '1'='1", "ES256\u0000"):
        yield f"kid {kid}", issuer.token(stranger, header={"kid": kid})
    for name, value in (("iss", None), ("iss", trap), ("iss", issuer.url + "/"), ("iss", [issuer.url]), ("iss", "club"),
                        ("aud", None), ("aud", "other"), ("aud", []), ("aud", ["other"]), ("aud", {"shop": 1}),
                        ("exp", None), ("exp", str(now + 300)), ("exp", 1e400), ("exp", True), ("nbf", now + 200),
                        ("nbf", "0"), ("iat", now + 200), ("sub", None), ("sub", ""), ("sub", 1),
                        ("sub", "s" * 300), ("cnf", {"jkt": "x"})):
        yield f"claim {name} {value}", issuer.token(**{name: value})
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for name, raw in (("zeros", bytes(64)), ("ones", b"\xff" * 64), ("order", order.to_bytes(32, "big") * 2),
                      ("one", (1).to_bytes(32, "big") * 2), ("short", b"x"), ("long", bytes(5000))):
        yield f"signature of {name}", issuer.token(signature=raw)
    yield "another's signature", issuer.token(stranger)
    more = b64(json.dumps(issuer.claims(groups=["staff"])).encode())
    yield "another's claims", f"{both.split('.')[0]}.{more}.{signature}"
    yield "padding", good + "="
    yield "huge", issuer.token(x="x" * 6500)
    yield "twice", issuer.token(header={"kid": key.kid}).replace(".", "..")
    twice = b64(json.dumps(issuer.claims()).encode()[:-1] + b', "sub": "root"}')
    head = both.split(".")[0]
    yield "a claim twice", f"{head}.{twice}.{b64(key.sign(f'{head}.{twice}'.encode()))}"
    yield "EdDSA over something else", issuer.token(issuer.keys[2], signature=issuer.keys[2].sign(b"x"))


def test_forged_tokens_are_refused_and_nothing_is_fetched_for_them(world):
    issuer, server = world
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.3)
        before = len(issuer.asked)
        unknown = 0
        for name, token in forgeries(issuer, f"https://127.0.0.1:{trap.getsockname()[1]}"):
            answer = ask(server, token)
            assert (answer.status, code_of(answer)) == (401, "INVALID_CREDENTIALS"), (name, answer.raw)
            unknown += len(issuer.asked) - before
        # One look at the issuer's own keys, for a kid that is not there; not one anywhere else.
        assert unknown == 0 or set(issuer.asked[before:]) == {DISCOVERY, "/keys"}
        assert len(issuer.asked) - before <= 2
        with pytest.raises(TimeoutError):
            trap.accept()


def test_an_expired_token_says_so_after_a_minutes_grace(world):
    issuer, server = world
    now = int(time.time())
    assert ask(server, issuer.token(exp=now - 30)).status == 200
    over = ask(server, issuer.token(exp=now - 61))
    assert (over.status, code_of(over)) == (401, "TOKEN_EXPIRED")
    assert ask(server, issuer.token(nbf=now + 30)).status == 200


def test_a_new_key_is_one_fetch_however_many_bring_its_tokens(tmp_path):
    with Issuer(tmp_path) as issuer, serving(tmp_path, issuer) as server:
        wait_until(lambda: "/keys" in issuer.asked)
        assert ask(server, issuer.token()).status == 200
        new, old = Key("RS256", "second"), issuer.keys[0]
        issuer.publish([new, old])
        token = issuer.token(new)
        with concurrent.futures.ThreadPoolExecutor(50) as many:
            answers = list(many.map(lambda _: ask(server, token), range(50)))
        assert {answer.status for answer in answers} == {200}
        assert issuer.asked.count("/keys") == 2
        kept = issuer.token()
        assert ask(server, issuer.token(old)).status == 200
        # Then a storm of keys that nobody has: half a minute has not passed.
        with concurrent.futures.ThreadPoolExecutor(20) as many:
            storm = [issuer.token(Key("EdDSA", f"none{number}")) for number in range(200)]
            answers = list(many.map(lambda one: ask(server, one), storm))
        assert {answer.status for answer in answers} == {401}
        assert issuer.asked.count("/keys") == 2
        assert ask(server, kept).status == 200


def test_a_key_that_is_withdrawn_no_longer_vouches_for_what_is_kept(tmp_path):
    with Issuer(tmp_path) as issuer, serving(tmp_path, issuer) as server:
        wait_until(lambda: "/keys" in issuer.asked)
        kept, old = issuer.token(), issuer.keys[0]
        assert ask(server, kept).status == 200
        issuer.publish([Key("ES256", "second")])
        assert ask(server, issuer.token()).status == 200
        for _ in range(8):  # every loop's cache
            assert ask(server, kept).status == 401
        assert ask(server, issuer.token(old)).status == 401


def test_the_service_starts_without_the_issuer_and_takes_its_tokens_later(tmp_path):
    with Issuer(tmp_path) as issuer:
        pages, issuer.pages = issuer.pages, {}
        with serving(tmp_path, issuer) as server:
            told = server.wait_event("issuer.unavailable")
            assert "404" in told["message"]
            assert server.client().get("/health/ready").status == 200
            issuer.pages = pages
            assert ask(server, issuer.token()).status == 200
            assert ask(server, server.token("staff")).status == 200
        issuer.pages = {}
        with serving(tmp_path, issuer) as server:
            server.wait_event("issuer.unavailable")
            answer = ask(server, issuer.token())
            assert (answer.status, code_of(answer)) == (503, "UNAVAILABLE")
            assert answer.headers["retry-after"]
            assert ask(server, server.token("staff")).status == 200


def slowly(seconds):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(int(seconds * 10)):
                handler.wfile.write(b" ")
                time.sleep(0.1)
    return answer


@pytest.mark.parametrize("case", ["wrong issuer", "huge", "redirect", "slow", "plain http", "private key", "no set"])
def test_documents_that_are_not_right_give_no_keys(tmp_path, case):
    with Issuer(tmp_path) as issuer, socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.2)
        elsewhere = f"http://127.0.0.1:{trap.getsockname()[1]}/keys"
        if case == "wrong issuer":
            issuer.describe(issuer="https://evil.example")
        elif case == "huge":
            issuer.pages["/keys"] = (200, {}, b" " * (300 << 10))
        elif case == "redirect":
            issuer.pages["/keys"] = (302, {"Location": elsewhere}, b"")
        elif case == "slow":
            issuer.pages["/keys"] = slowly(8)
        elif case == "plain http":
            issuer.describe(jwks_uri=elsewhere)
        elif case == "private key":
            issuer.pages["/keys"] = (200, {}, json.dumps({"keys": [issuer.keys[0].jwk(d="c2VjcmV0")]}).encode())
        else:
            issuer.pages["/keys"] = (200, {}, b"[]")
        with serving(tmp_path, issuer) as server:
            begun = time.monotonic()
            server.wait_event("issuer.unavailable", timeout=20)
            if case == "slow":
                assert 2 < time.monotonic() - begun < 15
            else:
                assert code_of(ask(server, issuer.token())) == "UNAVAILABLE"
        with pytest.raises(TimeoutError):
            trap.accept()


def test_a_server_ends_while_an_issuer_dawdles(tmp_path):
    with Issuer(tmp_path) as issuer:
        issuer.pages["/keys"] = slowly(30)
        with serving(tmp_path, issuer) as server:
            wait_until(lambda: "/keys" in issuer.asked)

            def wait():
                with contextlib.suppress(OSError, http.client.HTTPException):  # the server ends before it answers
                    ask(server, issuer.token())

            threading.Thread(target=wait, daemon=True).start()
            begun = time.monotonic()
        assert time.monotonic() - begun < 12


def test_a_certificate_that_nobody_vouches_for_gives_no_keys(tmp_path):
    (tmp_path / "other").mkdir()
    with Issuer(tmp_path) as issuer, Issuer(tmp_path / "other") as other:
        issuer.certificate = other.certificate
        with serving(tmp_path, issuer) as server:
            server.wait_event("issuer.unavailable")
            assert ask(server, issuer.token()).status == 503
        assert issuer.asked == []


def test_a_name_that_leads_to_a_private_address_needs_a_word_in_the_contract(tmp_path):
    name = socket.gethostname()
    try:
        private = ipaddress.ip_address(socket.gethostbyname(name)).is_private
    except OSError:
        private = False
    if not private:
        pytest.skip("this machine's name leads to no private address")
    for more, told in (("", True), ("      private: true\n", False)):
        contract = tmp_path / "ashlar.yaml"
        contract.write_text(CONTRACT.format(issuer=f"https://{name}:1", more=more))
        with Server(contract, tmp_path) as server:
            message = server.wait_event("issuer.unavailable", timeout=20)["message"]
            assert ("private address" in message) == told, message


def test_a_subject_that_is_a_user_is_that_user(tmp_path):
    with Issuer(tmp_path) as issuer, serving(tmp_path, issuer, "      user: subject\n") as server:
        ann, gone = str(uuid.uuid4()), str(uuid.uuid4())
        server.token(user=ann)  # makes the row
        client = server.client(issuer.token(sub=ann))
        assert client.get("/auth/me").body["data"]["user"]["id"] == ann
        assert client.get("/v1/users/" + ann).status == 200
        assert client.get("/v1/owns").status == 200
        for subject in (gone, "sam", "", ann + "x"):
            assert ask(server, issuer.token(sub=subject)).status == 401
        assert run("user", "disable", ann, "--contract", server.contract, "--store", server.store).returncode == 0
        wait_until(lambda: client.get("/auth/me").status == 401, 5)


def test_authorities_that_are_not_there_are_refused(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT.format(issuer="https://login.example", more=""))
    done = run("serve", contract, "--store", f"sqlite:{tmp_path}/s.db", "--authorities", tmp_path / "none.pem")
    assert done.returncode == 2 and "--authorities" in done.stderr


def test_own_tokens_are_none_of_theirs(world):
    issuer, server = world
    now = int(time.time())
    claims = {"iss": "club", "aud": "club", "sub": str(uuid.uuid4()), "roles": ["root"], "exp": now + 300, "iat": now}
    assert ask(server, token_of(issuer.keys[0], claims)).status == 401
