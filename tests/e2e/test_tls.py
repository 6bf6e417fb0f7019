# SPDX-License-Identifier: Apache-2.0
"""TLS over real sockets: what is spoken, the settings, and a certificate that changes while the server runs."""

import hashlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import threading
import urllib.parse

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/everything.yaml"


def make_certificate(folder, name):
    """(certificate, key) for 127.0.0.1, signed by itself."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", cert], check=True, capture_output=True)
    return cert, key


def install(files, folder):
    for source, name in zip(files, ("server.crt", "server.key")):
        (folder / name).write_bytes(source.read_bytes())


def fingerprint(pem):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.read_text())).hexdigest()


class TlsServer(harness.Server):
    """A server whose certificate is the folder's server.crt."""

    def __init__(self, folder, files):
        install(files, folder)
        super().__init__(CONTRACT, folder / "service",
                         arguments=["--tls-cert", folder / "server.crt", "--tls-key", folder / "server.key"])

    def connect(self, trusted, **options):
        context = ssl.create_default_context(cafile=trusted)
        for name, value in options.items():
            setattr(context, name, value)
        parts = urllib.parse.urlsplit(self.address)
        link = socket.create_connection((parts.hostname, parts.port), timeout=10)
        try:
            return context.wrap_socket(link, server_hostname=parts.hostname, suppress_ragged_eofs=False)
        except Exception:
            link.close()
            raise


@pytest.fixture(scope="module")
def files(module_directory):
    return [make_certificate(module_directory, name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def server(module_directory, files):
    with TlsServer(module_directory, files[0]) as server:
        yield server


def ask(link, method="GET", path="/v1/things", body=None, close=False):
    """One request over an open connection: (status, JSON)."""
    connection = http.client.HTTPConnection("127.0.0.1")
    connection.sock = link
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(method, path, body=body, headers=headers | ({"Connection": "close"} if close else {}))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_requests_over_both_versions(server, files, version):
    assert server.address.startswith("https://")
    with server.connect(files[0][0], minimum_version=version, maximum_version=version) as link:
        assert link.version() == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
        text = "x" * 40
        status, made = ask(link, "POST", body=json.dumps({"label": text}))
        assert status == 201 and made["data"]["label"] == text
        assert ask(link)[0] == 200


def test_bodies_in_many_records(server, files):
    with server.connect(files[0][0]) as link:
        status, answer = ask(link, "POST", body=json.dumps({"label": "x" * 900_000}))
        assert status == 422 and answer["error"]["details"][0]["field"] == "label"
        assert ask(link)[0] == 200


def test_the_last_answer_ends_with_a_goodbye(server, files):
    with server.connect(files[0][0]) as link:
        link.sendall(b"GET /v1/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while chunk := link.recv(65536):  # an end without close_notify raises
            received += chunk
    assert received.startswith(b"HTTP/1.1 200 ")


def test_plain_bytes_get_no_service(server):
    try:
        assert b"HTTP/1.1 200" not in server.raw(b"GET /v1/things HTTP/1.1\r\nHost: x\r\n\r\n")
    except ConnectionResetError:
        pass  # as good as an alert


def test_connections_beside_each_other(server, files):
    found = []

    def work():
        with server.connect(files[0][0]) as link:
            found.extend(ask(link)[0] for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 320


def served(server, trusted):
    with server.connect(trusted) as link:
        assert ask(link)[0] == 200
        return hashlib.sha256(link.getpeercert(binary_form=True)).hexdigest()


def test_a_new_certificate_on_sighup(tmp_path, files):
    with TlsServer(tmp_path, files[0]) as server:
        assert served(server, files[0][0]) == fingerprint(files[0][0])
        with server.connect(files[0][0]) as old:
            assert ask(old)[0] == 200
            install(files[1], tmp_path)
            server.process.send_signal(signal.SIGHUP)
            server.wait_event("server.tls_reloaded")
            assert served(server, files[1][0]) == fingerprint(files[1][0])
            with pytest.raises(ssl.SSLCertVerificationError):
                server.connect(files[0][0])
            assert ask(old)[0] == 200  # goes on with what it began with
        (tmp_path / "server.crt").write_text("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")
        server.process.send_signal(signal.SIGHUP)
        kept = server.wait_event("server.tls_kept")
        assert "server.crt" in kept["message"]
        assert served(server, files[1][0]) == fingerprint(files[1][0])


def test_the_environment_names_the_files_too(tmp_path, files):
    with harness.Server(CONTRACT, tmp_path, ASHLAR_TLS_CERT=files[0][0], ASHLAR_TLS_KEY=files[0][1]) as server:
        assert server.address.startswith("https://")


def test_settings_that_are_not_sound(tmp_path, files):
    (cert, key), (other, _) = files
    for arguments, words in (
            (["--tls-cert", cert], "together"), (["--tls-key", key], "together"),
            (["--tls-cert", other, "--tls-key", key], "key"), (["--tls-cert", key, "--tls-key", key], "certificate"),
            (["--tls-cert", tmp_path / "none.crt", "--tls-key", key], "none.crt")):
        done = harness.run("serve", CONTRACT, "--store", f"sqlite:{tmp_path / 'never.db'}", *arguments, cwd=tmp_path)
        assert done.returncode == 2 and words in done.stderr and "--tls-cert" in done.stderr, done.stderr
    assert not (tmp_path / "never.db").exists()
