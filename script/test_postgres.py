#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_postgres.py COMMAND...   runs a command beside a PostgreSQL of its own, which ends with it

A cluster in a folder of its own, gone afterwards: a socket and a free port of 127.0.0.1, SCRAM and TLS over the
latter, and PgBouncer before it (pools by session) where that is installed. The command finds them in
TEST_POSTGRES_URL and TEST_PGBOUNCER_URL. Root runs it all as `postgres`, for the server refuses root."""

import contextlib
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

LEAST_VERSION = 15
START_TIMEOUT_S, STOP_TIMEOUT_S = 60, 20
USER = "ashlar"
BOUNCER = """\
[databases]
* = host={folder} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {bouncer_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users.txt
pool_mode = session
default_pool_size = 50
logfile = {folder}/pgbouncer.log
"""


def programs():
    """The folder of the newest server's programs, or None."""
    found = []
    for folder in pathlib.Path("/usr/lib/postgresql").glob("*/bin"):
        if folder.parent.name.isdigit() and (folder / "initdb").exists():
            found.append((int(folder.parent.name), folder))
    version, folder = max(found, default=(0, None))
    return folder if version >= LEAST_VERSION else None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def as_whom():
    """Who runs the server, as arguments of Popen."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": os.getgrouplist("postgres", user.pw_gid)}


class TestPostgres:
    """start and stop, or `with`; `environment` is what those need who use it."""

    __test__ = False  # no class of tests

    def __init__(self):
        self.folder = None
        self.server = self.bouncer = None
        self.environment = {}

    def start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ashlar-postgres-"))
        self.who = as_whom()
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        self.folder.chmod(0o755)  # who tests reads the certificate
        try:
            self._begin_server()
            self._begin_bouncer()
        except BaseException:
            self.stop()
            raise
        return self

    def _write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        if self.who:
            os.chown(path, self.who["user"], self.who["group"])
        return path

    def _run(self, *words):
        done = subprocess.run(list(map(str, words)), cwd=self.folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, **self.who)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _begin(self, name, *words):
        with open(self.folder / f"{name}.out", "ab") as log:
            return subprocess.Popen(list(map(str, words)), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, **self.who)

    def _begin_server(self):
        folder, data, port = programs(), self.folder / "data", free_port()
        if folder is None:
            raise RuntimeError(f"there is no PostgreSQL {LEAST_VERSION} or later: apt-get install postgresql")
        password = secrets.token_hex(16)
        passwords = self._write("password", password)
        self._run(folder / "initdb", "-D", data, "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", f"--pwfile={passwords}",
                  "--auth-host=scram-sha-256", "--auth-local=trust")
        self._run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                  "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                  data / "server.key", "-out", data / "server.crt")
        shutil.copy(data / "server.crt", self.folder / "root.crt")
        (self.folder / "root.crt").chmod(0o644)
        self.server = self._begin("server", folder / "postgres", "-D", data, "-c", f"port={port}", "-c",
                                  f"unix_socket_directories={self.folder}", "-c", "listen_addresses=127.0.0.1", "-c",
                                  "max_connections=200", "-c", "ssl=on", "-c", "fsync=on")
        self._await(self.server, lambda: self._ask(folder, port), "server")
        rest = f"?sslrootcert={self.folder}/root.crt"
        self.port, self.password = port, password
        self.environment["TEST_POSTGRES_URL"] = f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres{rest}"

    def _ask(self, folder, port):
        self._run(folder / "pg_isready", "-q", "-h", self.folder, "-p", port)

    def _begin_bouncer(self):
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if program is None:
            return
        port = free_port()
        self._write("users.txt", f'"{USER}" "{self.password}"\n')
        config = self._write("pgbouncer.ini", BOUNCER.format(folder=self.folder, port=self.port, bouncer_port=port))
        self.bouncer = self._begin("bouncer", program, config)
        self._await(self.bouncer, lambda: socket.create_connection(("127.0.0.1", port), timeout=5).close(), "bouncer")
        self.environment["TEST_PGBOUNCER_URL"] = f"postgres://{USER}:{self.password}@127.0.0.1:{port}/postgres"

    def _await(self, process, ask, name):
        begun = time.monotonic()
        while True:
            with contextlib.suppress(OSError, RuntimeError):
                return ask()
            if process.poll() is not None or time.monotonic() - begun > START_TIMEOUT_S:
                log = (self.folder / f"{name}.out").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{name}: no start\n{log}")
            time.sleep(0.05)

    def stop(self):
        for process, how in ((self.bouncer, signal.SIGKILL), (self.server, signal.SIGINT)):  # which ends its sessions
            if process is None or process.poll() is not None:
                continue
            process.send_signal(how)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # its own processes go along, which they would not with SIGKILL
                process.wait()
        self.server = self.bouncer = None
        self.environment.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def main(words):
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if words else 2

    def leave(number, _):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    with TestPostgres() as postgres:
        return subprocess.run(words, env={**os.environ, **postgres.environment}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
