# SPDX-License-Identifier: Apache-2.0
"""No answer leaves before its commit is on the disk: a thousand writes, in parallel, and what the server asks for.

Every write carries a mark, which stands in its row and so in a page of the log, and in the X-Request-Id of its answer.
"""

import contextlib
import os
import random
import re
import sqlite3
import threading

import power_loss
import pytest
import syscalls

CONTRACT = """service: synced
resources:
  Row:
    fields: { label: { type: string!, unique: true }, note: string }
    access: { read: public, write: public }
"""
CLIENTS, EACH = 8, 125
CALLS = "fsync,fdatasync,ftruncate,pwrite64,pwritev,write,writev,sendto,sendmsg,sendmmsg"
LOSSES = 12  # of power, at as many answers
SEED = int(os.environ.get("ASHLAR_SEED", random.SystemRandom().randrange(1 << 32)))
MARK = re.compile(r"mark-\d{6}")
ACKNOWLEDGED = re.compile(r'"HTTP/1\.1 20[01] ')
FRAME_HEADER, LOG_HEADER, PAGE = 24, 32, 4096  # bytes
LONGEST = 1 << 17  # of one write: a stretch of frames


def write_all(server, client_number, acknowledged):
    """Creations, changes and batches, a mark each."""
    client, row = server.client(), None
    for number in range(EACH):
        mark = f"mark-{client_number * EACH + number:06}"
        named = {"X-Request-Id": mark}
        if number % 4 == 1:
            answer = client.request("PATCH", f"/v1/rows/{row}", {"note": mark}, named)
        elif number % 4 == 2:
            operations = [{"method": "POST", "path": "/v1/rows", "body": {"label": f"{mark}-{n}"}} for n in range(3)]
            answer = client.request("POST", "/v1/batch", {"operations": operations}, named)
        else:
            answer = client.request("POST", "/v1/rows", {"label": mark}, named)
            row = answer.body["data"]["id"]
        assert answer.status in (200, 201), answer
        acknowledged.append(mark)


class Log:
    """What is in the write-ahead log, and of that on the disk, as its writes and syncs pass by."""

    def __init__(self):
        self.seen, self.open = set(), set()  # marks; those of the transaction that is being written
        self.whole, self.synced, self.asked = set(), set(), set()  # committed; on the disk; by the sync under way
        self.frame, self.at = bytearray(), LOG_HEADER  # the frame that is being written, and where its rest will be
        self.commits, self.syncs = 0, 0

    def write(self, text):
        """A stretch of frames, which may begin and end within one; they follow each other, or begin the log anew."""
        length, offset = map(int, power_loss.PLACE.search(text[-60:]).groups())
        data = syscalls.bytes_of(text)
        assert len(data) == length, "the trace tells but a part of what was written"
        if offset == 0:
            assert not self.frame
            data, offset, self.at = data[LOG_HEADER:], LOG_HEADER, LOG_HEADER
        assert not data or offset == self.at
        self.at += len(data)
        self.frame += data
        while len(self.frame) >= FRAME_HEADER + PAGE:
            self.take(self.frame[:FRAME_HEADER + PAGE])
            del self.frame[:FRAME_HEADER + PAGE]

    def take(self, frame):
        self.open |= set(MARK.findall(frame[FRAME_HEADER:].decode("latin-1"))) - self.seen
        if int.from_bytes(frame[4:8], "big") > 0:  # it ends its transaction
            self.seen |= self.open
            self.whole |= self.open
            self.open = set()
            self.commits += 1

    def sync(self, event):
        if event.begins:
            self.asked = set(self.whole)
        if event.ends and event.result == 0:
            self.synced |= self.asked
            self.syncs += 1


def follow(trace):
    """The log at the end, the marks that were acknowledged, and those of them that were so before their sync."""
    log, acknowledged, early = Log(), [], []
    for event in syscalls.read(trace):
        if event.path.endswith("-wal"):
            if event.call in ("fsync", "fdatasync"):
                log.sync(event)
            elif event.begins and event.call != "ftruncate":
                assert event.call == "pwrite64", event.call
                log.write(event.text)
        marks = marks_of(event)
        acknowledged += marks
        early += [mark for mark in marks if mark not in log.synced]
    return log, acknowledged, early


