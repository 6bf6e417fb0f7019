# SPDX-License-Identifier: Apache-2.0
"""Makes of valid requests others that are a little wrong: in their words, values, structure or bytes.

    mutator = Mutator(random.Random(7), requests, words)
    request, what = mutator.mutated()

What is mutated are the requests of tests/service, so that a new kind of request has its scenarios mutated, too. A new
kind of mutation is a method of Mutator and a row of MUTATIONS."""

import base64
import dataclasses
import json
import re
import urllib.parse

from mutation_words import BYTES, HEADERS, METHODS, OPERATORS, PARAMETERS, TEXTS, WORDS

@dataclasses.dataclass(frozen=True)
class Request:
    caller: str
    method: str
    path: str     # percent-encoded
    query: tuple  # of (name, value)
    headers: tuple
    body: bytes | None

    def target(self):
        query = urllib.parse.urlencode(self.query, quote_via=urllib.parse.quote, errors="surrogatepass")
        return self.path + ("?" + query if self.query else "")

    def head(self, token):
        headers = list(self.headers)
        if token and not any(name.lower() == "authorization" for name, _ in headers):
            headers.append(("Authorization", "Bearer " + token))
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", "x"))
        if self.body is not None:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"{self.method} {self.target()} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n"


class Words:
    """What was seen in valid requests and their answers: put where something else stood."""

    def __init__(self):
        self.names, self.texts, self.cursors, self.etags, self.paths = set(), set(), set(), set(), set()

    def learn(self, request, answer):
        self.paths.add(request.path)
        for name, value in request.query:
            self.names.update(re.findall(r"[A-Za-z]\w*", name))
            self._text(value)
        if request.body and len(request.body) < 5_000:
            self._json(_parsed(request.body))
        if answer is None or not isinstance(answer.body, dict):
            return
        self._json(answer.body.get("data"))
        meta = answer.body.get("meta", {})
        self.cursors.update(meta[key] for key in ("next", "previous") if isinstance(meta.get(key), str))
        if "etag" in answer.headers:
            self.etags.add(answer.headers["etag"])

    def _text(self, text):
        if len(text) < 200:
            self.texts.add(text)

    def _json(self, value):
        for name, item in value.items() if isinstance(value, dict) else ():
            self.names.add(name)
            self._json(item)
        for item in value if isinstance(value, list) else ():
            self._json(item)
        if isinstance(value, str):
            self._text(value)

    def frozen(self):
        """The same in a fixed order, for reproducible choices."""
        return {kind: sorted(found) for kind, found in vars(self).items()}


def _parsed(text):
    try:
        return json.loads(text)
    except (ValueError, UnicodeDecodeError, RecursionError):
        return None


