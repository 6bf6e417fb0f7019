# SPDX-License-Identifier: Apache-2.0
"""Whether somebody has an account does not show in how long a refusal takes (docs/decisions/0029)."""

import os
import random
import statistics
import threading
import time

import pytest

import harness
from accounts import all_at_once, post, register, store

SAMPLES = int(os.environ.get("ASHLAR_LOGIN_SAMPLES", "20000"))  # of each kind
USERS, TRIES = 250, 4  # the fifth failure in a row would lock
CONTRACT = "service: club\nidentity: { register: open, password: { strength: 0 } }\n"
WRONG = "a wrong horse battery"


@pytest.fixture
def served(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with harness.Server(contract, tmp_path) as server:
        users = iter([f"user{i}@example.com" for i in range(USERS)])
        lock = threading.Lock()

        def make():
            while True:
                with lock:
                    email = next(users, None)
                if email is None:
                    return
                register(server, email)

        all_at_once([make, make])
        yield server


def samples(server, count):
    """[(seconds)] of wrong passwords for those who are there, and for those who are not, in an order of chance."""
    known, unknown = [], []
    client = server.client()
    while len(known) < count:
        store(server, "UPDATE auth_credentials SET failures = 0, locked_until = NULL WHERE password <> '-'")
        asked = [(known, f"user{i}@example.com") for i in range(USERS)] * TRIES
        asked += [(unknown, f"free{i}@example.com") for i in range(USERS)] * TRIES
        random.shuffle(asked)
        for kind, email in asked:
            begun = time.perf_counter()
            answer = client.post("/auth/login", {"email": email, "password": WRONG})
            kind.append(time.perf_counter() - begun)
            assert answer.status == 401, answer.raw
    return known, unknown


@pytest.mark.extended
def test_known_and_unknown_take_the_same_time(served):
    assert post(served, "/auth/login", {"email": "user0@example.com", "password": WRONG}).status == 401
    known, unknown = samples(served, SAMPLES)
    spread = statistics.pstdev(known + unknown)
    apart = abs(statistics.median(known) - statistics.median(unknown))
    told = {"samples": len(known), "knownMs": statistics.median(known) * 1e3,
            "unknownMs": statistics.median(unknown) * 1e3, "spreadMs": spread * 1e3, "apartOfSpread": apart / spread}
    print(told)
    assert apart < 0.1 * spread, told
