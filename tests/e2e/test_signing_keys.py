# SPDX-License-Identifier: Apache-2.0
"""The keys that sign a service's tokens: published, rotated, kept (docs/decisions/0036)."""

import base64
import concurrent.futures
import json
import re
import stat

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from harness import Server, run, succeed

CONTRACT = """service: club
identity: {{ register: open, tokens: {{ access: 15m{more} }} }}
resources:
  Thing:
    fields: {{ name: string! }}
    access: {{ read: signedIn, create: signedIn }}
"""
JWKS = "/.well-known/jwks.json"
PASSWORD = "correct horse battery"
LEAD_S, PUBLISHED_S = 600, 300


def write(folder, more=""):
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT.format(more=more))
    return contract


@pytest.fixture
def served(tmp_path):
    with Server(write(tmp_path), tmp_path) as server:
        yield server


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    head, claims, _ = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(claims))


def published(server):
    answer = server.client().get(JWKS)
    assert answer.status == 200, answer.raw
    return {key["kid"]: key for key in answer.body["keys"]}


def verify(token, key):
    """As another service does, which has nothing but the set."""
    signed, signature = token.rsplit(".", 1)
    signed, signature = signed.encode(), unb64(signature)
    if key["alg"] == "EdDSA":
        ed25519.Ed25519PublicKey.from_public_bytes(unb64(key["x"])).verify(signature, signed)
        return
    x, y = (int.from_bytes(unb64(key[name]), "big") for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))


def sign_in(server, email="ann@example.com"):
    client = server.client()
    client.post("/auth/register", {"email": email, "password": PASSWORD})
    answer = client.post("/auth/login", {"email": email, "password": PASSWORD})
    assert answer.status == 200, answer.raw
    return answer.body["data"]


def rotate(server, *options):
    done = succeed("key", "rotate", server.contract, "--store", server.store, *options)
    assert done.stderr == ""
    return done.stdout


def status(server, token):
    return server.client(token).get("/v1/things").status


def test_what_others_verify_with_is_published_and_nothing_else(served):
    signed_in = sign_in(served)
    head, claims = parts(signed_in["accessToken"])
    assert {"iss", "aud", "sub", "jti", "exp", "iat", "sid"} <= set(claims)
    assert (claims["iss"], claims["aud"]) == ("club", "club")
    answer = served.client().get(JWKS)
    assert answer.headers["content-type"] == "application/jwk-set+json"
    age = int(re.fullmatch(r"public, max-age=(\d+)", answer.headers["cache-control"]).group(1))
    assert age == PUBLISHED_S and 2 * age <= LEAD_S
    keys = published(served)
    assert set(keys) == {head["kid"]}
    assert set(keys[head["kid"]]) == {"crv", "kty", "x", "y", "kid", "use", "alg"}
    verify(signed_in["accessToken"], keys[head["kid"]])
    with pytest.raises(InvalidSignature):
        verify(sign_in(served)["accessToken"][:-4] + "AAAA", keys[head["kid"]])
    assert served.client("rubbish").get(JWKS).status == 200  # no credential is looked at
    assert served.client().request("HEAD", JWKS).headers["content-length"] == str(len(answer.raw))
    assert served.client().post(JWKS, {}).status == 405
    assert served.client().request("OPTIONS", JWKS).status == 204
    for path in ("/.well-known", "/.well-known/", JWKS + "/", "/.well-known/JWKS.json", "/.well-known/x"):
        assert served.client().get(path).status == 404, path


