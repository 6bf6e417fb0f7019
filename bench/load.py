# SPDX-License-Identifier: Apache-2.0
"""One measurement: wrk asks a peer for some seconds, and what the peer's processes used meanwhile is read."""

import dataclasses
import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = "0", "1"
TICKS = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """What ends the run: a figure would mean nothing."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is asked of a peer: the lines are targets, or bodies of a POST to `path`."""
    lines: tuple
    method: str = "GET"
    path: str = "/"
    headers: tuple = ()
    depth: int = 1
    connections: int = CONNECTIONS


@dataclasses.dataclass(frozen=True)
class Sample:
    rate: float    # requests a second
    p99_ms: float
    cpu_us: float  # user and system time of the peer's processes for each request


def core(which):
    """The prefix that keeps a command on that core, where there are two."""
    return ["taskset", "-c", which] if (os.cpu_count() or 1) > 1 else []


def processes(pid):
    """The process and all that descend from it."""
    found = [pid]
    for one in found:
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def cpu_us(pid):
    total = 0
    for one in processes(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total * 1_000_000 / TICKS


def measure(peer, asked, seconds, folder):
    lines = folder / f"lines-{abs(hash((asked.method, asked.lines)))}"
    if not lines.exists():
        lines.write_text("\n".join(asked.lines) + "\n")
    before = cpu_us(peer.pid)
    wrk = ["wrk", "-t1", f"-c{asked.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / "load.lua",
           peer.address, "--", asked.method, asked.path, lines, str(asked.depth), *asked.headers]
    done = subprocess.run([*core(LOAD_CORE), *wrk], capture_output=True, text=True)
    after = cpu_us(peer.pid)
    if done.returncode != 0:
        raise BenchError(f"wrk against {peer.name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    if told["refused"] or told["broken"] or not told["requests"]:
        raise BenchError(f"{peer.name}: {told['refused']} answers were no success and {told['broken']} requests broke, "
                         f"of {told['requests']}: {asked.lines[0]}")
    return Sample(told["requests"] * 1_000_000 / told["microseconds"], told["p99"] / 1000,
                  (after - before) / told["requests"])
