# SPDX-License-Identifier: Apache-2.0
"""openid-client (npm), which is certified by the OpenID Foundation, does all that it can with the provider."""

import shutil

import pytest

import npm
from accounts import PASSWORD
from provider import CONTRACT, SECRET, new_user, serve

pytestmark = pytest.mark.skipif(npm.node_version() < npm.NODE_VERSION, reason="needs npm and a node of that age")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_openid_client_goes_the_whole_way(tmp_path, algorithm):
    program = shutil.copy(npm.TOOLS / "provider.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(npm.installed())
    contract = CONTRACT.replace("  provider:\n", f"  tokens: {{ algorithm: {algorithm} }}\n  provider:\n")
    with serve(tmp_path / "idp", contract) as idp:
        new_user(idp, "ann")
        done = npm.call("node", program, idp.issuer, SECRET, "ann@example.com", PASSWORD, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "signed in\n", done.stderr[-4000:]
