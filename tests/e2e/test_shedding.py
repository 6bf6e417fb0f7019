# SPDX-License-Identifier: Apache-2.0
"""A server that is behind refuses work by its age, before it reads a body; health and metrics are answered."""

import json
import random
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import harness
import pytest
from test_observability import admin, scrape

NAMES = ("one", "two", "three")
CONTRACT = """service: busy
resources:
  Row:
    id: int
    fields:
      label: string!
      body: text
      one: { type: string, index: true }
      two: { type: string, index: true }
      three: { type: string, index: true }
    access: { read: public, write: public }
"""


def serve(directory, seed=None, *arguments):
    directory.mkdir(parents=True, exist_ok=True)
    contract = directory / "ashlar.yaml"
    contract.write_text(CONTRACT)
    return harness.Server(contract, directory / "data", seed=seed,
                          arguments=["--admin-listen", "127.0.0.1:0", "--workers", "1", *arguments])


def many_rows(path, count):
    """A file of rows that take the writer long."""
    chance = random.Random(count)
    with path.open("w") as file:
        for n in range(count):
            row = {"label": f"row {n}", "body": "x" * 300}
            file.write(json.dumps(row | {name: chance.randbytes(16).hex() for name in NAMES}) + "\n")
    return path


def head_alone(server, length=100_000):
    """The answer to a write whose body never comes, if there is one in 0.3 s."""
    parts = urllib.parse.urlsplit(server.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as link:
        link.sendall(b"POST /v1/rows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % length)
        link.settimeout(0.3)
        try:
            return link.recv(65536)
        except TimeoutError:
            return b""


def test_writes_are_refused_unread_while_the_writer_is_behind(tmp_path):
    """The writer is busy with a load; one write waits, and those that come after it learn so at once."""
    rows = many_rows(tmp_path / "Row.ndjson", 200_000)
    with serve(tmp_path, None, "--max-write-wait-ms", "50") as server:
        loading = threading.Thread(target=server.load, args=[rows])
        loading.start()
        refused = b""
        deadline = time.monotonic() + 120
        while loading.is_alive() and not refused.startswith(b"HTTP/1.1 503 ") and time.monotonic() < deadline:
            if scrape(server).value("ashlar_store_writes_waiting") == 0:  # while the load reads its file, none waits
                threading.Thread(target=lambda: server.client().post("/v1/rows", {"label": "waits"})).start()
            time.sleep(0.1)
            refused = head_alone(server)
        assert refused.startswith(b"HTTP/1.1 503 "), refused  # within 0.3 s
        head, _, body = refused.partition(b"\r\n\r\n")
        assert b"\r\nRetry-After: 1\r\n" in head and b"\r\nConnection: close" in head
        assert json.loads(body)["error"]["code"] == "OVERLOADED"
        for path in ("/v1/rows?perPage=1", "/health/live", "/health/ready"):
            assert server.client().get(path).status == 200, path
        assert admin(server).get("/health/ready").status == 200
        told = scrape(server)
        assert told.value("ashlar_requests_shed_total", reason="writer") >= 1
        assert told.value("ashlar_requests_shed_total", reason="loop") == 0
        loading.join(120)
        for _ in range(100):
            if (after := server.client().post("/v1/rows", {"label": "after"})).status == 201:
                break
            time.sleep(0.1)
        assert after.status == 201


def test_what_waits_for_the_writer_is_dropped_with_its_client(tmp_path):
    """The writer is busy with a load; whoever gives up meanwhile has written nothing."""
    rows = many_rows(tmp_path / "Row.ndjson", 250_000)
    with serve(tmp_path, None, "--max-write-wait-ms", "0") as server:
        loading = threading.Thread(target=server.load, args=[rows])
        loading.start()
        begun = time.monotonic()
        body = json.dumps({"label": "gone"}).encode()
        sent = 0
        while loading.is_alive():
            parts = urllib.parse.urlsplit(server.address)
            with socket.create_connection((parts.hostname, parts.port), timeout=20) as link:
                link.sendall(b"POST /v1/rows HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                sent += 1
                time.sleep(0.2)
        loading.join()
        took = time.monotonic() - begun
        deadline = time.monotonic() + 30
        while len(lines := [line for line in server.lines if line.get("method") == "POST"]) < sent:
            assert time.monotonic() < deadline, lines
            time.sleep(0.05)
        told = [line["status"] for line in lines]
        kept = server.client().get("/v1/rows?label=gone&perPage=1").body["meta"]["total"]
        assert told.count(503) > 0 and told.count(201) == kept, told
        waited = max(line["durationUs"] for line in lines if line["status"] == 201) / 1e6
        assert waited < max(6, 0.4 * took), (waited, took)  # not until the load had ended


def flood(server):
    """Many clients that ask for much at once; (2xx, 5xx) that they were answered."""
    done = subprocess.run(["h2load", "-c", "64", "-m", "64", "-n", "8000", server.address + "/v1/rows?perPage=100"],
                          capture_output=True, text=True, timeout=120)
    codes = re.search(r"status codes: (\d+) 2xx, \d+ 3xx, \d+ 4xx, (\d+) 5xx", done.stdout)
    assert codes, done.stdout + done.stderr
    return int(codes.group(1)), int(codes.group(2))


@pytest.fixture(scope="module")
def seed(module_directory):
    path = module_directory / "seed.json"
    path.write_text(json.dumps({"Row": [{"label": f"row {n}", "body": "x" * 100} for n in range(100)]}))
    return path


def test_a_loop_that_is_behind_refuses_all_but_health(tmp_path, seed):
    with serve(tmp_path, seed, "--max-loop-lag-ms", "20") as server:
        answered = []
        loading = threading.Thread(target=lambda: answered.append(flood(server)))
        loading.start()
        checks = 0
        while loading.is_alive():
            assert server.client().get("/health/live").status == 200
            begun = time.monotonic()
            assert admin(server).get("/health/live").status == 200
            assert time.monotonic() - begun < 2
            checks += 1
        loading.join()
        served, refused = answered[0]
        assert served > 0 and refused > 0 and served + refused == 8000 and checks > 0
        told = scrape(server)
        assert told.value("ashlar_requests_shed_total", reason="loop") == refused
        assert told.value("ashlar_requests_shed_total", reason="writer") == 0
        assert server.client().get("/v1/rows?perPage=1").status == 200, "it has caught up"


def test_zero_refuses_nobody(tmp_path, seed):
    with serve(tmp_path, seed, "--max-loop-lag-ms", "0", "--max-write-wait-ms", "0") as server:
        assert flood(server) == (8000, 0)
        assert scrape(server).value("ashlar_requests_shed_total") == 0


@pytest.mark.parametrize("flag", ["--max-loop-lag-ms", "--max-write-wait-ms"])
@pytest.mark.parametrize("value", ["-1", "10001", "1s", "much"])
def test_a_limit_that_is_none_is_refused_by_name(tmp_path, flag, value):
    (tmp_path / "ashlar.yaml").write_text(CONTRACT)
    done = harness.run("serve", tmp_path / "ashlar.yaml", f"{flag}={value}", cwd=tmp_path)
    assert done.returncode == 2 and flag in done.stderr and "from 0 to 10000" in done.stderr
