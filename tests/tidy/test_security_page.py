# SPDX-License-Identifier: Apache-2.0
"""docs/security.md names tests that exist, and no class without one or a reason."""

import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
ROWS = [line.strip("| ").split(" | ", 1) for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith("| class |")]
NAMED = sorted(set(re.findall(r"`([^`\s]+)::([^`]+)`", PAGE)))


def exists(path, name):
    """Whether the file has a test of that name: a function, a case of GoogleTest, a scenario."""
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text()
    if file.suffix == ".py":
        return re.search(rf"^def {re.escape(name)}\(", text, re.M) is not None
    if file.suffix == ".cc":
        suite, _, case = name.partition(".")
        return re.search(rf"^TEST(_F|_P)?\({re.escape(suite)},\s*{re.escape(case)}\)", text, re.M) is not None
    return name in [scenario["name"] for scenario in json.loads(text)["scenarios"]]


@pytest.mark.parametrize("path, name", NAMED, ids=lambda part: part)
def test_every_test_that_is_named_exists(path, name):
    assert exists(path, name), f"docs/security.md: there is no {path}::{name}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_every_class_has_a_test_or_a_reason(row):
    assert len(row) == 2, row
    held = row[1]
    assert re.search(r"`[^`]+::[^`]+`", held) or re.fullmatch(r"Does not apply yet: \S.+\.", held), held


def test_the_page_is_read_as_it_is_meant():
    assert len(ROWS) > 40 and len(NAMED) > 50
    assert exists("tests/tidy/test_security_page.py", "test_the_page_is_read_as_it_is_meant")
    assert not exists("tests/tidy/test_security_page.py", "test_that_is_not_there")
    assert not exists("tests/tidy/none.py", "test_x") and not exists("src/http/parser_test.cc", "Path.HasNoForm")
    assert not exists("tests/service/access.json", "no scenario")
