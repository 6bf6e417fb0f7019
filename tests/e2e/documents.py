# SPDX-License-Identifier: Apache-2.0
"""Runs what a document says as a newcomer would type it, in an empty HOME. The convention:

* A block fenced as ```console is run. Each document has one shell, whose variables and directory stay from command to
  command, in a directory that has what a clone has and a built binary.
* A line `$ COMMAND` is run by bash; `> ` goes on with it. The lines behind it are what it prints, where `...` stands
  for anything, within a line and over lines. A command must end with 0, or print `exit status N` as its last line.
* A line `$ COMMAND &` starts a server; the next line asks it by curl with --retry-connrefused until it answers.
  `$ kill %1` ends the one that bash gives that number, `$ kill -HUP %1` makes it read its files again; those that are
  left are ended behind the last block.
* Servers get free ports: 127.0.0.1:8080 and 127.0.0.1:8081 stand for them, in commands, in files and in output; a
  server whose command names no address has the first.
* `$ grep` is tried again for a while: a log is written behind the answer that it tells of.
* A block behind a line that ends with "`NAME`:" is written to the file NAME, in the shell's directory.
* `script/test`, `script/build` and what needs another machine are not run: this test is part of the first, and needs
  the second.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import harness

SKIPPED = re.compile(r"^(sudo |apt|git clone|cd ashlar$|script/(test|build|format)|\.ci/run)")
NOT_CLONED = {"build", "data", ".git", ".pytest_cache", "node_modules"}
ADDRESSES = ("127.0.0.1:8080", "127.0.0.1:8081")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"`([\w.-][\w./-]*)`:\s*\Z")  # in the shell's directory: what begins at / is not written


def steps(text):
    """[("run", command, expected output) or ("write", name, text)] of a document, in its order."""
    found = []
    for block in FENCE.finditer(text):
        kind, body = block.groups()
        if kind == "console":
            found += [("run", *one) for one in commands(body)]
        elif name := FILE.search(text[:block.start()]):
            found.append(("write", name.group(1), body))
    return found


def commands(body):
    """[(command, expected output)] of a console block."""
    found = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1][0] += "\n" + line[2:]
        else:
            assert found, f"a console block begins with output: {line}"
            found[-1][1].append(line)
    return [(command, "\n".join(output).strip()) for command, output in found]


def fits(expected, actual):
    """`...` stands for anything; every other text must be there, in order, from the beginning to the end."""
    parts = [r"[\s\S]*?" if part == "..." else re.escape(part) for part in re.split(r"(\.\.\.)", expected)]
    return re.fullmatch("".join(parts), actual.strip()) is not None


class Newcomer:
    """A clone-like directory, an empty HOME and a shell; servers started in it are ended by close()."""

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
        self.state = directory / "state"  # the shell's variables and directory, as commands that bring them back
        self.state.write_text(f"cd '{self.place}'\n")
        self.servers = []  # every one that was started
        self.jobs = {}  # those that run, by the number that bash would give them
        self.waiting = False  # for the server that was started last

    def follow(self, text):
        for what, *rest in steps(text):
            (self.run if what == "run" else self.write)(*rest)
        assert not self.waiting, "nothing waits for the server that was started last"

    def real(self, text):
        for written, real in zip(ADDRESSES, self.addresses):
            text = text.replace(written, real)
        return text

    def write(self, name, text):
        place = subprocess.run(["bash", "-c", f". '{self.state}'; pwd"], env=self.environment, text=True, timeout=20,
                               stdout=subprocess.PIPE, check=True).stdout.rstrip("\n")
        (pathlib.Path(place) / name).write_text(self.real(text))

    def run(self, command, expected):
        if SKIPPED.match(command):
            return
        command, expected = self.real(command), self.real(expected)
        if command.endswith(" &"):
            assert not self.waiting, f"nothing waits for the server before: $ {command}"
            return self.start(command.removesuffix(" &"))
        if told := re.fullmatch(r"kill (-HUP )?%(\d+)", command):
            return self.tell(int(told.group(2)), again=told.group(1) is not None)
        if self.waiting:
            assert "--retry-connrefused" in command, f"no wait for a server: $ {command}"
            self.waiting = False
        deadline = time.monotonic() + 10
        printed = self.type(command)
        while command.startswith("grep ") and not fits(expected, printed) and time.monotonic() < deadline:
            time.sleep(0.1)
            printed = self.type(command)
        if expected:
            assert fits(expected, printed), f"$ {command}\nprinted:\n{printed}\nexpected:\n{expected}"
        else:
            assert not re.search(r"^exit status \d+\Z", printed, re.M), f"$ {command}\n{printed}"

    def type(self, command):
        """What the shell prints, its status at the end unless it is 0."""
        shell = (f"set -a\n. '{self.state}'\n{command}\nstatus=$?\n"
                 f"{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > '{self.state}'\nexit $status")
        done = subprocess.Popen(["bash", "-c", shell], env=self.environment, text=True, start_new_session=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            printed = done.communicate(timeout=120)[0].rstrip("\n")
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGKILL)
            raise AssertionError(f"does not end: $ {command}\n{done.communicate()[0]}") from None
        return printed + (f"\nexit status {done.returncode}" if done.returncode else "")

    def start(self, command):
        log = open(self.place.parent / f"server-{len(self.servers)}.log", "w+")
        environment = self.environment
        if command.startswith("script/"):
            environment = {**environment, "ASHLAR_BIN": str(harness.BINARY)}  # what is built need not be built again
        server = subprocess.Popen(["bash", "-c", f". '{self.state}'\nexec {command}"], env=environment,
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                  start_new_session=True)
        self.servers.append((server, log))
        self.jobs[max(self.jobs, default=0) + 1] = server, log
        self.waiting = True

    def tell(self, job, again):
        if again:
            return os.killpg(self.jobs[job][0].pid, signal.SIGHUP)
        return self.end(*self.jobs.pop(job))

    def end(self, server, log):
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)  # a session of its own: started here, nobody else's
        status = server.wait(30)
        assert status == 0, f"a server ended with {status}:\n{pathlib.Path(log.name).read_text()}"

    def close(self):
        for server, log in self.servers:
            self.end(server, log)
            log.close()
