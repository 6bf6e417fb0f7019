# SPDX-License-Identifier: Apache-2.0
"""What the tests of accounts share: a client that registers and signs in."""

import concurrent.futures
import time

import tables

PASSWORD = "correct horse battery"


def post(server, path, body, token=None, **headers):
    return server.client(token).request("POST", path, body, headers or None)


def code_of(answer):
    return answer.body["error"]["code"]


def details(answer):
    return sorted((one["field"], one["code"]) for one in answer.body["error"].get("details", []))


def register(server, email, password=PASSWORD, **profile):
    answer = post(server, "/auth/register", {"email": email, "password": password, **profile})
    assert answer.status == 201, answer.raw
    return answer.body["data"]["user"]


def login(server, email, password=PASSWORD):
    answer = post(server, "/auth/login", {"email": email, "password": password})
    assert answer.status == 200, answer.raw
    return answer.body["data"]


def signed_in(server, email, password=PASSWORD):
    """A client of the user's, registered before."""
    return server.client(login(server, email, password)["accessToken"])


def refresh(server, token):
    return post(server, "/auth/refresh", {"refreshToken": token})


def store(server, statement, *values):
    link = tables.connect(server.store_path)
    with link:
        rows = link.execute(statement, values).fetchall()
    link.close()
    return rows


def all_at_once(works):
    with concurrent.futures.ThreadPoolExecutor(len(works)) as pool:
        return [one.result() for one in [pool.submit(work) for work in works]]


def eventually(work, wanted, patience_s=10):
    """Waits for an answer that comes within 2 s, of a machine that does other things too."""
    until = time.monotonic() + patience_s
    while (seen := work()) != wanted:
        assert time.monotonic() < until, seen
        time.sleep(0.05)
