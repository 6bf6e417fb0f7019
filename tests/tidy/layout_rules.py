# SPDX-License-Identifier: Apache-2.0
"""Rules about who may include whom, and whether the map in ARCHITECTURE.md tells the truth."""

import re

from house import in_room

# Headers with a dot that come with the compiler or the C library: allowed everywhere.
SYSTEM_HEADERS = re.compile(r"(sys|netinet|arpa|net|linux|bits)/\w+\.h|"
                            r"(unistd|fcntl|signal|errno|poll|dirent|termios|pthread|sched|pwd|grp|spawn|netdb|time|"
                            r"stdlib|stdio|string|stdint|stddef|limits|math|ctype|inttypes|locale|"
                            r"emmintrin|immintrin|tmmintrin|smmintrin|nmmintrin)\.h")


def module_includes(house):
    """A module includes only itself and what its DEPS reach."""
    for file in house.files:
        if not file.is_cpp or file.module is None:
            continue
        allowed = house.reach(file.module, tests=file.is_test)
        for line, name, quoted in file.includes():
            target = name.split("/")[0]
            if not quoted:
                continue
            if "/" not in name or f"src/{name}" not in house.by_path:
                yield file.path, line, (f'"{name}" is no file below src/: write the path from src/, as in '
                                        '"base/result.h"')
            elif target not in allowed:
                yield file.path, line, (f"{file.module}/ may not include {target}/: it is not among the DEPS of "
                                        f"src/{file.module}/CMakeLists.txt. Move the code to a module that may, or "
                                        "pass the value in from above")


def module_cuts(house):
    """Some pairs are cut whatever DEPS say: surface/ never sees plan/, only app/ sees contract/."""
    for file in house.files:
        if not file.is_cpp or file.module is None or file.is_test:
            continue
        cut = house.cuts.get(file.module, ())
        for line, name, quoted in file.includes():
            if quoted and name.split("/")[0] in cut:
                yield file.path, line, (f"{file.module}/ never includes {name.split('/')[0]}/ (ARCHITECTURE.md, cut on "
                                        "purpose): go through engine/ and call/, or take what app/ hands down")


def module_cycles(house):
    """No two modules include each other, in code or by DEPS."""
    edges = {}
    for file in house.files:
        if file.is_cpp and file.module is not None and not file.is_test:
            for line, name, quoted in file.includes():
                target = name.split("/")[0]
                if quoted and target != file.module:
                    edges.setdefault((file.module, target), (file.path, line))
    for (one, other), (path, line) in sorted(edges.items()):
        if (other, one) in edges:
            yield path, line, (f"{one}/ and {other}/ include each other: move what both need to the lower one, or to "
                               "a module below both")


def third_party_room(house):
    """A library's headers stand in the rooms that the map gives them."""
    for file in house.files:
        if not file.is_cpp or not file.path.startswith(("src/", "tests/")):
            continue
        for line, name, quoted in file.includes():
            if quoted or "." not in name or SYSTEM_HEADERS.fullmatch(name) or name.startswith("boost/"):
                continue
            rows = [patterns for _, headers, patterns in house.rooms
                    for header in headers if name == header or header.endswith("/") and name.startswith(header)]
            if not rows:
                yield file.path, line, (f"<{name}> is a library that the map does not know: use what is there, "
                                        "or give it a row and one room in ARCHITECTURE.md")
            elif not any(in_room(file.path, patterns) for patterns in rows):
                yield file.path, line, (f"<{name}> may stand in {', '.join(rows[0])} only: use that room's own header "
                                        "instead")


def asio_room(house):
    """Asio stands in the files that the map lists."""
    patterns = [pattern for _, pattern in house.asio]
    for file in house.files:
        if not file.is_cpp or not file.path.startswith(("src/", "tests/")):
            continue
        for line, name, _ in file.includes():
            if name.startswith("boost/") and not in_room(file.path, patterns):
                yield file.path, line, (f"<{name}>: Asio may not stand here. Name Task and Eventually by base/task.h, "
                                        "await by base/await.h, or add the file to the table in ARCHITECTURE.md")


def dead_header(house):
    """Every header is included by somebody else than its own source and test."""
    users = {}
    for file in house.files:
        if file.is_cpp:
            for _, name, quoted in file.includes():
                if quoted:
                    users.setdefault(f"src/{name}", set()).add(file.path)
    for file in house.files:
        if file.is_header and file.path.startswith("src/"):
            own = file.path[:-2]
            if not users.get(file.path, set()) - {own + ".h", own + ".cc", own + "_test.cc"}:
                yield file.path, 1, ("nobody but its own source and test includes this header: delete what is dead, "
                                     "or move it into the source that uses it")


def stale_map(house):
    """ARCHITECTURE.md, CMake and the tree name the same modules, layers, dependencies and rooms."""
    page = "ARCHITECTURE.md"
    if not house.map:
        yield page, 1, "the table that begins with | module | layer | depends on | is missing: write it"
        return
    folders = {file.module for file in house.files if file.module}
    for name in sorted(folders - set(house.map)):
        yield page, 1, f"src/{name}/ has no row in the table of modules: add it, or move the folder into a module"
    for name in sorted(folders - set(house.cmake)):
        yield f"src/{name}/CMakeLists.txt", 1, f"ashlar_module({name} ...) is missing: declare the module"
    for module in house.map.values():
        if module.name not in folders:
            yield page, module.line, f"there is no src/{module.name}/: remove the row, or bring the module"
    for folder, module in house.cmake.items():
        yield from _compare(house, folder, module)
    yield from _stale_rows(house)


def _compare(house, folder, module):
    path = f"src/{folder}/CMakeLists.txt"
    row = house.map.get(folder)
    if module.name != folder:
        yield path, module.line, f"declares '{module.name}': a module is named as its folder, {folder}"
    if row is None:
        return
    if row.layer != module.layer:
        yield path, module.line, (f"LAYER {module.layer}, but ARCHITECTURE.md:{row.line} says {row.layer}: make both "
                                  "say the same")
    if not row.everything and row.deps != module.deps:
        yield path, module.line, (f"DEPS {' '.join(sorted(module.deps)) or 'none'}, but ARCHITECTURE.md:{row.line} "
                                  f"says {' '.join(sorted(row.deps)) or 'none'}: make both say the same")
    for dep in sorted(module.deps):
        if dep not in house.map:
            yield path, module.line, f"DEPS {dep}: there is no such module, remove it"
        elif house.map[dep].layer > module.layer:
            yield path, module.line, f"DEPS {dep} is of a higher layer: arrows point down, turn the call around"


def _stale_rows(house):
    page = "ARCHITECTURE.md"
    includes = {(file.path, name) for file in house.files if file.is_cpp for _, name, _ in file.includes()}
    for line, headers, patterns in house.rooms:
        for header in headers:
            if not any(name == header or header.endswith("/") and name.startswith(header) for _, name in includes):
                yield page, line, f"nobody includes <{header}>: remove the row"
        for pattern in patterns:
            if not any(in_room(file.path, [pattern]) for file in house.files):
                yield page, line, f"no file matches the room {pattern}: correct or remove it"
    for line, pattern in house.asio:
        if not any(in_room(path, [pattern]) and name.startswith("boost/") for path, name in includes):
            yield page, line, f"no file of {pattern} includes Asio: remove it from the table"


RULES = (module_includes, module_cuts, module_cycles, third_party_room, asio_room, dead_header, stale_map)
