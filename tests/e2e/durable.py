# SPDX-License-Identifier: Apache-2.0
"""Clients that write and remember what they were told, and a look at a store for whether all of that is there.

Every row has a label that is given once, by one client, so that rows, audit entries and changes find each other
whatever their ids are. A client has at most one request under way: of that one alone nobody knows whether it was done.
"""

import collections
import contextlib
import dataclasses
import http.client
import json
import random
import sqlite3
import threading
import uuid

CONTRACT = """service: durable
resources:
  Entry:
    audit: true
    fields:
      label: { type: string!, unique: true }
      amount: int!
      note: text
      parts: { many: Part, via: entry }
    access: { read: public, write: public, history: public }
  Part:
    audit: true
    fields:
      label: { type: string!, unique: true }
      amount: int!
      entry: { type: Entry!, onDelete: cascade }
    access: { read: public, write: public, history: public }
"""
TABLES = {"Entry": "entries", "Part": "parts"}
FAILED, UNCERTAIN = "the service's storage has failed", "whether this change was kept"
NEVER = 1 << 30


@dataclasses.dataclass(frozen=True)
class Change:
    """What a write does to one row."""
    resource: str
    action: str  # as the audit says
    label: str
    version: int
    amount: int


@dataclasses.dataclass
class Write:
    method: str
    path: str
    body: object
    headers: dict
    changes: list
    done: int  # the status of its success
    again: int  # of a second one without a key, once it was done
    answer: object = None

    @property
    def key(self):
        return self.headers.get("Idempotency-Key")

    def send(self, client):
        return client.request(self.method, self.path, self.body, self.headers)


class Told:
    """What a store must hold after these changes: its rows, and an audit entry for each change."""

    def __init__(self):
        self.rows, self.audit, self.keys = {}, collections.Counter(), 0

    def add(self, write):
        for change in write.changes:
            where = (change.resource, change.label)
            if change.action == "delete":
                del self.rows[where]
            else:
                self.rows[where] = (change.version, change.amount)
            self.audit[change] += 1
        self.keys += write.key is not None


class Seen(Told):
    """The same, as it stands in a store that a server has open."""

    def __init__(self, path):
        super().__init__()
        self.ids = {}
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as store:
            store.execute("BEGIN")
            self.sound = store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            self.loose = store.execute("PRAGMA foreign_key_check").fetchall()
            for resource, table in TABLES.items():
                for id_, label, version, amount in store.execute(f"SELECT id, label, version, amount FROM {table}"):
                    self.rows[resource, label] = (version, amount)
                    self.ids[label] = str(uuid.UUID(bytes=id_))
            for resource, action, version, before, after in store.execute(
                    "SELECT resource, action, row_version, before, after FROM audit_entries"):
                image = json.loads(after or before)
                self.audit[Change(resource, action, image["label"], version, image["amount"])] += 1
            self.keys = store.execute("SELECT count(*) FROM idempotency_records").fetchone()[0]

    def has(self, write):
        """Whether the first of its changes was made; the rest must stand beside it."""
        return self.audit[write.changes[0]] > 0


