# SPDX-License-Identifier: Apache-2.0
"""Thousands of requests that are a little wrong (mutation.py), over real sockets, every seventh by HTTP/2: each gets an
answer in the documented form with a documented code, none a 500, and the server stays as it was. `script/test
--extended` sends 100,000 to the binary that was built with ASan and UBSan. A failure shows the bytes; ASHLAR_SEED asks
for other choices, ASHLAR_MUTATIONS for another number."""

import collections
import gzip
import json
import os
import random
import re
import shutil
import socket
import subprocess
import urllib.parse

import harness
import http2_link
import mutation
import pytest
import scenario
from test_service import FILES, SERVICE, row_with

EXTENDED = os.environ.get("ASHLAR_EXTENDED") == "1"
COUNT = int(os.environ.get("ASHLAR_MUTATIONS", 100_000 if EXTENDED else 4_000))
SEED = int(os.environ.get("ASHLAR_SEED", "1"))
ANSWER_TIMEOUT_S = 20
ERRORS = (harness.ROOT / "docs/reference/errors.md").read_text()
STATUS_OF = {code: int(status) for status, code in re.findall(r"^\| (\d+) \| `([A-Z_]+)`", ERRORS, re.M)}
CONTRACTS = sorted({described["contract"] for described in FILES.values()})


class Recorder(harness.Client):
    """A client whose requests are kept: what is valid, to be mutated."""

    def __init__(self, client, caller, requests, words):
        super().__init__(f"http://{client.host}:{client.port}", client.token, client.timeout)
        self.caller, self.requests, self.words = caller, requests, words

    def _exchange(self, method, path, body, headers):
        parts = urllib.parse.urlsplit(path)
        kept = mutation.Request(self.caller, method, parts.path,
                                tuple(urllib.parse.parse_qsl(parts.query, keep_blank_values=True)),
                                tuple(pair for pair in headers.items() if pair[0] != "Authorization"), body)
        answer = super()._exchange(method, path, body, headers)
        if len(body or b"") < 50_000 and not scenario.LEAKS.search(f"{path} {body}"):
            self.requests.append(kept)
            self.words.learn(kept, answer)
        return answer


class Target:
    """A server of one contract, and the requests and words of the scenarios for it."""

    def __init__(self, contract, directory):
        self.files = {name: described for name, described in FILES.items() if described["contract"] == contract}
        self.server = harness.Server(SERVICE / contract, directory).start()
        self.requests, self.words, self.tokens, self.links = [], mutation.Words(), {}, {}

    def learn(self):
        """Runs every scenario. One may not hold among the rows of the others: only what it asks matters here."""
        for described in self.files.values():
            recorders = {}

            def client_of(caller, described=described, recorders=recorders):
                if caller not in recorders:
                    self.tokens[caller] = self._token(described, caller)
                    client = self.server.client(self.tokens[caller])
                    recorders[caller] = Recorder(client, caller, self.requests, self.words)
                return recorders[caller]

            for case in described.get("scenarios", []):
                try:
                    scenario.run_steps(case, client_of, harness.with_query)
                except (AssertionError, KeyError, IndexError, TypeError):
                    continue
            values, queries = described.get("values", {}), described.get("queries", {})
            for case in values.get("accepted", []):
                client_of("anonymous").post(values["path"], row_with(values, case))
            for case in queries.get("ok", []):
                client_of("anonymous").request("GET", harness.with_query(queries["path"], case["q"]))
            for recorder in recorders.values():
                recorder.close()

    def _token(self, described, caller):
        if caller == "anonymous":
            return None
        if caller.startswith("role:"):
            return self.server.token(caller.removeprefix("role:"))
        user = described["users"][caller]
        return self.server.token(*user.get("roles", []), user=user.get("id"))

    def connect(self):
        parts = urllib.parse.urlsplit(self.server.address)
        return socket.create_connection((parts.hostname, parts.port), timeout=ANSWER_TIMEOUT_S)


