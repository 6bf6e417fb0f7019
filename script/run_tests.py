# SPDX-License-Identifier: Apache-2.0
"""The stages of script/test, which see for what they are. Each goes on after the one before has failed, where that
makes sense; all logs stand in build/PRESET/results/."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import test_postgres  # noqa: E402
import test_results  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
TSAN_MODULES = ("http", "telemetry", "store", "engine")
TSAN_END_TO_END = ("test_concurrency",)  # of the extended run
# What judges the clock or the disk, for long: of the binary that ships alone.
RELEASE_ALONE = ("test_equal_time", "test_overload", "test_durability", "test_durability_disk")
# What runs once more on rows in PostgreSQL; the extended run has all of the latter.
ON_POSTGRES = ("test_service", "test_changed_contract")
ON_POSTGRES_EXTENDED = ON_POSTGRES + ("test_edges", "test_chinook", "test_matrix", "test_matrix_errors", "test_fields")
FUZZ_SECONDS, FUZZ_SECONDS_EXTENDED = 5, 120
MORE_CORPORA = {"contract": ("tests/contract/right", "tests/contract/one")}  # that stand elsewhere
UNIT_TIMEOUT_S = 300
TAIL_LINES = 80
RUNNING = set()  # test programs and fuzzers
POSTGRES = test_postgres.TestPostgres()  # of this run


class Run:
    def __init__(self, extended, filter_):
        self.extended, self.filter = extended, filter_
        self.results = test_results.Results()
        self.jobs = os.cpu_count() or 2

    def wants(self, name):
        return self.filter is None or self.filter in name

    def build(self, preset, pick):
        """Configures and builds; pick chooses ninja targets from the executables of the tree, None means all."""
        tree = ROOT / "build" / preset
        with self.results.stage(f"build {preset}"):
            done = subprocess.run(["cmake", "--preset", preset], cwd=ROOT, capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"cmake --preset {preset} failed\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
            targets = pick(executables(tree))
            if not targets:
                print("nothing to build")
                return tree
            log = tree / ".ninja_log"
            offset = log.stat().st_size if log.exists() else 0
            status = ninja(tree, targets, self.jobs)
            self.results.compiled += test_results.read_ninja_log(log, offset)
            if status != 0:
                raise RuntimeError(f"the build of {preset} failed")
        return tree

    def tidy(self):
        with self.results.stage("tidy"):
            done = subprocess.run([sys.executable, "tests/tidy/tidy.py", str(ROOT)], cwd=ROOT)
            self.results.add("tidy", "passed" if done.returncode == 0 else "failed")
            self.pytest("tests/tidy", ROOT / "build/results/tidy.xml")

    def postgres(self):
        """One cluster for all test programs; those that need one are skipped without it."""
        with self.results.stage("postgres"):
            if test_postgres.programs() is None:
                print("there is no PostgreSQL: what needs it is skipped")
            else:
                POSTGRES.start()

    def units(self, tree, names=None):
        """The test programs of a tree, as ctest lists them."""
        with self.results.stage(f"unit tests ({tree.name})"):
            tests = [test for test in ctest_list(tree) if test["name"] != "tidy" and self.wants(test["name"]) and
                     (names is None or test["name"] in names)]
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                for tests_of_one in pool.map(lambda test: run_unit(tree, test), tests):
                    self.results.add_all(tests_of_one)

    def fuzz(self, tree):
        with self.results.stage("fuzz"):
            targets = [tree / path for path in executables(tree) if path.endswith("_fuzz") and
                       self.wants(pathlib.Path(path).name)]
            seconds = FUZZ_SECONDS_EXTENDED if self.extended else FUZZ_SECONDS
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                self.results.add_all(pool.map(lambda target: run_fuzz(tree, target, seconds), targets))

    def end_to_end(self, binary, only=None, without=(), where=None, **environment):
        with self.results.stage(f"end to end ({where or binary.parent.name})"):
            files = sorted(path for path in (ROOT / "tests/e2e").glob("test_*.py") if self.wants(path.stem) and
                           path.stem not in without and (only is None or path.stem in only))
            if not files:
                return
            if not binary.exists():
                raise RuntimeError(f"{binary} has not been built")
            report = binary.parent / f"results/e2e{'_' + where if where else ''}.xml"
            self.pytest(files, report, where=where, ASHLAR_BIN=str(binary), **environment)

    def pytest(self, what, report, where=None, **environment):
        report.parent.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)
        paths = [str(path) for path in what] if isinstance(what, list) else [what]
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
                               "-o", "junit_family=xunit1", f"--junitxml={report}", *paths],
                              cwd=ROOT, stdin=subprocess.DEVNULL, env=test_environment(**environment))
        tests = test_results.read_junit(report) if report.exists() else []
        self.results.add_all((f"{where}/{name}" if where else name, verdict) for name, verdict in tests)
        if done.returncode != 0 and not any(verdict == "failed" for _, verdict in tests):
            raise RuntimeError(f"pytest ended with status {done.returncode}")

    def all_stages(self):
        everything = self.filter is None
        wants_e2e = any(self.wants(path.stem) for path in (ROOT / "tests/e2e").glob("test_*.py"))
        if self.wants("tidy"):
            self.tidy()
        if wants_e2e:
            self.build("release", lambda _: ["ashlar", "bench_sender", "bench_plain"])

        def sanitized(programs):
            if everything:
                return ["all", "all_verify_interface_header_sets"]
            chosen = [path for path in programs if self.wants(pathlib.Path(path).name)]
            return chosen + (["ashlar"] if wants_e2e and self.extended and "ashlar" not in chosen else [])

        asan = self.build("asan", sanitized) or ROOT / "build/asan"
        self.postgres()
        self.units(asan)
        self.fuzz(asan)
        if wants_e2e:
            extended = {"ASHLAR_EXTENDED": "1"} if self.extended else {}
            self.end_to_end(ROOT / "build/release/ashlar", **extended)
            if POSTGRES.environment:
                self.end_to_end(ROOT / "build/release/ashlar", ON_POSTGRES_EXTENDED if self.extended else ON_POSTGRES,
                                where="postgres", ASHLAR_E2E_STORE="postgres", **extended)
            if self.extended:
                self.end_to_end(asan / "ashlar", without=RELEASE_ALONE, **extended)
        if everything or self.extended or self.filter in TSAN_MODULES:
            self.thread_sanitizer()
        return self.results

    def thread_sanitizer(self):
        names = None if self.extended else TSAN_MODULES
        served = self.extended and any(self.wants(name) for name in TSAN_END_TO_END)

        def pick(programs):
            if self.extended and self.filter is None:
                return ["all"]
            chosen = [path for path in programs if path.endswith("_test") and self.wants(pathlib.Path(path).name) and
                      (names is None or pathlib.Path(path).name[:-len("_test")] in names)]
            return chosen + (["ashlar"] if served else [])

        tree = self.build("tsan", pick) or ROOT / "build/tsan"
        self.units(tree, names)
        if served:
            self.under_load(tree)

    def under_load(self, tree):
        """Crowds at a binary that reports every race: one report, on whichever thread, is a failure."""
        reports = tree / "results/tsan"
        for old in reports.parent.glob("tsan.*"):
            old.unlink()
        options = test_environment()["TSAN_OPTIONS"] + f":log_path={reports}"
        self.end_to_end(tree / "ashlar", TSAN_END_TO_END, ASHLAR_EXTENDED="1", TSAN_OPTIONS=options)
        found = sorted(reports.parent.glob("tsan.*"))
        for report in found:
            print(f"{report}:\n{tail(report)}", flush=True)
        self.results.add("no report of ThreadSanitizer under load", "failed" if found else "passed")


def executables(tree):
    """Every program of a configured tree, built or not, by its path below the tree."""
    done = subprocess.run(["ninja", "-C", str(tree), "-t", "targets", "all"], capture_output=True, text=True)
    return re.findall(r"^(\S+): CXX_EXECUTABLE_LINKER", done.stdout, re.M)


def ninja(tree, targets, jobs):
    """Builds as much as can be; shows what went wrong, and the progress now and then."""
    process = subprocess.Popen(["ninja", "-C", str(tree), "-k", "0", "-j", str(jobs), *targets], text=True,
                               errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
    told = 0
    for line in process.stdout:
        step = re.match(r"\[(\d+)/(\d+)\]", line)
        if not step:
            print(line[:4000], end="", flush=True)
        elif int(step.group(1)) >= told + 25 or step.group(1) == step.group(2):
            told = int(step.group(1))
            print(line[:200], end="", flush=True)
    return process.wait()


def ctest_list(tree):
    done = subprocess.run(["ctest", "--test-dir", str(tree), "--show-only=json-v1"], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"ctest cannot list the tests of {tree.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)["tests"]


def test_environment(**more):
    environment = dict(os.environ, **POSTGRES.environment, **more)
    symbolizer = "/usr/bin/llvm-symbolizer-19"
    if os.path.exists(symbolizer):
        for name in ("ASAN", "UBSAN", "TSAN", "LSAN"):
            environment.setdefault(f"{name}_SYMBOLIZER_PATH", symbolizer)
    environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    environment.setdefault("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1:external_symbolizer_path=" +
                           symbolizer)
    return environment


def run_logged(command, log, timeout, environment, folder):
    """Runs to the end with its output in a file; the status, or None when it took too long."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                       env=environment, cwd=folder)
        except OSError as error:
            output.write(f"{command[0]}: {error}\n".encode())
            return 127
        RUNNING.add(process)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()
            RUNNING.discard(process)


