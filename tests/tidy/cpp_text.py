# SPDX-License-Identifier: Apache-2.0
"""C++ read as far as tidy needs it: comments and literals blanked out, and where functions begin and end."""

import re

_TOKEN = re.compile(
    r'(?P<raw>\b(?:u8|u|U|L)?R"(?P<mark>[^()\\\s]{0,16})\((?:.|\n)*?\)(?P=mark)")'
    r'|(?P<string>"(?:\\(?:.|\n)|[^"\\\n])*")'
    r"|(?P<digit>\b[0-9][0-9a-zA-Z.']*)"
    r"|(?P<char>'(?:\\.|[^'\\\n])+')"
    r'|(?P<line>//(?:\\\n|[^\n])*)'
    r'|(?P<block>/\*(?:.|\n)*?\*/)')


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments and the insides of literals blanked, so that places stay where they are."""

    def replace(found):
        whole = found.group(0)
        if found.group("line") is not None or found.group("block") is not None:
            return _blank(whole)
        if found.group("digit") is not None:
            return whole
        return whole[0] + _blank(whole[1:-1]) + whole[-1]

    return _TOKEN.sub(replace, text)


def _without_directives(code):
    """Blanks preprocessor lines, continued ones too; their braces balance nothing."""
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda found: _blank(found.group(0)), code, flags=re.M)


_LABEL = re.compile(r"\s*\b(public|private|protected)\s*:(?!:)")
_MEMBERS = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)(?:.|\n)*[\w>]$")  # a constructor's list, before a member's brace
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def _kind(head):
    """What the brace after this text opens: 'scope', 'function', 'value', or 'member' in a constructor's list."""
    head = re.sub(r"\btemplate\s*<[^{};]*?>\s*(?=\b)", "", head.strip())
    if _MEMBERS.search(head):
        return "member"
    if head.endswith(("=", ",", "(", "return")):
        return "value"
    if "(" in re.sub(r"\b(alignas|decltype|noexcept|requires)\s*\([^()]*\)", "", head):
        if _SCOPE.match(head) and not re.search(r"\)\s*(const|noexcept|override|final|\s)*$|->", head):
            return "scope"
        return "function"
    return "scope" if _SCOPE.search(head) else "value"


def functions(text):
    """(name, first line, last line) of each function body outside of other functions."""
    code = _without_directives(code_only(text))
    found = []
    stack = []  # kinds of the open braces
    begin = 0   # where the text before the next brace begins
    list_begin = 0
    inside = None
    for place in re.finditer(r"[{};]", code):
        sign = place.group(0)
        if inside is not None:  # within a function only depth counts
            inside["depth"] += (sign == "{") - (sign == "}")
            if inside["depth"] == 0:
                last = code.count("\n", 0, place.start()) + 1
                found.append((inside["name"], inside["line"], last))
                inside = None
                begin = place.end()
            continue
        if sign == "{":
            label = _LABEL.match(code, begin)
            begin = label.end() if label else begin
            head = code[begin:place.start()]
            kind = _kind(head)
            if kind == "function":
                start = begin + len(head) - len(head.lstrip())
                inside = {"name": _name(head), "line": code.count("\n", 0, start) + 1, "depth": 1}
                continue
            stack.append(kind)
            list_begin = begin if kind == "member" else list_begin
        elif sign == "}" and stack and stack.pop() == "member":
            begin = list_begin  # the head goes on behind it
            continue
        begin = place.end()
    return found


def _name(head):
    macro = re.search(r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(\s*(\w+)\s*,\s*(\w+)", head)
    if macro:
        return f"{macro.group(1)}.{macro.group(2)}"
    names = re.findall(r"([~\w:]+)\s*\(", re.sub(r"\b(noexcept|decltype|requires|alignas)\s*\(", "", head))
    return names[0] if names else "lambda"
