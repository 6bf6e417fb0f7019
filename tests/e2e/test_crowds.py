# SPDX-License-Identifier: Apache-2.0
"""Crowds and giants: the server's memory stays where it was. The large crowds are of the extended run."""

import contextlib
import pathlib
import re
import resource
import socket
import ssl
import struct
import time
import urllib.parse

import harness
import pytest
from test_http2 import DATA, END_HEADERS, ENHANCE_YOUR_CALM, HEADERS, PREFACE, SETTINGS, frame
from test_observability import scrape
from test_tls import TlsServer, make_certificate

CONTRACT = harness.ROOT / "tests/service/everything.yaml"
GET = b"GET /v1/things HTTP/1.1\r\nHost: x\r\n\r\n"


def resident_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024


def connect(server, links):
    parts = urllib.parse.urlsplit(server.address)
    return links.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=20))


def want_descriptors(count):
    """As many as the test needs itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"this system lets a process have {hard} descriptors; {count} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


@pytest.mark.parametrize("framing", ["length", "chunked", "http2"])
def test_a_body_of_a_gibibyte_is_refused_and_not_kept(tmp_path, framing):
    """A client that sends on, whatever it is told, until it is cut off or has sent it all."""
    piece = b"x" * (1 << 20)
    with harness.Server(CONTRACT, tmp_path) as server, contextlib.ExitStack() as links:
        server.client().get("/v1/things")
        before, most, sent = resident_mib(server), 0.0, 0
        link = connect(server, links)
        if framing == "length":
            link.sendall(b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                         b"Content-Length: 1073741824\r\n\r\n")
        elif framing == "chunked":
            link.sendall(b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n")
            piece = b"%x\r\n%s\r\n" % (len(piece), piece)
        else:
            head = b"\x83\x86\x04\x0a/v1/things\x01\x01a\x0f\x10\x10application/json"
            link.sendall(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS, 1, head))
            piece = frame(DATA, 0, 1, b"x" * 16384) * 64  # heeds no window
        try:
            while sent < 1 << 30:
                link.sendall(piece)
                sent += len(piece)
                most = max(most, resident_mib(server))
        except (BrokenPipeError, ConnectionResetError):
            pass
        print(f"{framing}: {sent >> 20} MiB sent, {most - before:.1f} MiB more")
        assert most - before < 24
        refused = server.wait_event("request", status=413) if framing != "http2" else None
        assert refused is None or refused["errorCode"] == "PAYLOAD_TOO_LARGE"
        assert server.client().get("/v1/things").status == 200


@pytest.mark.extended
def test_ten_thousand_connections(tmp_path):
    """All of them ask, stay, and ask again; memory stays under the 250 MB of a small machine."""
    want_descriptors(10_500)
    arguments = ["--admin-listen", "127.0.0.1:0", "--max-loop-lag-ms", "0"]  # who asks with all others waits
    with harness.Server(CONTRACT, tmp_path, arguments=arguments) as server, contextlib.ExitStack() as stack:
        most = int(scrape(server).value("ashlar_connections_limit"))
        if most < 10_000:
            pytest.skip(f"this system lets the server have {most} connections")
        before, links = resident_mib(server), []
        for number in range(9_900):
            links.append(connect(server, stack))
            if number % 100 == 99:
                for link in links[-100:]:
                    link.sendall(GET)
                for link in links[-100:]:
                    assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
        first = resident_mib(server)
        assert scrape(server).value("ashlar_connections") >= 9_900
        assert scrape(server).value("ashlar_connections_refused_total") == 0
        for link in links:
            link.sendall(GET)
        for link in links:
            assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
        last = resident_mib(server)
        print(f"9,900 connections: {before:.0f} MiB without, {first:.0f} MiB with them, {last:.0f} MiB after all asked")
        if not harness.is_instrumented():
            assert last < 250


@pytest.mark.extended
@pytest.mark.parametrize("start", [
    b"GET /v1/things HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 0, 1, b"\x82" * 20)[:15],
], ids=["header", "body", "http2-header"])
def test_five_thousand_slow_clients(tmp_path, start):
    """A byte at a time: all are ended when their time is over, beside others who are served; memory is bounded."""
    want_descriptors(6_000)
    with harness.Server(CONTRACT, tmp_path, arguments=["--admin-listen", "127.0.0.1:0"]) as server, \
            contextlib.ExitStack() as stack:
        if scrape(server).value("ashlar_connections_limit") < 5_500:
            pytest.skip("this system lets the server have too few connections")
        before, begun = resident_mib(server), time.monotonic()
        links = []
        for _ in range(5_000):
            link = connect(server, stack)
            link.sendall(start)
            links.append(link)
        most, open_ = 0.0, 5_000.0
        while time.monotonic() - begun < 120 and open_ > 50:
            for link in links:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    link.send(b"a")
            asked = time.monotonic()
            assert server.client().get("/v1/things").status == 200 and time.monotonic() - asked < 5
            most = max(most, resident_mib(server))
            open_ = scrape(server).value("ashlar_connections")
            time.sleep(1)
        print(f"5,000 slow clients: {most - before:.0f} MiB more, ended after {time.monotonic() - begun:.0f} s")
        assert open_ <= 50
        if not harness.is_instrumented():
            assert most < 250


@pytest.mark.extended
def test_slow_clients_end_on_time_over_tls(tmp_path):
    """No handshake, half a header, half a body, half a header section of HTTP/2: each has the time that it has."""
    files = make_certificate(tmp_path, "slow")
    with TlsServer(tmp_path, files) as server, contextlib.ExitStack() as stack:
        def shake(protocol, sent):
            context = ssl.create_default_context(cafile=files[0])
            context.set_alpn_protocols([protocol])
            link = context.wrap_socket(connect(server, stack), server_hostname="127.0.0.1")
            assert link.selected_alpn_protocol() == protocol
            link.sendall(sent)
            return link

        begun = time.monotonic()
        body = b"POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        unfinished = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, 0, 1, b"\x82")
        calm = struct.pack(">I", ENHANCE_YOUR_CALM)
        cases = {"handshake": (connect(server, stack), 10, b""),
                 "header": (shake("http/1.1", b"GET / HT"), 10, b"HTTP/1.1 408 "),
                 "http2": (shake("h2", unfinished), 10, calm),
                 "body": (shake("http/1.1", body), 30, b"HTTP/1.1 408 ")}  # in the order in which they end
        for name, (link, seconds, says) in cases.items():
            link.settimeout(60)
            received = b""
            with contextlib.suppress(ConnectionResetError, ssl.SSLError):
                while more := link.recv(65536):
                    received += more
            took = time.monotonic() - begun
            assert says in received, (name, received)
            assert took <= seconds + 4 and (took >= seconds - 1 or name != "handshake"), (name, took)
