# SPDX-License-Identifier: Apache-2.0
"""Reads an OpenAPI document as its clients do, for the tests."""

import urllib.parse

METHODS = ("get", "put", "post", "delete", "patch")


class Document:
    def __init__(self, text):
        self.root = text

    def resolve(self, node):
        """Follows a local reference; a broken one is a KeyError that names it."""
        while isinstance(node, dict) and "$ref" in node:
            node = self.at(node["$ref"])
        return node

    def at(self, reference):
        assert reference.startswith("#/"), reference
        node = self.root
        for part in reference[2:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if part not in node:
                raise KeyError(reference)
            node = node[part]
        return node

    def operations(self):
        """(path, method, operation)"""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]

    def parameters(self, operation):
        return [self.resolve(parameter) for parameter in operation.get("parameters", [])]

    def find(self, method, segments):
        """(path, operation) that these segments of a path belong to, or None."""
        for path, one, operation in self.operations():
            parts = path[1:].split("/")
            if one == method.lower() and len(parts) == len(segments) and all(
                    part.startswith("{") or part == segment for part, segment in zip(parts, segments)):
                return path, operation
        return None

    def response(self, operation, status):
        """What is said of a status; `default` stands for those that are not named."""
        responses = operation["responses"]
        found = responses.get(str(status), responses.get("default"))
        return self.resolve(found) if found is not None else None

    def references(self):
        def walk(node):
            if isinstance(node, dict):
                if isinstance(node.get("$ref"), str):
                    yield node["$ref"]
                for value in node.values():
                    yield from walk(value)
            elif isinstance(node, list):
                for value in node:
                    yield from walk(value)

        yield from walk(self.root)


class Schema:
    """Judges a JSON value by the part of JSON Schema 2020-12 that the documents use."""

    TYPES = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}

    def __init__(self, document):
        self.document = document

    def mistakes(self, schema, value, place="$"):
        schema = self.document.resolve(schema)
        if "anyOf" in schema:
            found = [list(self.mistakes(one, value, place)) for one in schema["anyOf"]]
            if all(found):
                yield from found[0]
        if "type" in schema:
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not any(self._is(value, one) for one in types):
                yield f"{place}: {value!r} is not {types}"
                return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place}: {value!r} is not one of {schema['enum']}"
        if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
            yield f"{place}: longer than {schema['maxLength']}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                yield f"{place}: {value} is out of bounds"
        if isinstance(value, list):
            if len(value) > schema.get("maxItems", len(value)):
                yield f"{place}: more than {schema['maxItems']} items"
            for index, item in enumerate(value):
                yield from self.mistakes(schema.get("items", {}), item, f"{place}[{index}]")
        if isinstance(value, dict):
            yield from self._members(schema, value, place)

    def _is(self, value, name):
        if name in ("integer", "number"):
            return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
        return isinstance(value, self.TYPES[name])

    def _members(self, schema, value, place):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}.{name} is missing"
        for name, member in value.items():
            if name in known:
                yield from self.mistakes(known[name], member, f"{place}.{name}")
            elif "properties" in schema:
                yield f"{place}.{name} is not in the schema"


class Judge:
    """Holds every answer of a client against the document: status, error code, headers, body."""

    NOWHERE = {"ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "INVALID_CREDENTIALS", "TOKEN_EXPIRED"}

    def __init__(self, document):
        self.document = document
        self.headers = {name.lower() for name in document.root["components"]["headers"]}

    def __call__(self, method, path, answer):
        if method == "QUERY":  # OpenAPI 3.1 cannot say it: what it answers are the answers of the list
            if isinstance(answer.body, dict) and "error" in answer.body:
                return
            method = "GET"
        segments = [urllib.parse.unquote(part) for part in path.split("?")[0][1:].split("/")]
        found = self.document.find("get" if method == "HEAD" else method, segments)
        code = answer.body["error"]["code"] if isinstance(answer.body, dict) and "error" in answer.body else None
        if found is None:
            assert code is None or code in self.NOWHERE or method == "OPTIONS", f"{method} {path}: {code}"
            return
        path, operation = found
        response = self.document.response(operation, answer.status)
        place = f"{operation['operationId']} answers {answer.status} {code or ''}"
        assert response is not None, place
        told = {name.lower() for name in response.get("headers", {})}
        assert self.headers & answer.headers.keys() <= told, f"{place}: {sorted(answer.headers)}"
        if method == "HEAD" or answer.body is None:
            return
        if answer.headers["content-type"] != "application/json":
            return  # HAL and problem+json are described in words (docs/decisions/0010)
        media = response["content"]["application/json"]
        if code is not None:
            assert code in media["examples"], place
        mistakes = list(Schema(self.document).mistakes(media["schema"], answer.body))
        assert not mistakes, f"{place}: {mistakes[:5]}"
