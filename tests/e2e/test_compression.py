# SPDX-License-Identifier: Apache-2.0
"""Answers in the coding that a client takes: gzip, br, zstd; their tags, and who gets them as they are."""

import gzip
import http.client
import json
import subprocess
import zlib

import harness
import pytest

CONTRACT = """service: coded
resources:
  Note:
    id: int
    fields: { label: string!, body: text }
    access: { read: public, write: public }
"""
LONG, SHORT = "words and words " * 200, "words"


@pytest.fixture(scope="module")
def server(module_directory):
    contract = module_directory / "ashlar.yaml"
    contract.write_text(CONTRACT)
    seed = module_directory / "seed.json"
    seed.write_text(json.dumps({"Note": [{"id": 1, "label": "a", "body": LONG}, {"id": 2, "label": "b", "body": SHORT},
                                         *({"id": n, "label": "c", "body": "x" * 200_000} for n in range(3, 20))]}))
    with harness.Server(contract, module_directory / "data", seed=seed) as server:
        yield server


@pytest.fixture
def client(server):
    return server.client()


def expand(answer):
    coding = answer.headers.get("content-encoding")
    if coding is None:
        return answer.raw
    if coding == "gzip":
        return gzip.decompress(answer.raw)
    tool = {"br": ["brotli", "-dc"], "zstd": ["zstd", "-dcq"]}[coding]
    return subprocess.run(tool, input=answer.raw, capture_output=True, check=True).stdout


def ask(client, path, accept, method="GET", body=None, **headers):
    """Its body is expanded by us: the client of the harness reads JSON where it is plain alone."""
    sent = {"Accept": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if accept is not None:
        sent["Accept-Encoding"] = accept
    raw = None if body is None else json.dumps(body).encode()
    if raw is not None:
        sent["Content-Type"] = "application/json"
    link = http.client.HTTPConnection(client.host, client.port, timeout=30)
    link.putrequest(method, path, skip_accept_encoding=True)
    for name, value in sent.items():
        link.putheader(name, value)
    if raw is not None:
        link.putheader("Content-Length", str(len(raw)))
    link.endheaders(raw)
    response = link.getresponse()
    answer = harness.Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, None,
                            response.read())
    link.close()
    return answer


@pytest.mark.parametrize("accept, coding", [
    ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, deflate, br, zstd", "zstd"), ("gzip, br;q=0.1", "gzip"),
    ("*", "gzip"), ("gzip;q=0.5, identity", None), ("identity", None), ("", None), (None, None), ("deflate", None),
])
def test_an_answer_comes_in_the_coding_that_is_wanted(client, accept, coding):
    plain, coded = ask(client, "/v1/notes/1", None), ask(client, "/v1/notes/1", accept)
    assert coded.status == 200 and coded.headers.get("content-encoding") == coding
    assert json.loads(expand(coded))["data"] == json.loads(plain.raw)["data"]
    assert "accept-encoding" in coded.headers["vary"].lower()
    assert coded.headers["etag"] == ('"1"' if coding is None else f'"1-{coding}"')
    if coding is not None:
        assert len(coded.raw) < len(plain.raw) / 4
        assert int(coded.headers["content-length"]) == len(coded.raw)


def test_head_tells_what_get_would(client):
    for accept in ("gzip", "br", "zstd", "identity"):
        got, told = ask(client, "/v1/notes/1", accept), ask(client, "/v1/notes/1", accept, "HEAD")
        assert not told.raw and told.status == 200
        for name in ("content-encoding", "etag", "vary", "content-type"):
            assert told.headers.get(name) == got.headers.get(name), name
        assert abs(int(told.headers["content-length"]) - int(got.headers["content-length"])) < 8  # the time in meta


def test_small_answers_and_small_errors_come_as_they_are(client):
    for path in ("/v1/notes/2", "/v1/nothing", "/health/live"):
        assert "content-encoding" not in ask(client, path, "gzip, br, zstd").headers, path


def test_a_large_error_is_compressed(client):
    wrong = {f"no{n}": 1 for n in range(100)}
    answer = ask(client, "/v1/notes", "gzip", "POST", wrong)
    assert answer.status == 422 and answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(expand(answer))["error"]["details"]) == 101


def test_a_very_large_answer_does_not_hold_up_the_loop(client):
    answer = ask(client, "/v1/notes?perPage=50", "gzip")
    assert answer.status == 200 and "content-encoding" not in answer.headers and len(answer.raw) > 2 << 20
    forced = ask(client, "/v1/notes?perPage=50", "identity;q=0, gzip")
    assert forced.headers["content-encoding"] == "gzip" and json.loads(expand(forced))["meta"]["total"] >= 19


