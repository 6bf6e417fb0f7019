# SPDX-License-Identifier: Apache-2.0
"""A write that its client named is done once: sent again after a restart, by many at once, under a changed contract."""

import collections
import contextlib
import json
import threading
import time

import harness
import pytest
import tables

CONTRACT = """service: once
roles: { staff: {}, clerk: { inherits: [staff] } }
resources:
  Payment:
    id: int
    audit: true
    fields:
      amount: 'decimal(8,2)!'
      note: string
      secret: { type: string, read: hasRole('clerk'), write: hasRole('staff') }
    access: { read: public, write: public }
  Sealed:
    plural: sealed
    fields: { text: string! }
    access: { create: public, read: hasRole('staff') }
"""
KEY = "0192f000-0000-7000-8000-0000000000aa"


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "once.yaml"
    path.write_text(CONTRACT)
    return path


def named(key=KEY):
    return {"Idempotency-Key": key}


def test_the_answer_outlives_a_restart_and_a_changed_contract(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        first = server.client().post("/v1/payments", {"amount": "12.50", "note": "tea"}, **named())
        hidden = server.client().post("/v1/sealed", {"text": "x"}, **named())
        assert first.status == 201 and "idempotency-replayed" not in first.headers
        assert hidden.status == 201 and hidden.body["data"] is None
    contract.write_text(CONTRACT.replace("      note: string\n", "      note: string\n      more: string\n"))
    with harness.Server(contract, tmp_path / "store") as server:
        again = server.client().post("/v1/payments", {"amount": "12.50", "note": "tea"}, **named())
        assert again.status == 201 and again.headers["idempotency-replayed"] == "true"
        assert again.body["data"] == first.body["data"]
        assert {name: again.headers[name] for name in ("location", "etag")} == {
            name: first.headers[name] for name in ("location", "etag")}
        assert again.body["meta"]["requestId"] != first.body["meta"]["requestId"]
        rehidden = server.client().post("/v1/sealed", {"text": "x"}, **named())
        assert rehidden.headers["idempotency-replayed"] == "true" and rehidden.body["data"] is None
        assert rehidden.headers["location"] == hidden.headers["location"]
        assert server.client().get("/v1/payments").body["meta"]["total"] == 1


@pytest.mark.parametrize("batch", [False, True], ids=["single", "batch"])
def test_fifty_at_once_have_one_effect(contract, tmp_path, batch):
    path, body = "/v1/payments", {"amount": "1.00"}
    if batch:
        path, body = "/v1/batch", {"operations": [{"method": "POST", "path": path, "body": body}]}
    with harness.Server(contract, tmp_path / "store") as server:
        start, answers = threading.Barrier(50), []

        def send():
            client = server.client()
            start.wait()
            answers.append(client.post(path, body, **named()))

        threads = [threading.Thread(target=send) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = collections.Counter((answer.status, answer.headers.get("idempotency-replayed")) for answer in answers)
        done = 200 if batch else 201
        assert told[done, None] == 1 and set(told) <= {(done, None), (done, "true"), (409, None)}, told
        codes = {answer.body["error"]["code"] for answer in answers if answer.status == 409}
        assert codes <= {"IDEMPOTENCY_IN_PROGRESS"}, codes
        assert server.client().get("/v1/payments").body["meta"]["total"] == 1
        assert server.client().post(path, body, **named()).headers["idempotency-replayed"] == "true"


def test_what_is_kept_says_neither_key_nor_caller(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        assert server.client().post("/v1/payments", {"amount": "1.00"}, **named()).status == 201
    rows = tables.connect(tmp_path / "store/store.db").execute(
        "SELECT id, fingerprint, outcomes FROM idempotency_records").fetchall()
    assert len(rows) == 1 and len(rows[0][0]) == 64 and KEY.encode() not in rows[0][2]
    assert KEY not in rows[0][0] + rows[0][1]


def test_what_has_expired_is_forgotten_and_done_anew(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        for i in range(6):
            assert server.client().post("/v1/payments", {"amount": "1.00"}, **named(f"{KEY}-{i}")).status == 201
    store = tables.connect(tmp_path / "store/store.db")
    day = 24 * 60 * 60 * 1_000_000
    kept = store.execute("SELECT expires_at - created_at FROM idempotency_records").fetchall()
    assert kept == [(day,)] * 6
    store.execute("UPDATE idempotency_records SET expires_at = expires_at - ?", (day + 1_000_000,))
    store.commit()
    store.close()
    with harness.Server(contract, tmp_path / "store") as server:
        anew = server.client().post("/v1/payments", {"amount": "1.00"}, **named(f"{KEY}-0"))
        assert anew.status == 201 and "idempotency-replayed" not in anew.headers
        assert server.client().get("/v1/payments").body["meta"]["total"] == 7
        await_kept(tmp_path, 1)


def kept_in(tmp_path):
    """How many records there are; their bytes as the store counts them, and as they are."""
    with contextlib.closing(tables.connect(tmp_path / "store/store.db")) as store:
        count, sized = store.execute("SELECT count(*), sum(bytes) FROM idempotency_records").fetchone()
        spaces = dict(store.execute("SELECT id, bytes FROM idempotency_spaces").fetchall())
        total = spaces.pop("all", 0)
        assert total == sum(spaces.values()) == (sized or 0), spaces
        return count, total


def await_kept(tmp_path, count):
    deadline = time.monotonic() + 60
    while kept_in(tmp_path)[0] != count:
        assert time.monotonic() < deadline, kept_in(tmp_path)
        time.sleep(0.2)


def test_what_expires_goes_without_another_write(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        for i in range(40):
            assert server.client().post("/v1/payments", {"amount": "1.00"}, **named(f"{KEY}-{i}")).status == 201
        assert kept_in(tmp_path)[0] == 40
        with contextlib.closing(tables.connect(tmp_path / "store/store.db")) as store:
            store.execute("UPDATE idempotency_records SET expires_at = 0 WHERE id NOT IN (SELECT id FROM "
                          "idempotency_records LIMIT 1)")
            store.commit()
        await_kept(tmp_path, 1)


def test_no_more_is_kept_than_there_is_room_for(contract, tmp_path):
    """A caller has a quarter; a promise that was made is kept, and one that cannot be kept is not made."""
    contract.write_text(CONTRACT.replace("note: string", "note: text"))
    with harness.Server(contract, tmp_path / "store", arguments=["--max-kept-mib", "2"]) as server:
        large = {"amount": "1.00", "note": "x" * 200_000}
        first = server.client().post("/v1/payments", large, **named(KEY + "a"))
        assert first.status == 201
        assert server.client().post("/v1/payments", large, **named(KEY + "b")).status == 201
        refused = server.client().post("/v1/payments", large, **named(KEY + "c"))
        assert (refused.status, refused.body["error"]["code"]) == (503, "UNAVAILABLE"), refused.body
        assert "Idempotency-Key" in refused.body["error"]["message"] and "retry-after" in refused.headers
        assert server.client().get("/v1/payments?total=true&fields=id").body["meta"]["total"] == 2
        again = server.client().post("/v1/payments", large, **named(KEY + "a"))
        assert again.headers["idempotency-replayed"] == "true" and again.body["data"] == first.body["data"]
        assert server.as_role("staff").post("/v1/payments", large, **named(KEY + "c")).status == 201, "others have room"
        assert server.client().post("/v1/payments", large).status == 201, "without a key nothing is kept"
        assert kept_in(tmp_path)[0] == 3


def test_a_store_made_before_there_were_records_gets_their_table(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store"):
        pass
    store = tables.connect(tmp_path / "store/store.db")
    described = json.loads(store.execute("SELECT description FROM ashlar_schema").fetchone()[0])
    del described["resources"]["IdempotencyRecord"]
    store.execute("DROP TABLE idempotency_records")
    store.execute("UPDATE ashlar_schema SET description = ?", (json.dumps(described),))
    store.commit()
    store.close()
    with harness.Server(contract, tmp_path / "store") as server:
        for replayed in (None, "true"):
            answer = server.client().post("/v1/payments", {"amount": "1.00"}, **named())
            assert answer.status == 201 and answer.headers.get("idempotency-replayed") == replayed


def test_what_one_role_was_shown_is_not_replayed_to_another(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        body = {"amount": "1.00", "secret": "s"}
        clerk, staff = server.client(server.token("clerk")), server.client(server.token("staff"))
        assert clerk.post("/v1/payments", body, **named()).body["data"]["secret"] == "s"
        other = staff.post("/v1/payments", body, **named())
        assert other.status == 201 and "idempotency-replayed" not in other.headers
        assert "secret" not in other.body["data"]
        again = staff.post("/v1/payments", body, **named())
        assert again.headers["idempotency-replayed"] == "true" and "secret" not in again.body["data"]
        assert again.headers["etag"] == other.headers["etag"]


def test_what_is_too_large_to_be_kept_is_not_done(contract, tmp_path):
    contract.write_text(CONTRACT.replace("note: string", "note: text"))
    with harness.Server(contract, tmp_path / "store") as server:
        client = server.client()
        made = client.post("/v1/payments", {"amount": "1.00", "note": "x" * 900_000}).body["data"]["id"]
        get = {"method": "GET", "path": f"/v1/payments/{made}"}
        write = {"method": "POST", "path": "/v1/payments", "body": {"amount": "2.00"}}
        assert client.post("/v1/batch", {"operations": [get] * 4 + [write]}, **named(KEY + "4")).status == 200
        large = client.post("/v1/batch", {"operations": [get] * 5 + [write]}, **named(KEY + "5"))
        assert large.status == 413 and large.body["error"]["code"] == "PAYLOAD_TOO_LARGE"
        assert "operation" not in large.body["error"]
        assert client.get("/v1/payments", fields="id").body["meta"]["total"] == 2
        most = client.post("/v1/batch", {"operations": [get] * 100})
        assert most.status == 400 and most.body["error"]["operation"]["index"] > 20, most.raw[:300]


def test_the_log_tells_of_a_batch_as_of_one_request(contract, tmp_path):
    with harness.Server(contract, tmp_path / "store") as server:
        post = {"method": "POST", "path": "/v1/payments", "body": {"amount": "2.00"}}
        answer = server.client().post("/v1/batch", {"operations": [post, post]})
        line = server.wait_event("request", requestId=answer.headers["x-request-id"])
        assert line["route"] == "/v1/batch" and line["operation"] == "batch" and line["statements"] == 2, line


def test_a_batch_is_not_replayed_to_whom_its_rules_no_longer_admit(contract, tmp_path):
    user = "0192f000-0000-7000-8000-0000000000bb"
    batch = {"operations": [{"id": "p", "method": "POST", "path": "/v1/payments", "body": {"amount": "1.00"}},
                            {"method": "GET", "path": "/v1/payments/${p.id}"},
                            {"method": "GET", "path": "/v1/sealed"}]}
    with harness.Server(contract, tmp_path / "store") as server:
        staff = server.client(server.token("staff", user=user))
        first = staff.post("/v1/batch", batch, **named())
        again = staff.post("/v1/batch", batch, **named())
        assert first.status == 200 and again.headers["idempotency-replayed"] == "true"
        assert again.body["data"] == first.body["data"]
        left = server.client(server.token(user=user)).post("/v1/batch", batch, **named())
        assert left.status == 403 and left.body["error"]["operation"] == {"index": 2}, left.raw
        assert staff.get("/v1/payments").body["meta"]["total"] == 1
