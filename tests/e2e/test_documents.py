# SPDX-License-Identifier: Apache-2.0
"""The README and the guides do what they say: documents.py runs every console block of them."""

import re

import documents
import harness
import pytest

GUIDES = sorted((harness.ROOT / "docs/guides").glob("*.md"))
DOCUMENTS = {str(path.relative_to(harness.ROOT)): path for path in [harness.ROOT / "README.md", *GUIDES]}


@pytest.fixture
def newcomer(tmp_path):
    newcomer = documents.Newcomer(tmp_path)
    yield newcomer
    newcomer.close()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_console_block_does_what_it_says(newcomer, name):
    newcomer.follow(DOCUMENTS[name].read_text())
    assert newcomer.servers, f"{name} starts no server"


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_command_of_a_guide_stands_in_a_block_that_is_run(path):
    for kind, body in documents.FENCE.findall(path.read_text()):
        assert kind, "a block that does not say what it is"
        if kind != "console":
            typed = [line for line in body.splitlines() if re.match(r"\s*(\$ |> |curl |ashlar |script/)", line)]
            assert not typed, typed


def test_the_rules_for_output():
    fits = documents.fits
    assert fits("a\n...\nz", "a\nb\nc\nz") and fits("a ... c", "a b c") and fits("{...}", '{"a": 1}')
    assert not fits("a\n...\nz", "a\nb") and not fits("a", "b") and not fits("...x", "y")
    text = ("```console\n$ one \\\n> two\nout\n\n$ three\n```\n```yaml\n$ no\n```\n"
            "Write `a/b.yaml`:\n\n```yaml\nx: 1\n```\n`c`: and\n```json\n{}\n```\n"
            "At `/etc/d`:\n\n```ini\n```\n")
    assert documents.steps(text) == [("run", "one \\\ntwo", "out"), ("run", "three", ""),
                                     ("write", "a/b.yaml", "x: 1\n")]


def test_the_shell_keeps_what_was_set_and_where_it_is(newcomer):
    newcomer.follow("```console\n$ A='one  two'\n$ mkdir -p data/x && cd data/x\n```\n`f`:\n```text\n127.0.0.1:8081\n"
                    "```\n```console\n$ echo \"$A $(cat f)\"; false\n"
                    f"one  two {newcomer.addresses[1]}\nexit status 1\n```\n")
    assert (newcomer.place / "data/x/f").exists()
    with pytest.raises(AssertionError, match="printed:\nno"):
        newcomer.run("echo no", "yes")
    with pytest.raises(AssertionError, match="exit|false"):
        newcomer.run("false", "")
    newcomer.run("sleep 60 &", "")
    with pytest.raises(AssertionError, match="no wait"):
        newcomer.run("curl -s http://127.0.0.1:8080/v1", "")
    with pytest.raises(AssertionError, match="ended with"):
        newcomer.run("kill %1", "")
    newcomer.servers.clear()