@pytest.mark.parametrize("accept", ["*;q=0", "identity;q=0", "deflate, *;q=0"])
def test_who_takes_nothing_gets_nothing(client, accept):
    for path in ("/v1/notes/1", "/v1/notes", "/openapi.json"):
        answer = ask(client, path, accept)
        assert answer.status == 406 and json.loads(answer.raw)["error"]["code"] == "NOT_ACCEPTABLE"
    before = json.loads(ask(client, "/v1/notes", None).raw)["meta"]["total"]
    assert ask(client, "/v1/notes", accept, "POST", {"label": "x"}).status == 406
    assert json.loads(ask(client, "/v1/notes", None).raw)["meta"]["total"] == before


def test_who_takes_no_plain_answer_gets_a_small_one_coded(client):
    for path in ("/v1/notes/2", "/v1/nothing", "/"):
        answer = ask(client, path, "identity;q=0, br")
        assert answer.headers["content-encoding"] == "br" and json.loads(expand(answer)), path


@pytest.mark.parametrize("path", ["/v1/notes/1", "/openapi.json"])
def test_tags_name_the_bytes_and_versions_compare_all_the_same(client, path):
    plain, coded = (ask(client, path, accept).headers["etag"] for accept in (None, "gzip"))
    assert coded == plain[:-1] + '-gzip"'
    for accept, held, status in (("gzip", coded, 304), ("gzip", plain, 304), ("gzip, br", coded, 304),
                                 (None, plain, 304), (None, coded, 200), ("br", coded, 200), ("gzip", '"0"', 200),
                                 ("gzip", f'"0", W/{coded}', 304)):
        answer = ask(client, path, accept, If_None_Match=held)
        assert answer.status == status, (accept, held)
        if status == 304:
            assert not answer.raw and answer.headers["etag"] == held.removeprefix('"0", W/')
            assert "content-encoding" not in answer.headers and "accept-encoding" in answer.headers["vary"].lower()


def test_a_coded_tag_is_a_precondition(client):
    made = ask(client, "/v1/notes", "gzip", "POST", {"label": "x", "body": LONG})
    path = made.headers["location"]
    assert made.status == 201 and made.headers["etag"] == '"1-gzip"'
    changed = ask(client, path, "zstd", "PATCH", {"label": "y"}, If_Match=made.headers["etag"])
    assert changed.status == 200 and changed.headers["etag"] == '"2-zstd"'
    assert ask(client, path, "br", "PATCH", {"label": "z"}, If_Match='"1-br"').status == 412
    assert ask(client, path, None, "DELETE", If_Match='"2-br"').status == 204


def test_pages_were_compressed_at_the_start(client):
    plain = ask(client, "/openapi.json", None)
    for coding in ("gzip", "br", "zstd"):
        coded = ask(client, "/openapi.json", coding)
        assert coded.headers["content-encoding"] == coding and expand(coded) == plain.raw
        assert len(coded.raw) < len(plain.raw) / 5


def test_http2_carries_the_same(server):
    done = subprocess.run(["curl", "-s", "--http2-prior-knowledge", "-D", "-", "-o", "/dev/null", "-H",
                           "Accept-Encoding: gzip", server.address + "/v1/notes/1"], capture_output=True, check=True)
    head = done.stdout.decode().lower()
    assert head.startswith("http/2 200") and "content-encoding: gzip" in head and 'etag: "1-gzip"' in head


def test_an_encoded_body_is_refused_by_name(client):
    body = json.dumps({"label": "x"}).encode()
    for coding, sent in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("br", body)):
        answer = client.request("POST", "/v1/notes", raw=sent, headers={"Content-Encoding": coding})
        assert answer.status == 415 and answer.body["error"]["code"] == "UNSUPPORTED_MEDIA_TYPE"
        assert answer.headers["accept-encoding"] == "identity"
    answer = client.request("POST", "/v1/notes", raw=body, headers={"Content-Type": "text/plain"})
    assert answer.status == 415 and "accept-encoding" not in answer.headers
    plain = client.request("POST", "/v1/notes", raw=body, headers={"Content-Encoding": "identity"})
    assert plain.status == 201


@pytest.mark.parametrize("site, coded", [("cross-site", False), ("same-site", False), (None, False),
                                         ("same-origin", True), ("none", True)])
def test_the_size_of_an_answer_tells_another_site_nothing(client, site, coded):
    """BREACH: with the caller's cookies, and made to ask by somebody else, nothing is compressed."""
    headers = {"Cookie": "session=1", **({"Sec_Fetch_Site": site} if site else {})}
    for path in ("/v1/notes/1", "/openapi.json"):
        assert ("content-encoding" in ask(client, path, "gzip", **headers).headers) == coded
