# SPDX-License-Identifier: Apache-2.0
"""What twenty who sign in each second, at argon2id's cost, do to those who read meanwhile; all on the same cores."""

import contextlib
import http.client
import json
import statistics
import subprocess

import peers
from figures import Verdict
from load import BenchError

USERS, LOGINS, READS = 100, 20, 1000  # a second, the last two
CONTRACT = """service: bench
identity: { register: open, password: { strength: 0 } }
limits:
  - { match: 'POST /auth/login', to: 1000/s, per: ip }
  - { match: 'POST /auth/register', to: 1000/s, per: ip }
resources:
  Note:
    fields: { text: string! }
    access: { read: public, create: public }
"""


def ask(peer, method, path, body):
    link = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=30)
    link.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    answer = link.getresponse()
    told = json.loads(answer.read())
    link.close()
    if answer.status != 201:
        raise BenchError(f"{method} {path} was answered {answer.status}: {told}")
    return told["data"]


def send(sender, peer, requests, *words):
    return subprocess.Popen([sender, "--port", str(peer.port), "--requests", requests, *map(str, words)],
                            stdout=subprocess.PIPE, text=True)


def told_by(process, status):
    out, _ = process.communicate(timeout=300)
    phases = json.loads(out)["phases"]
    if process.returncode != 0 or any(set(phase["statuses"]) != {status} for phase in phases):
        raise BenchError(f"the sender ended with {process.returncode}: {[phase['statuses'] for phase in phases]}")
    return [phase["latency"]["2xx"]["p99"] / 1000 for phase in phases]


def write_requests(path, requests):
    path.write_text("".join(json.dumps(one) + "\n" for one in requests))
    return path


def measure(binary, sender, folder, rounds, seconds):
    """Each round reads alone first and then beside those who sign in."""
    contract = folder / "logins.yaml"
    contract.write_text(CONTRACT)
    idle, busy, logins = [], [], []
    with contextlib.ExitStack() as stack:
        peer = peers.start_product(binary, contract, folder / "logins.db", folder, "logins", workers=2, pinned=False)
        stack.callback(peer.stop)
        note = ask(peer, "POST", "/v1/notes", {"text": "x" * 100})["id"]
        users = [{"email": f"user{i}@example.com", "password": "correct horse battery"} for i in range(USERS)]
        for user in users:
            ask(peer, "POST", "/auth/register", user)
        reads = write_requests(folder / "reads", [{"path": f"/v1/notes/{note}"}])
        signs_in = write_requests(folder / "logins", [
            {"method": "POST", "path": "/auth/login", "headers": {"Content-Type": "application/json"},
             "body": json.dumps(user)} for user in users])
        for _ in range(rounds):
            idle += told_by(send(sender, peer, reads, "--phase", f"{READS}:{seconds}"), "200")
            beside = send(sender, peer, signs_in, "--phase", f"{LOGINS}:{seconds + 1}", "--connections", 8)
            busy += told_by(send(sender, peer, reads, "--phase", f"{READS}:{seconds}"), "200")
            logins += told_by(beside, "200")
    before, beside = statistics.median(idle), statistics.median(busy)
    return [f"{READS:,} GETs a second, p99: {before:.2f} ms alone, {beside:.2f} ms beside {LOGINS} logins a second; "
            f"a login's own: {statistics.median(logins):.0f} ms",
            Verdict("p99 of GET beside logins / alone", beside / before, "<", 2)]