class Link:
    """A connection that is kept, and opened again where the server has closed it."""

    def __init__(self, target):
        self.target, self.stream = target, None

    def exchange(self, request):
        sent = request.head(self.target.tokens.get(request.caller)) + (request.body or b"")
        for attempt in range(2):
            fresh = self.stream is None
            if fresh:
                self.stream = self.target.connect().makefile("rwb")
            try:
                self.stream.write(sent)
                self.stream.flush()
                answer, closes = read_answer(self.stream, request.method)
            except (BrokenPipeError, ConnectionResetError):
                answer, closes = None, True
            if closes:
                self.close()
            if answer is not None or fresh:
                return answer
        return None

    def close(self):
        if self.stream is not None:
            self.stream.close()
            self.stream = None


def read_answer(stream, method):
    """(answer, whether the connection ends); None as the answer where it had ended before."""
    status = 100
    while status == 100:
        first = stream.readline()
        if not first:
            return None, True
        assert re.fullmatch(rb"HTTP/1\.1 \d{3} [ -~]*\r\n", first), first
        status, headers = int(first.split()[1]), {}
        while (line := stream.readline()) != b"\r\n":
            name, separator, value = line.decode().rstrip("\r\n").partition(": ")
            assert separator and re.fullmatch(r"[\w-]+", name) and value.isprintable(), line
            headers[name.lower()] = value
    length = int(headers.get("content-length", "0")) if method != "HEAD" and status not in (204, 304) else 0
    assert method == "HEAD" or status in (204, 304) or "content-length" in headers, headers
    raw = stream.read(length)
    assert len(raw) == length
    return answer_of(status, headers, raw), headers.get("connection") == "close"


def answer_of(status, headers, raw):
    coding = headers.get("content-encoding")
    text = gzip.decompress(raw) if coding == "gzip" and raw else raw
    readable = "json" in headers.get("content-type", "") and text and coding in (None, "gzip")
    return harness.Answer(status, headers, json.loads(text) if readable else None, text)


class Link2:
    """The same over HTTP/2; None as the answer where HTTP/2 itself refuses what was asked."""

    def __init__(self, target):
        self.target, self.link = target, http2_link.Http2Link(target.connect)

    def exchange(self, request):
        fields = http2_link.fields_of(request, self.target.tokens.get(request.caller))
        try:
            return answer_of(*self.link.exchange(fields, request.body))
        except http2_link.Reset as reset:
            assert reset.code == http2_link.PROTOCOL_ERROR and http2_link.is_malformed(fields), (reset, fields)
            return None

    def close(self):
        self.link.close()


def judge(method, path, answer):
    """Raises where an answer is not as documented."""
    if answer.status < 400 and not path.startswith("/v1/"):
        return  # a document, a page, the health
    if answer.headers.get("content-encoding") not in (None, "gzip"):
        return  # Python has nothing to read it with
    scenario.check_form(method, answer, path)
    if answer.status < 400 or method == "HEAD":
        assert answer.status < 400 or answer.status in STATUS_OF.values(), answer.status
        return
    code = answer.body["code"] if "problem" in answer.headers["content-type"] else answer.body["error"]["code"]
    assert STATUS_OF.get(code) == answer.status, code
    assert answer.status not in (500, 503, 504), "the server is at fault, or took too long"


@pytest.fixture(scope="module", params=CONTRACTS)
def target(request, module_directory):
    target = Target(request.param, module_directory / request.param)
    target.learn()
    assert len(target.requests) > 20
    yield target
    check_log(target.server)
    target.server.stop()


def check_log(server):
    """Whatever came, every line of the log is one object."""
    assert len(server.lines) == len(server.error_text.splitlines())


