# SPDX-License-Identifier: Apache-2.0
"""Chinook loaded and asked: the answers are computed from the JSON by chinook_oracle.py.

Runs over the small sample of examples/chinook always, and over the whole data where the shared folder holds it.
"""

import json
import uuid

import harness
import pytest
from chinook_oracle import Oracle
from chinook_questions import QUESTIONS

CONTRACT = harness.ROOT / "examples/chinook/ashlar.yaml"
DATA = {"sample": harness.ROOT / "examples/chinook/sample.json", "full": harness.SHARED / "data/chinook/chinook.json"}
RESOURCES = {"Genre": "genres", "MediaType": "media-types", "Artist": "artists", "Album": "albums", "Track": "tracks",
             "Employee": "employees", "Customer": "customers", "Invoice": "invoices", "InvoiceLine": "invoice-lines",
             "Playlist": "playlists", "PlaylistTrack": "playlist-tracks"}


class Chinook:
    def __init__(self, name, directory):
        self.name, self.directory = name, directory
        self.oracle = Oracle(DATA[name])
        self.server = harness.Server(CONTRACT, directory, seed=DATA[name]).start()
        self.client = self.server.client()


@pytest.fixture(scope="module", params=["sample", "full"])
def chinook(request, module_directory):
    if not DATA[request.param].exists():
        pytest.skip(f"{DATA[request.param]} is absent; the sample stands in for it")
    chinook = Chinook(request.param, module_directory / request.param)
    yield chinook
    chinook.server.stop()


def pages(client, path, query, size=500):
    """All rows of a list, page by page; the total must be the same on each page and exact."""
    rows, page, totals = [], 1, set()
    while True:
        answer = client.get(f"/v1/{path}", **query, perPage=size, page=page)
        assert answer.status == 200, answer.raw
        rows += answer.body["data"]
        totals.add(answer.body["meta"]["total"])
        if page >= answer.body["meta"]["totalPages"]:
            break
        page += 1
    assert totals == {len(rows)}
    return rows


