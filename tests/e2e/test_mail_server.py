# SPDX-License-Identifier: Apache-2.0
"""Mails by a real SMTP server: TLS, passwords, outages, refusals, kills."""

import socket
import time

import pytest

import mail_server
from harness import Server
from accounts import post
from test_mail import CONTRACT, FROM, PASSWORD
import tables

BODY = {"password": PASSWORD}


@pytest.fixture
def inbox():
    return mail_server.Inbox()


@pytest.fixture
def started(inbox):
    """Starts mail servers that end with the test."""
    running = []

    def start(**options):
        running.append(mail_server.serve(inbox, **options))
        return running[-1]
    yield start
    for one in running:
        if one.loop.is_running():  # the test has not ended it
            one.stop()


def serve(tmp_path, url, **environment):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    return Server(contract, tmp_path, ASHLAR_MAIL=url, ASHLAR_MAIL_FROM=FROM, **environment)


def register(server, email):
    answer = post(server, "/auth/register", {"email": email, **BODY})
    assert answer.status == 202, answer.raw


def waiting(server):
    link = tables.connect(server.store_path)
    count = link.execute("SELECT count(*) FROM auth_mails").fetchone()[0]
    link.close()
    return count


def emptied(server):
    mail_server.until(lambda: waiting(server) == 0)


def test_a_server_without_tls_on_this_machine(tmp_path, inbox, started):
    with serve(tmp_path, f"smtp://127.0.0.1:{started().port}") as server:
        register(server, "ann@example.com")
        register(server, "jürgen@exämple.com")
        first, _ = inbox.wait(2)
        assert inbox.mails[0][:2] == ("post@shop.example", ["ann@example.com"])
        assert post(server, "/auth/email/verify", {"token": first.token()}).status == 204
        emptied(server)


def test_a_password_and_starttls(tmp_path, inbox, started):
    tls = mail_server.authority(tmp_path)
    port = started(tls=tls, password="p:a@ss").port
    with serve(tmp_path, f"smtp://ann:p%3Aa%40ss@127.0.0.1:{port}", ASHLAR_MAIL_CA=str(tls[1])) as server:
        register(server, "ann@example.com")
        inbox.wait(1)
        emptied(server)
        assert inbox.secure == [True] and inbox.logins == [True]
        server.stop()
        assert "p:a@ss" not in server.error_text and "p%3A" not in server.error_text


def test_a_certificate_of_a_stranger_is_not_taken(tmp_path, inbox, started):
    port = started(tls=mail_server.authority(tmp_path), password="secret").port
    with serve(tmp_path, f"smtp://ann:secret@127.0.0.1:{port}") as server:
        register(server, "ann@example.com")
        server.wait_event("mail.unreachable")
        assert inbox.mails == [] and inbox.logins == [] and waiting(server) == 1


def test_a_wrong_password_is_told_in_the_log_and_loses_nothing(tmp_path, inbox, started):
    tls = mail_server.authority(tmp_path)
    port = started(tls=tls, password="right").port
    with serve(tmp_path, f"smtp://ann:wrong-one@127.0.0.1:{port}", ASHLAR_MAIL_CA=str(tls[1])) as server:
        register(server, "ann@example.com")
        told = server.wait_event("mail.unreachable")
        assert "wrong-one" not in str(told) and "ann" not in str(told)
        assert inbox.mails == [] and waiting(server) == 1


def test_a_password_that_is_not_given_loses_nothing(tmp_path, inbox, started):
    with serve(tmp_path, f"smtp://127.0.0.1:{started(password='right').port}") as server:
        register(server, "ann@example.com")
        assert "530" in server.wait_event("mail.unreachable")["message"]
        assert inbox.mails == [] and waiting(server) == 1


def test_a_server_that_is_down_gets_them_when_it_is_up(tmp_path, inbox, started):
    first = started()
    port = first.port
    first.stop()
    with serve(tmp_path, f"smtp://127.0.0.1:{port}") as server:
        for name in ("ann", "bob", "cid"):
            register(server, f"{name}@example.com")
        server.wait_event("mail.unreachable")
        assert waiting(server) == 3
        started(port=port)
        mails = inbox.wait(3)
        assert sorted(one.to for one in mails) == ["ann@example.com", "bob@example.com", "cid@example.com"]
        server.wait_event("mail.reachable")
        emptied(server)
        assert len(inbox.mails) == 3


def test_a_kill_loses_no_mail(tmp_path, inbox, started):
    first = started()
    port = first.port
    first.stop()
    server = serve(tmp_path, f"smtp://127.0.0.1:{port}").start()
    for name in ("ann", "bob", "cid"):
        register(server, f"{name}@example.com")
    server.crash()
    started(port=port)
    with server:
        mails = inbox.wait(3)
        assert {one.to for one in mails} == {"ann@example.com", "bob@example.com", "cid@example.com"}
        assert post(server, "/auth/email/verify", {"token": mails[0].token()}).status == 204
        emptied(server)


def test_who_is_refused_holds_nobody_up(tmp_path, inbox, started):
    inbox.refuse = {"gone@": "550 no such user gone@example.com", "later@": "451 come again"}
    with serve(tmp_path, f"smtp://127.0.0.1:{started().port}") as server:
        for name in ("gone", "later", "ann"):
            register(server, f"{name}@example.com")
        assert inbox.wait(1)[0].to == "ann@example.com"
        mail_server.until(lambda: waiting(server) == 2)
        link = tables.connect(server.store_path)
        assert link.execute("SELECT attempts FROM auth_mails").fetchall() == [(1,), (1,)]
        with link:  # a minute later
            link.execute("UPDATE auth_mails SET due_at = 0, attempts = 5")
        link.close()
        inbox.refuse.pop("later@")
        inbox.wait(2)
        assert "550" in server.wait_event("mail.dropped")["message"]
        emptied(server)
        server.stop()
        assert "gone@" not in server.error_text


def test_an_answer_does_not_wait_for_the_mail_server(tmp_path):
    """One that takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        with serve(tmp_path, f"smtp://127.0.0.1:{mute.getsockname()[1]}") as server:
            register(server, "ann@example.com")
            link, _ = mute.accept()
            begun = time.monotonic()
            register(server, "bob@example.com")
            assert time.monotonic() - begun < 5
            server.stop()  # and neither does the end
            assert time.monotonic() - begun < 10
            link.close()
