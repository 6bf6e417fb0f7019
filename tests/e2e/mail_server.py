# SPDX-License-Identifier: Apache-2.0
"""Mails as tests receive them: from a folder, or by a real SMTP server (aiosmtpd)."""

import email
import email.policy
import re
import ssl
import subprocess
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

TOKEN = re.compile(r"[#=]([A-Za-z0-9_-]{70,})")


class Mail:
    """One message, read as a client reads it."""

    def __init__(self, raw):
        self.raw = raw
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        self.to, self.subject = self.message["To"], str(self.message["Subject"])
        self.text = self.message.get_content()

    def token(self):
        return TOKEN.search(self.text).group(1)


def until(find, patience_s=30):
    end = time.monotonic() + patience_s
    while not (found := find()):
        assert time.monotonic() < end, "no such mail came"
        time.sleep(0.05)
    return found


class Folder:
    """The mails that `ASHLAR_MAIL=file:` has put into a folder."""

    def __init__(self, path):
        self.path = path

    def all(self):
        return [Mail(one.read_bytes()) for one in sorted(self.path.glob("*.eml"))] if self.path.exists() else []

    def wait(self, to, words, count=1):
        """The newest mail to somebody whose subject has these words, once there are so many."""
        def find():
            fit = [one for one in self.all() if to in one.to and words in one.subject]
            return fit if len(fit) >= count else None
        return until(find)[-1]


class Inbox:
    """What the server's handler has been given; it refuses recipients as it is told."""

    def __init__(self):
        self.mails, self.refuse, self.logins, self.secure = [], {}, [], []
        self.changed = threading.Condition()

    async def handle_RCPT(self, server, session, envelope, address, options):
        for name, answer in self.refuse.items():
            if name in address:
                return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.changed:
            self.mails.append((envelope.mail_from, envelope.rcpt_tos, Mail(envelope.content)))
            self.secure.append(session.ssl is not None)
            self.changed.notify_all()
        return "250 taken"

    def wait(self, count, patience_s=30):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.mails) >= count, patience_s), len(self.mails)
            return [one[2] for one in self.mails]


def authority(folder):
    """A certificate for localhost that is its own authority."""
    key, certificate = folder / "mail.key", folder / "mail.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return key, certificate


class _Controller(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def serve(inbox, port=0, tls=None, password=None):
    """An SMTP server at 127.0.0.1, with STARTTLS and a password where given. See `port`; end it by `stop()`."""
    more = {}
    if tls is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(tls[1], tls[0])
        more.update(tls_context=context, require_starttls=True)
    if password is not None:
        def judge(server, session, envelope, mechanism, data):
            good = isinstance(data, LoginPassword) and data.password.decode() == password
            inbox.logins.append(good)
            return AuthResult(success=good, handled=good)
        more.update(authenticator=judge, auth_required=True, auth_require_tls=tls is not None)
    controller = _Controller(inbox, hostname="127.0.0.1", port=port, **more)
    controller.start()
    return controller
