# SPDX-License-Identifier: Apache-2.0
"""What every kind of answer tells browsers (OWASP's REST and HTTP headers cheat sheets), and that nothing of a request
comes back in a header."""

import ssl
import subprocess
import urllib.error
import urllib.request

import harness
import pytest

CONTRACT = """service: shown
identity: { register: open }
limits:
  - { match: 'GET /v1/things/limited', to: 1/d, per: ip }
resources:
  Thing:
    id: string
    cache: { maxAge: 60s, public: true }
    fields: { name: string! }
    access: { read: public, write: public }
  Note:
    id: int
    fields: { name: string! }
    access: { read: public, write: public }
"""
COMMON = {"x-content-type-options": "nosniff", "x-frame-options": "DENY",
          "cross-origin-resource-policy": "same-origin"}
API = {**COMMON, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
FRESH = {**API, "cache-control": "no-store"}

# Method, address, body, further headers; status; what must be there.
KINDS = [
    ("GET", "/v1/notes", None, {}, 200, FRESH),
    ("POST", "/v1/notes", {"name": "x"}, {}, 201, FRESH),
    ("GET", "/v1/notes/1", None, {}, 200, FRESH),
    ("GET", "/v1/notes/1", None, {"If-None-Match": '"1"'}, 304, FRESH),
    ("GET", "/v1/notes/1", None, {"Accept": "application/hal+json"}, 200, FRESH),
    ("HEAD", "/v1/notes/1", None, {}, 200, FRESH),
    ("PATCH", "/v1/notes/1", {"name": "y"}, {}, 200, FRESH),
    ("POST", "/v1/batch", {"operations": [{"method": "GET", "path": "/v1/notes"}]}, {}, 200, FRESH),
    ("DELETE", "/v1/notes/1", None, {}, 204, FRESH),
    ("PUT", "/v1/things/a", {"name": "x"}, {}, 201, FRESH),
    ("GET", "/v1/things/a", None, {}, 200, {**API, "cache-control": "public, max-age=60"}),
    ("OPTIONS", "/v1/notes", None, {}, 204, FRESH),
    ("GET", "/v1/notes/77", None, {}, 404, FRESH),
    ("GET", "/v1/notes/77", None, {"Accept": "application/problem+json"}, 404, FRESH),
    ("GET", "/nothing/%3Cscript%3E", None, {}, 404, FRESH),
    ("GET", "/v1/notes?x=%3Cscript%3E", None, {}, 400, FRESH),
    ("GET", "/v1/notes", None, {"Authorization": "Bearer x"}, 401, FRESH),
    ("TRACE", "/v1/notes", None, {}, 405, FRESH),
    ("POST", "/v1/notes", {}, {}, 422, FRESH),
    ("POST", "/v1/notes", None, {}, 415, FRESH),
    ("GET", "/v1/things/limited", None, {}, 404, FRESH),
    ("GET", "/v1/things/limited", None, {}, 429, FRESH),
    ("GET", "/v1/notes", None, {"X-Long": "x" * 100_000}, 431, FRESH),
    ("POST", "/auth/login", {"email": "a@b.example", "password": "wrong wrong wrong"}, {}, 401, FRESH),
    ("GET", "/auth/me", None, {}, 401, FRESH),
    ("GET", "/health/live", None, {}, 200, FRESH),
    ("GET", "/health/ready", None, {}, 200, FRESH),
    ("GET", "/health/none", None, {}, 404, FRESH),
    ("GET", "/", None, {}, 200, {**API, "cache-control": "no-cache"}),
    ("GET", "/openapi.json", None, {}, 200, {**API, "cache-control": "no-cache"}),
    ("POST", "/docs", None, {}, 405, FRESH),
]
PAGES = ["/docs", "/docs/rapidoc-min.js", "/docs/rapidoc-min.js.LICENSE.txt"]
FOREIGN = "https://evil.example"


@pytest.fixture(scope="module")
def server(module_directory):
    contract = module_directory / "shown.yaml"
    contract.write_text(CONTRACT)
    with harness.Server(contract, module_directory, arguments=["--cors-origin", "https://app.example"]) as one:
        yield one


def test_every_kind_of_answer_says_how_it_is_to_be_taken(server):
    """In this order, as some change what others see."""
    for method, path, body, headers, status, wanted in KINDS:
        answer = server.client().request(method, path, body, headers)
        assert answer.status == status, (method, path, answer.status, answer.raw)
        assert {name: answer.headers.get(name) for name in wanted} == wanted, (method, path)
        assert "server" not in answer.headers and "x-powered-by" not in answer.headers
        assert "strict-transport-security" not in answer.headers  # over plain HTTP it would mean nothing
        if answer.raw:
            assert "json" in answer.headers["content-type"]


def test_pages_run_nothing_but_their_own(server):
    for path in PAGES:
        page = server.client().get(path)
        if page.status == 404:
            pytest.skip("a build without npm has no pages")
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
        assert "unsafe-eval" not in policy and "script-src 'unsafe" not in policy and "*" not in policy
        assert {name: page.headers.get(name) for name in COMMON} == COMMON
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        # What is said again replaces what a browser has kept: a 304 leaves the page's policy alone.
        again = server.client().request("GET", path, headers={"If-None-Match": page.headers["etag"]})
        assert again.status == 304 and "content-security-policy" not in again.headers
        assert {name: again.headers.get(name) for name in COMMON} == COMMON


def test_nothing_of_a_request_comes_back_in_a_header(server):
    sent = {"Origin": FOREIGN, "Referer": FOREIGN, "X-Forwarded-Host": "evil.example", "X-Request-Id": "a b\tevil",
            "X-Forwarded-Proto": "evil", "Access-Control-Request-Method": "EVIL",
            "Access-Control-Request-Headers": "x-evil", "Accept-Language": "evil", "Cookie": "a=evil"}
    for method, path, body, headers, _, _ in KINDS:
        answer = server.client().request(method, path, body, {**sent, **headers})
        told = {name: value for name, value in answer.headers.items() if "evil" in (name + value).lower()}
        assert told == {} and not any(name.startswith("access-control-") for name in answer.headers), (method, path)
    host = server.raw(b"PUT /v1/things/b HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n"
                      b"Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"name\":\"x\"}")
    assert b" 201 " in host.split(b"\r\n")[0] and b"evil" not in host


def test_over_tls_browsers_are_told_to_stay_there(tmp_path):
    contract = tmp_path / "shown.yaml"
    contract.write_text(CONTRACT)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    trusted = ssl.create_default_context(cafile=certificate)
    with harness.Server(contract, tmp_path, arguments=["--tls-cert", certificate, "--tls-key", key]) as server:
        for path in ("/v1/notes", "/health/live", "/", "/v1/none", "/docs"):
            request = urllib.request.Request(server.address + path)
            try:
                headers = urllib.request.urlopen(request, context=trusted, timeout=20).headers
            except urllib.error.HTTPError as refused:
                headers = refused.headers
            assert headers["Strict-Transport-Security"] == "max-age=31536000", path
