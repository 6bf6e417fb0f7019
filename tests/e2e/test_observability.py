# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of a running service: traces, stage times, metrics, health under overload."""

import contextlib
import json
import re
import select
import socket
import subprocess
import time
import urllib.parse

import harness
import pytest

CONTRACT = """service: watched
resources:
  Thing:
    fields: { label: string! }
    access: { read: public, write: public }
"""
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def write_contract(directory):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "ashlar.yaml"
    path.write_text(CONTRACT)
    return path


@pytest.fixture(scope="module")
def server(module_directory):
    with harness.Server(write_contract(module_directory), module_directory) as server:
        yield server


def log_line(server, name, traceparent):
    """The log line of a request that came with these traceparent headers."""
    lines = "".join(f"traceparent: {one}\r\n" for one in traceparent)
    answer = server.raw(f"GET /v1/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: {name}\r\n"
                        f"{lines}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ") and b"traceparent" not in answer.lower()
    return server.wait_event("request", requestId=name)


def test_a_trace_is_joined_and_continued(server):
    line = log_line(server, "joined", [f"00-{TRACE}-{SPAN}-01"])
    assert line["trace_id"] == TRACE
    assert re.fullmatch("[0-9a-f]{16}", line["span_id"]) and line["span_id"] != SPAN
    later = log_line(server, "joined-later", [f"cc-{TRACE}-{SPAN}-01-more"])
    assert later["trace_id"] == TRACE and later["span_id"] != line["span_id"]


@pytest.mark.parametrize("name, given", [
    ("none", []),
    ("twice", [f"00-{TRACE}-{SPAN}-01"] * 2),
    ("upper-case", [f"00-{TRACE.upper()}-{SPAN}-01"]),
    ("zero", [f"00-{'0' * 32}-{SPAN}-01"]),
    ("too-long", [f"00-{TRACE}-{SPAN}-01-x"]),
    ("forged", [f"00-{TRACE}-{SPAN}-01\" \"event\":\"x"]),
])
def test_a_trace_that_is_not_sane_is_begun_anew(server, name, given):
    line = log_line(server, "anew-" + name, given)
    assert re.fullmatch("[0-9a-f]{32}", line["trace_id"]) and line["trace_id"] != TRACE
    assert re.fullmatch("[0-9a-f]{16}", line["span_id"])


class Metrics:
    """What one scrape told: the value of each series."""

    def __init__(self, text):
        self.text, self.values = text, {}
        for line in text.splitlines():
            if not line.startswith("#"):
                series, _, value = line.rpartition(" ")
                assert series not in self.values, line
                self.values[series] = float(value)

    def value(self, name, **labels):
        """The sum over all series of that name with these labels."""
        return sum(value for series, value in self.values.items() if series.partition("{")[0] == name and
                   all(f'{key}="{wanted}"' in series for key, wanted in labels.items()))

    def names(self):
        return {line.split()[2] for line in self.text.splitlines() if line.startswith("# TYPE")}


def admin(server, timeout=10):
    return harness.Client(server.wait_event("admin.started")["address"], timeout=timeout)


def scrape(server):
    answer = admin(server).get("/metrics")
    assert answer.status == 200 and answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(answer.raw.decode())


@pytest.fixture(scope="module")
def watched(module_directory):
    directory = module_directory / "watched"
    with harness.Server(write_contract(directory), directory, arguments=["--admin-listen", "127.0.0.1:0"]) as server:
        yield server


def test_metrics_are_as_prometheus_wants_them(watched):
    client = watched.client()
    assert client.post("/v1/things", {"label": "x"}).status == 201 and client.get("/v1/nothing").status == 404
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(watched).text, text=True, timeout=60,
                          capture_output=True)
    assert done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr


def test_every_metric_of_the_page_is_told_and_no_other(watched):
    page = (harness.ROOT / "docs/reference/metrics.md").read_text()
    assert scrape(watched).names() == set(re.findall(r"^\| `(\w+)` \|", page, re.M))


def test_requests_are_counted_by_operation_stage_and_error(watched):
    client, before = watched.client(), scrape(watched)
    made = client.post("/v1/things", {"label": "counted"})
    for _ in range(3):
        assert client.get(f"/v1/things/{made.body['data']['id']}").status == 200
    assert client.post("/v1/things", {}).status == 422
    after, name = scrape(watched), "http_server_request_duration_seconds_count"

    def more(metric, **labels):
        return after.value(metric, **labels) - before.value(metric, **labels)

    got = {"http_request_method": "GET", "http_route": "/v1/things/{id}", "http_response_status_class": "2xx"}
    assert more(name, **got) == 3
    assert more("http_server_request_duration_seconds_bucket", **got, le="+Inf") == 3
    assert more(name, http_request_method="POST", http_route="/v1/things", http_response_status_class="2xx") == 1
    assert more(name, http_request_method="POST", http_response_status_class="4xx") == 1
    assert more("ashlar_request_errors_total", error_type="VALIDATION_ERROR") == 1
    assert more("ashlar_request_stage_duration_seconds_count", stage="decode") == 5
    assert more("ashlar_request_stage_duration_seconds_count", stage="queue") >= 2
    assert more("ashlar_store_commits_total") >= 1
    assert more("ashlar_response_body_bytes_total") > len(made.raw)
    assert after.value("ashlar_connections") >= 1 and after.value("ashlar_store_wal_pages") > 0
    assert after.value("process_resident_memory_bytes") > 1e6 and after.value("process_open_fds") > 5
    assert 0 <= time.time() - after.value("process_start_time_seconds") < 3600


