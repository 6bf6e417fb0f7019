# SPDX-License-Identifier: Apache-2.0
"""Says what each caller may see and do, from the contract's own words and the rows as they lie in the store.

Shares nothing with the server: it reads the YAML, the SQLite file and the rules by itself. Rules are judged whole, for
one row and one caller at a time; nothing is folded, planned or turned into SQL.
"""

import decimal
import re
import uuid

import tables
import yaml

SYSTEM = ("id", "version", "createdAt", "updatedAt")
BUILT_IN_RULES = {"public": "true", "signedIn": "auth != null", "nobody": "false"}
USER_FIELDS = {"email": "email", "emailVerified": "bool", "roles": "[string]", "disabled": "bool"}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TOKEN = re.compile(r"\s*(?:(\d+)|'([^']*)'|([A-Za-z_][A-Za-z_0-9]*)|(\|\||&&|==|!=|<=|>=|[<>!().,]))")


class RuleError(Exception):
    """The expression has no value: what CEL calls an error."""


class Unknown:
    """The value of a field of a row that is not at hand."""


UNKNOWN = Unknown()


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=.)([A-Z])(?=[a-z])", r"_\1\2", name).lower()


def plural(name):
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")


class Resource:
    def __init__(self, name, said):
        self.name, self.said = name, said
        self.table = snake(plural(name))
        self.collection = self.table.replace("_", "-")
        self.soft_delete = said.get("softDelete", False)
        self.fields, self.types, self.to_one, self.to_many = {}, {}, {}, {}
        declared = dict(USER_FIELDS if name == "User" else {}, **said.get("fields", {}))
        for field, value in declared.items():
            value = value if isinstance(value, dict) else {"type": value}
            if "many" in value:
                self.to_many[field] = (value["many"], value["via"])
                continue
            if "computed" in value:
                continue
            kind = value["type"].rstrip("!")
            if kind[0].isupper():
                self.to_one[field] = kind
                field, kind = field + "Id", "uuid"
            self.fields[field], self.types[field] = value, kind
        for field in SYSTEM + (("deletedAt",) if self.soft_delete else ()):
            self.fields[field] = {}
            self.types[field] = {"id": "uuid", "version": "int"}.get(field, "datetime")

    def rule(self, operation):
        access = self.said.get("access", {})
        wide = {"list": "read", "get": "read", "history": "read", "create": "write", "update": "write",
                "delete": "write", "restore": "write"}[operation]
        if operation == "history":
            return access.get("history", access.get("get", access.get("read", "nobody")))
        return access.get(operation, access.get(wide, "nobody"))


class Parser:
    """The part of CEL that rules of access use: || && ! comparisons, paths, calls of one argument."""

    def __init__(self, text):
        self.tokens, place = [], 0
        while place < len(text.rstrip()):
            match = TOKEN.match(text, place)
            assert match, f"not understood: {text[place:]!r}"
            number, string, name, sign = match.groups()
            self.tokens.append(("number", int(number)) if number else ("string", string) if string is not None
                               else ("name", name) if name else ("sign", sign))
            place = match.end()
        self.tokens.append(("end", ""))

    def take(self, sign):
        if self.tokens[0] == ("sign", sign):
            self.tokens.pop(0)
            return True
        return False

    def parse(self):
        left = self.conjunction()
        while self.take("||"):
            left = ("||", left, self.conjunction())
        return left

    def conjunction(self):
        left = self.comparison()
        while self.take("&&"):
            left = ("&&", left, self.comparison())
        return left

    def comparison(self):
        left = self.unary()
        for sign in ("==", "!=", "<=", ">=", "<", ">"):
            if self.take(sign):
                return (sign, left, self.unary())
        return left

    def unary(self):
        if self.take("!"):
            return ("!", self.unary())
        if self.take("("):
            inner = self.parse()
            assert self.take(")")
            return inner
        kind, value = self.tokens.pop(0)
        if kind in ("number", "string"):
            return ("literal", value)
        if value in ("true", "false", "null"):
            return ("literal", {"true": True, "false": False, "null": None}[value])
        if self.take("("):
            argument = self.tokens.pop(0)[1]
            assert self.take(")")
            return ("call", value, argument)
        path = [value]
        while self.take("."):
            path.append(self.tokens.pop(0)[1])
        return ("path", path)


