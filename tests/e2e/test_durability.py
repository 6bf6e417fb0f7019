# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of many writes: what was acknowledged is there, whole, once, and told in the audit.

ASHLAR_SEED names the run that failed; the moments of the kills follow from it, but not what the machine does meanwhile.
"""

import collections
import os
import random
import statistics
import time

import durable
import harness
import pytest

SEED = int(os.environ.get("ASHLAR_SEED", random.SystemRandom().randrange(1 << 32)))
CLIENTS = 6
REPLAYS = 3  # acknowledged writes with keys, of each client, that are sent again after a kill
MOST_CHANGES = 200  # between a start and a kill
READY_S = 1.0


def begin(server):
    """Starts the server; how long it took until it said that it is ready."""
    begun = time.monotonic()
    server.start()
    answer = server.client().get("/health/ready")
    took = time.monotonic() - begun
    assert answer.status == 200, answer.raw
    return took


def send_again(client, writer, was_done):
    """The write that nobody answered has one effect, however often it is sent."""
    write, writer.under_way = writer.under_way, None
    for done in (was_done, True):
        answer = write.send(client)
        if write.key is None and done:
            assert answer.status == write.again, (write, answer)
            continue
        assert answer.status == write.done, (write, answer)
        assert (answer.headers.get("idempotency-replayed") == "true") == done, (write, answer)
        if done:
            writer.learn(write, answer)
        else:
            writer.take(write, answer)


def replay(client, writer, chance):
    """An acknowledged write with a key is answered as it was before the kill, and does nothing more."""
    for write in chance.sample(writer.kept, min(REPLAYS, len(writer.kept))):
        answer = write.send(client)
        assert answer.status == write.done and answer.headers.get("idempotency-replayed") == "true", (write, answer)
        assert answer.body["data"] == write.answer.body["data"], (write, answer)
        assert answer.headers.get("etag") == write.answer.headers.get("etag")
    writer.kept.clear()


def wait_for_changes(writers, more):
    """Until so many more changes were acknowledged, or two seconds."""
    def changes():
        return sum(writer.told.audit.total() for writer in writers)

    wanted, until = changes() + more, time.monotonic() + 2
    while changes() < wanted and time.monotonic() < until:
        time.sleep(0.001)


def one_kill(server, writers, chance):
    """A start, writes, a kill in their midst, a start, and a look at all there is; (under way, done of them, start)."""
    with durable.load(server, writers):
        wait_for_changes(writers, chance.randrange(MOST_CHANGES))
        time.sleep(chance.uniform(0, 0.01))
        server.crash()
    took = begin(server)
    cut = [writer for writer in writers if writer.under_way is not None]
    seen, done = durable.judge(writers, server.store_path)
    client = server.client()
    for writer in cut:
        send_again(client, writer, seen.has(writer.under_way))
    for writer in writers:
        replay(client, writer, chance)
    check_a_history(client, chance.choice(writers), chance)
    client.close()
    durable.judge(writers, server.store_path)
    return len(cut), done, took


def check_a_history(client, writer, chance):
    """A row's history, as the service tells it, has an entry for each of its versions."""
    if entries := writer.entries():
        label = chance.choice(entries)
        told = client.get(f"/v1/entries/{writer.ids[label]}/history")
        assert told.body["meta"]["total"] == writer.told.rows["Entry", label][0], told.raw


def kill_many(directory, kills):
    contract = directory / "ashlar.yaml"
    contract.write_text(durable.CONTRACT)
    chance = random.Random(SEED)
    server = harness.Server(contract, directory / "data")
    writers = [durable.Writer(f"w{number}", f"{SEED} {number}") for number in range(CLIENTS)]
    kill, told = 0, []
    try:
        begin(server)
        for kill in range(kills):
            told.append(one_kill(server, writers, chance))
    except BaseException:
        print(f"ASHLAR_SEED={SEED}, kill {kill + 1} of {kills}")
        if server.process is not None:
            server.crash()
        raise
    server.stop()
    writes = sum(writer.told.audit.total() for writer in writers)
    cut, done, took = (list(column) for column in zip(*told))
    refused = sum((writer.refused for writer in writers), collections.Counter())
    assert set(refused) <= {"OVERLOADED", "TIMEOUT"} and not any(writer.failed for writer in writers), refused
    print(f"{kills} kills, seed {SEED}: {writes} changes, {refused.total()} refused, "
          f"{sum(cut)} under way, {sum(done)} of them done; ready after {statistics.median(took):.3f} s, "
          f"at most {max(took):.3f} s")
    assert writes > 20 * kills and sum(cut) >= kills, "the kills came while nothing was written"
    return took


def test_a_kill_loses_nothing(tmp_path):
    took = kill_many(tmp_path, 15)
    assert max(took) < 15


@pytest.mark.extended
def test_two_hundred_kills_lose_nothing(tmp_path):
    took = kill_many(tmp_path, 200)
    limit = 10 * READY_S if harness.is_instrumented() else READY_S
    assert max(took) < limit
