# SPDX-License-Identifier: Apache-2.0
"""script/test counts what the test programs say: no failure is lost, none is counted twice."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "script"))

import run_tests  # noqa: E402
import test_postgres  # noqa: E402
import test_results  # noqa: E402

GTEST = {"testsuites": [{"name": "Reader", "testsuite": [
    {"name": "Reads", "status": "RUN", "result": "COMPLETED"},
    {"name": "Fails", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "no"}]},
    {"name": "Waits", "status": "RUN", "result": "SKIPPED"},
    {"name": "DISABLED_Sleeps", "status": "NOTRUN", "result": "SUPPRESSED"}]}]}


def test_gtest_cases_are_read_with_their_verdicts(tmp_path):
    file = tmp_path / "x.json"
    file.write_text(json.dumps(GTEST))
    assert test_results.read_gtest(file) == [
        ("Reader.Reads", "passed"), ("Reader.Fails", "failed"), ("Reader.Waits", "skipped"),
        ("Reader.DISABLED_Sleeps", "skipped")]


def test_junit_cases_are_read_once_though_the_teardown_fails_too(tmp_path):
    file = tmp_path / "x.xml"
    file.write_text('<testsuites><testsuite><testcase classname="e2e.test_a" name="one"/>'
                    '<testcase classname="e2e.test_a" name="two"><failure/></testcase>'
                    '<testcase classname="e2e.test_a" name="two"><error/></testcase>'
                    '<testcase classname="e2e.test_a" name="three"><skipped/></testcase></testsuite></testsuites>')
    assert test_results.read_junit(file) == [
        ("test_a::one", "passed"), ("test_a::two", "failed"), ("test_a::three", "skipped")]


def test_compile_times_are_those_of_this_run(tmp_path):
    log = tmp_path / "asan" / ".ninja_log"
    log.parent.mkdir()
    log.write_text("# ninja log v5\n0\t9000\t1\tsrc/CMakeFiles/a.dir/old.cc.o\tf\n")
    offset = log.stat().st_size
    with log.open("a") as file:
        file.write("10\t2510\t1\tsrc/CMakeFiles/a.dir/new.cc.o\tf\n10\t99\t1\tsrc/liba.a\tf\n")
    assert test_results.read_ninja_log(log, offset) == [(2.5, "src/new.cc (asan)")]
    assert test_results.read_ninja_log(tmp_path / "none", 0) == []


def test_a_stage_that_breaks_counts_as_a_failure_and_the_run_goes_on(capsys):
    results = test_results.Results()
    with results.stage("build"):
        raise RuntimeError("no compiler")
    results.add_all([("a", "passed"), ("b", "skipped")])
    results.print_summary()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 passed, 1 failed, 1 skipped"
    assert "failed: build" in lines


def program(tmp_path, text):
    file = tmp_path / "program"
    file.write_text(f"#!{sys.executable}\nimport json, os, sys\npath = os.environ['GTEST_OUTPUT'][5:]\n{text}\n")
    file.chmod(0o755)
    return {"name": "x", "command": [str(file)]}


PASSED = {"testsuites": [{"name": "A", "testsuite": [{"name": "B", "status": "RUN", "result": "COMPLETED"}]}]}


@pytest.mark.parametrize("text, verdicts", [
    (f"json.dump({PASSED!r}, open(path, 'w'))", ["passed"]),
    (f"json.dump({GTEST!r}, open(path, 'w')); sys.exit(1)", ["passed", "failed", "skipped", "skipped"]),
    (f"json.dump({PASSED!r}, open(path, 'w')); sys.exit(23)", ["passed", "failed"]),  # a leak, told after all
    ("os.abort()", ["failed"]),
    ("pass", ["passed"]),
])
def test_a_program_is_judged_by_its_report_and_its_status(tmp_path, text, verdicts):
    assert [verdict for _, verdict in run_tests.run_unit(tmp_path, program(tmp_path, text))] == verdicts


def test_a_program_that_was_not_built_has_failed(tmp_path):
    assert run_tests.run_unit(tmp_path, {"name": "x", "command": ["/nonexistent"]})[0][1] == "failed"


@pytest.mark.parametrize("name", ["build", "server", "test", "format", "bench"])
def test_each_command_tells_its_use(name):
    done = subprocess.run([ROOT / "script" / name, "--help"], capture_output=True, text=True, cwd="/", timeout=20)
    assert done.returncode == 0
    assert done.stdout.startswith(f"script/{name} ")


def test_wrong_arguments_are_refused_before_anything_is_done():
    for command in (["build", "fastest"], ["server", "--listen"], ["format", "--all"], ["bench", "x"]):
        done = subprocess.run([ROOT / "script" / command[0], *command[1:]], capture_output=True, text=True, timeout=20)
        assert done.returncode == 64, command


def test_a_postgres_of_its_own_ends_with_the_command_also_where_that_is_ended():
    if test_postgres.programs() is None:
        pytest.skip("there is no PostgreSQL")
    program = "import os, time; print(os.environ['TEST_POSTGRES_URL'], flush=True); time.sleep(60)"
    process = subprocess.Popen([ROOT / "script/test_postgres.py", sys.executable, "-c", program], text=True,
                               stdout=subprocess.PIPE)
    folder = pathlib.Path(re.search(r"sslrootcert=(.*)/root.crt", process.stdout.readline()).group(1))
    assert (folder / "data/postmaster.pid").exists()
    process.terminate()
    assert process.wait(30) == 128 + 15
    process.stdout.close()
    assert not folder.exists()
