# SPDX-License-Identifier: Apache-2.0
"""docs/reference is what the registries print."""

import harness
import pytest


@pytest.mark.parametrize("page", ["aggregates", "contract", "types", "operators", "errors", "functions", "settings",
                                  "commands", "findings", "metrics"])
def test_the_page_is_as_printed(page, tmp_path):
    printed = harness.succeed("reference", page, cwd=tmp_path).stdout
    committed = (harness.ROOT / f"docs/reference/{page}.md").read_text()
    assert printed == committed, f"build/release/ashlar reference {page} > docs/reference/{page}.md"
