# SPDX-License-Identifier: Apache-2.0
"""Many at once: no update is lost, a named write has one effect however often its connection breaks, and every route
under load at the same time does nothing that it would not do alone. script/test --extended runs this under TSan, too.
"""

import collections
import contextlib
import json
import os
import random
import signal
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import h2.exceptions
import harness
import pytest
from conftest import EXTENDED
from http2_link import Http2Link
from test_tls import install, make_certificate
import tables

CONTRACT = """service: crowd
resources:
  Counter:
    id: int
    fields: { count: int! }
    access: { read: public, write: public }
  Payment:
    id: int
    fields: { reference: string!, note: string }
    access: { read: public, write: public }
"""
JSON = {"Content-Type": "application/json"}
CLIENTS, INCREMENTS, COUNTERS = 64, 8, 8
SENDERS, KEYS_AT_ONCE = 50, 4
KEYS = 1000 if EXTENDED else 40
LOAD_SECONDS = 20 if EXTENDED else 4


def encode(method, path, body=None, headers=()):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in dict(headers).items())]
    raw = b"" if body is None else json.dumps(body).encode() if not isinstance(body, bytes) else body
    if body is not None:
        lines += [f"Content-Length: {len(raw)}", *([] if "Content-Type" in dict(headers) else
                                                   ["Content-Type: application/json"])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


class Broken(Exception):
    """The connection ended before the whole answer was there."""


class Link:
    """A bare connection: cheaper than http.client, and it may be cut anywhere."""

    def __init__(self, server, tls=None):
        parts = urllib.parse.urlsplit(server.address)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=parts.hostname)

    def send(self, data):
        self.socket.sendall(data)

    def answer(self, method="GET"):
        """(status, headers, body)"""
        held = b""
        while (end := held.find(b"\r\n\r\n")) < 0:
            held += self._receive()
        first, *lines = held[:end].decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = held[end + 4:]
        length = 0 if method == "HEAD" else int(headers.get("content-length", 0))
        while len(body) < length:
            body += self._receive()
        assert len(body) == length, "more than the answer has come"
        return int(first.split()[1]), headers, body

    def exchange(self, method, path, body=None, headers=()):
        self.send(encode(method, path, body, headers))
        return self.answer(method)

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise Broken
        return data

    def cut(self, reset):
        """Ends the connection, by a reset or as one does."""
        if reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def together(count, act):
    """Runs act(number) in so many threads at once; what any of them raised is raised."""
    failures = []

    def run(number):
        try:
            act(number)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def server(module_directory):
    contract = module_directory / "crowd.yaml"
    contract.write_text(CONTRACT)
    with harness.Server(contract, module_directory / "store") as server:
        yield server


# Lost updates.

class Incrementer:
    """Reads a counter and writes it one higher under If-Match, again until that is the version it has read."""

    def __init__(self, server, way):
        self.way = way
        parts = urllib.parse.urlsplit(server.address)
        self.link = Http2Link(lambda: socket.create_connection((parts.hostname, parts.port), timeout=60)) \
            if way == "http2" else Link(server)

    def ask(self, method, path, body=None, headers=()):
        if self.way != "http2":
            return self.link.exchange(method, path, body, headers)
        raw = None if body is None else json.dumps(body).encode()
        fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x"),
                  *((name.lower(), value) for name, value in {**dict(headers), **(JSON if raw else {})}.items())]
        return self.link.exchange([(name.encode(), value.encode()) for name, value in fields], raw)

    def write(self, path, count, tag):
        if self.way != "batch":
            return self.ask("PATCH", path, {"count": count}, {"If-Match": tag})
        operation = {"method": "PATCH", "path": path, "body": {"count": count}, "ifMatch": tag}
        return self.ask("POST", "/v1/batch", {"operations": [operation]})

    def increment(self, path, told):
        while True:
            status, headers, body = self.ask("GET", path)
            assert status in (200, 503), body
            if status == 200:
                status, _, body = self.write(path, json.loads(body)["data"]["count"] + 1, headers["etag"])
                told[status] += 1
                assert status in (200, 412, 503), body
                if status == 200:
                    return


def test_no_update_is_lost_under_if_match(server):
    client = server.client()
    paths = [f"/v1/counters/{client.post('/v1/counters', {'count': 0}).body['data']['id']}" for _ in range(COUNTERS)]
    acknowledged = [collections.Counter() for _ in range(CLIENTS)]
    told = [collections.Counter() for _ in range(CLIENTS)]
    ways = ["http2", "batch", "single", "single"]

    def run(number):
        dice, incrementer = random.Random(number), Incrementer(server, ways[number % len(ways)])
        for _ in range(INCREMENTS):
            path = dice.choice(paths)
            incrementer.increment(path, told[number])
            acknowledged[number][path] += 1

    together(CLIENTS, run)
    total = sum(told, collections.Counter())
    counts = sum(acknowledged, collections.Counter())
    assert total[200] == CLIENTS * INCREMENTS == sum(counts.values())
    assert total[412] > CLIENTS, "there was hardly any contention"
    assert {path: client.get(path).body["data"]["count"] for path in paths} == dict(counts)
    print(f"{total[200]} increments, {total[412]} refused with 412 on the way, none lost")


