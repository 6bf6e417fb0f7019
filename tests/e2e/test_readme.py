# SPDX-License-Identifier: Apache-2.0
"""Runs every console block of README.md as a newcomer would, in an empty HOME.

The convention:
* A block fenced as ```console is run; blocks run in their order, in one directory that has what a clone has.
* A line `$ COMMAND` is run by bash; `> ` goes on with it. The lines behind it are what it prints, where `...` stands
  for anything, within a line and over lines. A command must end with 0, or print `exit status N` as its last line.
* A line `$ COMMAND &` starts a server: it runs until the end of all blocks, and the next command waits until the
  server is ready. Servers get free ports: 127.0.0.1:8080 and 127.0.0.1:8081 in the README stand for them, in
  commands and in output; a server whose command names no address has the first.
* `script/test`, `script/build` and apt are not run here: this test is part of the first, and needs the second.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import harness
import pytest

README = harness.ROOT / "README.md"
SKIPPED = re.compile(r"^(sudo |apt|git clone|cd ashlar$|script/(test|build|format)|\.ci/run)")
NOT_CLONED = {"build", "data", ".git", ".pytest_cache", "node_modules"}
ADDRESSES = ("127.0.0.1:8080", "127.0.0.1:8081")


def console_blocks(text):
    """[[(command, expected output)]] of the ```console blocks."""
    blocks = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S):
        commands = []
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append([line[2:], []])
            elif line.startswith("> ") and commands and not commands[-1][1]:
                commands[-1][0] += "\n" + line[2:]
            else:
                assert commands, f"a console block begins with output: {line}"
                commands[-1][1].append(line)
        blocks.append([(command, "\n".join(output).strip()) for command, output in commands])
    return blocks


def fits(expected, actual):
    """`...` stands for anything; every other text must be there, in order, from the beginning to the end."""
    parts = [r"[\s\S]*?" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", expected)]
    return re.fullmatch("".join(parts), actual.strip()) is not None


class Newcomer:
    """A clone-like directory, an empty HOME and a shell; servers started in it are stopped by close()."""

    def __init__(self, directory):
        self.home, self.place = directory / "home", directory / "ashlar"
        self.home.mkdir()
        self.place.mkdir()
        for entry in harness.ROOT.iterdir():
            if entry.name not in NOT_CLONED:
                (self.place / entry.name).symlink_to(entry)
        (self.place / "build/release").mkdir(parents=True)
        (self.place / "build/release/ashlar").symlink_to(harness.BINARY)
        with socket.socket() as one, socket.socket() as other:
            for free in (one, other):
                free.bind(("127.0.0.1", 0))
            self.addresses = [f"127.0.0.1:{free.getsockname()[1]}" for free in (one, other)]
        self.environment = harness.clean_environment(self.home, ASHLAR_LISTEN=self.addresses[0])
        self.servers = []

    def run(self, command, expected):
        for written, real in zip(ADDRESSES, self.addresses):
            command, expected = command.replace(written, real), expected.replace(written, real)
        if SKIPPED.match(command):
            return
        if command.rstrip().endswith("&"):
            self.start(command.rstrip().removesuffix("&"))
            return
        done = subprocess.run(["bash", "-c", command], cwd=self.place, env=self.environment, text=True, timeout=300,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        printed = done.stdout + (f"\nexit status {done.returncode}" if done.returncode else "")
        if not expected:
            assert done.returncode == 0, f"$ {command}\n{printed}"
            return
        assert fits(expected, printed), f"$ {command}\nprinted:\n{printed}\nexpected:\n{expected}"

    def start(self, command):
        log = open(self.place.parent / f"server-{len(self.servers)}.log", "w+")
        environment = self.environment
        if command.lstrip().startswith("script/"):
            environment = {**environment, "ASHLAR_BIN": str(harness.BINARY)}  # what is built need not be built again
        address = next((one for one in self.addresses if one in command), self.addresses[0])
        server = subprocess.Popen(["bash", "-c", "exec " + command.lstrip()], cwd=self.place, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                  start_new_session=True)
        self.servers.append((server, log))
        deadline = time.monotonic() + 600  # script/server may build first
        while time.monotonic() < deadline:
            assert server.poll() is None, f"$ {command}&\n{pathlib.Path(log.name).read_text()}"
            try:
                with urllib.request.urlopen(f"http://{address}/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise AssertionError(f"$ {command}& was never ready")

    def close(self):
        for server, log in self.servers:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)  # a session of its own: started here, nobody else's
            server.wait(30)
            log.close()


@pytest.fixture
def newcomer(tmp_path):
    newcomer = Newcomer(tmp_path)
    yield newcomer
    newcomer.close()


def test_every_console_block_does_what_it_says(newcomer):
    blocks = console_blocks(README.read_text())
    assert blocks, "README.md has no console block"
    for block in blocks:
        for command, expected in block:
            newcomer.run(command, expected)
    assert newcomer.servers, "README.md starts no server"


def test_the_rules_for_output():
    assert fits("a\n...\nz", "a\nb\nc\nz") and fits("a ... c", "a b c") and fits("{...}", '{"a": 1}')
    assert not fits("a\n...\nz", "a\nb") and not fits("a", "b") and not fits("...x", "y")
    text = "```console\n$ one \\\n> two\nout\n\n$ three\n```\n```yaml\n$ no\n```\n"
    assert console_blocks(text) == [[("one \\\ntwo", "out"), ("three", "")]]