class Writer:
    """One client: creations, updates under If-Match, deletions and batches of its own rows, some of them with keys."""

    def __init__(self, name, seed, note=""):
        self.name, self.random, self.note = name, random.Random(seed), note
        self.told, self.ids = Told(), {}
        self.parts = collections.defaultdict(list)  # the labels under an entry's
        self.count, self.under_way, self.kept, self.wrong = 0, None, [], None
        self.refused, self.failed = collections.Counter(), None

    def run(self, connect, stop, most):
        """Writes until it is told to stop, the server is gone or its storage has failed."""
        client = connect()
        for _ in range(most):
            if stop.is_set() or self.wrong or self.failed:
                break
            self.under_way = self.next()
            try:
                answer = self.under_way.send(client)
            except (OSError, http.client.HTTPException):
                return
            self.hear(answer)
        client.close()

    def hear(self, answer):
        write, self.under_way = self.under_way, None
        if answer.status == write.done:
            self.take(write, answer)
        elif answer.status == 503 and FAILED in answer.body["error"]["message"]:
            self.failed = answer
            self.under_way = write if UNCERTAIN in answer.body["error"]["message"] else None
        elif answer.status in (503, 504):
            self.refused[answer.body["error"]["code"]] += 1  # nothing of it was done, which the store must bear out
        else:
            self.wrong = (write, answer)

    def take(self, write, answer):
        """The write is done: it was acknowledged."""
        write.answer = answer
        self.learn(write, answer)
        self.settle(write)
        if write.key is not None:
            self.kept.append(write)

    def settle(self, write):
        self.told.add(write)
        for change in write.changes:
            if change.action == "delete":
                self.parts.pop(change.label, None)

    def learn(self, write, answer):
        told = answer.body["data"] if answer.body else None
        for data in [one["data"] for one in told] if isinstance(told, list) else [told]:
            if data:
                self.ids[data["label"]] = data["id"]

    def fresh(self, prefix):
        self.count += 1
        return f"{self.name}-{prefix}-{self.count}"

    def headers(self, chance):
        return {"Idempotency-Key": str(uuid.UUID(int=self.random.getrandbits(128)))} if (
            self.random.random() < chance) else {}

    def entries(self):
        return [label for resource, label in self.told.rows if resource == "Entry"]

    def next(self):
        entries = self.entries()
        kind = self.random.choices(("create", "update", "batch", "delete"), (4, 4, 2, 1))[0] if entries else "create"
        return getattr(self, kind)(*([self.random.choice(entries)] if kind != "create" else []))

    def body(self, label, amount, **more):
        return {"label": label, "amount": amount, **({"note": self.note} if self.note else {}), **more}

    def create(self):
        label, amount, headers = self.fresh("entry"), self.random.randrange(1000), self.headers(0.5)
        given = {} if headers else {"id": str(uuid.UUID(int=self.random.getrandbits(128), version=4))}
        return Write("POST", "/v1/entries", self.body(label, amount, **given), headers,
                     [Change("Entry", "create", label, 1, amount)], 201, 409)

    def update(self, label):
        version, amount = self.told.rows["Entry", label]
        change = Change("Entry", "update", label, version + 1, amount + 1)
        return Write("PATCH", f"/v1/entries/{self.ids[label]}", {"amount": amount + 1},
                     {"If-Match": f'"{version}"', "Content-Type": "application/merge-patch+json", **self.headers(0.3)},
                     [change], 200, 412)

    def delete(self, label):
        version, amount = self.told.rows["Entry", label]
        changes = [Change("Entry", "delete", label, version, amount)]
        changes += [Change("Part", "delete", part, *self.told.rows["Part", part]) for part in self.parts[label]]
        return Write("DELETE", f"/v1/entries/{self.ids[label]}", None, {"If-Match": f'"{version}"'}, changes, 204, 404)

    def batch(self, beside):
        """An entry, its parts and a change of another, all or nothing."""
        label, headers = self.fresh("entry"), self.headers(0.5)
        given = {} if headers else {"id": str(uuid.UUID(int=self.random.getrandbits(128), version=4))}
        changes = [Change("Entry", "create", label, 1, 7)]
        operations = [{"id": "e", "method": "POST", "path": "/v1/entries", "body": self.body(label, 7, **given)}]
        for number in range(self.random.randrange(1, 5)):
            part = f"{label}-{number}"
            self.parts[label].append(part)
            changes.append(Change("Part", "create", part, 1, number))
            operations.append({"method": "POST", "path": "/v1/parts",
                               "body": {"label": part, "amount": number, "entryId": "${e.id}"}})
        version, amount = self.told.rows["Entry", beside]
        changes.append(Change("Entry", "update", beside, version + 1, amount - 1))
        operations.append({"method": "PATCH", "path": f"/v1/entries/{self.ids[beside]}",
                           "body": {"amount": amount - 1}, "ifMatch": f'"{version}"'})
        return Write("POST", "/v1/batch", {"operations": operations}, headers, changes, 200, 409)


def all_told(writers):
    """What the writers were told, together."""
    whole = Told()
    for writer in writers:
        whole.rows.update(writer.told.rows)
        whole.audit += writer.told.audit
        whole.keys += writer.told.keys
    return whole


def judge(writers, path):
    """Takes what the store says of the requests that were under way; nothing else may differ from what was told."""
    seen, done = Seen(path), 0
    for writer in writers:
        write = writer.under_way
        if write is not None and seen.has(write):
            done += 1
            writer.settle(write)
            writer.ids.update({change.label: seen.ids[change.label] for change in write.changes
                               if change.label in seen.ids})
    compare(all_told(writers), seen)
    return seen, done


def compare(told, seen):
    assert seen.sound and not seen.loose, seen.loose
    lost = {row: value for row, value in told.rows.items() if seen.rows.get(row) != value}
    more = {row: value for row, value in seen.rows.items() if told.rows.get(row) != value}
    assert not lost and not more, f"acknowledged and not there: {lost}\nthere, and nobody was told: {more}"
    assert told.audit == seen.audit, (f"changes without an entry: {told.audit - seen.audit}\n"
                                      f"entries without a change: {seen.audit - told.audit}")
    assert told.keys == seen.keys, f"{told.keys} keyed writes were done, {seen.keys} are kept"


@contextlib.contextmanager
def load(server, writers, most=NEVER):
    """The writers at work, all at once, until the block ends, or each has sent so many."""
    stop = threading.Event()
    threads = [threading.Thread(target=writer.run, args=(server.client, stop, most)) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield
        if most != NEVER:
            for thread in threads:
                thread.join()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for writer in writers:
        assert writer.wrong is None, writer.wrong