class Mutator:
    def __init__(self, random, requests, words):
        self.random, self.requests = random, requests
        self.seen = words.frozen()

    def mutated(self):
        """(request, the names of what was done to it): one mutation or more."""
        request, done = self.random.choice(self.requests), []
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5))):
            mutation = self.random.choices(*zip(*MUTATIONS))[0]
            changed = mutation(self, request)
            if changed is not None:
                request, done = changed, [*done, mutation.__name__]
        return request, done

    def bytes_of(self, data):
        """The same bytes with some changed, left out, doubled or put elsewhere."""
        out = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 4, 16))):
            at = self.random.randrange(len(out) + 1)
            end = min(len(out), at + self.random.choice((1, 1, 2, 8, 64)))
            kind = self.random.randrange(6)
            if kind == 0 and at < len(out):
                out[at] ^= 1 << self.random.randrange(8)
            elif kind == 1:
                del out[at:end]
            elif kind == 2:
                out[at:at] = out[at:end]
            elif kind == 3:
                out[at:at] = self.random.choice(BYTES)
            elif kind == 4 and at < len(out):
                out[at] = self.random.randrange(256)
            elif out:
                start = self.random.randrange(len(out))
                out[at:at] = out[start:start + self.random.randrange(32)]
        return bytes(out)

    def text_of(self, text):
        """Another value in the place of a text: one that was seen, a strange one, or its own with bytes changed."""
        kind = self.random.randrange(5)
        if kind == 0:
            return self.random.choice(TEXTS)
        if kind == 1 and self.seen["texts"]:
            return self.random.choice(self.seen["texts"])
        if kind == 2:
            return self.bytes_of(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        if kind == 3:
            return text + self.random.choice(TEXTS)
        return self.expression_of(text)

    def expression_of(self, text):
        """The words of an expression, some left out, doubled or replaced."""
        words = re.findall(r"'[^']*'|\w+|\s+|&&|\|\||[=!<>]=|.", text, re.S) or [""]
        for _ in range(self.random.choice((1, 1, 2, 3))):
            at = self.random.randrange(len(words))
            kind = self.random.randrange(5)
            new = self.random.choice(WORDS + tuple(self.seen["names"]))
            if kind == 0:
                words[at] = new
            elif kind == 1:
                words.insert(at, new)
            elif kind == 2:
                words.insert(at, self.random.choice(words))
            elif kind == 3 and len(words) > 1:
                del words[at]
            else:
                end = self.random.randrange(at, len(words)) + 1
                words[at:end] = ["(", *words[at:end], ")"] * self.random.choice((1, 2, 30))
        return "".join(words)[:20_000]

    def value(self):
        """A JSON value of any kind."""
        number = self.random.choice((0, -0.0, 1, -1, 1.5, 1e308, 2 ** 53, 2 ** 63, -2 ** 63 - 1, 10 ** 40, 1e-320))
        text = self.random.choice(TEXTS + tuple(self.seen["texts"]))
        name = self.random.choice(self.seen["names"] or ("a",))
        deep = text
        for _ in range(self.random.choice((1, 2, 60, 70))):
            deep = [deep] if self.random.random() < 0.5 else {name: deep}
        return self.random.choice((None, True, False, number, number, text, text, [], {}, [text, number], {name: text},
                                   deep, [None] * 200, {"eq": text}, {f"k{n}": n for n in range(40)}, "x" * 70_000))

    def structure_of(self, value):
        """A JSON value with one part of it replaced, left out, doubled, renamed or wrapped."""
        inner = list(value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()))
        if not inner or self.random.random() < 0.15:
            return self.random.choice((self.value(), [value], [value, value], {"data": value}))
        key, item = self.random.choice(inner)
        copy = value.copy()
        kind = self.random.randrange(6)
        if kind == 0:
            copy[key] = self.value()
        elif kind == 1:
            del copy[key]
        elif kind == 2 and isinstance(copy, dict):
            copy[self.random.choice(self.seen["names"] or ("a",))] = copy.pop(key)
        elif kind == 2:
            copy.insert(key, item)
        elif kind == 3 and isinstance(copy, dict):
            copy[self.random.choice(self.seen["names"] or ("a",))] = self.value()
        elif kind == 4 and isinstance(item, str):
            copy[key] = self.text_of(item)
        else:
            copy[key] = self.structure_of(item)
        return copy

    def change_structure(self, request):
        value = _parsed(request.body) if request.body else None
        return None if value is None else self._with_json(request, self.structure_of(value))

    def _with_json(self, request, value):
        return dataclasses.replace(request, body=json.dumps(value).encode())

    def change_body_bytes(self, request):
        return None if not request.body else dataclasses.replace(request, body=self.bytes_of(request.body))

    def double_name(self, request):
        """A name that stands twice in one object, which no JSON value of Python can hold."""
        found = list(re.finditer(rb'"[^"\\]*": ?', request.body or b""))
        if not found:
            return None
        again = self.random.choice(found)
        body = request.body[:again.start()] + again.group() + b"1, " + request.body[again.start():]
        return dataclasses.replace(request, body=body)

    def change_query(self, request):
        if not request.query:
            return self.add_parameter(request)
        query = list(request.query)
        at = self.random.randrange(len(query))
        name, value = query[at]
        kind = self.random.randrange(7)
        if kind == 0:
            query[at] = (re.sub(r"\[.*|$", f"[{self.random.choice(OPERATORS)}]", name, count=1), value)
        elif kind == 1:
            query[at] = (self.text_of(name), value)
        elif kind == 2:
            query.append((name, self.text_of(value)))
        elif kind == 3:
            del query[at]
        elif name == "filter":
            query[at] = (name, self.expression_of(value))
        else:
            query[at] = (name, self.text_of(value))
        return dataclasses.replace(request, query=tuple(query))

    def add_parameter(self, request):
        names = self.seen["names"] or ["a"]
        name = self.random.choice(PARAMETERS + (self.random.choice(names),))
        if name in ("sort", "fields", "include", "groupBy", "select"):
            parts = (self.random.choice(("", "-", "count(", "sum(")) + self.random.choice(names) for _ in range(3))
            value = ",".join(parts)
        elif name in ("after", "before"):
            value = self.cursor()
        else:
            value = self.text_of(self.random.choice(self.seen["texts"] or [""]))
        return dataclasses.replace(request, query=(*request.query, (name, value)))

    def cursor(self):
        """A cursor of this or another list, as it was given or with what it holds changed."""
        if not self.seen["cursors"] or self.random.random() < 0.1:
            return self.random.choice(TEXTS)
        cursor = self.random.choice(self.seen["cursors"])
        if self.random.random() < 0.3:
            return cursor
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return base64.urlsafe_b64encode(self.bytes_of(raw)).decode().rstrip("=")

    def change_cursor(self, request):
        kept = [pair for pair in request.query if pair[0] not in ("after", "before", "page")]
        pair = (self.random.choice(("after", "before")), self.cursor())
        return dataclasses.replace(request, query=(*kept, pair))

    def change_headers(self, request):
        name, values = self.random.choice(HEADERS)
        value = self.random.choice(values + tuple(self.seen["etags"] if name.startswith("If-") else ()))
        if self.random.random() < 0.2:
            value = self.text_of(value)
        value = re.sub(r"[\x00-\x1f\x7f]", "", value)  # others are for whole requests
        kept = [pair for pair in request.headers if pair[0].lower() != name.lower() or self.random.random() < 0.1]
        return dataclasses.replace(request, headers=(*kept, (name, value)))

    def change_method(self, request):
        return dataclasses.replace(request, method=self.random.choice(METHODS))

    def change_path(self, request):
        parts = self.random.choice((request.path, *self.seen["paths"])).split("/")
        at = self.random.randrange(1, len(parts))
        kind = self.random.randrange(4)
        other = self.random.choice(self.random.choice(self.seen["paths"]).split("/"))
        text = urllib.parse.quote(self.text_of(urllib.parse.unquote(parts[at])), errors="surrogatepass")
        behind = self.random.choice(("restore", "history", "aggregate", ""))
        parts[at:at + 1] = ([text], [other], [parts[at], behind], [])[kind]
        return dataclasses.replace(request, path="/".join(parts) or "/")

    def change_caller(self, request):
        return dataclasses.replace(request, caller=self.random.choice(self.requests).caller)

    def write_patch(self, request):
        """A JSON Patch of any operations, to a row that is changed otherwise."""
        if request.method not in ("PATCH", "PUT"):
            return None
        patch = [self._operation() for _ in range(self.random.choice((1, 1, 2, 5)))]
        kept = [pair for pair in request.headers if pair[0].lower() != "content-type"]
        return dataclasses.replace(self._with_json(request, patch), method="PATCH",
                                   headers=(*kept, ("Content-Type", "application/json-patch+json")))

    def _operation(self):
        def pointer():
            parts = self.random.choices(tuple(self.seen["names"]) + ("-", "0", "1", "01", "", "~1", "~"),
                                        k=self.random.choice((0, 1, 1, 1, 2, 3)))
            return "".join("/" + part for part in parts)

        operation = {"op": self.random.choice(("add", "remove", "replace", "move", "copy", "test", "spoil")),
                     "path": pointer(), "from": pointer(), "value": self.value()}
        for name in ("from", "value"):
            if self.random.random() < 0.3:
                del operation[name]
        return operation


# What is done to a request, and how often in proportion.
MUTATIONS = [(Mutator.change_structure, 6), (Mutator.change_query, 6), (Mutator.add_parameter, 3),
             (Mutator.change_body_bytes, 2), (Mutator.double_name, 1), (Mutator.change_cursor, 1),
             (Mutator.change_headers, 3), (Mutator.change_method, 1), (Mutator.change_path, 1),
             (Mutator.change_caller, 1), (Mutator.write_patch, 2)]