class Oracle:
    def __init__(self, contract, store):
        self.contract = yaml.safe_load(contract.read_text())
        self.store = store
        self.resources = {name: Resource(name, said or {}) for name, said in self.contract["resources"].items()}
        self.rules = {**BUILT_IN_RULES, **self.contract.get("rules", {})}
        self.reload()

    def reload(self):
        """Reads every row anew, also the deleted ones: {resource: {id: {field: value}}}."""
        self.rows = {}
        link = tables.connect(self.store)
        for resource in self.resources.values():
            names = list(resource.fields)
            columns = ", ".join(f'"{snake(name)}"' for name in names)
            found = link.execute(f'SELECT {columns} FROM "{resource.table}"').fetchall()
            rows = [{name: self._value(resource.types[name], value) for name, value in zip(names, row)}
                    for row in found]
            self.rows[resource.name] = {row["id"]: row for row in rows}
        link.close()

    @staticmethod
    def _value(kind, stored):
        if stored is None:
            return None
        if kind == "uuid":
            return str(uuid.UUID(bytes=stored))
        if kind.startswith("decimal"):
            scale = int(kind.rstrip(")").split(",")[1])
            return decimal.Decimal(stored).scaleb(-scale)
        return bool(stored) if kind == "bool" else stored

    def roles_of(self, caller):
        found, waiting = set(), list(caller["roles"]) if caller else []
        while waiting:
            role = waiting.pop()
            if role not in found:
                found.add(role)
                waiting += (self.contract["roles"].get(role) or {}).get("inherits", [])
        return found

    def holds(self, rule, resource, row, caller):
        """True, False, or UNKNOWN where `row` is UNKNOWN and decides."""
        try:
            answer = self.value(Parser(str(rule)).parse(), resource, row, caller)
        except RuleError:
            return False
        return answer if answer is UNKNOWN else answer is True

    def value(self, node, resource, row, caller):
        kind = node[0]
        if kind == "literal":
            return node[1]
        if kind == "call":
            assert node[1] == "hasRole"
            return node[2] in self.roles_of(caller)
        if kind == "path":
            return self._path(node[1], resource, row, caller)
        if kind == "!":
            inner = self.value(node[1], resource, row, caller)
            return UNKNOWN if inner is UNKNOWN else not inner
        if kind in ("||", "&&"):
            return self._logic(node, resource, row, caller)
        sides = [self.value(side, resource, row, caller) for side in node[1:]]
        if UNKNOWN in sides:
            return UNKNOWN
        if kind in ("==", "!="):
            return (sides[0] == sides[1]) == (kind == "==")
        if None in sides:
            raise RuleError("null has no order")
        return {"<": sides[0] < sides[1], "<=": sides[0] <= sides[1], ">": sides[0] > sides[1],
                ">=": sides[0] >= sides[1]}[kind]

    def _logic(self, node, resource, row, caller):
        decides = node[0] == "||"
        answers = []
        for side in node[1:]:
            try:
                answers.append(self.value(side, resource, row, caller))
            except RuleError as error:
                answers.append(error)
        if any(answer is decides for answer in answers):
            return decides
        if any(answer is UNKNOWN for answer in answers):
            return UNKNOWN
        for answer in answers:
            if isinstance(answer, RuleError):
                raise answer
        return not decides

    def _path(self, path, resource, row, caller):
        if path[0] == "auth":
            if len(path) == 1:
                return caller
            if caller is None:
                raise RuleError("auth is null")
            return caller[path[1]]
        if len(path) == 1 and path[0] not in resource.fields:
            if path[0] in self.rules:
                return self.value(Parser(self.rules[path[0]]).parse(), resource, row, caller)
            return path[0]  # a constant of an enum
        if row is UNKNOWN:
            return UNKNOWN
        if len(path) == 1:
            return row[path[0]]
        target = self.resources[resource.to_one[path[0]]]
        related = self.live(target).get(row[path[0] + "Id"])
        if related is None:
            raise RuleError("there is no such row")
        return self._path(path[1:], target, related, caller)

    def live(self, resource):
        return {key: row for key, row in self.rows[resource.name].items() if row.get("deletedAt") is None}

    def refused(self, resource, operation, caller):
        """401 or 403 where no row makes the rule hold; else None."""
        if self._never(Parser(str(resource.rule(operation))).parse(), resource, caller):
            return 401 if caller is None else 403
        return None

    def _never(self, node, resource, caller):
        """Whether it is false or an error whatever the row."""
        if node[0] in ("||", "&&"):
            sides = [self._never(side, resource, caller) for side in node[1:]]
            return all(sides) if node[0] == "||" else any(sides)
        if node[0] == "path" and len(node[1]) == 1 and node[1][0] in self.rules:
            return self._never(Parser(self.rules[node[1][0]]).parse(), resource, caller)
        try:
            return self.value(node, resource, UNKNOWN, caller) is False
        except RuleError:
            return True

    def may(self, resource, operation, row, caller):
        return self.holds(resource.rule(operation), resource, row, caller)

    def visible(self, resource, operation, caller):
        return {key: row for key, row in self.live(resource).items() if self.may(resource, operation, row, caller)}

    def reads_field(self, resource, field, row, caller):
        rule = resource.fields[field].get("read")
        return True if rule is None else self.holds(rule, resource, row, caller)
