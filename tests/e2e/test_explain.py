# SPDX-License-Identifier: Apache-2.0
"""ashlar explain: how SQLite runs every operation, and the index that is missing."""

import json
import re
import sqlite3

import harness
import pytest
import yaml

LETTERS = """service: post
roles: { clerk: {} }
resources:
  Letter:
    description: One letter.
    fields:
      owner: email
      weight: { type: int!, index: true }
      state: { type: 'enum(open, closed)!', default: open }
      box: Box
    access: { read: "owner == auth.email || hasRole('clerk')", write: signedIn }
  Box:
    description: Where letters lie.
    fields:
      name: { type: string!, unique: true }
      letters: { many: Letter, via: box }
    access: { read: public, write: signedIn }
"""


def plans_of(contract, tmp_path, *more):
    return json.loads(harness.succeed("explain", contract, "--format", "json", *more, cwd=tmp_path).stdout)["plans"]


def find(plans, operation, what="operation", name=None, part=None, caller=None):
    found = [plan for plan in plans if plan["operation"] == operation and plan["what"] == what and
             plan.get("name") == name and plan.get("part") == part and
             (caller is None or caller in plan.get("callers", []))]
    assert len(found) == 1, (operation, what, name, part, caller, found)
    return found[0]


@pytest.fixture(name="letters")
def letters_fixture(tmp_path):
    path = tmp_path / "letters.yaml"
    path.write_text(LETTERS)
    return path


def test_a_rule_without_an_index_is_told_with_the_index(letters, tmp_path):
    plans = plans_of(letters, tmp_path)
    for part in (None, "total"):
        guarded = find(plans, "listLetters", part=part, caller="signed in")
        assert guarded["steps"][0].startswith("SCAN letters") and not guarded["indexed"]
        assert guarded["declare"] == {"resource": "Letter", "fields": ["owner"]}
        assert find(plans, "listLetters", part=part, caller="role clerk")["indexed"]
    assert not [plan for plan in plans if plan["operation"] == "listLetters" and "anonymous" in plan.get("callers", [])]
    text = harness.succeed("explain", letters, cwd=tmp_path).stdout
    assert re.search(r"^  listLetters \(signed in\): SCAN letters .*\n    no index; declare in Letter: "
                     r"indexes: \[\[owner\]\]$", text, re.M), text


def test_a_many_to_many_is_found_by_the_keys_of_what_is_between(tmp_path):
    plans = plans_of(harness.ROOT / "examples/chinook/ashlar.yaml", tmp_path)
    for operation, name, key in (("getPlaylist", "tracks", "playlist_id"), ("listPlaylists", "tracks", "playlist_id"),
                                 ("getTrack", "playlists", "track_id")):
        plan = find(plans, operation, "include", name)
        assert plan["indexed"] and "declare" not in plan, plan
        assert any(re.search(rf"SEARCH b USING .*INDEX .*\({key}=\?\)", step) for step in plan["steps"]), plan
        assert any(re.search(rf"SEARCH {name} USING INTEGER PRIMARY KEY", step) for step in plan["steps"]), plan


def test_a_deletion_for_good_looks_for_what_goes_with_the_row(tmp_path):
    (tmp_path / "cabinet.yaml").write_text(
        "service: cabinet\nroles: { keeper: {} }\nresources:\n"
        "  Paper:\n    softDelete: true\n    fields: { title: string! }\n"
        "    access: { read: public, write: public, purge: hasRole('keeper') }\n"
        "  Sheet:\n    fields: { paper: { type: Paper!, onDelete: cascade } }\n"
        "    access: { read: public, write: public }\n")
    plans = plans_of(tmp_path / "cabinet.yaml", tmp_path)
    assert find(plans, "deletePaper", "purge")["callers"] == ["role keeper"]
    sheets = [plan for plan in plans if plan["operation"] == "deletePaper" and plan.get("part") == "Sheet" and
              plan["what"] == "purge"]
    assert sheets and all(plan["indexed"] and "SEARCH sheets" in plan["steps"][0] for plan in sheets), sheets
    assert not [plan for plan in plans if plan["operation"] == "deletePaper" and plan["what"] == "operation" and
                plan.get("part") == "Sheet"], "a row that is kept keeps its sheets"
    assert not [plan for plan in plans if plan["operation"] == "deleteSheet" and plan["what"] == "purge"]


def test_filters_and_sorts_without_an_index_are_told(letters, tmp_path):
    plans = plans_of(letters, tmp_path)
    for what in ("filter", "sort"):
        assert find(plans, "listLetters", what, "state")["declare"] == {"resource": "Letter", "fields": ["state"]}
        assert find(plans, "listLetters", what, "weight")["indexed"]
    assert "SEARCH letters USING INDEX letters index \"weight\" (weight=?)" in find(
        plans, "listLetters", "filter", "weight")["steps"]
    assert "USE TEMP B-TREE FOR ORDER BY" in find(plans, "listLetters", "sort", "state")["steps"]


