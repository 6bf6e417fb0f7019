# SPDX-License-Identifier: Apache-2.0
"""A cursor walk while others write: each row that existed throughout is seen exactly once."""

import collections
import threading

import harness
import pytest
from chinook_oracle import Oracle

CONTRACT = harness.ROOT / "examples/chinook/ashlar.yaml"
FULL = harness.SHARED / "data/chinook/chinook.json"
SAMPLE = harness.ROOT / "examples/chinook/sample.json"
DATA = FULL if FULL.exists() else SAMPLE
WRITES_EACH = 400


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(CONTRACT, module_directory / "writes", seed=DATA) as server:
        yield server


class Writers:
    """Threads that insert tracks all over the order, delete some of theirs and some that were there before."""

    def __init__(self, server, doomed):
        self.doomed = collections.deque(doomed)
        self.wrong, self.enough = [], threading.Event()
        self.token = server.token("staff")
        self.threads = [threading.Thread(target=self.work, args=(server, number)) for number in range(3)]

    def work(self, server, number):
        client, made = server.client(self.token), collections.deque()
        for turn in range(WRITES_EACH):
            if self.enough.is_set():
                break
            letter = chr(ord("A") + (turn * 7 + number * 5) % 26)
            answer = client.post("/v1/tracks", {
                "name": f"{letter} by writer {number}", "albumId": 1 + turn % 3, "mediaTypeId": 1, "genreId": 1,
                "composer": None if turn % 2 else f"{letter} composer", "milliseconds": 1 + turn, "bytes": 1,
                "unitPrice": "0.50"})
            if answer.status != 201:
                self.wrong.append(answer.raw)
                break
            made.append(answer.body["data"]["id"])
            gone = made.popleft() if len(made) > 5 else None
            if turn % 3 == 0 and self.doomed:
                gone = self.doomed.pop()
            if gone is not None and (answer := client.delete(f"/v1/tracks/{gone}")).status != 204:
                self.wrong.append(answer.raw)
        client.close()


@pytest.mark.parametrize("sort", ["id", "name", "-composer,milliseconds", "-unitPrice"])
def test_each_row_that_existed_throughout_comes_once(server, sort):
    client = server.client()
    present = {row["id"] for row in walk(client, "id", 500)}
    oracle = Oracle(DATA)
    sold = {line.trackId for line in oracle.all("InvoiceLine")}
    unsold = sorted(track.id for track in oracle.all("Track") if track.id not in sold and track.id in present)
    doomed = unsold[::4][:150]
    writers = Writers(server, doomed)
    for thread in writers.threads:
        thread.start()
    try:
        seen = collections.Counter(row["id"] for row in walk(client, sort, 20 if DATA == FULL else 2))
    finally:
        writers.enough.set()
        for thread in writers.threads:
            thread.join(60)
    assert writers.wrong == []
    after = {row["id"] for row in walk(client, "id", 500)}
    throughout = present & after
    assert len(throughout) > len(present) // 2
    assert {row: seen[row] for row in throughout if seen[row] != 1} == {}
    assert max(seen.values()) == 1


def walk(client, sort, size):
    cursor = ""
    while cursor is not None:
        answer = client.get("/v1/tracks", sort=sort, after=cursor, perPage=size)
        assert answer.status == 200, answer.raw
        yield from answer.body["data"]
        cursor = answer.body["meta"]["next"]
