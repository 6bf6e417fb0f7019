# SPDX-License-Identifier: Apache-2.0
"""Passwords as the operator gives them, and users who are shut out, with and without a server (decision 0031)."""

import os
import pty
import subprocess
import threading
import time
import uuid

import pytest

import harness
from accounts import PASSWORD, all_at_once, code_of, eventually, login, post, refresh, register, signed_in, store
from harness import Server
import tables

CONTRACT = """service: club
identity: { register: open }
resources:
  User:
    audit: true
    fields: { nick: { type: string, max: 20 } }
    access: { read: auth.id == id }
"""
NEW = "another horse staple"


class Club:
    """One service, its server and its operator."""

    def __init__(self, folder):
        self.contract = folder / "ashlar.yaml"
        self.contract.write_text(CONTRACT)
        self.server = Server(self.contract, folder)

    def user(self, *words, password=None):
        return harness.run("user", *words, "--contract", self.contract, "--store", self.server.store,
                           cwd=self.server.directory, stdin=password)


@pytest.fixture(scope="module")
def club(tmp_path_factory):
    club = Club(tmp_path_factory.mktemp("operator"))
    with club.server:
        yield club


def test_a_user_of_the_operators_signs_in(club):
    added = club.user("add", "Ann@example.com", "--password-stdin", "--set", "nick=ann", password=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    assert login(club.server, "ann@example.com")["user"]["id"] == added.stdout.strip()


def test_without_a_server_too(tmp_path):
    club = Club(tmp_path)
    added = club.user("add", "ann@example.com", "--password-stdin", password=PASSWORD + "\r\n")
    assert added.returncode == 0, added.stderr
    bob = club.user("add", "bob@example.com")
    assert club.user("password", "bob@example.com", password=NEW).returncode == 0
    with club.server as server:
        assert login(server, "ann@example.com")["user"]["id"] == added.stdout.strip()
        assert login(server, "bob@example.com", NEW)["user"]["id"] == bob.stdout.strip()


def test_a_password_that_is_given_ends_the_sessions(club):
    register(club.server, "cara@example.com")
    tokens = [login(club.server, "cara@example.com") for _ in range(3)]
    for _ in range(6):
        assert post(club.server, "/auth/login", {"email": "cara@example.com", "password": "wrong"}).status == 401
    done = club.user("password", "CARA@example.com", password=NEW)
    assert done.returncode == 0 and done.stdout.strip() == tokens[0]["user"]["id"], done
    login(club.server, "cara@example.com", NEW)  # the lock is gone with the old one
    assert post(club.server, "/auth/login", {"email": "cara@example.com", "password": PASSWORD}).status == 401
    for one in tokens:
        assert refresh(club.server, one["refreshToken"]).status == 401
        eventually(lambda: club.server.client(one["accessToken"]).get("/auth/me").status, 401)


def test_whoever_signs_in_meanwhile_stays_in_only_with_the_new_one(club):
    register(club.server, "dolf@example.com")
    ended, inside = threading.Event(), []

    def come_in():
        while not ended.is_set():
            answer = post(club.server, "/auth/login", {"email": "dolf@example.com", "password": PASSWORD})
            if answer.status == 200:
                inside.append(answer.body["data"])

    threads = [threading.Thread(target=come_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(inside) >= 2, True)
    done = club.user("password", "dolf@example.com", password=NEW)
    ended.set()
    for thread in threads:
        thread.join()
    assert done.returncode == 0, done
    assert {refresh(club.server, one["refreshToken"]).status for one in inside} == {401}


def test_the_rules_hold_for_the_operator(club):
    register(club.server, "emil@example.com")
    for password, told in (("short", "TOO_SHORT must have at least 12 characters"), ("x" * 300, "TOO_LONG"),
                           ("passwordpassword", "CHECK is too easy to guess"),
                           ("emil@example.com", "CHECK must not be the address")):
        done = club.user("password", "emil@example.com", password=password)
        assert done.returncode == 2 and f"ashlar: password: {told}" in done.stderr, done
        assert password not in done.stderr + done.stdout
    both = club.user("add", "no address", "--password-stdin", "--set", "nick=" + "n" * 30, password="short")
    assert both.returncode == 2
    for told in ("email: FORMAT", "nick: TOO_LONG", "password: TOO_SHORT"):
        assert told in both.stderr, both.stderr
    assert club.user("add", "emma@example.com", "--password-stdin", password="short").returncode == 2
    assert "emma" not in club.user("list").stdout  # nothing of it is left
    taken = club.user("add", "emil@example.com", "--password-stdin", password=NEW)
    assert taken.returncode == 2 and "email: UNIQUE" in taken.stderr
    login(club.server, "emil@example.com")
    assert club.user("password", "nobody@example.com", password=NEW).returncode == 2


@pytest.mark.parametrize("text, told", [("", "has no password"), ("\n", "has no password"), ("two\nlines", "one line"),
                                        ("x" * 5000, "one line")], ids=["empty", "blank", "two", "long"])
def test_what_is_no_password_is_refused_before_anything(club, text, told):
    done = club.user("password", "emil@example.com", password=text)
    assert done.returncode == 2 and told in done.stderr, done


def test_without_identity_nobody_has_a_password(tmp_path):
    club = Club(tmp_path)
    club.contract.write_text("service: club\n")
    done = club.user("add", "ann@example.com", "--password-stdin", password=PASSWORD)
    assert done.returncode == 2 and "the contract has no 'identity'" in done.stderr
    assert club.user("list").stdout == ""


def on_terminal(club, *words, typed):
    """Runs a command at a terminal of its own: (status, what it showed)."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(harness.BINARY), "user", *words, "--contract", str(club.contract), "--store", club.server.store],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=club.server.directory, start_new_session=True,
        env=harness.clean_environment(club.server.directory))
    os.close(theirs)
    shown = b""
    for line in (*typed, None):
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other side is gone
                piece = b""
            shown += piece
            if not piece or (line is not None and shown.rstrip(b" ").endswith(b":")):
                break
        if line is not None:
            os.write(ours, line.encode() + b"\n")
            shown += b"\n"
    os.close(ours)
    return process.wait(30), shown.decode()


def test_a_terminal_shows_nothing_of_it(club):
    register(club.server, "fay@example.com")
    status, shown = on_terminal(club, "password", "fay@example.com", typed=[NEW, NEW])
    assert status == 0 and "password:" in shown and "password again:" in shown, shown
    assert NEW not in shown
    login(club.server, "fay@example.com", NEW)
    status, shown = on_terminal(club, "password", "fay@example.com", typed=[PASSWORD, NEW])
    assert status == 2 and "two different" in shown and PASSWORD not in shown
    login(club.server, "fay@example.com", NEW)


def test_a_disabled_user_is_out_and_stays_out_of_old_sessions(club):
    user = register(club.server, "gil@example.com")
    tokens = [login(club.server, "gil@example.com") for _ in range(2)]
    assert club.user("disable", "gil@example.com").returncode == 0
    refused = post(club.server, "/auth/login", {"email": "gil@example.com", "password": PASSWORD})
    nobody = post(club.server, "/auth/login", {"email": "nobody@example.com", "password": PASSWORD})
    assert refused.status == 401 and refused.body["error"] == nobody.body["error"]
    for one in tokens:
        assert refresh(club.server, one["refreshToken"]).status == 401
        eventually(lambda: club.server.client(one["accessToken"]).get("/auth/me").status, 401)
    assert store(club.server, "SELECT count(*) FROM auth_sessions WHERE user_id = ? AND ended_at IS NULL",
                 uuid.UUID(user["id"]).bytes) == [(0,)]
    assert club.user("disable", "gil@example.com").returncode == 0  # as it is already
    assert club.user("password", "gil@example.com", password=NEW).returncode == 0
    assert code_of(post(club.server, "/auth/login", {"email": "gil@example.com", "password": NEW})) == \
        "INVALID_CREDENTIALS"
    assert club.user("enable", "gil@example.com").returncode == 0
    for one in tokens:
        assert refresh(club.server, one["refreshToken"]).status == 401
    signed_in(club.server, "gil@example.com", NEW)


def test_no_session_is_left_of_whoever_signs_in_while_disabled(club):
    user = register(club.server, "hal@example.com")
    key = uuid.UUID(user["id"]).bytes
    for _ in range(3):
        works = [lambda: post(club.server, "/auth/login", {"email": "hal@example.com", "password": PASSWORD}).status
                 for _ in range(4)]
        works.append(lambda: club.user("disable", "hal@example.com").returncode)
        all_at_once(works)
        live = store(club.server, "SELECT count(*) FROM auth_sessions WHERE user_id = ? AND ended_at IS NULL", key)
        assert live == [(0,)]
        assert club.user("enable", "hal@example.com").returncode == 0
        store(club.server, "UPDATE auth_credentials SET failures = 0, locked_until = NULL WHERE id = ?", key)


def test_a_password_of_the_operators_is_nowhere_but_in_its_hash(tmp_path):
    club = Club(tmp_path)
    canary = "canary 7e1d words apart"
    with club.server as server:
        told = [club.user("add", "ann@example.com", "--password-stdin", password=canary),
                club.user("password", "ann@example.com", password=canary + " two"),
                club.user("add", "ann@example.com", "--password-stdin", password=canary)]
        login(server, "ann@example.com", canary + " two")
        time.sleep(0.1)
    assert [one.returncode for one in told] == [0, 0, 2]
    assert all(canary not in one.stdout + one.stderr for one in told) and canary not in server.error_text
    assert '"user password"' in server.error_text  # the command is told
    files = tables.everything(server.store_path)
    assert canary.encode() not in files and b"$argon2id$" in files