def comparable(value):
    """Tuples and lists alike."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_question(chinook, question):
    expected = question.answer(chinook.oracle)
    assert expected or question.empty or chinook.name == "sample", "the question asks nothing of the whole data"
    if question.one:
        answer = chinook.client.get(f"/v1/{question.path}", **question.query)
        assert answer.status == 200, answer.raw
        found = question.project(answer.body["data"])
    else:
        found = [question.project(row) for row in pages(chinook.client, question.path, question.query)]
    assert comparable(found) == comparable(expected)


def test_questions_are_many_and_apart():
    assert len(QUESTIONS) >= 40
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


def test_every_resource_has_as_many_rows_as_the_file(chinook):
    for resource, path in RESOURCES.items():
        answer = chinook.client.get(f"/v1/{path}", perPage=1)
        assert answer.body["meta"]["total"] == len(chinook.oracle.all(resource)), resource


def test_every_value_of_the_file_is_read_back(chinook):
    raw = json.loads(DATA[chinook.name].read_text())
    for resource, path in RESOURCES.items():
        rows = {row["id"]: row for row in pages(chinook.client, path, {})}
        for given in raw[resource]:
            found = rows[given["id"] if "id" in given else f"{given['playlistId']},{given['trackId']}"]
            for key, value in given.items():
                if key in ("unitPrice", "total"):
                    value = f"{value:.2f}"
                assert found[key] == value, (resource, given, key)


@pytest.mark.parametrize("query", [{}, {"sort": "composer,-milliseconds"}, {"sort": "-name"},
                                   {"sort": "-composer", "genre.name": "Rock"}], ids=json.dumps)
def test_cursors_walk_the_tracks_forth_and_back(chinook, query):
    expected = [row["id"] for row in pages(chinook.client, "tracks", query)]
    size = 100 if chinook.name == "full" else 5
    if chinook.name == "full" and "genre.name" not in query:
        assert len(expected) == 3503
    forth, marks, cursor = [], [], ""
    while cursor is not None:
        answer = chinook.client.get("/v1/tracks", **query, after=cursor, perPage=size)
        assert answer.status == 200, answer.raw
        forth += [row["id"] for row in answer.body["data"]]
        marks.append(answer.body["meta"]["previous"])
        cursor = answer.body["meta"]["next"]
    assert forth == expected
    assert marks[0] is None
    back, cursor = [row["id"] for row in answer.body["data"]], marks[-1]
    while cursor is not None:
        answer = chinook.client.get("/v1/tracks", **query, before=cursor, perPage=size)
        assert answer.status == 200, answer.raw
        back = [row["id"] for row in answer.body["data"]] + back
        cursor = answer.body["meta"]["previous"]
    assert back == expected


@pytest.mark.parametrize("path, query", [
    ("tracks", {}),
    ("tracks", {"total": "false"}),
    ("tracks", {"after": ""}),
    ("tracks", {"genre.name": "Rock", "sort": "-name"}),
    ("tracks", {"include": "album.artist,invoiceLines.invoice,playlistEntries"}),
    ("albums", {"include": "artist,tracks.genre"}),
    ("customers", {"include": "supportRep.reportsTo,invoices.lines.track", "fields": "id,email"}),
], ids=json.dumps)
def test_statements_do_not_grow_with_rows(chinook, path, query):
    counted = []
    for size in (1, 100):
        mark = f"statements-{uuid.uuid4()}"
        answer = chinook.client.request("GET", harness.with_query(f"/v1/{path}", {**query, "perPage": size}),
                                        headers={"X-Request-Id": mark})
        assert answer.status == 200, answer.raw
        line = chinook.server.wait_event("request", requestId=mark)
        counted.append((len(answer.body["data"]), line["statements"]))
    (few, first), (many, second) = counted
    assert few == 1 and many > few
    included = [tuple(part.split(".")) for part in query.get("include", "").split(",") if part]
    relations = {path[:depth] for path in included for depth in range(1, len(path) + 1)}
    assert first == second
    assert 1 <= first <= 2 + len(relations)  # the rows, their number, and one for each relation


def test_a_to_many_include_ends_at_a_hundred_and_says_so(chinook):
    answer = chinook.client.get("/v1/genres", include="tracks", perPage=500)
    full = {genre.id: [track.id for track in genre.tracks] for genre in chinook.oracle.all("Genre")}
    for row in answer.body["data"]:
        assert [track["id"] for track in row["tracks"]] == full[row["id"]][:100]
    more = any(len(tracks) > 100 for tracks in full.values())
    assert bool(answer.body["meta"].get("more")) == more
    if more:
        assert "tracks" in json.dumps(answer.body["meta"]["more"])


def test_too_many_included_rows_are_refused(chinook):
    answer = chinook.client.get("/v1/artists", include="albums.tracks.playlistEntries", perPage=500)
    if chinook.name == "full":
        assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY"
        assert "include" in answer.body["error"]["message"]
    else:
        assert answer.status == 200
    assert chinook.client.get("/v1/artists", include="albums.tracks.playlistEntries", perPage=2).status == 200


def test_everybody_reads_and_staff_writes(chinook):
    staff = chinook.server.as_role("staff")
    assert chinook.client.post("/v1/genres", {"name": "Nobody's"}).status == 401
    made = staff.post("/v1/genres", {"name": "Test Genre"})
    assert made.status == 201 and made.body["data"]["id"] == len(chinook.oracle.all("Genre")) + 1
    assert staff.delete(f"/v1/genres/{made.body['data']['id']}").status == 204
    refused = staff.delete("/v1/artists/1")
    assert refused.status == 409 and refused.body["error"]["code"] == "REFERENCED"
    assert "Album" in json.dumps(refused.body["error"])


def test_loading_the_same_again_is_refused_and_changes_nothing(chinook):
    done = harness.run("load", "--contract", CONTRACT, "--store", chinook.server.store, DATA[chinook.name],
                       cwd=chinook.directory)
    assert done.returncode == 2, done.stderr
    test_every_resource_has_as_many_rows_as_the_file(chinook)
