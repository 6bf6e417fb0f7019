# SPDX-License-Identifier: Apache-2.0
"""A server under strace: what it asks of the system, in order, and calls that are made to fail.

One tracer sees every thread, so the order of its lines is the order of what happened: a call that others overlap has a
line where it begins and one where it ends.
"""

import ast
import collections
import functools
import os
import re
import shutil
import signal
import subprocess

import harness
import pytest

Event = collections.namedtuple("Event", "begins ends call path text result")

BEGIN = re.compile(r"(\d+) +(\w+)\((.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
DESCRIPTOR = re.compile(r"(?:AT_FDCWD|\d+)<(.*?)>")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
RESULT = re.compile(r"= (-?\d+)")


@functools.cache
def hindrance():
    """Why nothing can be traced here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = ["strace", "-f", "-qq", "-o", "/dev/null", "true"]
    done = subprocess.run(tried, capture_output=True, text=True, timeout=60)
    return None if done.returncode == 0 else "ptrace is not permitted here: " + done.stderr.strip()


def need_strace():
    if hindrance():
        pytest.skip(hindrance())


class Traced(harness.Server):
    """A server whose calls go to a file; `options` are strace's own, after the calls that are looked at."""

    def __init__(self, contract, directory, calls, options=(), **more):
        self.trace = directory / "trace"
        if harness.is_instrumented():  # LeakSanitizer cannot be traced
            more["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        super().__init__(contract, directory, **more)
        self.prefix = ("strace", "-f", "-qq", "-y", "-o", str(self.trace), "-e", "signal=none", "-e", "trace=" + calls,
                       *options)

    def _signal(self, number):
        """To the server, whose process is in the store's lock; strace ends as it ends."""
        lock = self.store_path.with_name(self.store_path.name + ".lock")
        if self.process is not None and self.process.poll() is None:
            try:
                os.kill(int(lock.read_text()), number)
            except (OSError, ValueError):
                self.process.send_signal(number)

    def stop(self):
        self._signal(signal.SIGTERM)
        super().stop()

    def _kill(self):
        self._signal(signal.SIGKILL)
        self.process.wait(harness.STOP_TIMEOUT_S)


def read(trace):
    """What is in a trace, an Event where a call begins (`ends` false) and one where it ends; both in one, mostly."""
    open_calls = {}
    with open(trace, encoding="latin-1") as lines:
        for line in lines:
            if found := RESUMED.match(line):
                thread, call, rest = found.groups()
                path, text = open_calls.pop((thread, call))
                yield Event(False, True, call, path, text, _result(rest))
            elif found := BEGIN.match(line):
                thread, call, text = found.groups()
                path = DESCRIPTOR.match(text)
                path = path.group(1) if path else ""
                unfinished = "<unfinished ..." in text[-20:]
                if unfinished:
                    open_calls[thread, call] = path, text
                yield Event(True, not unfinished, call, path, text, None if unfinished else _result(text))


def _result(text):
    found = RESULT.search(text, text.rfind(" = "))
    return int(found.group(1)) if found else None


def bytes_of(text):
    """The bytes of a call's first quoted argument."""
    return ast.literal_eval("b" + QUOTED.search(text).group(0))
