# SPDX-License-Identifier: Apache-2.0
"""The callers and rows that the matrix is asked of: the shop example, with more fields that have rules of their own.

Every answer that a caller gets is looked through for what it may not see (`Watched`), whatever the test is about."""

import base64
import binascii
import decimal
import json
import re
import urllib.parse
import uuid

import pytest
import yaml

import harness
import matrix_oracle

EXAMPLE = harness.ROOT / "examples/shop/ashlar.yaml"
ANN, BOB = "0190a000-0000-7000-8000-00000000000a", "0190a000-0000-7000-8000-00000000000b"
NOBODY_S = "0190a000-0000-7000-8000-0000000000ff"
CALLERS = {
    "anonymous": None,
    "ann": {"id": ANN, "roles": []},
    "bob": {"id": BOB, "roles": []},
    "staff": {"id": None, "roles": ["staff"]},
    "admin": {"id": None, "roles": ["admin"]},
    "ann as staff": {"id": ANN, "roles": ["staff"]},
}
# What the example has too little of: guarded texts, by roles and by rows; unique ones; a history of guarded fields.
MORE_FIELDS = {
    "Product": {"supplier": {"type": "string", "read": "staff", "write": "staff", "unique": True}},
    "Order": {"note": {"type": "text", "read": "buyer"}},
    "Review": {"ticket": {"type": "string", "read": "staff", "unique": True}},
}
MORE = {"Product": {"audit": True}, "Review": {"checks": [
    {"rule": "ticket == null || stars < 5", "field": "ticket", "message": "is for the displeased"}]}}


def identifier(kind, number):
    return f"0190b000-{kind:04x}-7000-8000-{number:012x}"


SHELF, TEA, JAM, GONE = identifier(1, 1), identifier(2, 1), identifier(2, 2), identifier(2, 3)
ORDERS = {identifier(3, n): (who, status) for n, (who, status) in
          enumerate([(ANN, "draft"), (ANN, "placed"), (BOB, "draft"), (BOB, "shipped")], 1)}
DRAFT = identifier(3, 1)
TICKET, FORMER_SUPPLIER, FORMER_NOTE = "canary-ticket-of-bob", "canary-supplier-of-once", "canary-note-of-once"
SEED = {
    "User": [{"id": who, "email": f"canary-{name}@example.com", "displayName": f"Canary {name} by name"}
             for name, who in (("ann", ANN), ("bob", BOB))],
    "Category": [{"id": SHELF, "name": "Shelf"}, {"id": identifier(1, 2), "name": "Inner", "parentId": SHELF},
                 {"id": identifier(1, 3), "name": "Empty"}],
    "Product": [{"id": TEA, "sku": "TEA-1", "name": "Tea", "price": "9350.50", "cost": "7319.46", "categoryId": SHELF,
                 "supplier": FORMER_SUPPLIER},
                {"id": JAM, "sku": "JAM-1", "name": "Jam", "price": "4.00", "categoryId": identifier(1, 2),
                 "supplier": "canary-supplier-of-jam"},
                {"id": GONE, "sku": "CANARY-GONE-1", "name": "Canary gone", "price": "8123.11", "cost": "8012.77",
                 "description": "canary of a deleted row", "tags": ["canary-tag"], "categoryId": SHELF}],
    "Order": [{"id": key, "customerId": who, "status": status, "total": f"{4200 + n}.{n}7",
               "note": FORMER_NOTE if key == DRAFT else f"canary-note-{n}"}
              for n, (key, (who, status)) in enumerate(ORDERS.items(), 1)],
    "OrderLine": [{"id": identifier(4, n), "orderId": order, "productId": product, "quantity": n,
                   "unitPrice": f"{6500 + n}.3{n}"}
                  for n, (order, product) in enumerate(((o, p) for o in ORDERS for p in (TEA, GONE)), 1)],
    "Review": [{"id": identifier(5, 1), "productId": TEA, "authorId": ANN, "stars": 5, "body": "good"},
               {"id": identifier(5, 2), "productId": TEA, "authorId": BOB, "stars": 2, "ticket": TICKET},
               {"id": identifier(5, 3), "productId": GONE, "authorId": BOB, "stars": 1}],
}
RESOURCES = ["User", "Category", "Product", "Order", "OrderLine", "Review"]


def cases():
    return [(name, resource) for name in CALLERS for resource in RESOURCES]


def texts_of(kind, value):
    """How a stored value would stand in an answer, where it can be told from any other."""
    if kind.startswith("enum"):
        return set()
    if isinstance(value, decimal.Decimal):
        value = str(value)
    found = [value] if isinstance(value, str) else []
    if isinstance(value, str) and value.startswith("["):
        found = [one for one in json.loads(value) if isinstance(one, str)]
    return {text for text in found if len(text) > 5}


