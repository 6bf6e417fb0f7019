# SPDX-License-Identifier: Apache-2.0
"""Limits that processes share through Redis: what is counted, and what happens while Redis is not there
(docs/decisions/0039). Two processes are two servers, each with a store of its own and with the same key."""

import concurrent.futures
import contextlib
import re
import shutil
import subprocess
import threading
import time

import harness
import pytest
from redis_server import RedisServer, free_port
from test_limits import ANN, CONTRACT, assert_refused, batch, statuses
from test_observability import scrape

ADMIN = ["--admin-listen", "127.0.0.1:0"]
SPENT = "to: 1/h, burst: 6, per: ip"


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path / "redis") as server:
        yield server


def server_of(directory, url, *limits, key=None, arguments=ADMIN, **environment):
    directory.mkdir(parents=True, exist_ok=True)
    contract = directory / "limited.yaml"
    contract.write_text(CONTRACT.format(limits="\n".join(f"  - {{ {limit} }}" for limit in limits)))
    if key is not None:
        shutil.copy(key, directory / "store.db.key")
    return harness.Server(contract, directory, arguments=arguments, REDIS_URL=url, **environment)


@contextlib.contextmanager
def served(directory, url, *limits, **options):
    with server_of(directory, url, *limits, **options) as server:
        server.wait_event("redis.up")
        yield server


@contextlib.contextmanager
def pair(directory, url, *limits, **options):
    with served(directory / "one", url, *limits, **options) as one:
        key = directory / "one/store.db.key"
        with served(directory / "two", url, *limits, key=key, **options) as two:
            yield one, two


