# SPDX-License-Identifier: Apache-2.0
"""Tools and suites that come from npm, at the versions of the lock file in tests/npm."""

import json
import os
import re
import shutil
import subprocess

import harness

TOOLS = harness.ROOT / "tests/npm"
NODE_VERSION = (20, 19)
TIMEOUT_S = 240


def node_version():
    if not shutil.which("node") or not shutil.which("npm"):
        return 0, 0
    done = subprocess.run(["node", "--version"], capture_output=True, text=True)
    found = re.match(r"v(\d+)\.(\d+)\.", done.stdout)
    return (int(found.group(1)), int(found.group(2))) if found else (0, 0)


def call(*command, cwd=TOOLS):
    """Runs a tool to its end; it asks nobody and tells nobody."""
    environment = dict(os.environ, CI="1", REDOCLY_TELEMETRY="off", REDOCLY_SUPPRESS_UPDATE_NOTICE="true", NO_COLOR="1")
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S,
                          stdin=subprocess.DEVNULL, env=environment)


def installed():
    """The folder of the packages; they are brought there where they are missing or old."""
    lock, done = TOOLS / "package-lock.json", TOOLS / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        asked = call("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        assert asked.returncode == 0, asked.stderr[-4000:]
    return TOOLS / "node_modules"


def data(path):
    """What a package's module of data exports: `export default` and a JSON text behind it."""
    text = path.read_text()
    return json.loads(text[text.index("export default") + len("export default"):])
