# SPDX-License-Identifier: Apache-2.0
"""Every rule and every ban of tidy has a tree that breaks it, and one next to it that does not."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import cpp_text  # noqa: E402
import text_rules  # noqa: E402
import tidy  # noqa: E402

CPP = "// SPDX-License-Identifier: Apache-2.0\n"
HEADER = CPP + "#pragma once\n"
CMAKE = "# SPDX-License-Identifier: Apache-2.0\n"
MAP = """# Architecture
| module | layer | depends on | what it is |
|---|---|---|---|
| `base` | 0 | | words |
| `cel` | 1 | `base` | rules |
| `contract` | 2 | `cel` | text |
| `surface` | 3 | `cel` `contract` | doors |
| `app` | 4 | everything | root |

| where | never includes |
|---|---|
| `surface` | `cel` |
| everything below `app` | `contract` |

| headers | library | may stand in |
|---|---|---|
| `re2/` | RE2 | `base/regex*` |
| `gtest/` | GoogleTest | `*_test.cc` |

| Asio files | what waits there |
|---|---|
| `base/loop.cc` | the loop |
"""
CLEAN = {
    "ARCHITECTURE.md": MAP,
    "src/base/CMakeLists.txt": CMAKE + "ashlar_module(base LAYER 0 LIBS re2)\n",
    "src/cel/CMakeLists.txt": CMAKE + "ashlar_module(cel LAYER 1 DEPS base)\n",
    "src/contract/CMakeLists.txt": CMAKE + "ashlar_module(contract LAYER 2 DEPS cel)\n",
    "src/surface/CMakeLists.txt": CMAKE + "ashlar_module(surface LAYER 3 DEPS cel contract)\n",
    "src/app/CMakeLists.txt": CMAKE + "ashlar_module(app LAYER 4\n  DEPS surface)\n",
    "src/base/regex.h": HEADER + "int Match();\n",
    "src/base/regex.cc": CPP + '#include "base/regex.h"\n\n#include <re2/re2.h>\n',
    "src/base/loop.cc": CPP + "#include <boost/asio/awaitable.hpp>\n",
    "src/base/regex_test.cc": CPP + '#include "base/regex.h"\n\n#include <gtest/gtest.h>\n',
    "src/cel/expr.h": HEADER + '#include "base/regex.h"\n',
    "src/contract/read.h": HEADER + '#include "cel/expr.h"\n',
    "src/surface/rest.h": HEADER + "#include <sys/socket.h>\n#include <vector>\n",
    "src/app/main.cc": CPP + '#include "contract/read.h"\n#include "surface/rest.h"\nint main() {}\n',
    "README.md": "See [the map](ARCHITECTURE.md#one-idea), [src](src/), [web](https://example.org/x).\n",
    "script/build": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n",
    "tests/e2e/test_x.py": "# SPDX-License-Identifier: Apache-2.0\n",
}


def findings(root, changes):
    for path, content in {**CLEAN, **changes}.items():
        if content is not None:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tidy.check(root)


def test_a_clean_tree_has_nothing_to_do(tmp_path):
    assert findings(tmp_path, {}) == []


def cc(text):
    return {"src/cel/x.cc": CPP + text}


# rule, what is changed in the clean tree, the place, a part of the message
BROKEN = [
    ("module-includes", {"src/base/up.cc": CPP + '#include "cel/expr.h"\n'}, "src/base/up.cc:2",
     "may not include cel/"),
    ("module-includes", cc('#include "expr.h"\n'), "src/cel/x.cc:2", "write the path from src/"),
    ("module-includes", cc('#include "base/none.h"\n'), "src/cel/x.cc:2", "no file below src/"),
    ("module-includes", {"src/cel/x_test.cc": CPP + '#include "contract/read.h"\n'}, "src/cel/x_test.cc:2",
     "may not include contract/"),
    ("module-cuts", {"src/surface/x.cc": CPP + '#include "cel/expr.h"\n'}, "src/surface/x.cc:2", "never includes cel/"),
    ("module-cuts", {"src/surface/x.cc": CPP + '#include "contract/read.h"\n'}, "src/surface/x.cc:2",
     "never includes contract/"),
    ("module-cycles", {"src/base/up.cc": CPP + '#include "cel/expr.h"\n'}, "src/base/up.cc:2", "include each other"),
    ("third-party-room", cc("#include <re2/re2.h>\n"), "src/cel/x.cc:2", "base/regex* only"),
    ("third-party-room", cc("#include <nlohmann/json.hpp>\n"), "src/cel/x.cc:2", "does not know"),
    ("third-party-room", cc("#include <gtest/gtest.h>\n"), "src/cel/x.cc:2", "*_test.cc only"),
    ("asio-room", cc("#include <boost/asio.hpp>\n"), "src/cel/x.cc:2", "base/task.h"),
    ("dead-header", {"src/cel/old.h": HEADER, "src/cel/old.cc": CPP + '#include "cel/old.h"\n'}, "src/cel/old.h:1",
     "delete what is dead"),
    ("stale-map", {"ARCHITECTURE.md": "# Architecture\n"}, "ARCHITECTURE.md:1", "is missing"),
    ("stale-map", {"src/extra/CMakeLists.txt": CMAKE + "ashlar_module(extra LAYER 1)\n"}, "ARCHITECTURE.md:1",
     "src/extra/ has no row"),
    ("stale-map", {"src/cel/CMakeLists.txt": None}, "src/cel/CMakeLists.txt:1", "ashlar_module(cel ...) is missing"),
    ("stale-map", {"src/cel/CMakeLists.txt": CMAKE + "ashlar_module(lec LAYER 1 DEPS base)\n"},
     "src/cel/CMakeLists.txt:2", "named as its folder"),
    ("stale-map", {"src/cel/CMakeLists.txt": CMAKE + "ashlar_module(cel LAYER 2 DEPS base)\n"},
     "src/cel/CMakeLists.txt:2", "LAYER 2"),
    ("stale-map", {"src/cel/CMakeLists.txt": CMAKE + "ashlar_module(cel LAYER 1)\n"}, "src/cel/CMakeLists.txt:2",
     "DEPS none, but ARCHITECTURE.md:5 says base"),
    ("stale-map", {"src/cel/CMakeLists.txt": CMAKE + "ashlar_module(cel LAYER 1 DEPS base contract)\n"},
     "src/cel/CMakeLists.txt:2", "arrows point down"),
    ("stale-map", {"src/cel/CMakeLists.txt": CMAKE + "ashlar_module(cel LAYER 1 DEPS base gone)\n"},
     "src/cel/CMakeLists.txt:2", "there is no such module"),
    ("stale-map", {"ARCHITECTURE.md": MAP.replace("| `app`", "| `gone` | 3 | | x |\n| `app`")}, "ARCHITECTURE.md:8",
     "there is no src/gone/"),
    ("stale-map", {"ARCHITECTURE.md": MAP.replace("| `re2/`", "| `curl/` | x | `base/*` |\n| `re2/`")},
     "ARCHITECTURE.md:17", "nobody includes <curl/>"),
    ("stale-map", {"ARCHITECTURE.md": MAP.replace("`base/regex*`", "`base/regex*` `base/no*`")}, "ARCHITECTURE.md:17",
     "no file matches the room base/no*"),
    ("stale-map", {"ARCHITECTURE.md": MAP.replace("`base/loop.cc`", "`base/loop.cc` `cel/*`")}, "ARCHITECTURE.md:22",
     "no file of cel/* includes Asio"),
    ("file-lines", cc("\n" * 500), "src/cel/x.cc:501", "501 lines"),
    ("file-lines", {"tests/e2e/test_x.py": CMAKE + "\n" * 500}, "tests/e2e/test_x.py:501", "501 lines"),
    ("function-lines", cc("int F() {\n" + "  G();\n" * 69 + "}\n"), "src/cel/x.cc:2", "F has 71 lines"),
    ("bad-path", {"src/cel/string_util.cc": CPP}, "src/cel/string_util.cc:1", "'util' says nothing"),
    ("bad-path", {"tests/common/x.py": CMAKE}, "tests/common/x.py:1", "'common' says nothing"),
    ("bad-class", cc("class SessionManager {};\n"), "src/cel/x.cc:2", "SessionManager"),
    ("bad-word", cc("// TO" "DO: later\n"), "src/cel/x.cc:2", "the tree keeps no notes"),
    ("bad-word", {"README.md": "Only one for no" "w.\n"}, "README.md:1", "the tree keeps no notes"),
    ("spdx", {"src/cel/x.cc": "int a;\n"}, "src/cel/x.cc:1", "begin with '// SPDX"),
    ("spdx", {"script/build": "#!/bin/sh\nexit\n"}, "script/build:1", "begin with '# SPDX"),
    ("pragma-once", {"src/cel/expr.h": CPP}, "src/cel/expr.h:1", "#pragma once"),
    ("form", cc("// " + "x" * 118 + "\n"), "src/cel/x.cc:2", "121 columns"),
    ("form", cc("\tint a;\n"), "src/cel/x.cc:2", "a tab"),
    ("form", cc("int a; \n"), "src/cel/x.cc:2", "blanks at the end"),
    ("form", cc("int a;"), "src/cel/x.cc:2", "end the last line"),
    ("form", cc("int a;\r\n"), "src/cel/x.cc:1", "plain UTF-8"),
    ("doc-links", {"README.md": "[x](docs/none.md)\n"}, "README.md:1", "docs/none.md: there is no such file"),
    ("doc-links", {"docs/a/b.md": "[x](../c.md)\n"}, "docs/a/b.md:1", "../c.md: there is no such file"),
    ("large-file", {"examples/data.bin": b"x" * (512 * 1024 + 1)}, "examples/data.bin:1", "512 KiB"),
    ("generated-file", {"src/cel/x.o": b"\0"}, "src/cel/x.o:1", "made by a build"),
    ("generated-file", {"examples/shop.db": b"\0"}, "examples/shop.db:1", "made by a build"),
]


@pytest.mark.parametrize("rule, changes, place, message", BROKEN, ids=[f"{b[0]}-{n}" for n, b in enumerate(BROKEN)])
def test_a_broken_rule_is_found_at_its_place(tmp_path, rule, changes, place, message):
    found = findings(tmp_path, changes)
    assert any(name == rule and f"{path}:{line}" == place and message in text
               for path, line, name, text in found), found


# ban, code that breaks it, code that does not
BANNED = [
    ("iostream", "#include <iostream>", "#include <ostream>"),
    ("stdout", 'std::cout << "x";', "log.cout = 1;"),
    ("stdout", 'printf("x");', "text.printf(1);"),
    ("stdout", 'fmt::print("x");', 'fmt::format("printf()");'),
    ("endl", "out << std::endl;", "// std::endl"),
    ("sleep", "std::this_thread::sleep_for(1s);", "Sleeper sleeper(1);"),
    ("sleep", "usleep(10);", "clock.sleep(1);"),
    ("std-regex", 'std::regex r("a");', "types::Regex r;"),
    ("rand", "int a = rand();", "int a = Brand();"),
    ("rand", "std::random_device device;", "std::mt19937 generator(7);"),
    ("process", 'system("ls");', "const auto system = 1;"),
    ("unsafe-c", "strcpy(a, b);", "std::memcpy(a, b, 1);"),
    ("lenient-number", "int a = std::stoi(b);", "int a = std::to_string(b);"),
    ("lenient-number", "int a = atoi(b);", "int a = Natoi(b);"),
    ("libc-time", "gmtime_r(&a, &b);", "types::Datetime a;"),
    ("own-clock", "auto t = std::chrono::steady_clock::now();", "auto t = clock.SteadyMicros();"),
    ("own-clock", "auto t = time(nullptr);", "auto t = Time(nullptr);"),
    ("getenv", 'auto home = std::getenv("HOME");', "auto home = settings.home;"),
    ("exit", "std::exit(1);", "loop.exit(1);"),
    ("goto", "goto end;", "int go_to = 1;"),
    ("volatile", "volatile int a;", "std::atomic<int> a;"),
    ("detach", "thread.detach();", "std::jthread thread;"),
    ("mutable-shared", "auto f = std::async(g);", "async(g);"),
    ("awkward-await", "if (co_await F()) return;", "auto v = co_await F();"),
    ("awkward-await", "G(1, co_await F());", "CO_TRY(v, co_await F());"),
    ("awkward-await", "auto v = a && co_await F();", "if (a) co_await F();"),
]


@pytest.mark.parametrize("ban, bad, good", BANNED, ids=[f"{b[0]}-{n}" for n, b in enumerate(BANNED)])
def test_a_ban_finds_the_call_and_spares_its_neighbour(tmp_path, ban, bad, good):
    found = findings(tmp_path, {"src/cel/bad.cc": CPP + bad + "\n", "src/cel/good.cc": CPP + good + "\n"})
    assert [(path, line) for path, line, _, text in found if text.startswith(ban + ":")] == [("src/cel/bad.cc", 2)]


def test_a_namespace_is_not_opened_in_a_header(tmp_path):
    line = "using namespace std::literals;\n"
    found = findings(tmp_path, {"src/cel/expr.h": HEADER + line, "src/cel/x.cc": CPP + line})
    assert [(path, text.split(":")[0]) for path, _, _, text in found if "namespace" in text] == [
        ("src/cel/expr.h", "using-namespace")]


def test_bans_spare_the_rooms_that_they_name(tmp_path):
    assert findings(tmp_path, {"src/app/x.cc": CPP + '#include <iostream>\nint a = F(std::getenv("A"));\n',
                               "src/base/clock.cc": CPP + "auto a = std::chrono::system_clock::now();\n"}) == []


def test_test_deps_widen_what_tests_may_include_and_nothing_else(tmp_path):
    cmake = CMAKE + "ashlar_module(base LAYER 0 TEST_DEPS contract)\n"
    line = '#include "contract/read.h"\n'
    found = findings(tmp_path, {"src/base/CMakeLists.txt": cmake, "src/base/x_test.cc": CPP + line,
                                "src/base/x.cc": CPP + line})
    assert {path for path, _, rule, _ in found if rule == "module-includes"} == {"src/base/x.cc"}


def test_links_in_code_are_no_links(tmp_path):
    assert findings(tmp_path, {"README.md": "```\n[x](none.md)\n```\nand `[y](none.md)`\n"}) == []


def test_every_rule_and_every_ban_has_its_case():
    assert {tidy.rule_name(rule) for rule in tidy.RULES} == {case[0] for case in BROKEN} | {"banned-call"}
    assert {ban.name for ban in text_rules.BANS} == {case[0] for case in BANNED} | {"using-namespace"}


FUNCTIONS = """\
#define OPEN {
namespace a {
struct Row { int a = 1; std::vector<int> b{1, 2}; };
const Row kRows[] = {
  {F(1), {2}},
};
template <class T, class = Deep<T>>
class Thing final : public Base<T> {
 public:
  Thing(int a) : a_{a}, b_(2) {
    Run();
  }
  int Get() const override { return a_; }
};
enum class Kind { kOne, kTwo };
auto Long(std::string_view text = "}{",
          char sign = '{')
    -> Result<int> {
  const auto raw = R"({ } ")";
  if (text.empty()) {
    return [&] { return 1'000; }();  // }
  }
  return 1;
}
TEST(Reader, ReadsAll) {
  struct Case { int a; };
}
}  // namespace a
"""


def test_functions_are_found_with_their_first_and_last_lines():
    assert cpp_text.functions(FUNCTIONS) == [
        ("Thing", 10, 12), ("Get", 13, 13), ("Long", 16, 24), ("Reader.ReadsAll", 25, 27)]


def test_comments_and_literals_are_blanked_in_place():
    text = 'a("x//y"); // z\nb(\'"\'); /* c\n*/ R"(d)" 1\'000 e'
    code = cpp_text.code_only(text)
    assert len(code) == len(text) and code.count("\n") == text.count("\n")
    assert code.split() == ['a("', '");', "b('", "');", 'R', '"', "1'000", "e"]
