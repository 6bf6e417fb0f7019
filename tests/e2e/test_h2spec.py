# SPDX-License-Identifier: Apache-2.0
"""h2spec's cases of RFC 9113's forerunner and HPACK, with prior knowledge and over TLS."""

import os
import re
import shutil
import subprocess
import urllib.parse

import harness
import pytest
from test_tls import TlsServer, make_certificate

MODULE = "github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible"
# What does not pass; docs/decisions/0020-load-shed-by-age.md argues each.
EXCEPTIONS = {
    "prior knowledge": {"Sends invalid connection preface",
                        "Sends stream identifier that is numerically smaller than previous"},
    "TLS": {"Sends stream identifier that is numerically smaller than previous"},
}


@pytest.fixture(scope="module")
def h2spec(tmp_path_factory):
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        pytest.skip("go is not there, which builds h2spec")
    room = tmp_path_factory.mktemp("go")
    done = subprocess.run([go, "install", MODULE], capture_output=True, text=True, timeout=300, cwd=room,
                          env={**os.environ, "GOBIN": str(room), "GOFLAGS": "-modcacherw"})
    if done.returncode != 0:
        pytest.skip(f"{MODULE} could not be built: {done.stderr[-500:]}")
    return room / "h2spec"


@pytest.mark.extended
@pytest.mark.parametrize("how", ["prior knowledge", "TLS"])
def test_every_case_passes(h2spec, tmp_path, how):
    contract = harness.ROOT / "tests/service/everything.yaml"
    secure = how == "TLS"
    server = TlsServer(tmp_path, make_certificate(tmp_path, "h2spec")) if secure else harness.Server(contract, tmp_path)
    report = tmp_path / "report.xml"
    with server:
        at = urllib.parse.urlsplit(server.address)
        done = subprocess.run([h2spec, "-h", at.hostname, "-p", str(at.port), "-P", "/", "-o", "5", "-S", "-j", report,
                               *(["-t", "-k"] if secure else [])], capture_output=True, text=True, timeout=500)
    total, passed, skipped, failed = map(int, re.search(
        r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", done.stdout).groups())
    print(f"h2spec, {how}: {total} tests, {passed} passed, {skipped} skipped, {failed} failed")
    assert total > 140 and report.exists()
    told = set(re.findall(r"× \d+: (.+)", done.stdout.partition("Failures:")[2]))
    assert told == EXCEPTIONS[how] and failed == len(told) and skipped == 0, done.stdout[-6000:]