# One effect.

def send_named(server, dice, request, body_at):
    """Sends a named write until the whole answer has come, over connections that are cut at random; how often."""
    for attempt in range(1, 1000):
        cut = dice.choice(["", "", "before", "body", "half"])
        link = Link(server)
        try:
            if cut == "body":
                link.send(request[:dice.randrange(body_at, len(request))])
            else:
                link.send(request)
                if cut == "half":
                    link.socket.recv(dice.randrange(1, 200))
                elif not cut:
                    status, headers, body = link.answer()
                    code = json.loads(body)["error"]["code"] if status in (409, 503) else ""
                    if code not in ("IDEMPOTENCY_IN_PROGRESS", "OVERLOADED"):
                        return status, headers, body, attempt
                    time.sleep(dice.random() / 10)  # the guide says to wait and to send again
            if cut and dice.random() < 0.5:
                time.sleep(dice.random() / 500)
        except (Broken, ConnectionResetError):
            pass
        finally:
            link.cut(reset=dice.random() < 0.5)
    raise AssertionError("no answer in a thousand attempts")


def test_a_named_write_has_one_effect_whatever_breaks(server):
    starts, answers = [threading.Barrier(SENDERS) for _ in range(KEYS_AT_ONCE)], [[] for _ in range(KEYS)]

    def run(number):
        dice = random.Random(number)
        for key in range(number % KEYS_AT_ONCE, KEYS, KEYS_AT_ONCE):
            name = f"key-{key:04}-0123456789abcdef"
            path, body = "/v1/payments", {"reference": name, "note": "x" * 200}
            if key % 4 == 3:
                path, body = "/v1/batch", {"operations": [{"method": "POST", "path": path, "body": body}]}
            request = encode("POST", path, body, {"Idempotency-Key": name})
            starts[number % KEYS_AT_ONCE].wait()
            answers[key].append(send_named(server, dice, request, request.index(b"\r\n\r\n") + 4))

    together(SENDERS * KEYS_AT_ONCE, run)
    first = attempts = 0
    for key, told in enumerate(answers):
        assert len(told) == SENDERS
        batch = key % 4 == 3
        assert {status for status, *_ in told} == {200 if batch else 201}, told[0]
        first += sum("idempotency-replayed" not in headers for _, headers, _, _ in told)
        assert sum("idempotency-replayed" not in headers for _, headers, _, _ in told) <= 1, key
        shown = {json.dumps([json.loads(body)["data"], headers.get("etag"), headers.get("location")])
                 for _, headers, body, _ in told}
        assert len(shown) == 1, shown
        attempts += sum(attempt for *_, attempt in told)
    store = tables.connect(server.store_path)
    rows = collections.Counter(row[0] for row in store.execute("SELECT reference FROM payments"))
    store.close()
    assert rows == {f"key-{key:04}-0123456789abcdef": 1 for key in range(KEYS)}
    assert attempts > KEYS * SENDERS * 1.5, "hardly any connection was cut"
    print(f"{KEYS} keys, {SENDERS} senders each, {attempts} requests, {first} first answers seen, one effect each")


# Everything at once.

EVERYTHING = harness.ROOT / "tests/service/everything.yaml"
THING = {"label": "thing", "num": 7, "tags": ["a", "b"], "doc": {"a": [1]}, "color": "red"}
# Requests to all doors, and the statuses that are right for them.
MIX = [
    ("GET", "/v1/things?include=maker&perPage=20&sort=-num", None, {}, {200}),
    ("GET", "/v1/things?num[gte]=3&q=", None, {}, {200, 400}),
    ("GET", "/v1/things?fields=label,num", None, {"Accept-Encoding": "gzip"}, {200}),
    ("HEAD", "/v1/things", None, {}, {200}),
    ("OPTIONS", "/v1/things", None, {}, {204}),
    ("POST", "/v1/things", THING, {}, {201}),
    ("POST", "/v1/makers", {"name": "maker"}, {}, {201}),
    ("PATCH", "/v1/things/1", {"num": 8}, {}, {200, 404}),
    ("PATCH", "/v1/things/2", {"num": 9}, {"If-Match": '"1"'}, {200, 404, 412}),
    ("DELETE", "/v1/things/3", None, {}, {204, 404}),
    ("GET", "/v1/things/1", None, {}, {200, 404}),
    ("QUERY", "/v1/things", {"filter": "num > 3", "perPage": 5}, {}, {200}),
    ("POST", "/v1/batch", {"operations": [{"id": "a", "method": "POST", "path": "/v1/makers", "body": {"name": "m"}},
                                          {"method": "GET", "path": "/v1/makers/${a.id}"}]}, {}, {200}),
    ("POST", "/v1/things", {"label": 1}, {}, {422}),
    ("POST", "/v1/things", b"{", {"Content-Type": "application/json"}, {400}),
    ("GET", "/v1/nothing", None, {}, {404}),
    ("GET", "/openapi.json", None, {"Accept-Encoding": "br"}, {200}),
    ("GET", "/health/ready", None, {}, {200}),
]


