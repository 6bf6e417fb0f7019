# SPDX-License-Identifier: Apache-2.0
"""The disk fails, or is full, at the n-th sync or write: nothing that is not there is acknowledged, then or later.

The calls are made to fail by strace, on the files of the store alone. It counts them for each thread, and one thread
writes to the store.
"""

import contextlib
import copy
import itertools
import json
import shutil

import durable
import harness
import pytest
import syscalls
from test_observability import admin, scrape

CLIENTS, EACH = 4, 60  # writes of a client, at most: more than 20 commits
LARGE = "x" * 60_000   # a note that fills the log quickly, so that there are checkpoints
CALLS = "fsync,fdatasync,pwrite64,write,ftruncate"
ALL = range(1, 21)


def cases(names, calls, sample):
    """Each of the calls with each n; all but those of the sample are of the extended run."""
    marks = {True: (), False: (pytest.mark.extended,)}
    every = [pytest.param(*call, n, marks=marks[(*call, n) in sample]) for call in calls for n in ALL]
    return pytest.mark.parametrize([*names, "n"], every)


class World:
    """A store with a few rows, its clients, and a server that finds its disk failing."""

    def __init__(self, directory):
        self.directory = directory
        self.contract = directory / "ashlar.yaml"
        self.contract.write_text(durable.CONTRACT)
        self.numbers = itertools.count()
        self.writers = self.make_writers()
        with self.plain() as server, durable.load(server, self.writers, 3):
            pass

    def copied(self, directory):
        shutil.copytree(self.directory, directory, dirs_exist_ok=True)
        own = copy.deepcopy(self)
        own.directory, own.contract = directory, directory / "ashlar.yaml"
        return own

    def make_writers(self, note=""):
        names = [f"w{next(self.numbers)}" for _ in range(CLIENTS)]
        return [durable.Writer(name, "disk " + name, note) for name in names]

    def plain(self):
        return harness.Server(self.contract, self.directory / "data", arguments=["--admin-listen", "127.0.0.1:0"])

    def failing(self, file, fault):
        return syscalls.Traced(self.contract, self.directory / "data", CALLS, (
            "-P", str(self.directory / "data" / file), "-e", "inject=" + fault),
            arguments=["--admin-listen", "127.0.0.1:0"])

    def check(self):
        """After a start: all that was acknowledged is there, once, with its audit, and it can be written to again."""
        with self.plain() as server:
            durable.judge(self.writers, server.store_path)
            for writer in self.writers:
                writer.under_way = writer.failed = None
                writer.refused.clear()
            with durable.load(server, self.writers, 2):
                pass
            durable.judge(self.writers, server.store_path)
            assert not any(writer.failed or writer.refused for writer in self.writers)

    def says_read_only(self, server):
        """Reads are served; a write, and who asks for readiness, are told in words that tell nothing else."""
        client = server.client()
        seen = durable.Seen(server.store_path)
        assert client.get("/v1/entries", perPage=1).body["meta"]["total"] == sum(
            resource == "Entry" for resource, _ in seen.rows)
        durable.compare(durable.all_told(self.writers), seen)
        for _ in range(3):
            answer = client.request("POST", "/v1/entries", {"label": "later", "amount": 1},
                                    {"Accept": "application/problem+json"})
            assert answer.status == 503 and answer.headers["content-type"].startswith("application/problem+json")
            assert answer.body["code"] == "UNAVAILABLE" and answer.headers["retry-after"] == "1"
            told = json.dumps(answer.body)
            assert durable.FAILED in told and durable.UNCERTAIN not in told, told
            assert not any(word in told.lower() for word in ("sqlite", "store.db", "/", "errno")), told
        ready = client.get("/health/ready")
        assert ready.status == 503 and durable.FAILED in ready.body["error"]["message"]
        assert client.get("/health/live").status == 200
        assert admin(server).get("/health/ready").raw == b"read-only: the disk has failed\n"
        assert scrape(server).value("ashlar_store_writable") == 0
        assert sum(line["event"] == "store.read_only" for line in server.lines) == 1

    def fails_once(self, file, fault, most=EACH):
        """One call fails for good: the server is read-only from then on, or has not begun; a start makes it good."""
        server = self.failing(file, fault)
        try:
            server.start()
        except AssertionError:
            assert server.process.returncode == 1 and "cannot" in server.error_text, server.error_text
        else:
            with contextlib.closing(server.client()) as client:
                assert client.get("/health/ready").status == 200
            with durable.load(server, self.writers, most):
                pass
            assert all(writer.failed for writer in self.writers), "somebody was acknowledged behind the failure"
            assert not any(writer.refused for writer in self.writers)
            self.says_read_only(server)
            server.stop()
        assert "(INJECTED)" in server.trace.read_text(), "no call was made to fail"
        self.check()


