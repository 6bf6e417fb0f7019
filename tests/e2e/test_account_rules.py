# SPDX-License-Identifier: Apache-2.0
"""What a new account and a new password must be like, and that all that is wrong is told at once (decision 0031)."""

import hashlib
import re

import pytest

import harness
from accounts import PASSWORD, code_of, details, login, post, register
from harness import Server

CONTRACT = """service: gardenclub
identity: { register: open, password: { minLength: 8, breached: leaked/hashes.txt } }
resources:
  User:
    fields:
      nick: { type: string!, min: 2, max: 20, pattern: '[a-z]+' }
      age: { type: int, min: 0 }
      from: date
      until: date
      staff: { type: bool!, default: false, readOnly: true }
      note: { type: string, write: hasRole('staff') }
      plan: { type: 'enum(free, paid)', default: free, transitions: { free: [paid] } }
    checks: [{ rule: from == null || until == null || from < until, field: until, message: must come later }]
    access: { read: auth.id == id }
roles: { staff: {} }
"""
LEAKED = "wandering lamp oyster"


def hashes(*passwords):
    return "".join(sorted(hashlib.sha1(one.encode()).hexdigest().upper() + ":3\n" for one in passwords))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "ashlar.yaml").write_text(CONTRACT)
    (folder / "leaked").mkdir()
    (folder / "leaked/hashes.txt").write_text(hashes(LEAKED, *(f"password {i}" for i in range(5000))))
    with Server(folder / "ashlar.yaml", folder) as server:
        yield server


def wrong(server, body, path="/auth/register", token=None):
    answer = post(server, path, body, token)
    assert (answer.status, code_of(answer)) == (422, "VALIDATION_ERROR"), answer.raw
    return details(answer)


def test_all_mistakes_of_a_registration_come_at_once(served):
    assert wrong(served, {}) == [("email", "REQUIRED"), ("nick", "REQUIRED"), ("password", "REQUIRED")]
    assert wrong(served, {"email": 1, "password": 1, "nick": 1}) == [
        ("email", "WRONG_TYPE"), ("nick", "WRONG_TYPE"), ("password", "WRONG_TYPE")]
    many = {"email": "none", "password": "short", "nick": "A" * 30, "age": -1, "staff": True, "note": "x", "hat": 1,
            "plan": "paid", "id": "x", "roles": ["staff"], "from": "2026-01-02", "until": "2026-01-01"}
    assert wrong(served, many) == [
        ("age", "TOO_SMALL"), ("email", "FORMAT"), ("hat", "UNKNOWN_FIELD"), ("id", "READ_ONLY"),
        ("nick", "TOO_LONG"), ("note", "READ_ONLY"), ("password", "TOO_SHORT"), ("plan", "READ_ONLY"),
        ("roles", "READ_ONLY"), ("staff", "READ_ONLY"), ("until", "CHECK")]
    # The same without a mistake that only /auth knows.
    assert wrong(served, {"email": "none", "password": PASSWORD, "nick": "", "age": "x"}) == [
        ("age", "WRONG_TYPE"), ("email", "FORMAT"), ("nick", "TOO_SHORT")]
    for body in ([], "x", 1, {f"f{i}": 1 for i in range(101)}):
        assert wrong(served, body) == [("", "WRONG_TYPE")]


def test_nothing_is_made_of_a_registration_with_mistakes(served):
    body = {"email": "later@example.com", "password": "short", "nick": "later"}
    assert wrong(served, body) == [("password", "TOO_SHORT")]
    register(served, "later@example.com", nick="later")
    # That an address is taken is told when all else is right, and not before.
    assert wrong(served, body) == [("password", "TOO_SHORT")]
    answer = post(served, "/auth/register", {**body, "password": PASSWORD})
    assert (answer.status, code_of(answer), details(answer)) == (409, "CONFLICT", [("email", "UNIQUE")])


@pytest.mark.parametrize("password", ["password", "Passw0rd!", "qwertyuiop", "aaaaaaaaaaaaaaaa", "abcdefghijkl",
                                      "December1984", "gardenclub1", "GardenClub!", "rosalind1", "rosalind.example"])
def test_what_is_easy_to_guess_is_refused(served, password):
    body = {"email": "rosalind@flowers.example", "password": password, "nick": "ros"}
    assert wrong(served, body) == [("password", "CHECK")]
    told = post(served, "/auth/register", body).body["error"]["details"][0]["message"]
    assert told == "is too easy to guess: take more words, or others"


def test_what_is_known_from_a_leak_is_refused(served):
    body = {"email": "leak@example.com", "password": LEAKED, "nick": "leak"}
    answer = post(served, "/auth/register", body)
    assert answer.body["error"]["details"] == [
        {"field": "password", "code": "CHECK", "message": "is known from a leak: take another one"}]
    register(served, "leak@example.com", LEAKED + "s", nick="leak")


def test_a_password_that_is_changed_meets_the_same_rules(served):
    register(served, "change@example.com", nick="change")
    token = login(served, "change@example.com")["accessToken"]
    for new, code in (("short", "TOO_SHORT"), ("x" * 257, "TOO_LONG"), ("password", "CHECK"), (LEAKED, "CHECK"),
                      ("Change@example.com", "CHECK")):
        body = {"currentPassword": PASSWORD, "newPassword": new}
        assert wrong(served, body, "/auth/password/change", token) == [("newPassword", code)]
    login(served, "change@example.com")


@pytest.mark.parametrize("text, told", [
    (None, "No such file"), ("", "is empty"), ("hunter2\n", "no line with a SHA-1 hash at byte 0"),
    ("B" * 40 + "\n" + "A" * 40 + "\n", "not sorted at byte 41")], ids=["absent", "empty", "plain", "unsorted"])
def test_a_list_that_cannot_be_used_is_refused_at_the_start(tmp_path, text, told):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    (tmp_path / "leaked").mkdir()
    if text is not None:
        (tmp_path / "leaked/hashes.txt").write_text(text)
    for command in (["serve", str(contract), "--listen", "127.0.0.1:0"],
                    ["user", "add", str(contract), "ann@example.com"]):
        done = harness.run(*command, "--store", f"sqlite:{tmp_path}/s.db", cwd="/", timeout=60)
        assert done.returncode == 2, done
        assert re.search(rf"identity\.password\.breached: {re.escape(str(tmp_path))}/leaked/hashes\.txt: .*{told}",
                         done.stderr), done.stderr
    assert not (tmp_path / "s.db").exists()
    assert harness.run("check", str(contract), cwd="/").returncode == 0  # where the list need not be


def test_strength_may_be_off(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text("service: x\nidentity: { register: open, password: { strength: 0 } }\n")
    with Server(contract, tmp_path) as server:
        register(server, "a@example.com", "passwordpassword")
