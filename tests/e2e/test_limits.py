# SPDX-License-Identifier: Apache-2.0
"""What a contract's limits hold back, whom they count, and what they say of it. Rates are so slow that nothing comes
back while a test runs, but where that is what it looks at."""

import concurrent.futures
import json
import re
import subprocess
import time

import harness
import pytest
from test_observability import scrape

ANN = "11111111-1111-7111-8111-111111111111"
BOB = "22222222-2222-7222-8222-222222222222"
CONTRACT = """service: limited
resources:
  Thing:
    id: int
    fields: {{ name: string! }}
    access: {{ read: public, write: public }}
  Note:
    id: int
    fields: {{ name: string! }}
    access: {{ read: public, write: public }}
limits:
{limits}
"""


def serve(directory, *limits, arguments=(), **environment):
    directory.mkdir(parents=True, exist_ok=True)
    contract = directory / "limited.yaml"
    contract.write_text(CONTRACT.format(limits="\n".join(f"  - {{ {limit} }}" for limit in limits)))
    return harness.Server(contract, directory, arguments=arguments, **environment)


def statuses(client, count, path="/v1/things", **headers):
    return [client.request("GET", path, headers=headers).status for _ in range(count)]


def assert_refused(answer):
    assert answer.status == 429 and answer.body["error"]["code"] == "RATE_LIMITED"
    assert int(answer.headers["retry-after"]) >= 1
    assert re.search(r';r=\d+;t=\d+$', answer.headers["ratelimit"]), answer.headers["ratelimit"]


def test_a_burst_is_let_through_and_says_what_is_left(tmp_path):
    with serve(tmp_path, "to: 1/h, burst: 3, per: ip", arguments=["--admin-listen", "127.0.0.1:0"]) as server:
        client = server.client()
        for left in (2, 1, 0):
            answer = client.get("/v1/things")
            assert answer.status == 200 and answer.headers["ratelimit-policy"] == '"1/h per ip";q=1;w=3600'
            assert re.fullmatch(rf'"1/h per ip";r={left};t=3(600|5\d\d)', answer.headers["ratelimit"])
            assert "retry-after" not in answer.headers
        refused = client.request("GET", "/v1/things", headers={"X-Request-Id": "one-too-many"})
        assert_refused(refused)
        assert 3500 < int(refused.headers["retry-after"]) <= 3600
        # Every address is counted, also one that there is none at; what tells how the service is, is not.
        assert_refused(client.get("/v1/nothing"))
        assert_refused(client.request("HEAD", "/v1/things")._replace(body={"error": {"code": "RATE_LIMITED"}}))
        assert_refused(client.post("/v1/things", {"name": "x"}))
        assert_refused(client.get("/openapi.json"))
        for path in ("/health/live", "/health/ready"):
            assert statuses(client, 5, path) == [200] * 5
        assert client.request("OPTIONS", "/v1/things").status == 204
        problem = client.request("GET", "/v1/things", headers={"Accept": "application/problem+json"})
        assert problem.status == 429 and problem.body["status"] == 429
        line = server.wait_event("request", requestId="one-too-many")
        assert line["status"] == 429 and line["errorCode"] == "RATE_LIMITED"
        assert scrape(server).value("ashlar_requests_limited_total") == 6


def test_what_was_taken_comes_back(tmp_path):
    with serve(tmp_path, "to: 4/s, burst: 2, per: ip") as server:
        client = server.client()
        begun = time.monotonic()
        taken = statuses(client, 200).count(200)
        assert 2 <= taken <= 2 + 4 * (time.monotonic() - begun) + 1
        while client.get("/v1/things").status == 429:
            assert time.monotonic() - begun < 30


def test_many_at_once_get_no_more_than_one(tmp_path):
    with serve(tmp_path, "to: 1/h, burst: 40, per: ip", arguments=["--workers", "4"]) as server:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = [one for many in pool.map(lambda _: statuses(server.client(), 20), range(8)) for one in many]
        assert seen.count(200) == 40 and seen.count(429) == 120


def test_users_are_counted_apart_from_each_other_and_from_addresses(tmp_path):
    with serve(tmp_path, "to: 3/h, per: user, otherwise: ip") as server:
        ann, again, bob = server.as_role(user=ANN), server.client(server.token(user=ANN, lifetime="1h")), \
            server.as_role(user=BOB)
        assert statuses(ann, 2) + statuses(again, 2) == [200, 200, 200, 429]
        assert statuses(bob, 4) == [200, 200, 200, 429]
        assert statuses(server.client(), 2) == [200, 200]
        # Guesses are counted where those without a credential are.
        guesser = server.client("guess.guess.guess")
        assert statuses(guesser, 3) == [401, 429, 429]
        assert_refused(server.client().get("/v1/things"))