@pytest.fixture(scope="module")
def first_world(module_directory):
    syscalls.need_strace()
    return World(module_directory)


@pytest.fixture
def world(first_world, tmp_path):
    return first_world.copied(tmp_path)


@cases(["error"], [("EIO",), ("ENOSPC",)], {("EIO", 1), ("EIO", 11), ("ENOSPC", 2)})
def test_a_sync_of_the_log_fails(world, error, n):
    """After a failed sync the system believes what is not on the disk: later syncs that succeed mean nothing."""
    world.fails_once("store.db-wal", f"fdatasync:error={error}:when={n}")


@cases([], [()], {(1,), (18,)})
def test_a_write_to_the_log_fails(world, n):
    world.fails_once("store.db-wal", f"pwrite64:error=EIO:when={n}")


@cases(["call"], [("fdatasync",), ("pwrite64",)], {("fdatasync", 1), ("pwrite64", 1)})
def test_a_checkpoint_fails(world, call, n):
    world.writers += world.make_writers(LARGE)
    world.fails_once("store.db", f"{call}:error=EIO:when={n}", 3000)


@cases([], [()], {(7,)})
def test_a_full_disk_is_waited_for(world, n):
    """A write to the log that finds no room loses its transaction alone: no sync has failed, nothing is in doubt."""
    server = world.failing("store.db-wal", f"pwrite64:error=ENOSPC:when={n}..{n + 30}")
    with server:
        with durable.load(server, world.writers, EACH):
            pass
        assert not any(writer.failed for writer in world.writers)
        refused = sum((writer.refused for writer in world.writers), durable.collections.Counter())
        assert set(refused) == {"UNAVAILABLE"} and refused.total() > 5, refused
        durable.judge(world.writers, server.store_path)
        assert server.client().get("/health/ready").status == 200
        assert scrape(server).value("ashlar_store_writable") == 1
        with durable.load(server, world.writers, 3):
            pass
        server.crash()
    world.check()


@cases([], [()], {(1,)})
def test_a_checkpoint_that_finds_no_room_is_tried_again(world, n):
    world.writers += world.make_writers(LARGE)
    with world.failing("store.db", f"pwrite64:error=ENOSPC:when={n}..{n + 1}") as server:
        with durable.load(server, world.writers, EACH):
            pass
        assert not any(writer.failed or writer.refused for writer in world.writers)
        assert server.wait_event("store.checkpoint")["level"] == "warning"
        assert server.client().get("/health/ready").status == 200
        server.crash()
    assert "(INJECTED)" in server.trace.read_text()
    world.check()


@pytest.mark.parametrize("file, fault", [
    ("store.db", "fdatasync:error=EIO:when=1"), ("store.db", "pwrite64:error=EIO:when=1"),
    ("store.db", "pwrite64:error=ENOSPC:when=1"), ("store.db-wal", "fdatasync:error=EIO:when=1"),
    ("store.db-wal", "ftruncate:error=EIO:when=1"), ("", "fsync:error=EIO:when=1")])
def test_a_start_that_cannot_settle_the_log_is_none(world, file, fault):
    """What a killed process left is brought to the disk anew before anything is built upon it, or nothing is."""
    with world.plain() as server:
        with durable.load(server, world.writers, 3):
            pass
        server.crash()
    server = world.failing(file, fault)
    with pytest.raises(AssertionError):
        server.start()
    assert server.process.returncode == 1 and "cannot" in server.error_text, server.error_text
    assert "(INJECTED)" in server.trace.read_text()
    world.check()
