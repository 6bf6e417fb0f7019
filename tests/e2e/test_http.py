# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 over real sockets: framing, limits, and the log line of a request."""

import http.client
import json
import resource
import threading
import urllib.parse

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/everything.yaml"


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "http") as server:
        yield server


def responses(data):
    """(status, body) of each response in the bytes of a connection."""
    found = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        status = int(lines[0].split()[1])
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(fields.get(b"content-length", b"0"))
        if status >= 200:
            found.append((status, rest[:length]))
        data = rest[length:] if status >= 200 else rest
    return found


def test_pipelined_requests_are_answered_in_order(server):
    one = b"GET /v1/things?num=%d HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    found = responses(server.raw(b"".join(one % number for number in range(20)) + last))
    assert [status for status, _ in found] == [200] * 20 + [404]


def test_a_write_is_seen_by_the_pipelined_read_behind_it(server):
    body = b'{"label": "pipelined"}'
    sent = (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" %
            len(body) + body +
            b"GET /v1/things?label=pipelined HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    (made, _), (read, listed) = responses(server.raw(sent))
    assert (made, read) == (201, 200)
    assert json.loads(listed)["meta"]["total"] == 1


def test_a_chunked_body_is_read(server):
    sent = (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            b"Connection: close\r\n\r\n9\r\n{\"label\":\r\n7;ext=1\r\n \"two\"}\r\n0\r\nTrailer: x\r\n\r\n")
    (status, body), = responses(server.raw(sent))
    assert status == 201 and json.loads(body)["data"]["label"] == "two"


def test_expect_continue_is_answered_before_the_body(server):
    connection = http.client.HTTPConnection(*urllib.parse.urlsplit(server.address).netloc.split(":"), timeout=10)
    body = b'{"label": "expected"}'
    connection.connect()
    connection.sock.sendall(b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
    assert connection.sock.recv(4096).startswith(b"HTTP/1.1 100 ")
    connection.sock.sendall(body)
    assert connection.sock.recv(4096).startswith(b"HTTP/1.1 201 ")
    connection.close()


def test_a_body_over_the_limit_is_413_and_nothing_is_kept(server):
    client = server.client()
    fits = {"label": "large", "txt": "x" * 1_000_000}
    assert client.post("/v1/things", fits).status == 201
    for size in (1_100_000, 8 << 20):
        answer = client.post("/v1/things", {"label": "too large", "txt": "x" * size})
        assert answer.status == 413 and answer.body["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert server.client().get("/v1/things", label="too large").body["meta"]["total"] == 0


@pytest.mark.parametrize("length", ["1048577", "300000000", "1073741824"])
def test_a_length_over_the_limit_is_413(server, length):
    head = (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Request-Id: mine-413\r\n"
            b"Content-Length: %s\r\n\r\n" % length.encode())
    (status, body), = responses(server.raw(head))
    assert status == 413, body
    refused = json.loads(body)
    assert refused["error"]["code"] == "PAYLOAD_TOO_LARGE" and refused["meta"]["requestId"] == "mine-413"


def test_a_chunked_body_over_the_limit_is_413(server):
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for chunks in (17, 128):
        received = server.raw(b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                              b"Transfer-Encoding: chunked\r\n\r\n" + chunk * chunks)
        (status, body), = responses(received)
        assert status == 413 and json.loads(body)["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert server.client().get("/v1/things").status == 200


def test_headers_over_the_limit_are_431(server):
    answer = server.client().request("GET", "/v1/things", headers={"X-Long": "x" * 17_000})
    assert answer.status == 431 and answer.body["error"]["code"] == "HEADERS_TOO_LARGE"
    assert server.client().request("GET", "/v1/things", headers={"X-Long": "x" * 12_000}).status == 200


@pytest.mark.parametrize("request_bytes, code", [
    (b"GET /v1/things HTTP/1.1\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/1.1\r\nHost : x\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/1.1\nHost: x\n\n", "BAD_REQUEST"),
    (b"GET  /v1/things HTTP/1.1\r\nHost: x\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/2.0\r\nHost: x\r\n\r\n", "HTTP_VERSION_NOT_SUPPORTED"),
    (b"GET /v1/th\x00ings HTTP/1.1\r\nHost: x\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things%zz HTTP/1.1\r\nHost: x\r\n\r\n", "BAD_REQUEST"),
    (b"GET /v1/things HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "NOT_IMPLEMENTED"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n", "BAD_REQUEST"),
    (b"POST /v1/things HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "BAD_REQUEST"),
    (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "NOT_IMPLEMENTED"),
    (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "URI_TOO_LONG"),
    (b"POST /v1/things HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 5\r\n\r\nhello", "EXPECTATION_FAILED"),
], ids=lambda sent: repr(sent[:60]))
def test_malformed_requests_are_refused_once_and_the_connection_ends(server, request_bytes, code):
    behind = b"GET /v1/things HTTP/1.1\r\nHost: smuggled\r\nConnection: close\r\n\r\n"
    found = responses(server.raw(request_bytes + behind))
    assert len(found) == 1, found
    assert json.loads(found[0][1])["error"]["code"] == code, found


@pytest.mark.parametrize("character", "<>\"#")
def test_a_character_that_must_be_encoded_is_named(server, character):
    answer = server.raw(f"GET /v1/things?filter=n{character}1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    message = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    assert message == f"the target has a '{character}', which must be encoded as %{ord(character):02X}"


def ask(server, line, *fields):
    """(status, headers, body) of one request, its header fields as they are given."""
    lines = [line, *fields, "Connection: close"]
    head, _, body = server.raw("\r\n".join(lines).encode() + b"\r\n\r\n").partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    fields = [field.split(": ", 1) for field in rest]
    return int(first.split()[1]), {name.lower(): value for name, value in fields}, body


def test_options_of_the_whole_server(server):
    status, fields, body = ask(server, "OPTIONS * HTTP/1.1", "Host: x")
    assert (status, body) == (204, b"")
    assert set(fields["allow"].split(", ")) == {"GET", "HEAD", "QUERY", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert ask(server, "OPTIONS /* HTTP/1.1", "Host: x")[0] == 404


def test_the_root_says_where_the_rest_is(server):
    status, fields, body = ask(server, "GET / HTTP/1.1", "Host: x")
    assert status == 200 and fields["content-type"] == "application/json"
    index = json.loads(body)
    assert index.pop("service") and index.pop("version") == "v1" and len(index) == 4
    for path in index.values():
        assert ask(server, f"GET {path} HTTP/1.1", "Host: x")[0] == 200, path
    assert ask(server, "GET / HTTP/1.1", "Host: x", f"If-None-Match: {fields['etag']}")[0] == 304
    assert ask(server, "POST / HTTP/1.1", "Host: x", f"If-None-Match: {fields['etag']}")[::2] == (200, body)
    status, fields, body = ask(server, "DELETE / HTTP/1.1", "Host: x")
    assert status == 405 and fields["allow"] == "GET, HEAD, POST, OPTIONS"


def test_the_targets_authority_stands_for_host(server):
    assert ask(server, "GET http://other.example/v1/things HTTP/1.1", "Host: x")[0] == 200


def test_a_list_may_stand_in_several_lines(server):
    made = server.client().post("/v1/things", {"label": "lists"})
    thing, tag = f"/v1/things/{made.body['data']['id']}", made.headers["etag"]
    assert ask(server, f"GET {thing} HTTP/1.1", "Host: x", "Accept: text/html", "Accept: application/json")[0] == 200
    assert ask(server, f"GET {thing} HTTP/1.1", "Host: x", 'If-None-Match: "a,b"', f"If-None-Match: {tag}")[0] == 304
    assert ask(server, f"GET {thing} HTTP/1.1", "Host: x", 'If-Match: "99"', f"If-Match: {tag}")[0] == 200
    assert ask(server, f"DELETE {thing} HTTP/1.1", "Host: x", 'If-Match: "99"', 'If-Match: "a,b"')[0] == 412
    assert ask(server, f"DELETE {thing} HTTP/1.1", "Host: x", 'If-Match: "99"', f"If-Match: {tag}")[0] == 204


@pytest.mark.parametrize("sent, status", [
    ('application/json; charset=utf-8', 422), ('application/json;CHARSET="UTF-8"', 422),
    ('Application/JSON; x="charset=latin-1"', 422), ("application/json; Charset=latin-1", 415),
])
def test_the_charset_of_a_body(server, sent, status):
    answer = server.client().request("POST", "/v1/things", {}, {"Content-Type": sent})
    assert answer.status == status, answer.raw


@pytest.mark.parametrize("parameter", ["num=%zz", "%f", "label=%ff", "a%00b=1"])
def test_a_parameter_that_cannot_be_decoded_is_named(server, parameter):
    answer = server.client().request("GET", f"/v1/things?page=1&{parameter}&perPage=5",
                                     headers={"X-Request-Id": "mine-query"})
    error = answer.body["error"]
    assert (answer.status, error["code"]) == (400, "INVALID_QUERY") and f"'{parameter}'" in error["message"]
    assert answer.body["meta"]["requestId"] == "mine-query"


def test_limits_on_predicates_and_values(server):
    client = server.client()
    within = " || ".join(f"num == {number}" for number in range(100))
    assert client.get("/v1/things", filter=within).status == 200
    beyond = client.get("/v1/things", filter=within + " || num == 100")
    assert beyond.status == 400 and beyond.body["error"]["code"] == "INVALID_QUERY"
    values = ",".join(str(number) for number in range(1000))
    assert client.get("/v1/things", **{"num[in]": values}).status == 200
    many = client.get("/v1/things", **{"num[in]": values + ",1000"})
    assert many.status == 400 and "num" in many.body["error"]["message"]


def test_the_log_line_of_a_request(server):
    client = server.client()
    made = client.request("POST", "/v1/things", {"label": "logged-body-text"}, {"X-Request-Id": "log-line-0001"})
    line = server.wait_event("request", requestId="log-line-0001")
    assert line["method"] == "POST" and line["status"] == 201 and line["operation"] == "createThing"
    assert line["route"] == "/v1/things" and line["level"] == "info" and line["time"].endswith("Z")
    assert line["bytes"] >= len(made.raw) and line["statements"] >= 1
    assert set(line["stages"]) == {"authUs", "decodeUs", "planUs", "queueUs", "storeUs", "encodeUs"}
    assert 0 < sum(line["stages"].values()) <= line["durationUs"] + 1000
    client.request("GET", f"/v1/things/{made.body['data']['id']}", headers={"X-Request-Id": "log-line-0002"})
    line = server.wait_event("request", requestId="log-line-0002")
    assert line["route"] == "/v1/things/{id}" and line["operation"] == "getThing" and line["status"] == 200
    client.request("GET", "/v1/things?nothing=secret-value", headers={"X-Request-Id": "log-line-0003"})
    line = server.wait_event("request", requestId="log-line-0003")
    assert line["status"] == 400 and line["errorCode"] == "INVALID_QUERY"
    assert "logged-body-text" not in server.error_text and "secret-value" not in server.error_text


def test_as_many_descriptors_as_may_be_are_taken(module_directory):
    """The soft limit is raised to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = harness.Server(CONTRACT, module_directory / "descriptors", arguments=("--workers", "1"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    try:
        server.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        now = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        assert now == (hard, hard), now
    finally:
        server.stop()


def test_many_clients_at_once(server):
    wrong = []

    def work(number):
        client = server.client()
        for turn in range(25):
            made = client.post("/v1/things", {"label": f"many-{number}", "num": turn})
            if made.status != 201:
                wrong.append(made.raw)
                continue
            read = client.get(f"/v1/things/{made.body['data']['id']}")
            if read.status != 200 or read.body["data"]["num"] != turn:
                wrong.append(read.raw)
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert wrong == []
    for number in range(16):
        assert server.client().get("/v1/things", label=f"many-{number}").body["meta"]["total"] == 25
