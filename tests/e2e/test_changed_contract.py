# SPDX-License-Identifier: Apache-2.0
"""A changed contract on an existing store: what is safe is applied, anything else is refused and changes nothing."""

import harness
import pytest

BASE = """service: changing
resources:
  Book:
    fields:
      title: string!
      pages: int
      price: decimal(8,2)
      kind: enum(novel, essay)
      author: { type: Author, onDelete: clear }
    access: { read: public, write: public }
  Author:
    fields:
      name: string!
    access: { read: public, write: public }
"""
FIELD = "      pages: int\n"


def change(old, new):
    """BASE with one place changed, the first where old stands."""
    assert old in BASE
    return BASE.replace(old, new, 1)


APPLIED = {
    "the same again": BASE,
    "a new resource": BASE + ("  Shop:\n    fields:\n      name: string!\n      book: Book\n"
                              "    access: { read: public, write: public }\n"),
    "an optional field": change(FIELD, FIELD + "      subtitle: string\n"),
    "a list field": change(FIELD, FIELD + "      tags: '[string]'\n"),
    "an optional relation": change(FIELD, FIELD + "      editor: Author\n"),
    "a required field with a literal default": change(FIELD, FIELD + "      copies: { type: int!, default: 7 }\n"),
    "a text with a literal default": change(FIELD, FIELD + "      shelf: { type: string!, default: \"'A'\" }\n"),
    "an index of one field": change("pages: int", "pages: { type: int, index: true }"),
    "an index of several": change("    access:", "    indexes:\n      - [kind, pages]\n    access:"),
    "a searched field": change("title: string!", "title: { type: string!, search: true }"),
    "a new field that is searched": change(FIELD, FIELD + "      blurb: { type: text, search: true }\n"),
    "an inverse relation": change("      name: string!",
                                  "      name: string!\n      books: { many: Book, via: author }"),
    "other rules": change("write: public }\n  Author", "write: nobody }\n  Author"),
    "a description": change("  Book:\n", "  Book:\n    description: Something to read.\n"),
}
# what -> (contract, what the refusal names)
REFUSED = {
    "a resource is gone": (BASE[:BASE.index("  Author:")].replace(
        "      author: { type: Author, onDelete: clear }\n", ""), ["Author"]),
    "a field is gone": (change(FIELD, ""), ["Book", "pages"]),
    "a required field without default": (change(FIELD, FIELD + "      isbn: string!\n"), ["Book", "isbn"]),
    "a default that is no literal": (change(FIELD, FIELD + "      seen: { type: datetime!, default: now() }\n"),
                                     ["Book", "seen"]),
    "another type": (change("pages: int", "pages: string"), ["Book", "pages"]),
    "another precision": (change("decimal(8,2)", "decimal(8,3)"), ["Book", "price"]),
    "an optional field becomes required": (change("pages: int", "pages: int!"), ["Book", "pages"]),
    "a unique field": (change("title: string!", "title: { type: string!, unique: true }"), ["Book", "title"]),
    "unique over several": (change("    access:", "    unique:\n      - [title, kind]\n    access:"), ["Book"]),
    "another kind of id": (change("  Author:\n", "  Author:\n    id: int\n"), ["Author", "id"]),
    "a relation leads elsewhere": (change("type: Author,", "type: Book,"), ["Book", "author"]),
    "soft delete": (change("  Book:\n", "  Book:\n    softDelete: true\n"), ["Book"]),
    "a check": (change("    access:", "    checks:\n      - { rule: pages > 0, message: needs pages }\n    access:"),
                ["Book"]),
}


@pytest.fixture
def stored(tmp_path):
    """A store that BASE made, with a row in it."""
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(BASE)
    with harness.Server(contract, tmp_path) as server:
        client = server.client()
        author = client.post("/v1/authors", {"name": "Ann"}).body["data"]
        book = client.post("/v1/books", {"title": "One", "pages": 3, "kind": "novel", "authorId": author["id"]})
        assert book.status == 201, book.raw
    return contract, book.body["data"]


