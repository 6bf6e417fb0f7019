# SPDX-License-Identifier: Apache-2.0
"""What the product costs before anybody asks anything: memory, idle connections, the time until it is ready."""

import contextlib
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import time

import peers
from data import ENVIRONMENT
from figures import Verdict
from load import BenchError

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOP = ROOT / "examples/shop"
CHINOOK = ROOT / "examples/chinook"
IDLE = 10_000
STARTS = 7
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: bench\r\n\r\n"


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1024


def load(binary, contract, store, *files):
    subprocess.run([binary, "load", "--contract", contract, "--store", f"sqlite:{store}", *files], check=True,
                   capture_output=True, env=ENVIRONMENT)


def is_ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(b"GET /health/ready HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            return link.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def ready_ms(binary, contract, store, folder):
    """From the start of the process to its first success at /health/ready; the peer, too, which still runs."""
    port = peers.free_port()
    begun = time.monotonic()
    ready = []

    def look():
        while not is_ready(port):
            if peer_ended():
                return None
            time.sleep(0.001)
        ready.append(time.monotonic())
        return port

    holder = {}

    def peer_ended():
        return holder["peer"].process.poll() is not None

    def wait(peer):
        holder["peer"] = peer
        return peer.wait(look)

    peer = peers.Peer("start", [binary, "serve", contract, "--store", f"sqlite:{store}", "--listen",
                                f"127.0.0.1:{port}"], folder, wait, pinned=False)
    return (ready[0] - begun) * 1000, peer


def allow_descriptors(count):
    """Of this process and those that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            raise BenchError(f"only {hard} descriptors are allowed (ulimit -n), {count} are needed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def hold(port, count, stack):
    """So many connections that have been answered once and stay."""
    links = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(count)]
    for link in links:
        link.sendall(REQUEST)
    for link in links:
        if not link.recv(4096).startswith(b"HTTP/1.1 200"):
            raise BenchError("a connection that was to be idle was not answered")


def measure(binary, folder):
    allow_descriptors(IDLE + 1000)
    shop = folder / "shop.db"
    load(binary, SHOP / "ashlar.yaml", shop, SHOP / "seed.json")
    _, peer = ready_ms(binary, SHOP / "ashlar.yaml", shop, folder)
    with contextlib.ExitStack() as stack:
        stack.callback(peer.stop)
        fresh = resident_mb(peer.pid)
        hold(peer.port, IDLE, stack)
        crowded = resident_mb(peer.pid)
    chinook = folder / "chinook.db"
    load(binary, CHINOOK / "ashlar.yaml", chinook, CHINOOK / "sample.json")
    times = []
    for _ in range(STARTS):
        took, peer = ready_ms(binary, CHINOOK / "ashlar.yaml", chinook, folder)
        times.append(took)
        peer.stop()
    return [Verdict("memory after start, shop, MB", fresh, "<", 40),
            Verdict(f"memory with {IDLE:,} idle connections, MB", crowded, "<", 250),
            Verdict(f"start to ready, Chinook, ms (median of {STARTS})", statistics.median(times), "<", 150)]