class Mixed:
    """Clients that ask for all of MIX until the server stops."""

    def __init__(self, server, tls):
        self.server, self.tls, self.ends = server, tls, threading.Event()
        self.told = [collections.Counter() for _ in range(12)]

    def run(self, number):
        with contextlib.ExitStack() as stack:
            work = [self.watch, self.http2, self.http2][number] if number < 3 else self.http1
            try:
                work(number, random.Random(number), stack)
            except (Broken, OSError, AssertionError, h2.exceptions.ProtocolError):
                if not self.ends.is_set():  # until then nobody's connection may break
                    raise

    def judge(self, number, wanted, status, body):
        self.told[number][status] += 1
        assert status in wanted | {503}, (wanted, status, body)

    def http1(self, number, dice, stack):
        while not self.ends.is_set():
            link = Link(self.server, self.tls)
            for _ in range(50):
                method, path, body, headers, wanted = dice.choice(MIX)
                if dice.random() < 0.3 and method == "POST":
                    headers = {**headers, "Idempotency-Key": f"mixed-{dice.randrange(40):02}-0123456789abcdef"}
                    wanted = wanted | {409, 422}
                status, told, raw = link.exchange(method, path, body, headers)
                self.judge(number, wanted, status, raw)
                if told.get("connection") == "close":
                    break
            link.cut(reset=dice.random() < 0.5)

    def http2(self, number, dice, stack):
        link = Http2Link(lambda: self._http2_socket())
        while not self.ends.is_set():
            method, path, body, headers, wanted = dice.choice(MIX)
            raw = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            given = {**({"content-type": "application/json"} if raw else {}),
                     **{name.lower(): value for name, value in headers.items()}}
            fields = [(":method", method), (":scheme", "https" if self.tls else "http"), (":path", path),
                      (":authority", "x"), *given.items()]
            status, _, told = link.exchange([(name.encode(), value.encode()) for name, value in fields], raw)
            self.judge(number, wanted, status, told)

    def _http2_socket(self):
        parts = urllib.parse.urlsplit(self.server.address)
        link = socket.create_connection((parts.hostname, parts.port), timeout=60)
        if self.tls is None:
            return link
        context = ssl.create_default_context(cafile=self.server.directory / "ca.crt")
        context.set_alpn_protocols(["h2"])
        return context.wrap_socket(link, server_hostname=parts.hostname)

    def watch(self, number, dice, stack):
        """The admin listener, and a certificate that is read again."""
        watcher = harness.Client(self.server.wait_event("admin.started")["address"], timeout=60)
        while not self.ends.is_set():
            for path in ("/metrics", "/health/live", "/health/ready"):
                self.judge(number, {200}, watcher.get(path).status, path)
            if self.tls is not None:
                self.server.process.send_signal(signal.SIGHUP)
            time.sleep(0.02)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_everything_at_once_and_a_graceful_end(tmp_path, tls):
    directory = tmp_path / "service"
    arguments, context = ["--admin-listen", "127.0.0.1:0", "--workers", "2"], None
    if tls:
        directory.mkdir()
        certificate = make_certificate(directory, "ca")
        install(certificate, directory)
        arguments += ["--tls-cert", directory / "server.crt", "--tls-key", directory / "server.key"]
        context = ssl.create_default_context(cafile=directory / "ca.crt")
    with harness.Server(EVERYTHING, directory, arguments=arguments) as server:
        mixed = Mixed(server, context)

        def end():
            time.sleep(LOAD_SECONDS)
            mixed.ends.set()
            os.kill(server.process.pid, signal.SIGTERM)

        together(len(mixed.told) + 1, lambda number: end() if number == len(mixed.told) else mixed.run(number))
        server.process.wait(harness.STOP_TIMEOUT_S)  # a second SIGTERM would end it at once
    told = sum(mixed.told, collections.Counter())
    assert told[200] > 100 and told[201] > 10, told
    assert told[503] < sum(told.values()) / 4, told
    print(f"{'tls' if tls else 'plain'}: {dict(told)}")