@pytest.mark.parametrize("name", APPLIED)
def test_is_applied(stored, tmp_path, name):
    contract, book = stored
    contract.write_text(APPLIED[name])
    for _ in range(2):  # and once applied, there is nothing more to do
        with harness.Server(contract, tmp_path) as server:
            read = server.client().get(f"/v1/books/{book['id']}")
            assert read.status == 200 and read.body["data"].items() >= book.items(), read.raw
            new = {key: value for key, value in read.body["data"].items() if key not in book}
    expected = {"an optional field": {"subtitle": None}, "a list field": {"tags": []},
                "an optional relation": {"editorId": None}, "a required field with a literal default": {"copies": 7},
                "a text with a literal default": {"shelf": "A"}, "a new field that is searched": {"blurb": None}}
    assert new == expected.get(name, {})


def test_what_is_searched_is_made_anew_from_the_rows(stored, tmp_path):
    contract, book = stored
    both = APPLIED["a new field that is searched"].replace("title: string!", "title: { type: string!, search: true }")
    found = {"a searched field": 1, "a new field that is searched": 0, "both": 1, "the same again": None}
    for name, count in found.items():
        contract.write_text(both if name == "both" else APPLIED[name])
        if name == "the same again":  # and goes again; the field that came does not
            contract.write_text(APPLIED["a new field that is searched"].replace(", search: true", "").replace(
                "{ type: text }", "text"))
        with harness.Server(contract, tmp_path) as server:
            answer = server.client().get("/v1/books", q="ONE")
            assert answer.status == 400 if count is None else answer.body["meta"]["total"] == count, (name, answer.raw)


def test_what_was_applied_can_be_used(stored, tmp_path):
    contract, book = stored
    contract.write_text(APPLIED["a new resource"].replace(FIELD, FIELD + "      copies: { type: int!, default: 7 }\n"))
    with harness.Server(contract, tmp_path) as server:
        client = server.client()
        assert client.post("/v1/shops", {"name": "Corner", "bookId": book["id"]}).status == 201
        assert client.get("/v1/books", **{"copies[gt]": 6}).body["meta"]["total"] == 1
        assert client.patch(f"/v1/books/{book['id']}", {"copies": 8}).body["data"]["copies"] == 8
        assert client.delete(f"/v1/books/{book['id']}").status == 409


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_and_told(stored, tmp_path, name):
    contract, book = stored
    text, named = REFUSED[name]
    contract.write_text(text)
    assert harness.run("check", contract, cwd=tmp_path).returncode == 0, "the contract by itself is right"
    done = harness.run("serve", contract, "--store", harness.store_of(tmp_path / "store.db"), "--listen", "127.0.0.1:0",
                       cwd=tmp_path, timeout=30)
    assert done.returncode in (1, 2), done
    for part in [*named, "nothing was changed", "contract as it was", "literal default", "ashlar load"]:
        assert part in done.stderr, done.stderr
    contract.write_text(BASE)
    with harness.Server(contract, tmp_path) as server:  # nothing was changed
        assert server.client().get(f"/v1/books/{book['id']}").body["data"] == book


def test_all_that_is_refused_is_told_at_once(stored, tmp_path):
    contract, _ = stored
    contract.write_text(change("pages: int", "pages: string").replace("title: string!",
                                                                      "title: { type: string!, unique: true }"))
    done = harness.run("serve", contract, "--store", harness.store_of(tmp_path / "store.db"), "--listen", "127.0.0.1:0",
                       cwd=tmp_path, timeout=30)
    assert done.returncode in (1, 2) and "pages" in done.stderr and "title" in done.stderr, done.stderr


def test_the_store_of_another_service_is_refused(stored, tmp_path):
    contract, _ = stored
    contract.write_text(BASE.replace("service: changing", "service: other"))
    done = harness.run("serve", contract, "--store", harness.store_of(tmp_path / "store.db"), "--listen", "127.0.0.1:0",
                       cwd=tmp_path, timeout=30)
    assert done.returncode in (1, 2) and "changing" in done.stderr, done.stderr
