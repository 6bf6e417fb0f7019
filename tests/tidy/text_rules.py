# SPDX-License-Identifier: Apache-2.0
"""Rules about single files: limits, names, words, calls, form. Each message says what to do instead."""

import dataclasses
import re

import cpp_text

FILE_LINES = 500
FUNCTION_LINES = 70
COLUMNS = 120
COMMITTED_BYTES = 512 * 1024

BAD_NAMES = ("util", "utils", "helper", "helpers", "common", "misc", "manager", "impl")
BAD_ENDINGS = ("Util", "Utils", "Helper", "Helpers", "Manager", "Impl")


@dataclasses.dataclass(frozen=True)
class Ban:
    """A pattern looked for in code (comments and literals blanked) and what to write instead."""
    name: str
    pattern: str
    instead: str
    free: str = r"$^"         # paths where it may stand
    tests: bool = True        # whether tests are bound too
    headers_only: bool = False


BANS = (
    Ban("iostream", r"#\s*include\s*<iostream>", "use fmt, or Observe what happened", r"src/app/"),
    Ban("stdout", r"\bstd::(cout|cerr|clog)\b|(?<![\w.>:])(std::)?(printf|puts|fprintf|fputs)\s*\(|\bfmt::print\s*\(",
        "only app/ writes to the terminal: return the value, or Observe what happened", r"src/(app|telemetry)/|bench/"),
    Ban("endl", r"\bstd::endl\b", "write '\\n'"),
    Ban("sleep", r"\bsleep_(for|until)\b|(?<![\w.>:])(::)?(u|nano)?sleep\s*\(",
        "wait for the thing itself: a condition variable, a future, a poll of the socket; time comes from Clock"),
    Ban("std-regex", r"\bstd::(w?regex|regex_\w+|basic_regex)\b|#\s*include\s*<regex>",
        "use types/regex.h (RE2): std::regex backtracks"),
    Ban("rand", r"(?<![\w.>:])(std::)?s?rand\s*\(|\bstd::random_device\b|\bdrand48\b|\barc4random",
        "use base/crypto/random.h, or a seed that the test names"),
    Ban("process", r"(?<![\w.>:])(std::)?(system|popen|vfork|exec[lv]p?e?)\s*\(",
        "start no programs: call the library, or leave it to script/"),
    Ban("using-namespace", r"\busing\s+namespace\b", "name what you use; a header would open it for everybody",
        headers_only=True),
    Ban("unsafe-c", r"(?<![\w.>:])(std::)?(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(",
        "use std::string, fmt::format_to_n or std::span"),
    Ban("lenient-number", r"\bstd::sto(i|l|ll|ul|ull|f|d|ld)\b|(?<![\w.>:])(std::)?ato(i|l|ll|f)\s*\(",
        "use std::from_chars and check that all of it was read"),
    Ban("libc-time", r"(?<![\w.>:])(std::)?(gmtime|localtime|ctime|asctime|mktime|strptime|strftime)(_r)?\s*\(",
        "use types/datetime.h, or std::chrono::year_month_day where types/ is out of reach"),
    Ban("own-clock", r"\b(system_clock|steady_clock|high_resolution_clock)::now\b|"
        r"(?<![\w.>:])(std::)?time\s*\(\s*(nullptr|NULL|0)\s*\)|\bclock_gettime\b|\bgettimeofday\b",
        "take the Clock that is passed in", r"src/base/clock\.cc|bench/", tests=False),
    Ban("getenv", r"(?<![\w.>])(std::|::)?(secure_)?getenv\s*\(", "settings reach a module by its constructor",
        r"src/app/", tests=False),
    Ban("exit", r"(?<![\w.>])(std::|::)?_?(exit|quick_exit)\s*\(", "return an Error; only main decides how to end",
        r"src/app/", tests=False),
    Ban("goto", r"\bgoto\b", "return early, or make a function of it"),
    Ban("volatile", r"\bvolatile\b", "use std::atomic"),
    Ban("detach", r"\.detach\s*\(\s*\)", "keep the thread and join it: std::jthread",
        r"src/identity/idle_thread\.cc"),  # may starve, so nobody can wait for it: docs/decisions/0045
    Ban("mutable-shared", r"\bstd::async\b", "use a thread that somebody owns and joins"),
    Ban("awkward-await", r"(?<!CO_TRY)\((?:[^();]*[,(&|!+?]|)\s*co_await\b|[&|!+?]\s*co_await\b",
        "an await stands alone: auto v = co_await F(x);"),
)
# Assembled, so that this file passes its own rule.
BAD_WORDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|\b(for no" + r"w)\b", re.I)
LOOSE = re.compile(r"^for no" + "w$", re.I)

GENERATED = re.compile(r"(^|/)(build|node_modules|__pycache__|\.pytest_cache|CMakeFiles)/|"
                       r"\.(o|a|so|pyc|pch|db|db-wal|db-shm|sqlite|profraw|profdata|orig|rej|swp|log|gch|key)$|"
                       r"(^|/)(compile_commands\.json|CMakeCache\.txt|build\.ninja|\.ninja_log|\.ninja_deps|core)$")


