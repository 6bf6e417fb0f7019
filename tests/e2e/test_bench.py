# SPDX-License-Identifier: Apache-2.0
"""The plain server that the product is measured against does the same work: it answers the same bytes."""

import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import sys

import pytest

from harness import BINARY, ROOT

sys.path.insert(0, str(ROOT / "bench"))

import data  # noqa: E402
import peers  # noqa: E402
from load import Asked  # noqa: E402
from works import asks  # noqa: E402

PLAIN = pathlib.Path(os.environ.get("BENCH_PLAIN_BIN", ROOT / "build/release/bench/bench_plain"))
ROWS = 3000

pytestmark = pytest.mark.skipif(not PLAIN.exists(), reason="bench_plain is not built")


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """The product and the plain server over the same rows, and what the works ask of them."""
    folder = tmp_path_factory.mktemp("bench")
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(data, "MAKERS", 50)  # so that each has more than a page of items
        store = folder / "store.db"
        token = data.create_token(BINARY, store)
        data.fill(store, ROWS)
        for ending in ("", ".key"):
            shutil.copy(f"{store}{ending}", folder / f"plain.db{ending}")
        product = peers.start_product(BINARY, data.CONTRACT, store, folder)
        stack.callback(product.stop)
        plain = peers.start_plain(PLAIN, folder / "plain.db", token, folder)
        stack.callback(plain.stop)
        yield product, plain, asks(ROWS, token)


@pytest.mark.parametrize("work, lines", [("live", 1), ("get", 30), ("list", 30), ("include", 30), ("post", 30)])
def test_the_plain_server_answers_the_bytes_of_the_product(sides, work, lines):
    product, plain, works = sides
    rows = 0
    for line in works[work].lines[:lines]:
        status, headers, body = product.exchange(works[work], line)
        assert status in (200, 201), body
        other, other_headers, other_body = plain.exchange(works[work], line)
        assert (other, peers.comparable(other, other_body)) == (status, peers.comparable(status, body))
        assert other_headers["content-type"] == headers["content-type"]
        if work == "get":
            assert other_headers["etag"] == headers["etag"]
        rows += body.count(b'"createdAt"')
    assert rows >= {"live": 0, "get": 30, "list": 600, "include": 3 * 600, "post": 30}[work]


def test_both_refuse_alike(sides):
    product, plain, works = sides
    get, post = works["get"], works["post"]
    hidden = next(row for row in map(data.item, range(ROWS)) if not row[8] and row[11] != data.CALLER.bytes)
    cases = [(get, f"/v1/items/{data.text_of(hidden[0])}", 404),
             (get, f"/v1/items/{data.text_of(data.item_id(ROWS))}", 404),
             (Asked(get.lines), get.lines[0], 401),
             (post, '{"name":"no more"}', 422),
             (post, post.lines[0].replace('"name"', '"nome"'), 422),
             (post, post.lines[0].replace('"stock": ', '"stock": -'), 422),
             (post, post.lines[0].replace(json.loads(post.lines[0])["makerId"], data.text_of(data.item_id(1))), 422)]
    for asked, line, status in cases:
        assert [peer.exchange(asked, line)[0] for peer in (product, plain)] == [status, status], line


def test_a_row_is_stored_and_audited_alike(sides):
    product, plain, works = sides
    seen = []
    for peer, store in ((product, "store.db"), (plain, "plain.db")):
        status, _, body = peer.exchange(works["post"], works["post"].lines[40])
        assert status == 201
        made = json.loads(body)["data"]["id"]
        key = bytes.fromhex(made.replace("-", ""))
        with contextlib.closing(sqlite3.connect(peer.error_file.parent / store)) as link:
            entry = link.execute("SELECT name, price, stock, status, published, released_at, maker_id, "
                                 "owner_id, version FROM entries WHERE id = ?", (key,)).fetchone()
            audit = link.execute("SELECT version, resource, action, row_version, before, after, caller_id, caller_kind "
                                 "FROM audit_entries WHERE row_id = ?", (made,)).fetchone()
        assert f'"id":"{made}"' in audit[5]
        seen.append((entry, audit[:5], peers.comparable(201, audit[5].encode()), audit[6:]))
    assert seen[0] == seen[1]
