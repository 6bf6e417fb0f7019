# SPDX-License-Identifier: Apache-2.0
"""A redis-server of a test's own: on a free port of 127.0.0.1 or a socket, keeping nothing on disk, ended by its id.

    with RedisServer(directory) as redis:
        redis.ask("PING")
"""

import contextlib
import pathlib
import signal
import socket
import subprocess
import time

START_TIMEOUT_S = 20


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class RedisServer:
    """`arguments`: further ones of redis-server. The port stays the same over stop and start."""

    def __init__(self, directory, *arguments, tls=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.arguments = list(map(str, arguments))
        self.port, self.socket = free_port(), str(self.directory / "redis.sock")
        self.tls = tls  # (certificate, key): a further port speaks TLS
        self.tls_port = free_port() if tls else 0
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        words = ["redis-server", "--bind", "127.0.0.1", "--port", self.port, "--unixsocket", self.socket, "--save", "",
                 "--appendonly", "no", "--daemonize", "no", "--dir", self.directory, *self.arguments]
        if self.tls:
            certificate, key = self.tls
            words += ["--tls-port", self.tls_port, "--tls-cert-file", certificate, "--tls-key-file", key,
                      "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]
        with open(self.directory / "redis.log", "ab") as log:
            self.process = subprocess.Popen(list(map(str, words)), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        begun = time.monotonic()
        while True:
            with contextlib.suppress(OSError, AssertionError):
                if not str(self.ask("PING")).startswith("LOADING"):
                    return self
            assert self.process.poll() is None and time.monotonic() - begun < START_TIMEOUT_S, "redis-server: no start"
            time.sleep(0.02)

    def ask(self, *words, user=None):
        """One command on a connection of its own; errors are their text. `user`: (name, password)."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as link, link.makefile("rb") as replies:
            for command in ([("AUTH", *user)] if user else []) + [words]:
                parts = [str(word).encode() for word in command]
                link.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts))
                answer = read_reply(replies)
            return answer

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def read_reply(replies):
    line = replies.readline().rstrip(b"\r\n")
    assert line, "the connection ended"
    kind, rest = line[:1], line[1:]
    if kind == b"*":
        return [read_reply(replies) for _ in range(int(rest))]
    if kind == b"$":
        return None if rest == b"-1" else replies.read(int(rest) + 2)[:-2].decode()
    return int(rest) if kind == b":" else rest.decode()
