# SPDX-License-Identifier: Apache-2.0
"""The table of http11probe: what a server must do with HTTP/1.1 that is odd, wrong or meant to smuggle."""

import re
import shutil
import subprocess
import urllib.parse

import harness
import pytest

TABLE = harness.SHARED / "conformance"
RUNNER, CASES = TABLE / "run-http11.mjs", TABLE / "http11probe-cases.json"


def test_no_scored_case_fails(module_directory):
    for path in (RUNNER, CASES):
        if not path.exists():
            pytest.skip(f"{path} is not there")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not there")
    with harness.Server(harness.ROOT / "tests/service/everything.yaml", module_directory / "probe") as server:
        at = urllib.parse.urlsplit(server.address)
        done = subprocess.run([node, RUNNER, CASES, at.hostname, str(at.port)], capture_output=True, text=True,
                              timeout=240)
        assert done.returncode == 0, done.stderr
        passed, failed = map(int, re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M).groups())
        assert failed == 0 and passed >= 99, done.stdout
        assert server.client().get("/v1/things").status == 200