def test_groups_without_an_index_are_told(letters, tmp_path):
    plans = plans_of(letters, tmp_path)
    assert find(plans, "aggregateLetters", "group", "weight")["indexed"]
    loose = find(plans, "aggregateLetters", "group", "state")
    assert "USE TEMP B-TREE FOR GROUP BY" in loose["steps"]
    assert loose["declare"] == {"resource": "Letter", "fields": ["state"]}
    for part in (None, "total"):
        guarded = find(plans, "aggregateLetters", part=part, caller="signed in")
        assert not guarded["indexed"] and guarded["declare"] == {"resource": "Letter", "fields": ["owner"]}


def test_relations_and_cursors_are_searched(letters, tmp_path):
    plans = plans_of(letters, tmp_path)
    assert find(plans, "getBox", "include", "letters", caller="role clerk")["indexed"]
    to_one = find(plans, "listLetters", "include", "box")
    assert any(step.startswith("SEARCH boxes USING INDEX") for step in to_one["steps"])
    cursor = find(plans, "listBoxes", "cursor")
    assert cursor["steps"] == ["SEARCH boxes USING INDEX sqlite_autoindex_boxes_1 (id>?)"]
    restricting = find(plans, "deleteBox", part="Letter")
    assert any('index "box_id"' in step for step in restricting["steps"]), restricting


def test_declaring_what_is_told_leaves_nothing_to_tell(letters, tmp_path):
    told = harness.succeed("explain", letters, cwd=tmp_path).stdout
    advice = yaml.safe_load(told[told.index("Declare what is asked for often:\n"):].split("\n", 1)[1])
    assert advice["Letter"]["indexes"] and "Box" in advice
    contract = yaml.safe_load(LETTERS)
    for resource, keys in advice.items():
        contract["resources"][resource].update(keys)
    letters.write_text(yaml.safe_dump(contract, sort_keys=False))
    text = harness.succeed("explain", letters, cwd=tmp_path).stdout
    assert re.search(r"^\d+ statements, 0 without an index$", text, re.M), text
    assert "no index" not in text and "Declare" not in text


def test_the_plans_are_those_of_the_statements_that_run(tmp_path):
    """Each statement's plan, asked of a store that `load` made, by another SQLite."""
    chinook = harness.ROOT / "examples/chinook/ashlar.yaml"
    store = f"sqlite:{tmp_path}/chinook.db"
    harness.succeed("load", "--contract", chinook, "--store", store, harness.ROOT / "examples/chinook/sample.json",
                    cwd=tmp_path)
    plans = plans_of(chinook, tmp_path, "--store", store)
    # The last page of the log is gone with the last connection: the file alone holds all.
    database = sqlite3.connect(f"file:{tmp_path}/chinook.db?mode=ro", uri=True)
    compared = 0
    for plan in plans:
        if "ashlar_" in plan["sql"]:
            continue
        places = max([0, *(int(place) for place in re.findall(r"\?(\d+)", plan["sql"]))])
        steps = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + plan["sql"], [None] * places)]
        verbs = [step.split()[0] for step in plan["steps"]]
        assert verbs == [step.split()[0] for step in steps], plan
        compared += 1
    assert compared > 250
    assert find(plans, "listArtists", "filter", "name")["indexed"]
    assert find(plans, "listTracks", "include", "album")["indexed"]
    assert find(plans, "listTracks", "sort", "composer")["declare"] == {"resource": "Track", "fields": ["composer"]}
    assert not [plan for plan in plans if not plan["indexed"] and plan["what"] not in ("filter", "sort", "group")]


@pytest.mark.parametrize("example", ["examples/shop/ashlar.yaml", "tests/service/guarded.yaml",
                                     "tests/service/relations.yaml", "tests/service/everything.yaml",
                                     "tests/contract/right/everything.yaml"])
def test_every_operation_that_somebody_may_call_is_explained(tmp_path, example):
    contract = yaml.safe_load((harness.ROOT / example).read_text())
    plans = plans_of(harness.ROOT / example, tmp_path)
    resources = {plan["resource"] for plan in plans}
    for name, resource in contract["resources"].items():
        access = (resource or {}).get("access") or {}
        readable = any(access.get(key, "nobody") != "nobody" for key in ("read", "list", "get"))
        assert (name in resources) == readable, name
    assert list(tmp_path.iterdir()) == []  # explaining leaves nothing behind


def test_another_service_s_store_is_refused(letters, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(LETTERS.replace("weight", "mass"))
    harness.succeed("user", "add", "ann@example.com", "--contract", letters, "--store", "sqlite:post.db", cwd=tmp_path)
    assert plans_of(letters, tmp_path, "--store", "sqlite:post.db")
    done = harness.run("explain", other, "--store", "sqlite:post.db", cwd=tmp_path)
    assert done.returncode == 2 and "does not hold the tables of this contract" in done.stderr
    assert harness.run("explain", other, "--store", "sqlite:absent.db", cwd=tmp_path).returncode == 1
    assert not (tmp_path / "absent.db").exists()


def test_a_wrong_contract_is_refused_as_check_does(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(LETTERS.replace("email", "emial"))
    done = harness.run("explain", path, cwd=tmp_path)
    assert done.returncode == 2 and "did you mean 'email'?" in done.stderr