def load(servers, seconds, clients=3):
    """Asks all of them as fast as it goes; how many were let through, and within which time."""
    begun, until = time.monotonic(), time.monotonic() + seconds
    ends = threading.Lock()
    admitted, seen, last = [0], set(), [begun]

    def ask(server):
        client, taken, mine, end = server.client(), 0, set(), begun
        while time.monotonic() < until:
            status = client.request("GET", "/v1/things/1").status
            end = time.monotonic()
            mine.add(status)
            taken += status != 429
        with ends:
            admitted[0] += taken
            seen.update(mine)
            last[0] = max(last[0], end)

    threads = [threading.Thread(target=ask, args=(server,)) for server in servers for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return admitted[0], seen, last[0] - begun


def test_two_processes_let_through_what_one_would(tmp_path, redis):
    rate, burst = 200, 40
    with pair(tmp_path, redis.url, f"to: {rate}/s, burst: {burst}, per: ip") as servers:
        for attempt in range(3):
            time.sleep(0.3)  # until the bucket is full
            alone = sum(scrape(one).value("ashlar_limit_unshared_total") for one in servers)
            admitted, seen, took = load(servers, 5)
            if sum(scrape(one).value("ashlar_limit_unshared_total") for one in servers) == alone:
                break  # a machine that stood still for a tenth of a second has counted otherwise
        expected = burst + rate * took
        assert seen == {404, 429}
        assert abs(admitted - expected) <= 0.02 * expected, (admitted, expected, attempt)


def test_what_one_process_has_given_the_other_has_not(tmp_path, redis):
    with pair(tmp_path, redis.url, SPENT) as (one, two):
        a, b = one.client(), two.client()
        left = [int(re.search(r";r=(\d+)", client.get("/v1/things").headers["ratelimit"]).group(1))
                for client in (a, b, a, b, b, b)]
        assert left == [5, 4, 3, 2, 1, 0]
        for client in (a, b, a, b):
            refused = client.get("/v1/things")
            assert_refused(refused)
            assert 3400 < int(refused.headers["retry-after"]) <= 3600
        assert [scrape(server).value("ashlar_requests_limited_total") for server in (one, two)] == [2, 2]
        assert [scrape(server).value("ashlar_limit_unshared_total") for server in (one, two)] == [0, 0]


def test_many_at_once_get_no_more_than_one(tmp_path, redis):
    with pair(tmp_path, redis.url, "to: 1/h, burst: 40, per: ip", arguments=ADMIN + ["--workers", "4"]) as servers:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = [one for many in pool.map(lambda n: statuses(servers[n % 2].client(), 20), range(8)) for one in many]
        assert seen.count(200) == 40 and seen.count(429) == 120


def test_a_batch_costs_everywhere(tmp_path, redis):
    with pair(tmp_path, redis.url, "to: 10/h, per: ip", "match: 'POST /v1/notes', to: 3/h, per: ip") as (one, two):
        assert batch(one.client(), *[("POST", "/v1/things")] * 6).status == 200
        assert batch(two.client(), *[("POST", "/v1/notes")] * 3).status == 200
        refused = batch(one.client(), *[("POST", "/v1/things")] * 2)  # the batch itself is counted
        assert refused.status == 429 and ";r=0" in refused.headers["ratelimit"]
        never = batch(two.client(), *[("POST", "/v1/things")] * 11)
        assert never.status == 429


def test_limits_per_user_and_what_comes_back(tmp_path, redis):
    with pair(tmp_path, redis.url, "to: 2/s, burst: 4, per: user, otherwise: ip") as (one, two):
        here, there = one.as_role(user=ANN), two.as_role(user=ANN)
        assert statuses(here, 2) + statuses(there, 2) == [200] * 4
        assert 429 in statuses(there, 3) + statuses(here, 3)
        assert statuses(two.client(), 2) == [200, 200]
        begun = time.monotonic()
        while there.get("/v1/things").status == 429:
            assert time.monotonic() - begun < 30


def test_what_stands_in_redis_names_nobody_and_goes(tmp_path, redis):
    with served(tmp_path / "one", redis.url, "to: 1/s, burst: 1, per: ip", "to: 50/h, per: ip") as server:
        assert statuses(server.client(), 1) == [200]
        kept = [key for key in redis.ask("KEYS", "*") if not key.endswith(":probe")]
        assert len(kept) >= 1 and all(re.fullmatch(r"ashlar:limited:limit:[0-9a-f]{32}", key) for key in kept)
        for key in kept:
            assert 0 < redis.ask("PTTL", key) <= 73_000
            assert re.fullmatch(r"\d{10}\.\d{9}", redis.ask("GET", key))
        deadline = time.monotonic() + 20
        while len([key for key in redis.ask("KEYS", "*") if not key.endswith(":probe")]) > 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    # Another service, or one with another key, counts for itself.
    with served(tmp_path / "two", redis.url, "to: 1/h, burst: 1, per: ip") as one:
        assert statuses(one.client(), 2) == [200, 429]
    with served(tmp_path / "three", redis.url, "to: 1/h, burst: 1, per: ip") as other:
        assert statuses(other.client(), 2) == [200, 429]


def events(server, name):
    with server.changed:
        return [line for line in server.lines if line.get("event") == name]


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def assert_closed(answer):
    assert answer.status == 503 and answer.body["error"]["code"] == "UNAVAILABLE"
    assert int(answer.headers["retry-after"]) >= 1 and "," not in answer.headers["retry-after"]


OPEN, CLOSED = "match: 'GET /v1/things', to: 1/h, burst: 6, per: ip", \
    "match: 'GET /v1/notes', to: 1/h, burst: 6, per: ip, fail: closed"


def test_redis_goes_and_comes_back(tmp_path, redis):
    with served(tmp_path / "one", redis.url, OPEN, CLOSED) as server:
        client = server.client()
        assert statuses(client, 2) == [200, 200] and statuses(client, 2, "/v1/notes") == [200, 200]
        redis.stop()
        assert "redis" in server.wait_event("redis.down")["event"]
        # What this process knows counts on where the limit is open; closed is closed; what has no limit is served.
        assert statuses(client, 6) == [200] * 4 + [429] * 2
        for _ in range(3):
            assert_closed(client.get("/v1/notes"))
        assert client.post("/v1/things", {"name": "x"}).status == 201
        assert client.get("/health/ready").status == 200
        page = scrape(server)
        assert page.value("ashlar_redis_up") == 0 and page.value("ashlar_limit_unshared_total") == 9
        assert len(events(server, "redis.down")) == 1
        redis.start()
        wait_until(lambda: len(events(server, "redis.up")) == 2)
        assert statuses(client, 1, "/v1/notes") == [200]
        assert scrape(server).value("ashlar_redis_up") == 1
        assert len(events(server, "redis.down")) == 1 and "ERROR" not in server.error_text


def test_redis_that_hangs_holds_nobody_up(tmp_path, redis):
    with served(tmp_path / "one", redis.url, "to: 100000/s, per: ip", CLOSED, arguments=ADMIN + ["--workers", "2"]) \
            as server:
        assert statuses(server.client(), 3) == [200] * 3
        redis.pause()
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = [one for many in pool.map(lambda _: statuses(server.client(), 25), range(8)) for one in many]
        took = time.monotonic() - begun
        assert set(seen) == {200} and took < 10, took
        server.wait_event("redis.down")
        assert "no answer in time" in events(server, "redis.down")[0]["message"]
        assert_closed(server.client().get("/v1/notes"))
        begun = time.monotonic()
        assert statuses(server.client(), 50) == [200] * 50 and time.monotonic() - begun < 5
        redis.go_on()
        wait_until(lambda: len(events(server, "redis.up")) == 2)
        assert statuses(server.client(), 1, "/v1/notes") == [200]
        assert len(events(server, "redis.down")) == 1


def test_redis_restarts_under_load(tmp_path, redis):
    """Nothing but 200, 404 and 429 is ever answered, however often it comes and goes."""
    with served(tmp_path / "one", redis.url, "to: 300/s, per: ip", arguments=ADMIN + ["--workers", "2"]) as server:
        stop = threading.Event()

        def upset():
            while not stop.is_set():
                redis.stop()
                time.sleep(0.2)
                redis.start()
                stop.wait(0.4)

        thread = threading.Thread(target=upset)
        thread.start()
        try:
            _, seen, _ = load([server], 6)
        finally:
            stop.set()
            thread.join()
        assert seen <= {404, 429} and 404 in seen
        wait_until(lambda: scrape(server).value("ashlar_redis_up") == 1)


def test_redis_that_takes_no_writes_is_down(tmp_path, redis):
    with served(tmp_path / "one", redis.url, OPEN, CLOSED) as server:
        redis.ask("CONFIG", "SET", "maxmemory", "1")
        assert_closed(server.client().get("/v1/notes"))
        assert "OOM" in server.wait_event("redis.down")["message"]
        assert statuses(server.client(), 1) == [200]
        redis.ask("CONFIG", "SET", "maxmemory", "0")
        wait_until(lambda: len(events(server, "redis.up")) == 2)
        redis.ask("SCRIPT", "FLUSH")
        statuses(server.client(), 1)
        wait_until(lambda: statuses(server.client(), 1, "/v1/notes") == [200])


def test_an_idle_connection_that_redis_ends_is_not_worth_a_word(tmp_path, redis):
    with served(tmp_path / "one", redis.url, SPENT, arguments=ADMIN + ["--workers", "1"]) as server:
        assert statuses(server.client(), 1) == [200]
        before = redis.ask("CLIENT", "LIST", "TYPE", "normal")
        assert redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") == 1
        wait_until(lambda: redis.ask("CLIENT", "LIST", "TYPE", "normal").count("cmd=evalsha") == 1)
        assert redis.ask("CLIENT", "LIST", "TYPE", "normal").split()[0] != before.split()[0]
        wait_until(lambda: scrape(server).value("ashlar_redis_up") == 1)
        assert statuses(server.client(), 6) == [200] * 5 + [429]
        assert events(server, "redis.down") == [] and scrape(server).value("ashlar_limit_unshared_total") == 0


def test_a_start_without_redis_is_one(tmp_path):
    port = free_port()
    with server_of(tmp_path / "one", f"redis://:swordfish@127.0.0.1:{port}", OPEN, CLOSED) as server:
        told = server.wait_event("redis.down")
        assert told["level"] == "warning" and f"127.0.0.1:{port}" in told["message"]
        assert statuses(server.client(), 1) == [200]
        assert_closed(server.client().get("/v1/notes"))
        assert scrape(server).value("ashlar_redis_up") == 0 and "swordfish" not in server.error_text


def test_who_has_not_the_password_counts_alone(tmp_path):
    with RedisServer(tmp_path / "redis", "--requirepass", "swordfish") as redis:
        url = f"redis://{{}}@127.0.0.1:{redis.port}/2"
    redis.arguments += ["--user", "ashlar", "on", ">tuna", "~ashlar:*",  # as the guide has it
                        "+evalsha", "+script|load", "+get", "+set", "+time", "+select"]
    with redis:
        for user, right in ((":swordfish", True), ("ashlar:tuna", True), (":tuna", False), ("nobody:tuna", False)):
            with server_of(tmp_path / user.replace(":", "-"), url.format(user), SPENT) as server:
                server.wait_event("redis.up" if right else "redis.down")
                assert statuses(server.client(), 1) == [200]
                assert "swordfish" not in server.error_text and "tuna" not in server.error_text
                if not right:
                    assert "WRONGPASS" in server.wait_event("redis.down")["message"]
        kept = redis.ask("SCAN", 0, user=("default", "swordfish"))[1]
        assert kept == []  # all is in database 2


def certificate(directory, name):
    directory.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", directory / "key.pem", "-out", directory / "cert.pem", "-days", "1", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1" if name == "localhost" else
                    f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return directory / "cert.pem", directory / "key.pem"


def test_tls_is_spoken_with_whom_an_authority_vouches_for(tmp_path):
    tls = certificate(tmp_path / "tls", "localhost")
    with RedisServer(tmp_path / "redis", tls=tls) as redis:
        for host in ("localhost", "127.0.0.1"):
            with served(tmp_path / host, f"rediss://{host}:{redis.tls_port}", SPENT, SSL_CERT_FILE=tls[0]) as server:
                assert statuses(server.client(), 7) == [200] * 6 + [429]
                assert scrape(server).value("ashlar_limit_unshared_total") == 0
        with server_of(tmp_path / "stranger", f"rediss://localhost:{redis.tls_port}", SPENT) as server:
            assert "certificate" in server.wait_event("redis.down")["message"]
        with server_of(tmp_path / "plain", f"rediss://localhost:{redis.port}", SPENT) as server:
            server.wait_event("redis.down")
            assert statuses(server.client(), 1) == [200]
    other = certificate(tmp_path / "other", "elsewhere.example")
    with RedisServer(tmp_path / "redis2", tls=other) as redis:
        with server_of(tmp_path / "named", f"rediss://localhost:{redis.tls_port}", SPENT,
                       SSL_CERT_FILE=other[0]) as server:
            assert "certificate" in server.wait_event("redis.down")["message"]


def test_a_socket_is_an_address_too(tmp_path, redis):
    with served(tmp_path / "one", f"unix://{redis.socket}?db=1", SPENT) as server:
        assert statuses(server.client(), 7) == [200] * 6 + [429]
        assert len(redis.ask("SCAN", 0)[1]) == 0


@pytest.mark.parametrize("url", ["swordfish", "http://swordfish", "redis://:swordfish@", "redis://h:swordfish",
                                 "redis://h/swordfish", "redis://swordfish@h", "unix://swordfish"])
def test_a_url_that_is_none_is_refused_by_name(tmp_path, url):
    (tmp_path / "x.yaml").write_text(CONTRACT.format(limits="  - { to: 1/s, per: ip }"))
    done = harness.run("serve", tmp_path / "x.yaml", cwd=tmp_path, timeout=30, REDIS_URL=url)
    assert done.returncode == 2 and "REDIS_URL" in done.stderr and "swordfish" not in done.stderr


def test_where_there_is_nothing_to_share_it_is_told(tmp_path):
    contract = tmp_path / "x.yaml"
    contract.write_text("service: x\nresources:\n  Note: { access: { read: public } }\n")
    with harness.Server(contract, tmp_path, REDIS_URL="redis://:swordfish@127.0.0.1:1") as server:
        assert "REDIS_URL" in server.wait_event("setting.unused")["message"]
        assert "swordfish" not in server.error_text and "redis.down" not in server.error_text
