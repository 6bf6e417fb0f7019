# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown: on the terminal, and in RESULTS.md."""

import datetime
import json
import os
import pathlib
import platform
import re
import subprocess

import figures

HERE = pathlib.Path(__file__).resolve().parent


def said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    except OSError:
        return "unknown"
    return (done.stdout + done.stderr).strip()


def versions():
    found = json.loads((HERE / "fastify/package-lock.json").read_text())["packages"]
    of = {name: found[f"node_modules/{name}"]["version"] for name in ("fastify", "better-sqlite3", "fast-jwt", "pino")}
    nginx = re.sub(r"^.*nginx/", "nginx ", said("/usr/sbin/nginx", "-v"))
    sqlite = said("sqlite3", "--version").split(" ")[0]
    return [nginx, f"Node {said('node', '--version').lstrip('v')}", *(f"{name} {of[name]}" for name in of),
            f"SQLite {sqlite} (product, plain)", re.sub(r" \[.*", "", said("wrk", "-v").splitlines()[0]).strip()]


def machine_lines(binary, given):
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    changed = " with changes" if said("git", "status", "--porcelain", "--", "../src", ".") else ""
    load = os.getloadavg()[0]
    return [f"Commit {said('git', 'rev-parse', '--short', 'HEAD')}{changed}, "
            f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC; {given.rounds} rounds of "
            f"{given.seconds} s in turn, medians; load before the run {load:.1f}.",
            f"{cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; the "
            "server on one, wrk with 64 connections on the other.",
            "; ".join(versions()) + "."]


def work_lines(work, medians):
    lines = [f"## {work.title}", "| | req/s | p99 ms | CPU us per request |", "|---|---:|---:|---:|"]
    for name, sample in medians.items():
        lines.append(f"| {name} | {sample.rate:,.0f} | {sample.p99_ms:.2f} | {sample.cpu_us:.1f} |")
    verdicts = [figures.judge(target, medians) for target in work.targets]
    return [*lines, *([""] if verdicts else []), *(f"- {verdict}" for verdict in verdicts if verdict)]


def statement_lines(product, work):
    """How many statements one such request ran, as its line of the product's log says."""
    status, headers, _ = product.exchange(work.cases[0].asked)
    wanted = headers["x-request-id"]

    def look():
        with product.error_file.open("rb") as log:
            log.seek(max(0, product.error_file.stat().st_size - 65536))
            for line in log.read().decode(errors="replace").splitlines():
                if wanted in line:
                    return json.loads(line)["statements"]
        return None

    return [f"- {figures.Verdict('statements, by the access log', product.wait(look), '<=', 3)}"]


def check_lines(title, told):
    """Verdicts, and lines of text between them."""
    return [f"## {title}", *(f"- {one}" for one in told)]


def write(path, lines):
    text = "\n".join(["# Results of the benchmark", "", "Written by `script/bench --write`; "
                      "[docs/performance.md](../docs/performance.md) tells what each row means.", "", *lines])
    path.write_text(text.rstrip("\n") + "\n")
