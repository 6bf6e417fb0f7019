# SPDX-License-Identifier: Apache-2.0
"""The binary must be there: these tests prove it, they do not skip themselves."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402


EXTENDED = os.environ.get("ASHLAR_EXTENDED") == "1"  # script/test --extended sets it


def pytest_configure(config):
    config.addinivalue_line("markers", "sqlite: of what SQLite alone has: files, plans, a lock")
    config.addinivalue_line("markers", "extended: takes much time or many descriptors; of script/test --extended alone")


def pytest_collection_modifyitems(config, items):
    """Without --extended its tests are deselected, which pytest tells; on PostgreSQL those of SQLite."""
    others = [name for name, here in (("extended", EXTENDED), ("sqlite", not harness.ON_POSTGRES)) if not here]
    left_out = [item for item in items if any(map(item.get_closest_marker, others))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not harness.BINARY.exists():
        pytest.exit(f"{harness.BINARY} is not built: run script/build, or name another in ASHLAR_BIN", returncode=2)
    return harness.BINARY


@pytest.fixture(scope="module")
def module_directory(tmp_path_factory, request):
    return tmp_path_factory.mktemp(request.module.__name__)
