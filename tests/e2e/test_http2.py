# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 over real sockets: prior knowledge and ALPN, many streams, large bodies, and who is sent away."""

import json
import re
import socket
import struct
import subprocess
import urllib.parse

import harness
import pytest
from test_tls import TlsServer, make_certificate

CONTRACT = harness.ROOT / "tests/service/everything.yaml"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
ENHANCE_YOUR_CALM, CANCEL = 11, 8


@pytest.fixture(scope="module")
def plain(module_directory):
    with harness.Server(CONTRACT, module_directory / "plain") as server:
        yield server


@pytest.fixture(scope="module")
def secure(module_directory):
    files = make_certificate(module_directory, "h2")
    with TlsServer(module_directory, files) as server:
        server.trusted = files[0]
        yield server


def curl(server, path, *options):
    """(version, status, body) of one request; HTTP/2 unless the options say otherwise."""
    how = ["--http2", "--cacert", server.trusted] if server.address.startswith("https") else ["--http2-prior-knowledge"]
    done = subprocess.run(["curl", "-s", "--max-time", "20", *how, *options, "-w", "\n%{http_version} %{http_code}",
                           server.address + path], capture_output=True, check=True)
    body, _, last = done.stdout.rpartition(b"\n")
    version, status = last.decode().split()
    return version, int(status), body


@pytest.fixture(params=["plain", "secure"])
def server(request):
    return request.getfixturevalue(request.param)


def test_reads_and_writes(server):
    made = curl(server, "/v1/things", "-H", "Content-Type: application/json", "-d", '{"label": "by h2"}')
    assert made[:2] == ("2", 201)
    path = f"/v1/things/{json.loads(made[2])['data']['id']}"
    assert curl(server, path)[:2] == ("2", 200)
    assert curl(server, path, "-I")[:2] == ("2", 200)
    assert curl(server, "/v1/nothing")[:2] == ("2", 404)
    asked = curl(server, "/v1/things", "-X", "QUERY", "-H", "Content-Type: application/json", "-d",
                 '{"where": {"label": "by h2"}}')
    assert asked[:2] == ("2", 200) and json.loads(asked[2])["data"][0]["label"] == "by h2"
    done = server.wait_event("request", method="POST", status=201)
    assert done["route"] == "/v1/things"


def test_http1_is_still_spoken(secure):
    assert curl(secure, "/v1/things", "--http1.1")[:2] == ("1.1", 200)


def test_a_body_that_is_large_or_too_large(server, tmp_path):
    for size, status in ((900_000, 422), (1_100_000, 413)):
        (tmp_path / "body").write_text(json.dumps({"label": "x" * size}))
        found = curl(server, "/v1/things", "-H", "Content-Type: application/json", "-d", f"@{tmp_path / 'body'}")
        assert found[:2] == ("2", status)


def test_an_answer_that_is_larger_than_the_windows(server):
    page = "/v1/things?perPage=100&filter=label==%22long%22&fields=txt"
    for _ in range(10):
        sent = json.dumps({"label": "long", "txt": "x" * 60_000})
        done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                               "Content-Type: application/json", "-d", "@-", *trust(server),
                               server.address + "/v1/things"], input=sent.encode(), capture_output=True, check=True)
        assert done.stdout == b"201"
    version, status, body = curl(server, page)
    assert (version, status) == ("2", 200) and len(body) > 600_000
    assert [len(one["txt"]) for one in json.loads(body)["data"]] == [60_000] * 10


def trust(server):
    return ["--cacert", server.trusted] if server.address.startswith("https") else []


def test_a_hundred_streams_at_once(server):
    done = subprocess.run(["h2load", "-n", "5000", "-c", "4", "-m", "100", server.address + "/v1/things?perPage=5"],
                          capture_output=True, text=True, check=True)
    assert "5000 succeeded, 0 failed" in done.stdout, done.stdout
    assert "5000 2xx" in done.stdout


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def head(path=b"/v1/things"):
    """GET, by HPACK's static table and literals."""
    return b"\x82\x86" + b"\x04" + bytes([len(path)]) + path + b"\x01\x01a"