def stop(signal_number, _):
    """Told to end: takes the test programs along, which would run on otherwise."""
    for process in list(RUNNING):
        process.kill()
    POSTGRES.stop()
    os._exit(128 + signal_number)


def tail(log):
    lines = [line for line in log.read_text(errors="replace").splitlines() if not line.startswith("#")  # libFuzzer's
             or not re.match(r"#\d+\s+(NEW|REDUCE|pulse)", line)]
    return "\n".join(lines[-TAIL_LINES:])


def run_unit(tree, test):
    """One program of ctest: its GoogleTest cases, or itself as one case where it writes none."""
    name, command = test["name"], test.get("command")
    if not command or not pathlib.Path(command[0]).exists():
        print(f"{name}: not built", flush=True)
        return [(f"{tree.name}/{name} (not built)", "failed")]
    report, log = tree / f"results/{name}.json", tree / f"results/{name}.log"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    environment = test_environment(GTEST_OUTPUT=f"json:{report}")
    if tree.name == "tsan":  # whose eyes do not reach into libpq: its tests are skipped there
        environment.pop("TEST_POSTGRES_URL", None)
    status = run_logged(command, log, UNIT_TIMEOUT_S, environment, tree)
    tests = test_results.read_gtest(report) if report.exists() else []
    failed = [case for case, verdict in tests if verdict == "failed"]
    if status != 0:
        print(f"{name}: {'took too long' if status is None else f'status {status}'}, {log}\n{tail(log)}", flush=True)
    else:
        print(f"{name}: {sum(verdict == 'passed' for _, verdict in tests) if tests else 1} passed", flush=True)
    named = [(f"{tree.name}/{name}: {case}", verdict) for case, verdict in tests]
    if not tests or (status != 0 and not failed):  # ended before it could say so
        named.append((f"{tree.name}/{name}", "passed" if status == 0 else "failed"))
    return named


