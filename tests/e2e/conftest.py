# SPDX-License-Identifier: Apache-2.0
"""The binary must be there: these tests prove it, they do not skip themselves."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not harness.BINARY.exists():
        pytest.exit(f"{harness.BINARY} is not built: run script/build, or name another in ASHLAR_BIN", returncode=2)
    return harness.BINARY


@pytest.fixture(scope="module")
def module_directory(tmp_path_factory, request):
    return tmp_path_factory.mktemp(request.module.__name__)
