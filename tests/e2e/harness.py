# SPDX-License-Identifier: Apache-2.0
"""Runs the real binary for the tests: commands, servers over real sockets, clients, log lines.

    with Server(contract, directory, seed=file) as server:
        answer = server.client(server.token("staff")).get("/v1/things")

Only the standard library; servers listen on 127.0.0.1, port 0; each has a store of its own.
"""

import collections
import hashlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Whether servers keep their rows in the PostgreSQL server of the tests (script/test_postgres.py), not in a file.
ON_POSTGRES = os.environ.get("ASHLAR_E2E_STORE") == "postgres"
BINARY = pathlib.Path(os.environ.get("ASHLAR_BIN", ROOT / "build/release/ashlar")).resolve()
SENDER = pathlib.Path(os.environ.get("ASHLAR_SENDER", ROOT / "build/release/bench_sender")).resolve()
SHARED = ROOT.parent / "shared"
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
CRASH_MARKS = ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "runtime error:", "Segmentation fault")


def is_instrumented():
    """Whether the binary was built with ASan, which keeps what is freed: its memory tells nothing."""
    return b"__asan_init" in BINARY.read_bytes()


def clean_environment(home, **more):
    """What a fresh user has: no settings of ours leak into the process under test."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR") or
            key.endswith("SAN_OPTIONS") or key.startswith("LLVM_")}
    kept["HOME"] = str(home)
    kept.update({key: str(value) for key, value in more.items()})
    return kept


def run(*arguments, cwd=None, home=None, stdin=None, timeout=120, **environment):
    """Runs one command of the binary to its end; its standard output and error are text."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], cwd=cwd, input=stdin, text=True, timeout=timeout,
                          stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True,
                          env=clean_environment(home or cwd or "/nonexistent", **environment))
    assert not any(mark in done.stderr for mark in CRASH_MARKS), done.stderr
    assert done.returncode >= 0, f"ended by signal {-done.returncode}: {done.stderr}"
    return done


def succeed(*arguments, **options):
    done = run(*arguments, **options)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


Answer = collections.namedtuple("Answer", "status headers body raw")


