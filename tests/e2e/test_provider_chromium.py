# SPDX-License-Identifier: Apache-2.0
"""The provider's pages as Chromium shows them: they work by keys alone, fit small screens, can be read in both schemes,
and break no rule of their own policy."""

import json
import os
import pathlib
import shutil
import urllib.parse

import pytest

import npm
from accounts import PASSWORD
from provider import CALLBACK, Pkce, new_user, redeem, request_of, serve

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None or npm.node_version() < npm.NODE_VERSION,
                                reason="needs chromium, npm and a node of that age")


def test_chromium_signs_in(tmp_path):
    pictures = pathlib.Path(os.environ.get("ASHLAR_PICTURES", tmp_path / "pictures"))
    pictures.mkdir(exist_ok=True)
    program = shutil.copy(npm.TOOLS / "provider_pages.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(npm.installed())
    with serve(tmp_path / "idp") as idp:
        new_user(idp, "ann")
        pkce = Pkce()
        url = idp.issuer + "/oauth/authorize?" + urllib.parse.urlencode(request_of(pkce=pkce, scope="openid email"))
        done = npm.call("node", program, CHROMIUM, url, "ann@example.com", PASSWORD, CALLBACK["shop-web"], pictures,
                        cwd=tmp_path)
        assert done.returncode == 0, done.stderr[-4000:]
        found = json.loads(done.stdout)
        told = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(found["returned"]).query))
        assert told["iss"] == idp.issuer and redeem(idp, told["code"], pkce).status == 200
    assert found["titles"] == ["Sign in - The house", "Error: Sign in - The house", "Allow The shop? - The house"]
    assert found["alert"] and found["kept"] == "ann@example.com" and found["end"] == "back"
    assert not [one for one in found["violations"] if "403" not in one], found["violations"]
    assert all(least >= 4.5 for _, _, least in found["contrast"]), found["contrast"]
    assert not any(wide for _, _, wide in found["widths"]), found["widths"]
    assert float(found["outline"].removesuffix("px")) >= 2