def marks_of(event):
    """What this call acknowledges; none if it is another."""
    if not event.begins or not event.path.startswith(("socket:", "TCP")) or not ACKNOWLEDGED.search(event.text):
        return []
    return MARK.findall(re.search(r"X-Request-Id: (\S+?)\\r", event.text).group(1))


@pytest.fixture(scope="module")
def run(module_directory):
    """A thousand writes; the server, which has ended, and the marks that were acknowledged."""
    syscalls.need_strace()
    contract = module_directory / "ashlar.yaml"
    contract.write_text(CONTRACT)
    told = []
    with syscalls.Traced(contract, module_directory, CALLS, ("-s", str(LONGEST))) as server:
        threads = [threading.Thread(target=write_all, args=(server, number, told)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return server, told


def test_no_answer_leaves_before_the_sync_of_its_commit(run):
    server, told = run
    log, acknowledged, early = follow(server.trace)
    assert len(told) == CLIENTS * EACH and sorted(acknowledged) == sorted(told)
    assert not early, f"{len(early)} of {len(told)} were answered before they were on the disk: {early[:5]}"
    assert set(told) <= log.synced and log.commits <= log.syncs
    assert log.commits < len(told), "no two writes were committed together: this proves nothing of groups"
    print(f"{len(told)} acknowledgements, {log.commits} commits, {log.syncs} syncs of the log, "
          f"{log.syncs / len(told):.2f} for each")


def look(path):
    """The marks that a store holds once SQLite has opened it."""
    with contextlib.closing(sqlite3.connect(path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return set(MARK.findall(str(store.execute("SELECT label, note FROM rows").fetchall())))


def test_a_loss_of_power_takes_nothing_of_what_was_answered(run, tmp_path):
    server, told = run
    chance = random.Random(SEED)
    moments = set(chance.sample(range(len(told)), LOSSES)) | {len(told) - 1}
    disk, acknowledged = power_loss.Disk(server.store_path), []
    for event in syscalls.read(server.trace):
        disk.take(event)
        for mark in marks_of(event):
            acknowledged.append(mark)
            if len(acknowledged) - 1 not in moments:
                continue
            for share in (0, 0.5, 1):
                left = tmp_path / f"{mark}-{share}.db"
                disk.leave(left, chance, share)
                lost = set(acknowledged) - look(left)
                assert not lost, f"ASHLAR_SEED={SEED}: {lost} of {len(acknowledged)}"


def test_the_reading_of_a_trace_sees_an_early_answer(tmp_path):
    """The same steps in the wrong order, as a server without syncs, or one that does not wait for them, would take."""
    begins, ends = "\\0" * FRAME_HEADER, "\\0" * 7 + "\\5" + "\\0" * 16

    def write(place, *parts):
        data = "".join(parts)
        length = len(syscalls.bytes_of(f'"{data}"'))
        return f'pwrite64(9</x/s.db-wal>, "{data}", {length}, {place}) = {length}\n'

    page = "mark-000001" + "." * (PAGE - 11)
    frame, stretch = write(LOG_HEADER, ends, page), write(LOG_HEADER, begins, page, ends, page)
    halves = write(LOG_HEADER, ends) + "41 " + write(LOG_HEADER + FRAME_HEADER, page)
    answer = 'sendmsg(7<socket:[5]>, {[{"HTTP/1.1 201 Created\\r\\nX-Request-Id: mark-000001\\r\\n"}]}) = 9\n'
    sync, begun, done = "fdatasync(9</x/s.db-wal>) = 0\n", "fdatasync(9</x/s.db-wal> <unfinished ...>\n", (
        "<... fdatasync resumed>) = 0\n")
    trace = tmp_path / "trace"

    def early(*lines):
        trace.write_text("".join(f"{41 + ('sendmsg' in line)} {line}" for line in lines))
        _, acknowledged, found = follow(trace)
        assert acknowledged == ["mark-000001"]
        return found

    for written in (frame, stretch, halves):
        assert not early(written, sync, answer) and not early(written, begun, done, answer)
        assert early(written, answer) and early(written, answer, sync) and early(written, begun, answer, done)
        assert early(sync, written, answer) and early(begun, written, done, answer)
        assert early(written, sync.replace("= 0", "= -1 EIO (Input/output error)"), answer)
    assert early(write(LOG_HEADER, begins, page), sync, answer), "a transaction without its end is no commit"
    assert early(write(LOG_HEADER, begins, page, ends, page[:-1]), sync, answer), "nor is one whose end is cut"
