#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy [ROOT] [--rules]: holds the tree to the rules of the house. Prints PATH:LINE: RULE: WHAT TO DO; exit status 1
if there is anything to do. It reads text only, needs nothing but Python and runs in a few seconds."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import house as house_  # noqa: E402
import layout_rules  # noqa: E402
import text_rules  # noqa: E402

RULES = layout_rules.RULES + text_rules.RULES


def rule_name(rule):
    return rule.__name__.replace("_", "-")


def check(root):
    """All findings as (path, line, rule, message), in the order of the tree."""
    house = house_.House(root)
    return sorted((path, line, rule_name(rule), message) for rule in RULES for path, line, message in rule(house))


def main(arguments):
    if "--rules" in arguments:
        for rule in RULES:
            print(f"{rule_name(rule):18} {rule.__doc__.splitlines()[0]}")
        return 0
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[2]
    findings = check(root)
    for path, line, rule, message in findings:
        print(f"{path}:{line}: {rule}: {message}")
    print(f"tidy: {len(findings)} to do" if findings else "tidy: nothing to do")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