def test_nothing_of_a_request_becomes_a_label(watched):
    client, secret = watched.client(), "secret-of-a-client"
    for method, path in (("GET", f"/v1/{secret}"), ("GET", f"/v1/things/{secret}"), ("GET", f"/v1/things?{secret}=1"),
                         ("SECRET", "/v1/things")):
        client.request(method, path, headers={"X-Request-Id": secret, "Authorization": "Bearer " + secret})
    for number in range(50):
        client.get(f"/{number}/{number}")
    told = scrape(watched)
    assert "secret" not in told.text.lower() and len(told.values) < 1000
    assert told.value("http_server_request_duration_seconds_count", http_request_method="_OTHER") >= 1


def test_the_admin_listener_serves_nothing_else(watched):
    client = admin(watched)
    for path in ("/health/live", "/health/ready"):
        answer = client.get(path)
        assert answer.status == 200 and answer.body == {"status": "ok"}
    for path in ("/", "/v1/things", "/openapi.json", "/docs", "/metrics/", "/health", "/../metrics"):
        assert client.get(path).status in (400, 404), path
    assert client.post("/metrics", {}).status in (405, 413)
    head = client.request("HEAD", "/metrics")
    assert head.status == 200 and not head.raw


def test_metrics_are_told_nowhere_else(server, watched):
    for one in (server, watched):
        assert one.client().get("/metrics").status == 404
    assert not [line for line in server.lines if line["event"] == "admin.started"]


def test_an_admin_address_that_is_none_is_refused_by_name(module_directory):
    contract = write_contract(module_directory / "refused")
    for address in ("9090", "nowhere:1"):
        done = harness.run("serve", contract, "--admin-listen", address, cwd=module_directory)
        assert done.returncode == 2 and "--admin-listen" in done.stderr


CROWDED = """service: crowded
resources:
  Parent:
    id: int
    fields: { kids: { many: Kid, via: parent } }
    access: { read: public, write: public }
  Kid:
    id: int
    fields: { parent: Parent!, n: int! }
    access: { read: public, write: public }
"""


def test_the_admin_listener_answers_under_overload(tmp_path):
    """No connection is free, every reader is busy and more wait: /metrics and /health answer at once."""
    contract, seed = tmp_path / "ashlar.yaml", tmp_path / "seed.json"
    contract.write_text(CROWDED)
    seed.write_text(json.dumps({"Parent": [{"id": 1}], "Kid": [{"parentId": 1, "n": n} for n in range(6000)]}))
    with harness.Server(contract, tmp_path / "data", seed=seed, prefix=("prlimit", "--nofile=320:320"),
                        arguments=["--admin-listen", "127.0.0.1:0", "--workers", "2"]) as server:
        parts = urllib.parse.urlsplit(server.address)
        slow = urllib.parse.quote("kids.exists(a, kids.exists(b, a.n * b.n == -1))")
        request = f"GET /v1/parents?filter={slow} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        with contextlib.ExitStack() as links:
            askers = [links.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=10))
                      for _ in range(5)]
            for link in askers:
                link.sendall(request)
            for _ in range(400):
                links.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=10))
            answers = []
            for attempt in range(500):
                told = scrape(server)
                if (told.value("ashlar_store_reads_waiting")
                        and told.value("ashlar_store_readers_busy") == told.value("ashlar_store_readers")
                        and told.value("ashlar_connections") >= told.value("ashlar_connections_limit") - 5):
                    break
                for link in select.select(askers, [], [], 0.02)[0]:  # refused by a server that stood still, or late
                    answers.append(link.recv(65536))
                    link.sendall(request)
            assert told.value("ashlar_store_readers_busy") == told.value("ashlar_store_readers") > 0, answers
            assert told.value("ashlar_store_reads_waiting") > 0
            assert told.value("ashlar_connections") >= told.value("ashlar_connections_limit") - 5 > 100
            assert told.value("process_open_fds") < told.value("process_max_fds") == 320
            for path in ("/health/live", "/health/ready", "/metrics"):
                begun = time.monotonic()
                assert admin(server).get(path).status == 200
                assert time.monotonic() - begun < 2


def test_stage_times_are_told_in_development_alone(server, module_directory):
    directory = module_directory / "development"
    contract = write_contract(directory)
    assert "server-timing" not in server.client().get("/v1/things").headers
    for arguments, environment in ((["--dev"], {}), ([], {"ASHLAR_DEV": "1"})):
        with harness.Server(contract, directory, arguments=arguments, **environment) as developed:
            client = developed.client()
            stages = timing(client.post("/v1/things", {"label": "x"}))
            assert list(stages) == ["auth", "decode", "plan", "queue", "store", "encode", "total"]
            assert 0 < stages["store"] <= stages["total"] < 10_000
            assert list(timing(client.get("/health/live"))) == ["total"]
            assert "total" in timing(client.get("/v1/nothing"))
    done = harness.run("serve", contract, cwd=directory, ASHLAR_DEV="perhaps")
    assert done.returncode == 2 and "ASHLAR_DEV" in done.stderr


def timing(answer):
    stages = answer.headers["server-timing"].split(", ")
    parts = [re.fullmatch(r"(\w+);dur=(\d+\.\d{3})", one).groups() for one in stages]
    return {name: float(millis) for name, millis in parts}
