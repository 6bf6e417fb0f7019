# SPDX-License-Identifier: Apache-2.0
"""`ashlar check`, `ashlar export`, `--help`: what the command line says, and how it ends."""

import json
import re

import harness
import pytest

GOOD = """service: good
resources:
  Thing:
    fields:
      name: string!
    access: { read: public, write: public }
"""
BAD = """service: bad
resources:
  Thing:
    fields:
      name: strin!
      size: { type: int, mim: 3 }
      part: Thin
    access: { read: everybody }
    colour: red
"""
# line -> what is told there
MISTAKES = {5: "string", 6: "min", 7: "Thing", 8: "everybody", 9: "colour"}
EXAMPLES = ["examples/shop/ashlar.yaml", "examples/chinook/ashlar.yaml", "tests/service/everything.yaml",
            "tests/service/relations.yaml", "tests/service/guarded.yaml"]


def write(directory, text, name="ashlar.yaml"):
    path = directory / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_right(tmp_path, example):
    done = harness.run("check", harness.ROOT / example, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []  # checking leaves nothing behind


def test_the_contract_defaults_to_the_one_here(tmp_path):
    write(tmp_path, GOOD)
    assert harness.run("check", cwd=tmp_path).returncode == 0


def test_all_mistakes_are_told_at_their_places(tmp_path):
    path = write(tmp_path, BAD)
    done = harness.run("check", path, cwd=tmp_path)
    assert done.returncode == 2
    told = done.stdout + done.stderr
    for line, part in MISTAKES.items():
        found = re.search(rf"^{re.escape(str(path))}:{line}:(\d+): error: (.*)$", told, re.M)
        assert found, f"nothing is told of line {line}:\n{told}"
        assert part in told[found.start():].split("error:", 2)[1], told
        assert BAD.splitlines()[line - 1].strip() in told  # the line itself
    assert len(re.findall(r": error: ", told)) == len(MISTAKES), told
    for near in ("'string'", "'min'", "'Thing'"):
        assert f"did you mean {near}?" in told, told
    assert "\x1b[" not in told  # no colours where no terminal is


def test_the_caret_stands_under_the_column(tmp_path):
    path = write(tmp_path, BAD)
    told = harness.run("check", path, cwd=tmp_path)
    lines = (told.stdout + told.stderr).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{path}:5:"))
    column = int(lines[at].split(":")[2])
    assert BAD.splitlines()[4][column - 1:].startswith("strin!")
    shown = lines[at + 1].index("strin!")
    assert lines[at + 2].index("^") == shown


def test_mistakes_as_json(tmp_path):
    path = write(tmp_path, BAD)
    done = harness.run("check", path, "--format", "json", cwd=tmp_path)
    assert done.returncode == 2
    told = json.loads(done.stdout)
    errors = told if isinstance(told, list) else next(value for value in told.values() if isinstance(value, list))
    assert sorted(error["line"] for error in errors) == sorted(MISTAKES)
    for error in errors:
        assert error["file"] == str(path) and error["column"] >= 1 and MISTAKES[error["line"]] in json.dumps(error)
    clean = harness.run("check", write(tmp_path, GOOD, "good.yaml"), "--format", "json", cwd=tmp_path)
    assert clean.returncode == 0
    json.loads(clean.stdout)


@pytest.mark.parametrize("text, place, told", [
    ("service: x\nservice: y\nresources: {}\n", "2:1", "service"),
    ("service: x\nresources: {\n", "", ""),
    ("service: Bad Name\nresources: {}\n", "1:10", "service"),
    ("resources: {}\n", "1:1", "service"),
    ("service: x\nworkflows: {}\nresources: {}\n", "2:1", "'workflows' is not supported by this build"),
    ("service: x\nresources: {}\nactions: {}\n", "3:1", "'actions' is not supported by this build"),
    (GOOD.replace("string!", "{ type: string!, computed: \"'x'\" }"), "5:",
     "a computed field has no '!'"),
    (GOOD.replace("string!", "{ type: string!, writeOnly: true, read: public }"), "5:", "leave out 'read'"),
    (GOOD.replace("string!", "{ type: string!, was: title }"), "5:", "'was' is not supported by this build"),
    (GOOD.replace("string!", "{ type: string!, column: nm }"), "5:", "'column' is not supported by this build"),
    (GOOD.replace("string!", "{ type: 'enum(a, b)', transitions: { a: [b] } }"), "5:",
     "'transitions' needs a 'default'"),
    (GOOD + "    events: true\n", "7:5", "'events' is not supported by this build"),
    (GOOD + "    table: things\n", "7:5", "'table' is not supported by this build"),
    (GOOD.replace("read: public", "read: name =="), "6:", ""),
    (GOOD.replace("read: public", "read: size(name)"), "6:", "bool"),
], ids=lambda value: value[:40].replace("\n", " ") if isinstance(value, str) else None)
def test_one_mistake(tmp_path, text, place, told):
    path = write(tmp_path, text)
    done = harness.run("check", path, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    output = done.stdout + done.stderr
    assert f"{path}:{place}" in output and ": error: " in output and told in output, output


def test_serving_a_wrong_contract_ends_with_2_and_makes_no_store(tmp_path):
    write(tmp_path, BAD)
    done = harness.run("serve", "--store", "sqlite:x.db", "--listen", "127.0.0.1:0", cwd=tmp_path, timeout=30)
    assert done.returncode == 2 and ":5:" in done.stderr + done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["ashlar.yaml"]


def test_input_that_is_no_contract(tmp_path):
    assert harness.run("check", tmp_path / "absent.yaml", cwd=tmp_path).returncode == 2
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    assert harness.run("check", tmp_path / "binary.yaml", cwd=tmp_path).returncode == 2
    write(tmp_path, "", "empty.yaml")
    assert harness.run("check", tmp_path / "empty.yaml", cwd=tmp_path).returncode == 2
    write(tmp_path, "a: &a [x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)), "bomb.yaml")
    assert harness.run("check", tmp_path / "bomb.yaml", cwd=tmp_path, timeout=20).returncode == 2
    write(tmp_path, "service: x\nresources: " + "[" * 50_000, "deep.yaml")
    assert harness.run("check", tmp_path / "deep.yaml", cwd=tmp_path, timeout=20).returncode == 2
    write(tmp_path, "service: x\n#" + "x" * (4 << 20) + "\n", "large.yaml")
    assert harness.run("check", tmp_path / "large.yaml", cwd=tmp_path, timeout=20).returncode == 2


@pytest.mark.parametrize("arguments", [["frobnicate"], ["serve", "--frobnicate"], ["check", "--format", "xml"],
                                       ["token"], ["load"], []], ids=str)
def test_wrong_usage_ends_with_64(tmp_path, arguments):
    done = harness.run(*arguments, cwd=tmp_path)
    assert done.returncode == 64, (done.returncode, done.stdout, done.stderr)
    assert done.stderr or done.stdout


@pytest.mark.parametrize("command", [[], ["new"], ["check"], ["serve"], ["load"], ["export"], ["token"],
                                     ["token", "create"], ["user"], ["user", "add"], ["user", "role"],
                                     ["user", "list"]], ids=str)
def test_help_everywhere(tmp_path, command):
    done = harness.run(*command, "--help", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout and not done.stderr, done
    assert all(word in done.stdout for word in command)
    assert "\x1b[" not in done.stdout


def test_serve_help_lists_every_setting_with_its_default(tmp_path):
    told = harness.run("serve", "--help", cwd=tmp_path).stdout
    for part in ("--listen", "ASHLAR_LISTEN", "127.0.0.1:8080", "--store", "DATABASE_URL", "--workers"):
        assert part in told, told


@pytest.mark.parametrize("kind", ["graphql", "proto"])
def test_exports_of_later_are_refused_by_name(tmp_path, kind):
    write(tmp_path, GOOD)
    done = harness.run("export", kind, cwd=tmp_path)
    assert done.returncode in (2, 64) and kind in done.stderr + done.stdout


FOUND = """service: x
resources:
  Note:
    description: Something to remember.
    access: { read: public, write: public }
"""


def test_what_there_is_once_is_counted_as_one(tmp_path):
    path = write(tmp_path, "service: x\n")
    assert harness.succeed("check", path, cwd=tmp_path).stdout == f"{path}: ok, 1 resource, 3 operations\n"


def test_findings_are_warnings_at_their_places(tmp_path):
    path = write(tmp_path, FOUND)
    done = harness.succeed("check", path, cwd=tmp_path)
    assert done.stdout.splitlines()[0] == (
        f"{path}:5:5: warning: anybody may create, update and delete 'Note' [ACCESS_WORLD_WRITABLE]")
    assert done.stdout.splitlines()[-1] == f"{path}: ok, 2 resources, 10 operations, 1 finding"
    told = json.loads(harness.succeed("check", path, "--format", "json", cwd=tmp_path).stdout)
    assert told == {"errors": [], "warnings": [{
        "file": str(path), "line": 5, "column": 5, "id": "ACCESS_WORLD_WRITABLE",
        "message": "anybody may create, update and delete 'Note'"}]}


def test_an_accepted_finding_is_not_told(tmp_path):
    accept = "accept: [{ id: ACCESS_WORLD_WRITABLE, at: Note, reason: a guest book }]\n"
    done = harness.succeed("check", write(tmp_path, FOUND + accept), cwd=tmp_path)
    assert "warning" not in done.stdout
    signed_in = FOUND.replace("write: public", "write: signedIn")
    done = harness.run("check", write(tmp_path, signed_in + accept), cwd=tmp_path)
    assert done.returncode == 2 and "'ACCESS_WORLD_WRITABLE' does not find anything at 'Note'" in done.stdout


def sarif_of(path, tmp_path, status):
    done = harness.run("check", path, "--format", "sarif", cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    log = json.loads(done.stdout)
    assert log["version"] == "2.1.0" and len(log["runs"]) == 1
    run = log["runs"][0]
    assert run["columnKind"] == "unicodeCodePoints" and run["tool"]["driver"]["name"] == "ashlar"
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        rule = rules[result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] and rule["defaultConfiguration"]["level"] == result["level"]
    return run


def test_findings_as_sarif(tmp_path):
    folder = tmp_path / "a contract"
    folder.mkdir()
    write(folder, FOUND)
    run = sarif_of("./a contract/ashlar.yaml", tmp_path, 0)
    assert run["results"] == [{
        "ruleId": "ACCESS_WORLD_WRITABLE", "ruleIndex": 0, "level": "warning",
        "message": {"text": "anybody may create, update and delete 'Note'"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a%20contract/ashlar.yaml"},
                                            "region": {"startLine": 5, "startColumn": 5, "endColumn": 11}}}]}]
    page = (harness.ROOT / "docs/reference/findings.md").read_text()
    for rule in run["tool"]["driver"]["rules"]:
        described = f"## {rule['id']}\n{rule['shortDescription']['text']}.\n\n{rule['fullDescription']['text']}\n"
        assert described in page


def test_mistakes_as_sarif(tmp_path):
    path = write(tmp_path, BAD)
    results = sarif_of(path, tmp_path, 2)["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert sorted(place["region"]["startLine"] for place in places) == sorted(MISTAKES)
    assert {place["artifactLocation"]["uri"] for place in places} == {path.as_uri()}
    assert all(result["level"] == "error" for result in results)
    assert any("did you mean 'string'?" in result["message"]["text"] for result in results)