def test_without_identity_there_is_no_set(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text("service: plain\nresources:\n  Thing:\n    fields: { name: string! }\n")
    with Server(contract, tmp_path) as server:
        assert server.client().get(JWKS).status == 404


def age_of_keys(server, seconds):
    """Moves what the file says of times into the past, as if so long had passed; the server must not run."""
    path = server.store_path.with_name(server.store_path.name + ".key")
    text = json.loads(path.read_text())
    for key in text["keys"]:
        key["signsFrom"] = max(0, key["signsFrom"] - seconds)
    path.write_text(json.dumps(text))


def test_rotation_overlaps_and_outlives_a_start(served):
    before = sign_in(served)
    old = parts(before["accessToken"])[0]["kid"]
    told = rotate(served)
    new = told.split()[0]
    assert set(published(served)) == {old, new} and new != old
    assert f"{new}  ES256  published, signs from " in told and f"{old}  ES256  signs, verifies until " in told
    during = sign_in(served)
    assert parts(during["accessToken"])[0]["kid"] == old  # others may not have the new one yet
    served.stop()
    age_of_keys(served, LEAD_S)
    served.start()
    assert set(published(served)) == {old, new}
    after = sign_in(served)
    assert parts(after["accessToken"])[0]["kid"] == new
    verify(after["accessToken"], published(served)[new])
    for token in (before, during, after):
        assert status(served, token["accessToken"]) == 200
    renewed = served.client().post("/auth/refresh", {"refreshToken": before["refreshToken"]})
    assert renewed.status == 200
    served.stop()
    age_of_keys(served, 86_400)
    served.start()
    assert set(published(served)) == {new}
    assert status(served, before["accessToken"]) == 401  # its key is gone
    assert status(served, after["accessToken"]) == 200
    again = served.client().post("/auth/refresh", {"refreshToken": during["refreshToken"]})
    assert again.status == 200


def test_cursors_are_good_across_a_rotation(served):
    client = served.client(sign_in(served)["accessToken"])
    for number in range(3):
        assert client.post("/v1/things", {"name": f"x{number}"}).status == 201
    cursor = client.get("/v1/things", perPage=1, after="").body["meta"]["next"]
    rotate(served)
    assert client.get("/v1/things", perPage=1, after=cursor).status == 200


def test_a_long_token_keeps_its_key(served):
    lasting = served.token(lifetime="P30D")
    kid = parts(lasting)[0]["kid"]
    rotate(served)
    served.stop()
    age_of_keys(served, LEAD_S + 86_400)
    served.start()
    assert kid in published(served) and status(served, lasting) == 200


def test_after_a_theft_no_token_of_the_others_is_good(served):
    signed_in = sign_in(served)
    for _ in range(8):
        assert status(served, signed_in["accessToken"]) == 200  # in the cache of every loop
    new = rotate(served, "--now").split()[0]
    assert set(published(served)) == {new}
    for _ in range(8):
        assert status(served, signed_in["accessToken"]) == 401
    renewed = served.client().post("/auth/refresh", {"refreshToken": signed_in["refreshToken"]})
    assert renewed.status == 200
    token = renewed.body["data"]["accessToken"]
    assert parts(token)[0]["kid"] == new and status(served, token) == 200


def test_many_rotations_at_once_are_one_behind_the_other(served):
    token = sign_in(served)["accessToken"]
    with concurrent.futures.ThreadPoolExecutor(6) as many:
        done = list(many.map(lambda _: run("key", "rotate", served.contract, "--store", served.store), range(20)))
    good = [one for one in done if one.returncode == 0]
    refused = [one for one in done if one.returncode == 2]
    assert len(good) == 15 and len(refused) == 5
    assert all("16 keys already" in one.stderr for one in refused)
    assert len({one.stdout.split()[0] for one in good}) == 15
    assert len(published(served)) == 16
    assert status(served, token) == 200
    path = served.store_path.with_name("store.db.key")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if one.name.startswith("store.db.key")] == ["store.db.key"]


def test_without_a_server_the_command_rotates_by_itself(tmp_path):
    server = Server(write(tmp_path), tmp_path)
    with server:
        token = sign_in(server)["accessToken"]
    told = rotate(server)
    assert len(told.splitlines()) == 2
    with server:
        assert len(published(server)) == 2 and status(server, token) == 200


def test_another_algorithm_comes_by_rotation(tmp_path):
    with Server(write(tmp_path), tmp_path) as server:
        old = sign_in(server)["accessToken"]
    server = Server(write(tmp_path, ", algorithm: EdDSA"), tmp_path)
    with server:
        assert sorted(key["alg"] for key in published(server).values()) == ["ES256", "EdDSA"]
        assert parts(sign_in(server)["accessToken"])[0]["alg"] == "ES256"
    age_of_keys(server, LEAD_S)
    with server:
        token = sign_in(server)["accessToken"]
        head = parts(token)[0]
        assert head["alg"] == "EdDSA"
        verify(token, published(server)[head["kid"]])
        assert status(server, token) == 200 and status(server, old) == 200
        flipped = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]
        assert status(server, flipped) == 401


def test_a_first_start_signs_as_the_contract_says(tmp_path):
    with Server(write(tmp_path, ", algorithm: EdDSA"), tmp_path) as server:
        assert parts(sign_in(server)["accessToken"])[0]["alg"] == "EdDSA"
        assert [key["crv"] for key in published(server).values()] == ["Ed25519"]
    text = (tmp_path / "store.db.key").read_text()
    assert text not in server.error_text and "PRIVATE" not in server.error_text


def test_a_key_alone_of_an_earlier_build_is_taken(tmp_path):
    with Server(write(tmp_path), tmp_path) as server:
        pass
    path = tmp_path / "store.db.key"
    path.write_text(json.loads(path.read_text())["keys"][0]["pem"])
    with server:
        signed_in = sign_in(server)
        rotate(server)
        assert status(server, signed_in["accessToken"]) == 200
        assert server.client().post("/auth/refresh", {"refreshToken": signed_in["refreshToken"]}).status == 200
    assert json.loads(path.read_text())["secret"].startswith("-----BEGIN")
