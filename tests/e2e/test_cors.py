# SPDX-License-Identifier: Apache-2.0
"""Pages of other origins: who may read an answer, what a preflight tells, and what neither ever opens."""

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/guarded.yaml"
APP = "https://app.example"


def serve(directory, *arguments, **environment):
    return harness.Server(CONTRACT, directory, arguments=arguments, **environment)


@pytest.fixture(scope="module")
def server(module_directory):
    with serve(module_directory / "listed", "--cors-origin", f"{APP},http://localhost:5173") as server:
        yield server


def ask(client, method, path, origin, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.request(method, path, headers={"Origin": origin, **named})


def told(answer):
    return {name for name in answer.headers if name.startswith("access-control-")}


def test_a_listed_origin_may_read_answers_and_errors(server):
    client = server.client()
    for method, path, status in (("GET", "/v1/vaults", 401), ("GET", "/v1/nothing", 404), ("GET", "/health/live", 200),
                                 ("PUT", "/v1/suggestions", 405), ("GET", "/openapi.json", 200),
                                 ("GET", "/v1/suggestions?x=1", 401)):
        answer = ask(client, method, path, APP)
        assert answer.status == status and answer.headers["access-control-allow-origin"] == APP, (path, answer.status)
        assert {"etag", "link", "x-request-id", "retry-after"} <= set(
            answer.headers["access-control-expose-headers"].lower().split(", "))
        assert "Origin" in answer.headers["vary"].split(", ")
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [
    "https://app.example.evil.example", "https://evilapp.example", "https://sub.app.example", "http://app.example",
    "https://app.example:8443", "https://APP.example", "https://app.example/", "null", "*", "https://app.example.",
    "http://localhost:51733", "http://localhost"])
def test_what_only_looks_like_a_listed_origin_is_told_nothing(server, origin):
    client = server.client()
    for method, headers in (("GET", {}), ("OPTIONS", {"Access_Control_Request_Method": "POST"})):
        answer = ask(client, method, "/v1/suggestions", origin, **headers)
        assert not told(answer), answer.headers
        assert "Origin" in answer.headers["vary"].split(", ")


def test_a_preflight_needs_no_credential_and_does_nothing(server):
    answer = ask(server.client(), "OPTIONS", "/v1/vaults", APP, Access_Control_Request_Method="POST",
                 Access_Control_Request_Headers="authorization,content-type")
    assert answer.status == 204 and not answer.raw
    assert answer.headers["access-control-allow-origin"] == APP
    assert {"POST", "QUERY"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert {"authorization", "content-type", "if-match", "idempotency-key"} <= set(
        answer.headers["access-control-allow-headers"].lower().split(", "))
    assert 0 < int(answer.headers["access-control-max-age"]) <= 7200
    assert ask(server.client(), "OPTIONS", "/v1/nothing", APP, Access_Control_Request_Method="POST").status == 404


def test_being_listed_opens_nothing(server):
    """An origin is what a page says, not who asks: rules and credentials decide as before."""
    client = server.client()
    assert ask(client, "GET", "/v1/vaults", APP).status == 401
    with_cookie = ask(client, "GET", "/v1/vaults", APP, Cookie="session=x")
    assert with_cookie.status == 401


def test_a_form_of_another_page_writes_nothing(server):
    """The bodies that a page may send without a preflight are not taken; QUERY is no method that it may send so."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = server.client().request("POST", "/v1/suggestions", raw=b'{"text": "x"}',
                                         headers={"Origin": "https://evil.example", "Content-Type": kind})
        assert answer.status == 415, answer.raw
    assert server.as_role("staff").get("/v1/suggestions").body["meta"]["total"] == 0


def test_off_unless_set(tmp_path):
    with serve(tmp_path) as server:
        for method, headers in (("GET", {}), ("OPTIONS", {"Access_Control_Request_Method": "POST"})):
            answer = ask(server.client(), method, "/v1/suggestions", APP, **headers)
            assert not told(answer) and "Origin" not in answer.headers["vary"].split(", ")


def test_everybody_without_credentials(tmp_path):
    with serve(tmp_path, ASHLAR_CORS_ORIGIN="*") as server:
        answer = ask(server.client(), "GET", "/health/live", "https://anyone.example")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_credentials_for_the_listed_alone(tmp_path):
    with serve(tmp_path, "--cors-origin", APP, "--cors-credentials") as server:
        client = server.client()
        assert ask(client, "GET", "/health/live", APP).headers["access-control-allow-credentials"] == "true"
        assert not told(ask(client, "GET", "/health/live", "https://other.example"))


@pytest.mark.parametrize("arguments", [
    ["--cors-origin", "*", "--cors-credentials"], ["--cors-credentials"], ["--cors-origin", "https://*.example"],
    ["--cors-origin", "null"], ["--cors-origin", "https://app.example/"], ["--cors-origin", "app.example"]])
def test_a_setting_that_would_not_hold_is_refused(tmp_path, arguments):
    done = harness.run("serve", CONTRACT, *arguments, cwd=tmp_path)
    assert done.returncode == 2 and "--cors-origin" in done.stderr
