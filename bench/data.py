# SPDX-License-Identifier: Apache-2.0
"""The rows that are measured: made by SQL in a store that the product has laid out, and kept between runs.

Every value follows from the row's number alone, so that ids need not be read back to be asked for.
"""

import hashlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import uuid

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
CONTRACT = HERE / "bench.yaml"
CALLER = uuid.UUID("00000000-0000-7000-8000-000000000001")

MAKERS, COUNTRIES, OWNERS = 10_000, 200, 1_000
BEGINNING_MS = 1_767_225_600_000  # 2026-01-01
STATUSES = ("draft", "active", "retired")
TEN_YEARS_S = 315_360_000
MASK = (1 << 64) - 1
# Without the settings of whoever runs this.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("ASHLAR_") and name not in ("DATABASE_URL", "DATABASE_REPLICA_URLS", "REDIS_URL")}


def scatter(number):
    """A number for a number, without order (splitmix64)."""
    mixed = (number + 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ mixed >> 27) * 0x94D049BB133111EB) & MASK
    return mixed ^ mixed >> 31


def row_id(kind, number):
    """The 16 bytes of a UUIDv7, of rows made one after the other."""
    head = BEGINNING_MS + number // 10 << 16 | 0x7000 | kind << 8 | number % 10
    return head.to_bytes(8, "big") + (scatter(number * 8 + kind) >> 2 | 1 << 63).to_bytes(8, "big")


def country_id(number):
    return row_id(1, number)


def maker_id(number):
    return row_id(2, number)


def item_id(number):
    return row_id(3, number)


def text_of(id_bytes):
    return str(uuid.UUID(bytes=id_bytes))


def released_at(number):
    """Microseconds since 1970."""
    return (BEGINNING_MS // 1000 - scatter(number + 17) % TEN_YEARS_S) * 1_000_000


def item(number):
    """The columns of one item, in the order of the table."""
    chance = scatter(number)
    at = BEGINNING_MS * 1000 + number * 1000
    owner = (CALLER.int + chance % OWNERS).to_bytes(16, "big")
    return (item_id(number), 1, at, at, f"Item {number:07} of the catalogue", 100 + (chance >> 10) % 1_000_000,
            chance >> 32 & 1023, STATUSES[chance % 3], 0 if (chance >> 20) % 10 == 0 else 1, released_at(number),
            maker_id((chance >> 40) % MAKERS), owner)


def fill(store, items):
    """Puts countries, makers and items into the store's own tables; indexes are built behind the rows."""
    with sqlite3.connect(store, isolation_level=None) as link:
        link.execute("PRAGMA journal_mode=WAL")
        link.execute("PRAGMA synchronous=OFF")
        link.execute("PRAGMA cache_size=-262144")
        indexes = link.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND "
                               "tbl_name IN ('items', 'makers')").fetchall()
        link.execute("BEGIN")
        for name, _ in indexes:
            link.execute('DROP INDEX "%s"' % name.replace('"', '""'))
        at = BEGINNING_MS * 1000
        link.executemany("INSERT INTO countries VALUES (?, 1, ?, ?, ?, ?)", (
            (country_id(n), at, at, chr(65 + n // 26 % 26) + chr(65 + n % 26), f"Country {n}")
            for n in range(COUNTRIES)))
        link.executemany("INSERT INTO makers VALUES (?, 1, ?, ?, ?, ?)", (
            (maker_id(n), at, at, f"Maker {n}", country_id(scatter(n) % COUNTRIES)) for n in range(MAKERS)))
        link.executemany(f"INSERT INTO items VALUES ({', '.join('?' * 12)})", map(item, range(items)))
        for _, sql in indexes:
            link.execute(sql)
        link.execute("COMMIT")
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.close()


def cache_folder():
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "ashlar-bench"
    recipe = hashlib.sha256(CONTRACT.read_bytes() + pathlib.Path(__file__).read_bytes()).hexdigest()[:12]
    return base / recipe


def keep_store(binary, items):
    """The kept store of so many items, made when it is not there."""
    folder = cache_folder()
    whole = folder / f"items-{items}.db"
    if whole.exists():
        return whole
    folder.mkdir(parents=True, exist_ok=True)
    print(f"making {items} rows in {whole}", flush=True)
    making = folder / f"making-{os.getpid()}.db"
    create_token(binary, making)  # makes the tables, the key and the caller
    fill(making, items)
    pathlib.Path(f"{making}.key").replace(f"{whole}.key")
    making.replace(whole)
    for ending in ("-wal", "-shm", ".lock"):
        pathlib.Path(f"{making}{ending}").unlink(missing_ok=True)
    return whole


def copy_store(kept, to):
    """A copy that a peer may write to."""
    for ending in ("", ".key"):
        subprocess.run(["cp", "--reflink=auto", f"{kept}{ending}", f"{to}{ending}"], check=True)
    return to


def make_store(binary, store, contract):
    """With its tables and keys, and no rows."""
    nothing = pathlib.Path(f"{store}.json")
    nothing.write_text("{}")
    subprocess.run([binary, "load", contract, nothing, "--store", f"sqlite:{store}"], check=True, env=ENVIRONMENT,
                   stdout=subprocess.DEVNULL)
    nothing.unlink()


def create_token(binary, store, contract=CONTRACT):
    """A token of the one caller, who is a member; the store is made where it is not there."""
    if not pathlib.Path(store).exists():
        make_store(binary, store, contract)
    done = subprocess.run([binary, "token", "create", contract, "--store", f"sqlite:{store}", "--role", "member",
                           "--user", str(CALLER), "--for", "24h"], check=True, capture_output=True, text=True,
                          env=ENVIRONMENT)
    return done.stdout.strip()


def visible_items(items, count, seed=1):
    """Ids of items all over the table that the caller sees."""
    chance = random.Random(seed)
    ids = []
    while len(ids) < count:
        row = item(chance.randrange(items))
        if row[8] or row[11] == CALLER.bytes:
            ids.append(text_of(row[0]))
    return ids


def entry_bodies(count, seed=2):
    """Bodies for POST /v1/entries."""
    chance = random.Random(seed)
    return [json.dumps({"name": f"Entry {n:05} of the bench", "price": f"{chance.randrange(1, 10_000)}.{n % 100:02}",
                        "stock": chance.randrange(1000), "status": chance.choice(STATUSES),
                        "published": chance.random() < 0.9,
                        "releasedAt": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}T12:00:00Z",
                        "makerId": text_of(maker_id(chance.randrange(MAKERS)))}) for n in range(count)]


def remove_old():
    """Kept stores of contracts and recipes that are no more, but for the latest of them."""
    own = cache_folder()
    others = sorted((folder for folder in own.parent.iterdir() if folder != own),
                    key=lambda folder: folder.stat().st_mtime)
    for folder in others[:-1]:
        shutil.rmtree(folder)
