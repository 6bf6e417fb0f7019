# SPDX-License-Identifier: Apache-2.0
"""The tree as tidy sees it: the files that would be committed, the map in ARCHITECTURE.md, the modules in CMake."""

import dataclasses
import fnmatch
import os
import pathlib
import re
import subprocess

import cpp_text

SKIPPED_FOLDERS = {".git", "build", "data", "node_modules", "__pycache__", ".pytest_cache"}
TEXT_ENDINGS = {".h", ".cc", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".yaml", ".yml", ".in", ".ndjson"}


@dataclasses.dataclass
class Module:
    name: str
    layer: int
    deps: frozenset
    test_deps: frozenset = frozenset()
    line: int = 1
    everything: bool = False  # the map says "everything": CMake names what it is


class File:
    """One file, read once. Text is None when it is not UTF-8 or too large to be a source."""

    def __init__(self, root, path):
        self.path = path
        self.whole = root / path
        self.size = self.whole.stat().st_size
        self.text = None
        if self.size <= 1024 * 1024:
            data = self.whole.read_bytes()
            if b"\0" not in data:
                try:
                    self.text = data.decode()
                except UnicodeDecodeError:
                    pass
        self._code = None

    @property
    def name(self):
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_cpp(self):
        return self.path.endswith((".h", ".cc")) and self.text is not None

    @property
    def is_header(self):
        return self.path.endswith(".h") and self.text is not None

    @property
    def is_python(self):
        return self.text is not None and (self.path.endswith(".py") or self.first_line.endswith("python3"))

    @property
    def is_script(self):
        return self.text is not None and (self.first_line.startswith("#!") or self.path.startswith("script/"))

    @property
    def is_cmake(self):
        return self.text is not None and (self.path.endswith(".cmake") or self.name == "CMakeLists.txt")

    @property
    def is_source(self):
        return self.is_cpp or self.is_python or self.is_cmake or self.is_script

    @property
    def is_test(self):
        return self.path.startswith("tests/") or self.path.endswith("_test.cc")

    @property
    def first_line(self):
        return (self.text or "").split("\n", 1)[0]

    @property
    def module(self):
        """The module that the file belongs to, or None."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @property
    def code(self):
        if self._code is None:
            self._code = cpp_text.code_only(self.text) if self.is_cpp else self.text
        return self._code

    @property
    def lines(self):
        return self.text.split("\n")

    def includes(self):
        """(line, "x/y.h" or <y>, whether quoted)"""
        for number, line in enumerate(self.lines, 1):
            found = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
            if found:
                yield number, found.group(1) or found.group(2), found.group(1) is not None


def list_files(root):
    """What is committed or would be; every file but the ignored folders where there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"],
                              capture_output=True, check=True)
        top = subprocess.run(["git", "-C", str(root), "rev-parse", "--show-toplevel"], capture_output=True, check=True)
        if pathlib.Path(top.stdout.decode().strip()).resolve() == root.resolve():
            names = sorted(set(done.stdout.decode().split("\0")) - {""})
            return [name for name in names if (root / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        pass
    names = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        names += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return sorted(names)


def table(text, *header):
    """(line, cells) of the Markdown table whose header begins with these words."""
    rows, inside = [], False
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            inside = False
        elif tuple(cells[:len(header)]) == header:
            inside = True
        elif inside and not set(line) <= set("|- :"):
            rows.append((number, cells))
    return rows


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


class House:
    """All that the rules look at. Missing parts are empty, the rules say so."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = [File(self.root, path) for path in list_files(self.root)]
        self.by_path = {file.path: file for file in self.files}
        map_file = self.by_path.get("ARCHITECTURE.md")
        text = map_file.text if map_file and map_file.text else ""
        self.map = self._read_map(text)
        self.rooms = [(line, names(cells[0]), names(cells[2]))
                      for line, cells in table(text, "headers", "library", "may stand in")]
        self.asio = [(line, name) for line, cells in table(text, "Asio files") for name in names(cells[0])]
        self.cuts = self._read_cuts(text)
        self.cmake = self._read_cmake()

    def _read_map(self, text):
        modules = {}
        rows = table(text, "module", "layer", "depends on")
        every = {name for _, cells in rows for name in names(cells[0])}
        for line, cells in rows:
            for name in names(cells[0]):
                deps = frozenset(every - {name}) if cells[2] == "everything" else frozenset(names(cells[2]))
                modules[name] = Module(name, int(cells[1]) if cells[1].isdigit() else -1, deps, line=line,
                                       everything=cells[2] == "everything")
        return modules

    def _read_cuts(self, text):
        """module -> names that it never includes directly, whatever its dependencies."""
        cuts = {}
        for _, cells in table(text, "where", "never includes"):
            below = cells[0].startswith("everything below")
            limit = names(cells[0])[0] if names(cells[0]) else ""
            top = self.map[limit].layer if limit in self.map else -1
            for module in self.map.values():
                if (module.layer < top) if below else (module.name == limit):
                    cuts.setdefault(module.name, set()).update(set(names(cells[1])) - {module.name})
        return cuts

    def _read_cmake(self):
        modules = {}
        for file in self.files:
            found = re.fullmatch(r"src/([^/]+)/CMakeLists\.txt", file.path)
            call = found and file.text and re.search(r"^ashlar_module\(([^)]*)\)", file.text, re.M)
            if not call:
                continue
            words = call.group(1).split()
            lists, key = {"": []}, ""
            for word in words:
                if word in ("LAYER", "DEPS", "LIBS", "TEST_DEPS"):
                    key = word
                    lists[key] = []
                else:
                    lists[key].append(word)
            layer = lists.get("LAYER", ["-1"])[0]
            modules[found.group(1)] = Module(lists[""][0] if lists[""] else "", int(layer),
                                             frozenset(lists.get("DEPS", [])), frozenset(lists.get("TEST_DEPS", [])),
                                             line=file.text.count("\n", 0, call.start()) + 1)
        return modules

    def reach(self, module, tests=False):
        """The modules whose headers this one may include: itself, what it depends on, and so on."""
        seen, todo = set(), [module]
        if tests and module in self.cmake:
            todo += self.cmake[module].test_deps
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += self.cmake[name].deps if name in self.cmake else ()
        return seen


def in_room(path, patterns):
    """Whether a file may stand under one of the patterns of the map (below src/, or below the root for tests/)."""
    inner = path[4:] if path.startswith("src/") else path
    return any(fnmatch.fnmatchcase(inner, pattern) for pattern in patterns)