def test_mutated_requests_get_documented_answers(target):
    mutator = mutation.Mutator(random.Random(SEED), target.requests, target.words)
    links = {"HTTP/1.1": Link(target), "HTTP/2": Link2(target)}
    statuses = {version: collections.Counter() for version in links}
    posts = [one for one in target.requests if one.method == "POST"]
    for number in range(COUNT * 8 // 10 // len(CONTRACTS)):
        if number % 10 == 0:  # as it was seen, so that there is something to change
            request, done = mutator.random.choice(posts), ["nothing"]
        else:
            request, done = mutator.mutated()
        version = "HTTP/2" if number % 7 == 3 else "HTTP/1.1"
        try:
            answer = links[version].exchange(request)
            assert answer is not None or version == "HTTP/2", "no answer"
            if answer is not None:
                judge(request.method, request.path, answer)
        except Exception as wrong:
            shown = request.head("TOKEN") + (request.body or b"")[:4000]
            told = f"request {number} of seed {SEED} over {version}, by {done}: {wrong!r}\n{shown!r}"
            raise AssertionError(told) from wrong
        statuses[version][answer and answer.status] += 1
    for version, link in links.items():
        link.close()
        assert statuses[version].keys() >= {200, 201, 400, 404, 422}, statuses  # not all are refused at the door
    assert statuses["HTTP/2"][None] * 10 < statuses["HTTP/2"].total(), statuses


def test_mutated_bytes_get_documented_answers_or_none(target):
    """Requests whose bytes are changed anywhere, alone on their connection, whose other direction ends behind them."""
    mutator = mutation.Mutator(random.Random(SEED), target.requests, target.words)
    requests = [one for one in target.requests if one.method != "HEAD"]  # all answers have a body, however many come
    for number in range(COUNT // 10 // len(CONTRACTS)):
        request = mutator.random.choice(requests)
        sent = mutator.bytes_of(request.head(target.tokens.get(request.caller)) + (request.body or b""))
        try:
            with target.connect() as link:
                link.sendall(sent)
                link.shutdown(socket.SHUT_WR)
                with link.makefile("rb") as stream:
                    while (read := read_answer(stream, request.method))[0] is not None:
                        judge(request.method, path_of(sent), read[0])
        except (BrokenPipeError, ConnectionResetError):
            continue  # refused before all of it had been sent
        except Exception as wrong:
            raise AssertionError(f"request {number} of seed {SEED}: {wrong!r}\n{sent[:4000]!r}") from wrong


def path_of(sent):
    """The path of the first request, as a server may have read it."""
    return re.split(rb"[ ?]", sent.lstrip(b"\r\n").partition(b" ")[2])[0].decode(errors="replace")


CONTRACT_TEXTS = sorted([*(harness.ROOT / "tests/contract/right").glob("*.yaml"), *SERVICE.glob("*.yaml"),
                         *(harness.ROOT / "examples").glob("*/ashlar.yaml")])


def mutated_contracts(count, directory):
    """Files with contracts of ours, in which bytes, words or lines are changed."""
    mutator = mutation.Mutator(random.Random(SEED), [], mutation.Words())
    texts = [path.read_text() for path in CONTRACT_TEXTS]
    mutator.seen["names"] = sorted(set(re.findall(r"[A-Za-z]\w+", "".join(texts))))
    for number in range(count):
        lines = mutator.random.choice(texts).splitlines(keepends=True)
        for _ in range(mutator.random.choice((1, 1, 2, 4))):
            at = mutator.random.randrange(len(lines))
            kind = mutator.random.randrange(4)
            if kind == 0:
                lines[at:at + 1] = [lines[at], mutator.random.choice(lines)]
            elif kind == 1 and len(lines) > 1:
                del lines[at]
            elif kind == 2:
                lines[at] = mutator.expression_of(lines[at])
            else:
                lines[at] = mutator.bytes_of(lines[at].encode("utf-8", "replace")).decode("utf-8", "surrogateescape")
        file = directory / f"{number}.yaml"
        file.write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
        yield file


def test_mutated_contracts_are_judged(tmp_path):
    """Each is right, or every mistake has its place; the command ends as it says."""
    for file in mutated_contracts(min(COUNT // 40, 500), tmp_path):
        done = harness.run("check", file, cwd=tmp_path, timeout=ANSWER_TIMEOUT_S)
        assert done.returncode in (0, 2), file.read_bytes()
        if done.returncode == 2:
            told = re.search(rf"^{re.escape(str(file))}:\d+:\d+: error: ", done.stdout, re.M)
            assert told, (done.stdout, file.read_bytes())


@pytest.mark.skipif(not EXTENDED, reason="script/test --extended has the fuzz target beside the binary")
def test_many_mutated_contracts_are_judged_in_one_process(tmp_path):
    program = harness.BINARY.parent / "tests/fuzz/contract_fuzz"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    folder = tmp_path / "contracts"
    folder.mkdir()
    count = sum(1 for _ in mutated_contracts(COUNT // 10, folder))
    done = subprocess.run([program, "-runs=0", "-timeout=10", "-rss_limit_mb=2560", folder], capture_output=True,
                          text=True, cwd=tmp_path, timeout=1800)
    assert done.returncode == 0 and count == COUNT // 10, done.stderr[-4000:]
    shutil.rmtree(folder)