def run_fuzz(tree, target, seconds):
    folder = tree / "fuzz" / target.name
    found = folder / "found"
    found.mkdir(parents=True, exist_ok=True)
    name = target.name.removesuffix("_fuzz")
    corpora = [ROOT / "tests/fuzz/corpus" / name, *(ROOT / path for path in MORE_CORPORA.get(name, ()))]
    log = tree / f"results/{target.name}.log"
    command = [str(target), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2560", "-print_final_stats=1",
               f"-artifact_prefix={folder}/", str(found), *(str(corpus) for corpus in corpora if corpus.is_dir())]
    status = run_logged(command, log, seconds + 300, test_environment(), tree)
    if status != 0:
        print(f"{target.name}: the input stands in {folder}, the log in {log}\n{tail(log)}", flush=True)
    else:
        runs = re.search(r"number_of_executed_units:\s*(\d+)", log.read_text(errors="replace"))
        print(f"{target.name}: {runs.group(1) if runs else '?'} inputs in {seconds} s", flush=True)
    return target.name, "passed" if status == 0 else "failed"


def main():
    parser = argparse.ArgumentParser(prog="script/test")
    parser.add_argument("--extended", action="store_true",
                        help="fuzz longer, all of TSan, end to end under ASan and TSan, large crowds, overload, h2spec")
    parser.add_argument("filter", nargs="?", help="only test programs and files whose name contains this")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        results = Run(arguments.extended, arguments.filter).all_stages()
    finally:
        POSTGRES.stop()
    if results.passed + results.failed + results.skipped == 0:
        print(f"nothing is named like '{arguments.filter}'")
        results.add(f"tests named like '{arguments.filter}'", "failed")
    results.print_summary()
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
