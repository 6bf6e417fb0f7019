# SPDX-License-Identifier: Apache-2.0
"""An authenticator app: codes by time (RFC 6238) of what an otpauth address says."""

import base64
import hashlib
import hmac
import time
import urllib.parse


class App:
    def __init__(self, uri):
        parts = urllib.parse.urlsplit(uri)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp"), uri
        said = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
        assert said["algorithm"] == "SHA1"
        self.label = urllib.parse.unquote(parts.path[1:])
        self.issuer, self.digits, self.period = said["issuer"], int(said["digits"]), int(said["period"])
        text = said["secret"]
        self.secret = base64.b32decode(text + "=" * (-len(text) % 8))

    def code(self, ahead=0):
        """The code of now, or of so many steps ahead."""
        counter = int(time.time()) // self.period + ahead
        digest = hmac.new(self.secret, counter.to_bytes(8, "big"), hashlib.sha1).digest()
        at = digest[-1] & 15
        number = int.from_bytes(digest[at:at + 4], "big") & 0x7FFFFFFF
        return str(number % 10 ** self.digits).zfill(self.digits)
