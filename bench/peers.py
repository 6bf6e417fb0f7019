# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured, each as a process on one core with a copy of the rows of its own."""

import base64
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from data import ENVIRONMENT
from load import SERVER_CORE, BenchError, core

HERE = pathlib.Path(__file__).resolve().parent
START_S = 120


class Peer:
    """A process that was started, and where it listens. `pid` is the root of all that it runs."""

    def __init__(self, name, command, folder, wait_for_port, pinned=True):
        self.name = name
        self.error_file = folder / f"{name}.stderr"
        self.error_file.write_bytes(b"")  # what an earlier one of that name has told is not this one's
        with self.error_file.open("ab") as errors:
            self.process = subprocess.Popen([*(core(SERVER_CORE) if pinned else []), *map(str, command)], cwd=folder,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                                            env=ENVIRONMENT)
        self.pid = self.process.pid
        try:
            self.port = wait_for_port(self)
        except BaseException:
            self.stop()
            raise
        self.address = f"http://127.0.0.1:{self.port}"

    def wait(self, look):
        """What `look` gives, once it gives something."""
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            if found := look():
                return found
            time.sleep(0.02)
        raise BenchError(f"{self.name} did not start:\n{self.error_file.read_text(errors='replace')[-3000:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def exchange(self, asked, line=None):
        """One request as the load sends it: status, headers, body."""
        line = asked.lines[0] if line is None else line
        post = asked.method == "POST"
        headers = dict(one.split(": ", 1) for one in asked.headers)
        if post:
            headers["Content-Type"] = "application/json"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            link.request(asked.method, asked.path if post else line, body=line if post else None, headers=headers)
            answer = link.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            link.close()


def printed_port(peer):
    """Of a server that prints its port first."""
    line = peer.process.stdout.readline().strip()
    if not line.isdigit():
        peer.wait(lambda: None)
    return int(line)


def log_of(peer):
    return peer.error_file.read_text(errors="replace")


def start_product(binary, contract, store, folder, name="product", arguments=(), workers=1, pinned=True):
    """The product, with one loop unless more are wanted; its log, a line per request, goes to a file as where a
    supervisor keeps it."""
    def port(peer):
        found = peer.wait(lambda: re.search(r'"address":"http://127\.0\.0\.1:(\d+)"', log_of(peer)))
        return int(found.group(1))

    return Peer(name, [binary, "serve", contract, "--store", f"sqlite:{store}", "--listen", "127.0.0.1:0",
                       "--workers", str(workers), *arguments], folder, port, pinned)


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def start_plain(binary, store, token, folder, one_by_one=False):
    claims = claims_of(token)
    name = "plain-one" if one_by_one else "plain"
    return Peer(name, [binary, store, token, claims["sub"], claims["exp"], folder / f"{name}.log",
                       *(["one"] if one_by_one else [])], folder, printed_port)


def start_fastify(store, folder):
    return Peer("fastify", ["node", HERE / "fastify/server.js", store, folder / "fastify.log"], folder, printed_port)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
{places}  }}
}}
"""


def start_nginx(bodies, folder):
    """One worker that answers each of the paths with its text and writes no log."""
    if any("'" in body or "$" in body or "\\" in body for body in bodies.values()):
        raise BenchError("a body that nginx would read as more than text")
    places = "".join(f"    location = {path} {{ return 200 '{body}'; }}\n" for path, body in bodies.items())
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, places=places))
    program = shutil.which("nginx") or "/usr/sbin/nginx"

    def answers(peer):
        def look():
            with socket.socket() as link:
                return link.connect_ex(("127.0.0.1", port)) == 0
        peer.wait(look)
        return port

    return Peer("nginx", [program, "-c", config, "-e", folder / "nginx-errors.log"], folder, answers)


def comparable(status, body):
    """The bytes of a body without what is made for each answer, whose length stays."""
    names = rb"timestamp|requestId" + (rb"|id|createdAt|updatedAt" if status == 201 else rb"")
    return re.sub(rb'"(' + names + rb')":"([^"]*)"',
                  lambda found: b'"%s":"%s"' % (found.group(1), b"*" * len(found.group(2))), body)