class Link:
    """A connection that writes frames by hand."""

    def __init__(self, server):
        parts = urllib.parse.urlsplit(server.address)
        self.link = socket.create_connection((parts.hostname, parts.port), timeout=10)
        self.kept = b""
        self.send(PREFACE + frame(SETTINGS, 0, 0))

    def send(self, data):
        try:
            self.link.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # sent away; what was said is still to be read

    def frames(self):
        """(kind, flags, stream, payload) until the server closes."""
        while True:
            while len(self.kept) >= 9 and len(self.kept) >= 9 + (size := int.from_bytes(self.kept[:3], "big")):
                one, self.kept = self.kept[:9 + size], self.kept[9 + size:]
                yield one[3], one[4], int.from_bytes(one[5:9], "big"), one[9:]
            try:
                more = self.link.recv(65536)
            except ConnectionResetError:
                return
            if not more:
                return
            self.kept += more

    def sent_away(self):
        """The code of the GOAWAY at which the connection ended; None where it ended without."""
        codes = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in self.frames() if kind == GOAWAY]
        return codes[-1] if codes else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()


def test_rapid_resets_are_cut(plain):
    with Link(plain) as link:
        for batch in range(20):
            streams = range(batch * 200 + 1, batch * 200 + 201, 2)
            link.send(b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, head()) +
                               frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)) for stream in streams))
        assert link.sent_away() == ENHANCE_YOUR_CALM
    assert curl(plain, "/v1/things")[:2] == ("2", 200)


def bomb():
    """A header of 3,900 bytes that is put into the table of HPACK once and named a thousand times."""
    large = b"\x40\x01x" + b"\x7f" + bytes([(3900 - 127) % 128 + 128, (3900 - 127) // 128]) + b"y" * 3900
    return frame(HEADERS, END_STREAM | END_HEADERS, 1, head() + large + b"\xbe" * 1000)


FLOODS = {
    "PING": frame(PING, 0, 0, b"12345678"), "SETTINGS": frame(SETTINGS, 0, 0),
    "WINDOW_UPDATE": frame(8, 0, 0, struct.pack(">I", 1)), "PRIORITY": frame(2, 0, 1, b"\0\0\0\3\0"),
    "of no kind": frame(0x20, 0, 0, b"x"),
    "CONTINUATION": frame(HEADERS, 0, 1, head()) + frame(9, 0, 1) * 5000,
    "a header list without end": frame(HEADERS, 0, 1, head()) + frame(9, 0, 1, b"\x00\x01x\x64" + b"y" * 100) * 2000,
    "a header bomb": bomb(),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_floods_are_cut(plain, flood):
    with Link(plain) as link:
        for _ in range(20):
            link.send(flood * (200 if len(flood) < 100 else 1))
        assert link.sent_away() == ENHANCE_YOUR_CALM


@pytest.mark.parametrize("update", [b"\x7f\xff\xff\xff", b"\0\0\0\0"], ids=["too wide", "by nothing"])
def test_windows_that_are_none_end_the_connection(plain, update):
    with Link(plain) as link:
        link.send(frame(8, 0, 0, update))
        assert link.sent_away() in (1, 3)  # PROTOCOL_ERROR, FLOW_CONTROL_ERROR


def test_who_does_not_read_is_not_kept_in_memory(plain):
    """Frames that are answered by frames: the server stops reading before it stores them all."""
    with Link(plain) as link:
        link.link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for batch in range(50):
            streams = range(batch * 2000 + 1, batch * 2000 + 2001, 2)
            link.send(b"".join(frame(HEADERS, END_STREAM | END_HEADERS, stream, b"\x82") for stream in streams))
        assert link.sent_away() == ENHANCE_YOUR_CALM
    memory = re.search(r"VmRSS:\s+(\d+) kB", open(f"/proc/{plain.process.pid}/status").read())
    assert int(memory.group(1)) < 600_000


def test_a_preface_in_pieces_and_what_begins_like_one(plain):
    with Link(plain) as link:
        first = next(link.frames())
        assert first[0] == SETTINGS
    parts = urllib.parse.urlsplit(plain.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in PREFACE + frame(SETTINGS, 0, 0):
            link.sendall(bytes([byte]))
        assert link.recv(9)[3] == SETTINGS
    assert plain.raw(b"PRI * HTTP/2.0\r\n\r\nSMxx").startswith(b"HTTP/1.1 505 ")
    assert plain.raw(b"PUT / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 4")


def test_a_drain_says_goodbye(tmp_path):
    with harness.Server(CONTRACT, tmp_path) as server:
        with Link(server) as link:
            link.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, head()))
            frames = link.frames()
            assert any(kind == HEADERS for kind, _, _, _ in frames)
            server.stop()
            kinds = [(kind, payload) for kind, _, _, payload in frames]
            assert kinds[-1] == (GOAWAY, struct.pack(">II", 1, 0))