class Secrets:
    """The texts of the store that a caller may not see, and others may."""

    def __init__(self, oracle):
        self.oracle, self.rows, self.found = oracle, None, {}

    def of(self, name):
        if self.rows is not self.oracle.rows:  # it has been read anew
            self.rows, self.found = self.oracle.rows, {}
        if name not in self.found:
            self.found[name] = self._hidden(CALLERS[name])
        return self.found[name]

    def _hidden(self, caller):
        hidden, shown = set(), set()
        for resource in self.oracle.resources.values():
            for row in self.oracle.rows[resource.name].values():
                admitted = self._shown(resource, row, caller)
                for field, value in row.items():
                    seen = admitted and self.oracle.reads_field(resource, field, row, caller) is True
                    (shown if seen else hidden).update(texts_of(resource.types[field], value))
        roles = self.oracle.roles_of(caller)
        hidden |= set() if "staff" in roles else {FORMER_SUPPLIER}
        hidden |= set() if caller and caller["id"] == ANN else {FORMER_NOTE}
        return hidden - shown

    def _shown(self, resource, row, caller):
        may = [self.oracle.may(resource, operation, row, caller) is True for operation in ("get", "list", "restore")]
        return (may[0] or may[1]) and (row.get("deletedAt") is None or may[2])


def opened(text):
    """What an opaque word of an answer holds, read as base64."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""


def found_in(secret, answer):
    """Where a secret stands in an answer: its head, its body, or an opaque word of them."""
    raw = answer.raw + "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
    if secret.encode() in raw:
        return True
    forms = [secret.encode()]
    if re.fullmatch(matrix_oracle.UUID, secret):
        forms.append(uuid.UUID(secret).bytes)
    cursors = [opened(word) for word in re.findall(r"[\w-]{24,}", raw.decode())]
    return any(form in cursor for form in forms for cursor in cursors)


class Watched(harness.Client):
    """A client of one class; an answer that holds what the class may not see fails, but for what it asked itself."""

    def __init__(self, address, token, name, secrets):
        super().__init__(address, token)
        self.name, self.secrets, self.looked_through = name, secrets, 0

    def _exchange(self, method, path, body, headers):
        answer = super()._exchange(method, path, body, headers)
        asked = urllib.parse.unquote(path) + (body or b"").decode()
        for secret in self.secrets.of(self.name):
            assert secret in asked or not found_in(secret, answer), \
                f"{method} {path} shows {secret!r} to {self.name}: {answer.headers} {answer.raw[:2000]!r}"
        self.looked_through += 1
        return answer


def enriched(directory):
    """The contract of the example and what it has too little of."""
    contract = yaml.safe_load(EXAMPLE.read_text())
    for name, said in MORE.items():
        contract["resources"][name].update(said)
    for name, fields in MORE_FIELDS.items():
        contract["resources"][name]["fields"].update(fields)
    file = directory / "ashlar.yaml"
    file.write_text(yaml.safe_dump(contract, sort_keys=False))
    return file


@pytest.fixture(scope="module")
def world(module_directory):
    """(oracle, {caller: client}) over one server, with a product deleted and two rows changed."""
    seed, contract = module_directory / "seed.json", enriched(module_directory)
    seed.write_text(json.dumps(SEED))
    server = harness.Server(contract, module_directory, seed)
    with server:
        staff, ann = server.as_role("staff"), server.as_role(user=ANN)
        assert staff.delete(f"/v1/products/{GONE}").status == 204
        assert staff.patch(f"/v1/products/{TEA}", {"supplier": "canary-supplier-of-now"}).status == 200
        assert ann.patch(f"/v1/orders/{DRAFT}", {"note": "canary-note-of-now"}).status == 200
        oracle = matrix_oracle.Oracle(contract, module_directory / "store.db")
        secrets, clients = Secrets(oracle), {}
        for name, caller in CALLERS.items():
            token = None if caller is None else server.token(*caller["roles"], user=caller["id"])
            clients[name] = Watched(server.address, token, name, secrets)
            assert len(secrets.of(name)) > 3
        yield oracle, clients
        assert sum(client.looked_through for client in clients.values()) > 50


def shown(kind, value):
    """A stored value as the API writes it; times are compared elsewhere."""
    if isinstance(value, decimal.Decimal):
        return f"{value:.{kind.rstrip(')').split(',')[1]}f}"
    return json.loads(value) if kind.startswith("[") else value


def expected_row(oracle, resource, row, caller):
    return {field: shown(resource.types[field], row[field]) for field in resource.fields
            if resource.types[field] != "datetime" and oracle.reads_field(resource, field, row, caller) is True}


def without_times(resource, row):
    return {field: value for field, value in row.items() if resource.types.get(field) != "datetime"}
