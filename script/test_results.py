# SPDX-License-Identifier: Apache-2.0
"""What came out of a run of script/test: counts, failures, times; read from what the test programs write."""

import json
import re
import time
import xml.etree.ElementTree as xml


class Results:
    """Sums over all stages. A stage that breaks counts as one failed test of its own name."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []   # names
        self.stages = []     # (name, seconds)
        self.compiled = []   # (seconds, unit)

    def add(self, name, verdict):
        if verdict == "passed":
            self.passed += 1
        elif verdict == "skipped":
            self.skipped += 1
        else:
            self.failed += 1
            self.failures.append(name)

    def add_all(self, tests):
        for name, verdict in tests:
            self.add(name, verdict)

    def stage(self, name):
        return Stage(self, name)

    def print_summary(self):
        print("\n== summary")
        for name, seconds in self.stages:
            print(f"{seconds / 60:7.2f} min  {name}")
        print(f"{sum(seconds for _, seconds in self.stages) / 60:7.2f} min  in all")
        slowest = sorted(self.compiled, reverse=True)[:10]
        if slowest:
            print("slowest units compiled:")
            for seconds, unit in slowest:
                print(f"{seconds:7.1f} s    {unit}")
        for name in self.failures:
            print(f"failed: {name}")
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)


class Stage:
    """Times what happens inside; an exception fails the stage and not the run."""

    def __init__(self, results, name):
        self.results, self.name = results, name

    def __enter__(self):
        print(f"\n== {self.name}", flush=True)
        self.begin = time.monotonic()
        return self

    def __exit__(self, kind, error, _):
        seconds = time.monotonic() - self.begin
        self.results.stages.append((self.name, seconds))
        if error is not None and issubclass(kind, Exception):
            print(f"{self.name}: {kind.__name__}: {error}", flush=True)
            self.results.add(self.name, "failed")
            return True
        return False


def read_gtest(path):
    """[(name, verdict)] of a file written by --gtest_output=json."""
    tests = []
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            name = f"{suite['name']}.{case['name']}"
            if case.get("failures"):
                tests.append((name, "failed"))
            elif case.get("result") == "SKIPPED" or case.get("status") == "NOTRUN":
                tests.append((name, "skipped"))
            else:
                tests.append((name, "passed"))
    return tests


def read_junit(path):
    """[(name, verdict)] of a file written by pytest --junitxml."""
    tests = {}
    for case in xml.parse(path).getroot().iter("testcase"):
        name = f"{case.get('classname', '').split('.')[-1]}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            tests[name] = "failed"  # a test and its teardown may both be told: it is one test
        elif case.find("skipped") is not None:
            tests.setdefault(name, "skipped")
        else:
            tests.setdefault(name, "passed")
    return list(tests.items())


def read_ninja_log(path, offset):
    """[(seconds, unit)] that ninja has noted since the file had `offset` bytes."""
    if not path.exists():
        return []
    with path.open("rb") as log:
        log.seek(offset if path.stat().st_size >= offset else 0)
        text = log.read().decode(errors="replace")
    units = {}
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 5 and parts[3].endswith((".o", ".pch")):
            unit = re.sub(r"CMakeFiles/[^/]+\.dir/|\.o$", "", parts[3])
            units[unit] = (int(parts[1]) - int(parts[0])) / 1000
    return [(seconds, f"{unit} ({path.parent.name})") for unit, seconds in units.items()]
