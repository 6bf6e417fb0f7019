# SPDX-License-Identifier: Apache-2.0
"""What people see on a terminal, and that none of it reaches a file or a pipe."""

import json
import os
import pty
import re
import signal
import subprocess
import time
import urllib.request

import harness

CONTRACT = "service: seen\nresources:\n  Note:\n    fields: { rank: int! }\n    access: { read: public }\n"
WRONG = "service: seen\nresource: {}\n"


def on_terminal(*arguments, cwd, until=None, **environment):
    """Runs a command with a terminal as its output and error: (status, what it showed). `until`: what is done meanwhile
    with what has been shown so far; once it is true, the command is told to end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([str(harness.BINARY), *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=theirs, env=harness.clean_environment(cwd, **environment))
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            shown += part
            if until is not None and until(shown.decode(errors="replace")):
                process.send_signal(signal.SIGTERM)
                until = None
        return process.wait(10), shown.decode(errors="replace").replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_mistakes_are_coloured_on_a_terminal_unless_no_color_is_set(tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    piped = harness.run("check", path, cwd=tmp_path)
    status, coloured = on_terminal("check", path, cwd=tmp_path)
    assert status == piped.returncode == 2
    assert "\x1b[" in coloured and "\x1b[" not in piped.stdout + piped.stderr
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert plain == piped.stdout + piped.stderr
    assert on_terminal("check", path, cwd=tmp_path, NO_COLOR="1") == (2, plain)
    assert on_terminal("check", path, cwd=tmp_path, NO_COLOR="") == (2, coloured), "an empty variable asks for nothing"


def test_loading_shows_a_bar_on_a_terminal_and_takes_it_away(tmp_path):
    (tmp_path / "ashlar.yaml").write_text(CONTRACT)
    rows = tmp_path / "rows.json"
    rows.write_text(json.dumps({"Note": [{"rank": rank} for rank in range(20_000)]}))
    status, shown = on_terminal("load", "--store", "sqlite:seen.db", rows, cwd=tmp_path)
    assert status == 0, shown
    assert re.search(r"\r\x1b\[K\[#+ *\] +\d+ %  [\d,]+ of 20,000 rows", shown), shown[-500:]
    assert shown.endswith("\r\x1b[Kloaded 20000 rows: 20000 Note\n"), shown[-200:]
    piped = harness.succeed("load", "--store", "sqlite:piped.db", rows, cwd=tmp_path)
    assert "\x1b" not in piped.stdout + piped.stderr and "[#" not in piped.stderr


def test_the_log_is_for_people_on_a_terminal_and_json_elsewhere(tmp_path):
    (tmp_path / "ashlar.yaml").write_text(CONTRACT)

    def ask(shown):
        address = re.search(r"server\.started\S* (http://\S+)", re.sub(r"\x1b\[[0-9;]*m", "", shown))
        if address is None or "/v1/notes " in shown:
            return address is not None
        urllib.request.urlopen(address.group(1) + "/v1/notes", timeout=10).read()
        return False

    status, shown = on_terminal("serve", "--listen", "127.0.0.1:0", "--store", "sqlite:a.db", cwd=tmp_path, until=ask,
                                NO_COLOR="1")
    assert status == 0, shown
    assert re.search(r"^\d\d:\d\d:\d\d\.\d{3} info +200 GET +/v1/notes \d+us 2 statements \S+$", shown, re.M), shown
    assert '{"' not in shown and "\x1b" not in shown
    with harness.Server(tmp_path / "ashlar.yaml", tmp_path) as server:
        server.client().get("/v1/notes")
        line = server.wait_event("request", route="/v1/notes")
    for name in ("time", "level", "requestId", "route", "status", "callerId", "durationUs", "stages", "statements"):
        assert name in line