class Client:
    """One keep-alive connection. Not for use by several threads."""

    def __init__(self, address, token=None, timeout=30):
        parts = urllib.parse.urlsplit(address)
        self.host, self.port = parts.hostname, parts.port
        self.token, self.timeout = token, timeout
        self.connection = None
        self.judge = None  # called with method, path and every answer

    def request(self, method, path, json_body=None, headers=None, raw=None):
        """Sends one request; json_body may be any JSON value but None, raw is sent as it is."""
        sent = {"Accept": "application/json"}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        body = raw
        if json_body is not None:
            body = json.dumps(json_body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        for name, value in (headers or {}).items():
            sent = {key: old for key, old in sent.items() if key.lower() != name.lower()}
            if value is not None:
                sent[name] = value
        answer = self._exchange(method, path, body, sent)
        if self.judge is not None:
            self.judge(method, path, answer)
        return answer

    def _exchange(self, method, path, body, headers):
        reused = self.connection is not None
        if not reused:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            raw = response.read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            if not reused or method not in ("GET", "HEAD", "OPTIONS"):
                raise
            return self._exchange(method, path, body, headers)  # the idle connection had been closed
        except Exception:
            self.close()
            raise
        seen = {}
        for name, value in response.getheaders():
            seen[name.lower()] = seen[name.lower()] + ", " + value if name.lower() in seen else value
        if response.will_close:
            self.close()
        is_json = "json" in seen.get("content-type", "") and raw
        return Answer(response.status, seen, json.loads(raw) if is_json else None, raw)

    def get(self, path, **query):
        return self.request("GET", with_query(path, query))

    def post(self, path, body, **headers):
        return self.request("POST", path, body, headers or None)

    def patch(self, path, body, headers=None):
        return self.request("PATCH", path, body, headers)

    def put(self, path, body, headers=None):
        return self.request("PUT", path, body, headers)

    def delete(self, path, headers=None):
        return self.request("DELETE", path, None, headers)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def with_query(path, query):
    """query: a dict, or pairs where a name may repeat; everything is percent-encoded."""
    pairs = list(query.items()) if isinstance(query, dict) else list(query)
    flat = [(key, one) for key, value in pairs for one in (value if isinstance(value, list) else [value])]
    if not flat:
        return path
    return path + ("&" if "?" in path else "?") + urllib.parse.urlencode(flat, quote_via=urllib.parse.quote)


def postgres_schema(path):
    """A schema of its own for what would be that file, in the server of the tests: the URL of a store."""
    url = os.environ["TEST_POSTGRES_URL"]
    name = "e2e_" + hashlib.sha256(str(path).encode()).hexdigest()[:24]
    subprocess.run(["psql", "-q", "-d", url, "-c", f"CREATE SCHEMA IF NOT EXISTS {name}"], check=True,
                   capture_output=True, timeout=60)
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"


def store_of(path):
    """What --store says for a store that would be in that file."""
    return postgres_schema(path) if ON_POSTGRES else f"sqlite:{path}"


class Server:
    """`ashlar serve` over one contract and one store file inside `directory`."""

    def __init__(self, contract, directory, seed=None, store="store.db", arguments=(), prefix=(),
                 listen="127.0.0.1:0", log=None, **environment):
        self.contract = pathlib.Path(contract)
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.store_path = self.directory / store
        self.store = store_of(self.store_path)
        self.arguments, self.environment = arguments, environment
        self.listen = listen  # for those who must be known by their address before they start
        self.prefix = prefix  # a command that runs the server, as prlimit does
        self.log = log  # a file for its log, read until the server has started: a load's lines would take us a core
        self.lines, self.changed = [], threading.Condition()
        self.error_text = ""
        self.process, self.tokens = None, {}
        if seed is not None:
            self.load(seed)

    def load(self, *files):
        return succeed("load", "--contract", self.contract, "--store", self.store, *files, cwd=self.directory,
                       **self.environment)

    def start(self):
        self.lines, self.error_text = [], ""
        errors = open(self.log, "wb") if self.log else subprocess.PIPE
        self.process = subprocess.Popen(
            [*self.prefix, str(BINARY), "serve", str(self.contract), "--store", self.store, "--listen", self.listen,
             *map(str, self.arguments)], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=errors, text=True, errors="replace",
            # Tests sign in more often than people do: those about that limit give an empty one, which is none.
            env=clean_environment(self.directory, **{"ASHLAR_LOGIN_LIMIT": "off", **self.environment}))
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if self.log:
            errors.close()
        try:
            self.address = self.wait_event("server.started", START_TIMEOUT_S)["address"]
        except AssertionError:
            self._kill()
            raise
        return self

    def _log_lines(self):
        if not self.log:
            yield from self.process.stderr
            return
        with open(self.log, errors="replace") as log:
            rest, started = "", False
            while not started:
                ended = self.process.poll() is not None
                *whole, rest = (rest + log.read()).split("\n")
                for line in whole:
                    started = started or '"server.started"' in line
                    yield line + "\n"
                if ended:
                    return
                time.sleep(0.01)

    def _read(self):
        for line in self._log_lines():
            event = None
            if line.startswith("{"):
                try:
                    event = json.loads(line)
                except ValueError:
                    event = None
            with self.changed:
                self.error_text += line
                if event is not None:
                    self.lines.append(event)
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wait_event(self, event, timeout=10, **fields):
        """The first log line of this event with these fields, waiting for it."""
        def find():
            for line in self.lines:
                if line.get("event") == event and all(line.get(key) == value for key, value in fields.items()):
                    return line
            return None

        deadline = time.monotonic() + timeout
        with self.changed:
            while (found := find()) is None:
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self.reader.is_alive()
                assert left > 0 and not ended, f"no {event} {fields} in the log:\n{self.error_text[-4000:]}"
                self.changed.wait(min(left, 0.2))
            return found

    def client(self, token=None, timeout=30):
        return Client(self.address, token, timeout)

    def token(self, *roles, user=None, lifetime=None):
        """A token made by the operator's command; kept, so that each kind of caller is made once."""
        key = (roles, user, lifetime)
        if key not in self.tokens:
            options = [part for role in roles for part in ("--role", role)]
            options += ["--user", user] if user else []
            options += ["--for", lifetime] if lifetime else []
            done = succeed("token", "create", self.contract, "--store", self.store, *options, cwd=self.directory,
                           **self.environment)
            self.tokens[key] = done.stdout.strip()
        return self.tokens[key]

    def as_role(self, *roles, user=None):
        return self.client(self.token(*roles, user=user))

    def raw(self, data, timeout=10):
        """Sends bytes as they are and reads until the server closes; for what http.client would not send."""
        parts = urllib.parse.urlsplit(self.address)
        with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as link:
            link.sendall(data)
            received = b""
            while chunk := link.recv(65536):
                received += chunk
        return received

    def stop(self):
        """SIGTERM; the server must drain and end with 0."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._kill()
            raise AssertionError("SIGTERM did not end the server") from None
        self._end_log()
        assert not any(mark in self.error_text for mark in CRASH_MARKS), self.error_text[-8000:]
        assert status == 0, f"the server ended with {status}:\n{self.error_text[-4000:]}"

    def crash(self):
        """kill -9; what is in the store is all that remains for another start."""
        self._kill()
        self._end_log()

    def _end_log(self):
        self.reader.join(STOP_TIMEOUT_S)
        if self.log:
            self.error_text = pathlib.Path(self.log).read_text(errors="replace")
        else:
            self.process.stderr.close()
        self.process = None

    def _kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind is not None and self.process is not None and self.process.poll() is None:
            self._kill()  # the test has failed already; its own message matters
            return
        self.stop()
