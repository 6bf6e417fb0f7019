# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of a running service: traces, stage times, metrics, health under overload."""

import re

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