def test_guesses_are_limited_by_address_before_they_are_looked_at(tmp_path):
    with serve(tmp_path, "to: 5/h, per: ip") as server:
        assert statuses(server.client("guess.guess.guess"), 7) == [401] * 5 + [429] * 2


def test_without_otherwise_only_users_are_counted(tmp_path):
    with serve(tmp_path, "to: 2/h, per: user") as server:
        assert statuses(server.client(), 5) == [200] * 5
        assert statuses(server.as_role(user=ANN), 3) == [200, 200, 429]
        assert "ratelimit" not in server.client().get("/v1/things").headers


def test_a_limit_is_for_what_it_matches(tmp_path):
    limits = ("match: 'POST /v1/things', to: 2/h, per: ip", "match: 'GET /v1/things/{id}', to: 1/h, per: ip",
              "match: '* /v1/notes/*', to: 1/h, per: ip")
    with serve(tmp_path, *limits) as server:
        client = server.client()
        assert statuses(client, 5) == [200] * 5
        made = [client.post("/v1/things", {"name": str(n)}) for n in range(3)]
        assert [one.status for one in made] == [201, 201, 429]
        one = f"/v1/things/{made[0].body['data']['id']}"
        assert statuses(client, 2, one) == [200, 429]
        assert client.request("HEAD", one).status == 429
        assert client.patch(one, {"name": "y"}).status == 200
        assert [client.delete("/v1/notes/1").status, client.get("/v1/notes/1/history").status] == [404, 429]
        assert client.get("/v1/notes").status == 200


def batch(client, *operations):
    return client.post("/v1/batch", {"operations": [
        {"method": method, "path": path, **({"body": {"name": "x"}} if method == "POST" else {})}
        for method, path in operations]})


def test_a_batch_costs_what_its_operations_do(tmp_path):
    with serve(tmp_path, "to: 10/h, per: ip") as server:
        client = server.client()
        never = batch(client, *[("POST", "/v1/things")] * 11)
        assert_refused(never)
        assert "costs more than 10" in never.body["error"]["message"]
        answer = batch(client, *[("POST", "/v1/things")] * 6)
        assert answer.status == 200 and ";r=3;" in answer.headers["ratelimit"]
        refused = batch(client, *[("POST", "/v1/things")] * 4)
        assert_refused(refused)  # the batch itself was counted; three remain less one
        assert ";r=2;" in refused.headers["ratelimit"]
        assert client.get("/v1/things").body["meta"]["total"] == 6
        assert batch(client, ("GET", "/v1/things")).status == 200
        assert_refused(client.get("/v1/things"))


def test_a_batch_is_no_way_round_a_limit_of_one_operation(tmp_path):
    with serve(tmp_path, "match: 'POST /v1/things', to: 5/h, per: ip",
               "match: 'GET /v1/things/7', to: 1/h, per: ip") as server:
        client = server.client()
        operations = [("POST", "/v1/things"), ("GET", "/v1/things"), ("POST", "/v1/notes")]
        assert batch(client, *operations * 2).status == 200
        assert client.post("/v1/things", {"name": "x"}).status == 201
        assert_refused(batch(client, *operations * 3))
        assert batch(client, *operations[1:] * 10).status == 200
        assert batch(client, *operations * 2).status == 200
        assert_refused(client.post("/v1/things", {"name": "x"}))
        much = batch(client, *[("POST", "/v1/things")] * 6)
        assert_refused(much)
        assert "costs more than 5" in much.body["error"]["message"]
        # A path that is made of an answer might be any.
        named = {"operations": [{"id": "made", "method": "POST", "path": "/v1/notes", "body": {"name": "x"}},
                                {"method": "GET", "path": "/v1/things/${made.id}"}]}
        first, second = client.post("/v1/batch", named), client.post("/v1/batch", named)
        assert "ratelimit" in first.headers and first.status != 429 and second.status == 429


def test_http2_is_counted_with_http1(tmp_path):
    def by_http2(address, *options):
        done = subprocess.run(["curl", "-s", "--max-time", "20", "--http2-prior-knowledge", *options, "-o", "/dev/null",
                               "-w", "%{http_version} %{http_code}", address + "/v1/things"], capture_output=True,
                              text=True, check=True)
        return done.stdout

    with serve(tmp_path, "to: 2/h, per: ip", arguments=["--trusted-proxies", "127.0.0.1"]) as server:
        assert [by_http2(server.address) for _ in range(2)] == ["2 200"] * 2
        assert statuses(server.client(), 1) == [429]
        assert by_http2(server.address) == "2 429"
        assert by_http2(server.address, "-H", "X-Forwarded-For: 198.51.100.7") == "2 200"


