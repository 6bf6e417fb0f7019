# SPDX-License-Identifier: Apache-2.0
"""An issuer of tokens as a test needs one: an https server of its own with a discovery document and a JWK Set, and
keys of every kind that sign. What it answers can be changed while it serves; what was asked is counted."""

import base64
import datetime
import http.server
import ipaddress
import json
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

DISCOVERY = "/.well-known/openid-configuration"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key of one algorithm; `sign` gives what JWS has."""

    def __init__(self, algorithm, kid):
        self.algorithm, self.kid = algorithm, kid
        if algorithm in ("RS256", "PS256"):
            self.private = rsa.generate_private_key(65537, 2048)
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1())

    def jwk(self, **more):
        public = self.private.public_key()
        if self.algorithm in ("RS256", "PS256"):
            numbers = public.public_numbers()
            members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        elif self.algorithm == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            members = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        else:
            numbers, size = public.public_numbers(), 32 if self.algorithm == "ES256" else 48
            members = {"kty": "EC", "crv": "P-256" if size == 32 else "P-384", "x": number(numbers.x, size),
                       "y": number(numbers.y, size)}
        return {**members, "kid": self.kid, "use": "sig", "alg": self.algorithm, **more}

    def sign(self, data):
        if self.algorithm == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "PS256":
            return self.private.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if self.algorithm == "EdDSA":
            return self.private.sign(data)
        digest, size = (hashes.SHA256(), 32) if self.algorithm == "ES256" else (hashes.SHA384(), 48)
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def token_of(key, claims, header=None, signature=None):
    """A token of these very claims; `header` adds to or takes from (None) what it would say."""
    head = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(key.sign(signed.encode()) if signature is None else signature)}"


def make_certificate(folder):
    """A certificate for localhost that is its own authority: the paths of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.utcnow()
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=1)).add_extension(names, critical=False)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                   .sign(key, hashes.SHA256()))
    cert_path, key_path = folder / "issuer.pem", folder / "issuer-key.pem"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return cert_path, key_path


class Issuer:
    """`with Issuer(folder) as issuer:` serves at issuer.url; `pages` maps paths to (status, headers, body), or to
    something that is called with the request's handler."""

    def __init__(self, folder, port=0):
        self.certificate, self.key_path = make_certificate(folder)
        self.asked, self.pages = [], {}
        self.keys = [Key("ES256", "first")]
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                page = issuer.pages.get(self.path, (404, {}, b""))
                if callable(page):
                    page(self)
                    return
                status, headers, body = page
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key_path)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        self.publish()

    def publish(self, keys=None, **headers):
        """Puts the discovery document and the set in their places."""
        self.keys = self.keys if keys is None else keys
        self.describe()
        body = json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()
        self.pages["/keys"] = (200, headers, body)

    def describe(self, **more):
        document = {"issuer": self.url, "jwks_uri": self.url + "/keys", **more}
        self.pages[DISCOVERY] = (200, {}, json.dumps(document).encode())

    def claims(self, **more):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "shop", "sub": "sam", "iat": now, "exp": now + 300, **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key=None, header=None, signature=None, **claims):
        return token_of(key or self.keys[0], self.claims(**claims), header, signature)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