def file_lines(house):
    """No source over 500 lines."""
    for file in house.files:
        if file.is_source:
            count = file.text.count("\n")
            if count > FILE_LINES:
                yield file.path, FILE_LINES + 1, (f"{count} lines, the limit is {FILE_LINES} (aim at 300): one concept "
                                                  "per file, move one out")


def function_lines(house):
    """No function over 70 lines."""
    for file in house.files:
        if file.is_cpp:
            for name, first, last in cpp_text.functions(file.text):
                if last - first + 1 > FUNCTION_LINES:
                    yield file.path, first, (f"{name} has {last - first + 1} lines, the limit is {FUNCTION_LINES}: "
                                             "name its steps and make functions of them")


def bad_path(house):
    """No file or folder is named for being useful."""
    for file in house.files:
        words = re.split(r"[/_.\-]", file.path.lower())
        for word in BAD_NAMES:
            if word in words:
                yield file.path, 1, f"'{word}' says nothing: name the file for the concept that it holds"


def bad_class(house):
    """No class is named for being useful."""
    for file in house.files:
        if file.is_cpp:
            for found in re.finditer(r"\b(?:class|struct)\s+(\w+)\s*(?:final\s*)?[:{]", file.code):
                if found.group(1).endswith(BAD_ENDINGS):
                    yield file.path, _line(file.code, found), (f"{found.group(1)}: name the class for what it is, not "
                                                               "for helping")


def bad_word(house):
    """No notes to oneself in the tree."""
    for file in house.files:
        if file.is_source or file.path.endswith(".md"):
            for number, line in enumerate(file.lines, 1):
                found = BAD_WORDS.search(line)
                if found and (found.group(0).isupper() or LOOSE.match(found.group(0))):
                    yield file.path, number, f"'{found.group(0)}': do it, or write an issue; the tree keeps no notes"


def banned_call(house):
    """Calls and constructs with a better replacement."""
    for file in house.files:
        if not file.is_cpp:
            continue
        for ban in BANS:
            if re.match(ban.free, file.path) or (file.is_test and not ban.tests):
                continue
            if ban.headers_only and not file.is_header:
                continue
            for found in re.finditer(ban.pattern, file.code):
                yield file.path, _line(file.code, found), f"{ban.name}: {ban.instead}"


def spdx(house):
    """Every source says its licence in the first line."""
    for file in house.files:
        if file.is_source:
            lines = file.lines
            line = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
            mark = "//" if file.is_cpp else "#"
            if line != f"{mark} SPDX-License-Identifier: Apache-2.0":
                yield file.path, 1, f"begin with '{mark} SPDX-License-Identifier: Apache-2.0' (behind a #! line)"


def pragma_once(house):
    """Headers guard themselves by #pragma once."""
    for file in house.files:
        if file.is_header and not re.search(r"^#pragma once$", file.text, re.M):
            yield file.path, 1, "write #pragma once after the licence"


def form(house):
    """Lines, blanks and ends."""
    for file in house.files:
        if not file.is_source and not file.path.endswith(".md"):
            continue
        if file.text and not file.text.endswith("\n"):
            yield file.path, len(file.lines), "end the last line"
        if "\r" in file.text or file.text.startswith("\ufeff"):
            yield file.path, 1, "write plain UTF-8 with \\n alone"
        for number, line in enumerate(file.lines, 1):
            if file.is_source and len(line) > COLUMNS:
                yield file.path, number, f"{len(line)} columns, the limit is {COLUMNS}: script/format wraps it"
            if "\t" in line and file.is_source:
                yield file.path, number, "a tab: indent by two spaces (script/format)"
            if line.endswith((" ", "\t")):
                yield file.path, number, "blanks at the end of the line: remove them (script/format)"


def doc_links(house):
    """Links in pages lead to files that are there."""
    folders = {"/".join(path.split("/")[:depth]) for path in house.by_path for depth in range(1, path.count("/") + 1)}
    for file in house.files:
        if not file.path.endswith(".md") or file.text is None:
            continue
        for number, line in enumerate(_without_blocks(file.text), 1):
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                path = target.split("#")[0]
                if re.match(r"[a-z]+:", target) or not path:
                    continue
                full = _join(file.path.rsplit("/", 1)[0] if "/" in file.path else "", path)
                if full not in house.by_path and full not in folders:
                    yield file.path, number, f"{target}: there is no such file, correct the link"


def _without_blocks(text):
    """The lines, those of fenced code blocked out."""
    fenced = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            yield ""
        else:
            yield "" if fenced else line


def _join(folder, path):
    parts = folder.split("/") if folder and not path.startswith("/") else []
    for part in path.strip("/").split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)


def large_file(house):
    """Nothing large is committed."""
    for file in house.files:
        if file.size > COMMITTED_BYTES:
            yield file.path, 1, (f"{file.size // 1024} KiB, the limit is {COMMITTED_BYTES // 1024}: make it by a "
                                 "script, or cut it to what the test needs")


def generated_file(house):
    """Nothing that a build makes is committed."""
    for file in house.files:
        if GENERATED.search(file.path):
            yield file.path, 1, "made by a build or a run: remove it and name it in .gitignore"


def _line(text, found):
    return text.count("\n", 0, found.start()) + 1


RULES = (file_lines, function_lines, bad_path, bad_class, bad_word, banned_call, spdx, pragma_once, form, doc_links,
         large_file, generated_file)