FORWARDED = [
    ({"X-Forwarded-For": "198.51.100.{n}"}, True),
    ({"X-Forwarded-For": "203.0.113.{n}, 198.51.100.1"}, False),
    ({"X-Forwarded-For": "198.51.100.{n}, 127.0.0.1"}, True),
    ({"X-Forwarded-For": "2001:db8:0:{n}::1"}, True),
    ({"X-Forwarded-For": "2001:db8::{n}"}, False),
    ({"X-Forwarded-For": "nonsense{n}"}, False),
    ({"Forwarded": 'for="198.51.100.{n}:4711";proto=https'}, True),
    ({"Forwarded": "for=198.51.100.{n}", "X-Forwarded-For": "198.51.100.9"}, False),
]


@pytest.mark.parametrize("headers, apart", FORWARDED)
def test_a_trusted_proxy_says_for_whom_it_asks(tmp_path, headers, apart):
    with serve(tmp_path, "to: 1/h, per: ip", arguments=["--trusted-proxies", "127.0.0.0/8, ::1"]) as server:
        seen = [statuses(server.client(), 1, **{name: value.format(n=n) for name, value in headers.items()})[0]
                for n in (1, 2)]
        assert seen == [200, 200 if apart else 429]


@pytest.mark.parametrize("arguments", [[], ["--trusted-proxies", "10.0.0.0/8"]])
def test_nobody_else_says_who_asks(tmp_path, arguments):
    with serve(tmp_path, "to: 1/h, per: ip", arguments=arguments) as server:
        for name, value in (("X-Forwarded-For", "198.51.100.{n}"), ("Forwarded", "for=198.51.100.{n}"),
                            ("X-Real-Ip", "198.51.100.{n}")):
            seen = [statuses(server.client(), 1, **{name: value.format(n=n)})[0] for n in range(3)]
            assert seen.count(429) >= 2, name


def test_networks_that_are_none_are_refused(tmp_path):
    (tmp_path / "x.yaml").write_text(CONTRACT.format(limits="  - { to: 1/s, per: ip }"))
    for wrong in ("10.0.0.1/8", "proxy", "10.0.0.0/33"):
        done = harness.run("serve", tmp_path / "x.yaml", "--trusted-proxies", wrong, cwd=tmp_path)
        assert done.returncode == 2 and f"--trusted-proxies: '{wrong}' is no network" in done.stderr


def test_pages_of_other_origins_may_read_what_is_left(tmp_path):
    with serve(tmp_path, "to: 1/h, per: ip", arguments=["--cors-origin", "https://app.example"]) as server:
        for status in (200, 429):
            answer = server.client().request("GET", "/v1/things", headers={"Origin": "https://app.example"})
            assert answer.status == status and answer.headers["access-control-allow-origin"] == "https://app.example"
            assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
                answer.headers["access-control-expose-headers"].split(", "))


def test_the_document_tells_which_operations_are_limited(tmp_path):
    def document(*limits):
        path = tmp_path / "x.yaml"
        path.write_text(CONTRACT.format(limits="\n".join(f"  - {{ {limit} }}" for limit in limits)))
        paths = json.loads(harness.succeed("export", "openapi", path, cwd=tmp_path).stdout)["paths"]
        return {f"{method.upper()} {at}" for at, one in paths.items() for method, operation in one.items()
                if isinstance(operation, dict) and "429" in operation.get("responses", {})}

    everything = document("to: 1/s, per: user")
    assert {"GET /v1/things", "POST /v1/batch", "DELETE /v1/notes/{id}"} <= everything
    assert not any("/health/" in one for one in everything)
    assert document("match: 'POST /v1/things', to: 1/s, per: ip") == {"POST /v1/things", "POST /v1/batch"}
    assert document("match: 'GET /v1/notes/7', to: 1/s, per: ip") == {"GET /v1/notes/{id}", "POST /v1/batch"}
    assert document("match: 'POST /auth/login', to: 1/s, per: ip") == set()


def test_the_limits_of_the_north_star_are_right(tmp_path):
    text = (harness.SHARED / "examples/shop.yaml").read_text()
    section = re.search(r"^limits:\n(?:[ ].*\n)+", text, re.MULTILINE).group(0)
    (tmp_path / "x.yaml").write_text("service: x\nresources:\n  Thing:\n    fields: { name: string! }\n"
                                     "    access: { read: public, write: nobody }\n" + section)
    done = harness.run("check", tmp_path / "x.yaml", cwd=tmp_path)
    assert "error" not in done.stdout + done.stderr and done.returncode in (0, 1)
