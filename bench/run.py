# SPDX-License-Identifier: Apache-2.0
"""Measures the product beside its peers; script/bench builds what it needs and calls it."""

import argparse
import contextlib
import os
import pathlib
import signal
import sys
import tempfile

import data
import figures
import logins
import peers
import report
import size
import start
from load import BenchError, measure
from works import KEYS, all_works

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "build/release/ashlar"
PLAIN = ROOT / "build/release/bench/bench_plain"
SENDER = ROOT / "build/release/bench_sender"
ROWS, QUICK_ROWS = 1_000_000, 100_000
OTHERS = {"start": "10. memory and start", "logins": "12. reads beside logins", "size": "11. cost against size"}


class Bench:
    """All peers of one run, started when a work first asks for them, over copies of the kept rows."""

    def __init__(self, rows, folder, stack):
        self.rows, self.folder, self.stack = rows, folder, stack
        self.kept = data.keep_store(BINARY, rows)
        self.running = {}
        store = self.copy("product")
        self.token = data.create_token(BINARY, store)
        self.works = all_works(rows, self.token)
        self.add(peers.start_product(BINARY, data.CONTRACT, store, folder))

    def copy(self, name):
        return data.copy_store(self.kept, self.folder / f"{name}.db")

    def add(self, peer):
        self.stack.callback(peer.stop)
        self.running[peer.name] = peer

    def peer(self, name):
        if name not in self.running:
            self.add(self.start(name))
        return self.running[name]

    def start(self, name):
        if name == "nginx":
            product = self.running["product"]
            get = next(work for work in self.works if work.key == "get").cases
            asked = next(case.asked for case in get if case.peer == "product")
            return peers.start_nginx({"/health/live": '{"status":"ok"}',
                                      "/get": product.exchange(asked)[2].decode()}, self.folder)
        if name == "cached":
            return peers.start_product(BINARY, data.CONTRACT, self.copy(name), self.folder, name,
                                       ("--store-cache-mib", "512"))
        if name == "fastify":
            return peers.start_fastify(self.copy(name), self.folder)
        return peers.start_plain(PLAIN, self.copy(name), self.token, self.folder, one_by_one=name == "plain-one")

    def check(self, work):
        """One answer of each peer, some where bodies can be compared: no success, or another body, ends the run."""
        expected = {}
        for case in sorted(work.cases, key=lambda one: one.peer != "product"):
            for line in case.asked.lines[:10]:
                status, _, body = self.peer(case.peer).exchange(case.asked, line)
                if status not in (200, 201):
                    raise BenchError(f"{work.key}: {case.name} answered {status}: {body[:300]!r}")
                told = peers.comparable(status, body)
                if not work.same_bodies:
                    continue
                # nginx has one path: its answer is that to the first line of the others
                first = case.peer == "nginx" or len(case.asked.lines) == 1
                key = 0 if first or line == case.asked.lines[0] else line
                if told != expected.setdefault(key, told):
                    raise BenchError(f"{work.key}: {case.name} answers\n{told!r}\nthe product\n{expected[key]!r}")

    def empty_logs(self):
        """All of them are appended to: gigabytes that wait for the disk would hold up whoever is measured next."""
        for log in [*self.folder.glob("*.log"), *self.folder.glob("*.stderr")]:
            os.truncate(log, 0)

    def measure(self, work, rounds, seconds):
        """Each case in turn, several times; the medians by the case's name."""
        self.check(work)
        for case in work.cases:  # code is compiled while it runs, caches fill
            measure(self.peer(case.peer), case.asked, 1, self.folder)
        samples = {case.name: [] for case in work.cases}
        for _ in range(rounds):
            for case in work.cases:
                self.empty_logs()
                samples[case.name].append(measure(self.peer(case.peer), case.asked, seconds, self.folder))
        return {name: figures.median(several) for name, several in samples.items()}


class Arguments(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def read_arguments(words):
    keys = [*KEYS, *OTHERS]
    parser = Arguments(prog="script/bench", description=__doc__.splitlines()[0],
                       epilog=f"WORK is one of: {' '.join(keys)}; without any, all but size. "
                              "quick: all works over fewer rows, a second each.")
    parser.add_argument("works", nargs="*", metavar="WORK", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="write the results to bench/RESULTS.md too")
    given = parser.parse_args(words)
    if strangers := set(given.works) - {*keys, "quick"}:
        parser.error(f"no work is called {', '.join(sorted(strangers))}; there are {' '.join(keys)} and quick")
    given.quick = "quick" in given.works
    given.works = [key for key in given.works if key != "quick"] or [key for key in keys if key != "size"]
    if given.quick:
        given.rounds, given.seconds = 1, 1
    if given.rounds < 1 or given.seconds < 1:
        parser.error("rounds and seconds are at least 1")
    return given


def run(given, folder, tell):
    with contextlib.ExitStack() as stack:
        if set(given.works) - set(OTHERS):
            bench = Bench(QUICK_ROWS if given.quick else ROWS, folder, stack)
            for work in bench.works:
                if work.key in given.works:
                    medians = bench.measure(work, given.rounds, given.seconds)
                    tell(report.work_lines(work, medians))
                    if work.key == "include":
                        tell(report.statement_lines(bench.running["product"], work))
    if "start" in given.works:
        tell(report.check_lines(OTHERS["start"], start.measure(BINARY, folder)))
    if "logins" in given.works:
        tell(report.check_lines(OTHERS["logins"],
                                logins.measure(BINARY, SENDER, folder, given.rounds, given.seconds)))
    if "size" in given.works:
        tell(size.lines(BINARY, folder, given.rounds, given.seconds, OTHERS["size"]))


def main():
    given = read_arguments(sys.argv[1:])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    written = []

    def tell(lines):
        written.extend([*lines, ""])
        print("\n".join([*lines, ""]), flush=True)

    tell(report.machine_lines(BINARY, given))
    data.cache_folder().mkdir(parents=True, exist_ok=True)
    data.remove_old()
    try:
        with tempfile.TemporaryDirectory(prefix="run-", dir=data.cache_folder()) as folder:
            run(given, pathlib.Path(folder), tell)
    except BenchError as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return 1
    if given.write:
        report.write(ROOT / "bench/RESULTS.md", written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
