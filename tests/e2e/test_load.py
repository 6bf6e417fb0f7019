# SPDX-License-Identifier: Apache-2.0
"""`ashlar load`: the same validation as a request, all mistakes with their lines, nothing half loaded."""

import json
import pathlib
import re
import subprocess
import time

import harness
import pytest

CONTRACT = harness.ROOT / "tests/service/relations.yaml"
SHOP = harness.ROOT / "examples/shop/ashlar.yaml"
SEED = harness.ROOT / "examples/shop/seed.json"


@pytest.fixture(params=["stopped", "running"])
def service(request, tmp_path):
    """The same loading into a store that nobody serves, and through the server that owns it."""
    server = harness.Server(CONTRACT, tmp_path / "service")
    if request.param == "running":
        with server:
            yield server
        return
    yield server


def load(server, *files, **options):
    return harness.run("load", "--contract", server.contract, "--store", server.store, *files, cwd=server.directory,
                       **options)


def total(server, path):
    """How many rows there are; a server that is not running is started to be asked."""
    if server.process is not None:
        return server.client().get(path).body["meta"]["total"]
    with harness.Server(server.contract, server.directory) as asked:
        return asked.client().get(path).body["meta"]["total"]


def test_json_by_resource_in_any_order(service, tmp_path):
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({
        "Member": [{"id": 2, "name": "Bob", "teamId": "red", "mentorId": 9},  # a reference forward
                   {"id": 9, "name": "Ann", "teamId": "red"}],
        "Team": [{"id": "red", "name": "Red"}]}))
    done = load(service, file)
    assert done.returncode == 0, done.stderr
    assert "3" in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr  # no progress bar where no terminal is
    assert total(service, "/v1/members") == 2 and total(service, "/v1/teams") == 1


def test_ndjson(service, tmp_path):
    (tmp_path / "Team.ndjson").write_text('{"id": "red", "name": "Red"}\n{"id": "blue", "name": "Blue"}\n')
    done = load(service, tmp_path / "Team.ndjson")
    assert done.returncode == 0, done.stderr
    assert total(service, "/v1/teams") == 2


def test_csv(service, tmp_path):
    text = '\ufeffid,name\r\nred,"Red, ""the"" team\r\nof two lines"\r\nblue,Blue\r\n'
    (tmp_path / "Team.csv").write_bytes(text.encode())
    (tmp_path / "people.csv").write_text("id,name,teamId,mentorId\n2,Bob,red,9\n9,Ann,red,\n\n,Nobody's number,blue,\n")
    done = load(service, tmp_path / "Team.csv")
    assert done.returncode == 0, done.stderr
    done = load(service, tmp_path / "people.csv", "--resource", "Member")
    assert done.returncode == 0, done.stderr
    assert total(service, "/v1/teams") == 2 and total(service, "/v1/members") == 3
    assert total(service, "/v1/teams?name[startsWith]=Red,%20%22the%22%20team%0D%0Aof") == 1
    assert total(service, "/v1/members?mentorId[isNull]=true") == 2
    assert total(service, "/v1/members?mentor.name=Ann") == 1


def test_all_mistakes_of_csv_are_told_with_their_lines_and_nothing_is_loaded(service, tmp_path):
    (tmp_path / "Team.csv").write_text("id,name\nred,Red\n")
    (tmp_path / "Member.csv").write_text(
        'id,name,teamId,nam\n1,Ann,red,\nx,"Bob\nBob",red,\n3,,red,\n4,Dan,green,\n5,Eve\n6,"F"x,red,\n7,"",red,\n')
    done = load(service, tmp_path / "Team.csv", tmp_path / "Member.csv")
    assert done.returncode == 2, done.stderr
    for line, told in ((1, "Member has no field 'nam'"), (3, "id: WRONG_TYPE"), (5, "name: REQUIRED"),
                       (6, "teamId: REFERENCE_NOT_FOUND"), (7, "the row has 2 cells, the first line 4"),
                       (8, "something stands behind a closing quote")):
        assert re.search(rf"Member\.csv:{line}: .*{re.escape(told)}", done.stderr), (line, told, done.stderr)
    assert "Member.csv:2:" not in done.stderr and "Member.csv:9:" not in done.stderr, done.stderr
    assert total(service, "/v1/members") == 0 and total(service, "/v1/teams") == 0


def test_a_folder_of_several_formats_is_loaded_by_its_files(service, tmp_path):
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "Member.csv").write_text("id,name,teamId,mentorId\n1,Ann,red,2\n")  # two references forward
    (folder / "Member.ndjson").write_text('{"id": 2, "name": "Bob", "teamId": "blue"}\n')
    (folder / "rows.json").write_text('{"Team": [{"id": "red", "name": "Red"}, {"id": "blue", "name": "Blue"}]}')
    refused = load(service, folder)
    assert refused.returncode == 2 and f"{folder}: it is not a regular file" in refused.stderr, refused.stderr
    files = sorted(folder.iterdir())
    (folder / "Member.csv").write_text("id,name,teamId,mentorId\n1,Ann,red,2\n3,Cid,green,2\n")
    wrong = load(service, *files)
    assert wrong.returncode == 2 and "Member.csv:3: Member 3: teamId: REFERENCE_NOT_FOUND" in wrong.stderr, wrong.stderr
    assert total(service, "/v1/teams") == 0
    (folder / "Member.csv").write_text("id,name,teamId,mentorId\n1,Ann,red,2\n")
    done = load(service, *files)
    assert done.returncode == 0, done.stderr
    assert total(service, "/v1/teams") == 2 and total(service, "/v1/members?mentor.team.name=Blue") == 1


def test_csv_is_typed_by_its_fields(tmp_path):
    contract = tmp_path / "typed.yaml"
    contract.write_text("""service: typed
resources:
  Thing:
    id: string
    fields:
      price: 'decimal(8,2)'
      large: int64
      ratio: float
      flag: { type: bool!, default: 'true' }
      tags: '[string]'
      extra: json
      note: { type: string, default: "'given'" }
    access: { read: public }
""")
    (tmp_path / "Thing.csv").write_text('id,price,large,ratio,flag,tags,extra,note\n'
                                        'a,1.50,9223372036854775807,2.5e1,false,"[""x"",""y""]","{""k"":[1,null]}",""\n'
                                        '7,,,,,,,\n')
    with harness.Server(contract, tmp_path / "service") as server:
        done = load(server, tmp_path / "Thing.csv")
        assert done.returncode == 0, done.stderr
        rows = {row["id"]: row for row in server.client().get("/v1/things").body["data"]}
        wanted = {"price": "1.50", "large": "9223372036854775807", "ratio": 25, "flag": False, "tags": ["x", "y"],
                  "extra": {"k": [1, None]}, "note": ""}
        assert rows["a"].items() >= wanted.items(), rows
        wanted = {"price": None, "large": None, "ratio": None, "flag": True, "tags": [], "extra": None, "note": "given"}
        assert rows["7"].items() >= wanted.items(), rows
        (tmp_path / "Thing.csv").write_text('id,price,ratio,flag,extra\nb,x,007,TRUE,{\nc,1.234,,,\n')
        done = load(server, tmp_path / "Thing.csv")
        assert done.returncode == 2 and "Thing.csv:2: extra: the cell is not JSON" in done.stderr, done.stderr
        assert re.search(r"Thing\.csv:3: Thing c: price: PRECISION", done.stderr), done.stderr
        (tmp_path / "Thing.csv").write_text('id,ratio,flag\nb,007,TRUE\n')
        done = load(server, tmp_path / "Thing.csv")
        assert "ratio: WRONG_TYPE" in done.stderr and "flag: WRONG_TYPE" in done.stderr, done.stderr


def test_all_mistakes_are_told_with_their_lines_and_nothing_is_loaded(service, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text("""{
"Team": [
{"id": "red", "name": "Red"},
{"id": "blue", "name": 5},
{"id": "-", "name": "Dash"}
],
"Member": [
{"id": 1, "name": "Ann", "teamId": "red"},
{"id": 2, "name": "Bob", "teamId": "green"},
{"id": 3, "nam": "Cleo", "teamId": "red"}
]
}
""")
    done = load(service, file)
    assert done.returncode == 2, done.stderr
    told = done.stderr + done.stdout
    for line, field, code in ((4, "name", "WRONG_TYPE"), (5, "id", "FORMAT"), (9, "teamId", "REFERENCE_NOT_FOUND"),
                              (10, "nam", "UNKNOWN_FIELD"), (10, "name", "REQUIRED")):
        where = rf"{re.escape(str(file))}:{line}:.*\b{field}\b"
        assert re.search(where, told), f"line {line}: {field} ({code}) is not told:\n{told}"
    assert not re.search(rf"{re.escape(str(file))}:(3|8):", told), told
    assert total(service, "/v1/teams") == 0 and total(service, "/v1/members") == 0


def test_one_wrong_file_of_two_undoes_both(service, tmp_path):
    (tmp_path / "good.json").write_text('{"Team": [{"id": "red", "name": "Red"}]}')
    (tmp_path / "bad.json").write_text('{"Team": [{"id": "blue", "name": null}]}')
    done = load(service, tmp_path / "good.json", tmp_path / "bad.json")
    assert done.returncode == 2 and "bad.json:1:" in done.stderr + done.stdout
    assert total(service, "/v1/teams") == 0


def test_ndjson_mistakes_have_their_lines(service, tmp_path):
    (tmp_path / "Team.ndjson").write_text('{"id": "red", "name": "Red"}\n{"id": "blue"}\n{"id": \n')
    done = load(service, tmp_path / "Team.ndjson")
    assert done.returncode == 2
    told = done.stderr + done.stdout
    assert "Team.ndjson:2:" in told and "Team.ndjson:3:" in told and "Team.ndjson:1:" not in told
    assert total(service, "/v1/teams") == 0


@pytest.mark.parametrize("text, told", [
    ('{"Team": [{"id": "red", "name": "Red"}, {"id": "red", "name": "Other"}]}', "red"),
    ('{"Team": [{"id": "red", "name": "Red"}, {"id": "blue", "name": "Red"}]}', "name"),
    ('{"Tean": []}', "Team"), ('[]', ""), ('{"Team": {"id": "red"}}', "Team"), ('{"Team": [5]}', "Team"),
    ('{"Team": [', ""), ("", ""), ('{"Team": [{"id": "red", "name": "Red", "name": "Twice"}]}', "name"),
    ('{"User": [{"email": "not mail"}]}', "email"),
    ('{"Team": [{"id": "red", "name": "Red", "version": 7}]}', "version"),
], ids=lambda value: value[:50] if isinstance(value, str) else None)
def test_wrong_files_are_refused(tmp_path, text, told):
    server = harness.Server(CONTRACT, tmp_path / "service")
    file = tmp_path / "rows.json"
    file.write_text(text)
    done = load(server, file)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "rows.json" in done.stderr + done.stdout and told in done.stderr + done.stdout
    assert total(server, "/v1/teams") == 0


def test_conflicts_with_what_is_there_undo_the_load(service, tmp_path):
    (tmp_path / "a.json").write_text('{"Team": [{"id": "red", "name": "Red"}]}')
    (tmp_path / "b.json").write_text('{"Team": [{"id": "new", "name": "New"},\n{"id": "other", "name": "Red"}]}')
    assert load(service, tmp_path / "a.json").returncode == 0
    done = load(service, tmp_path / "b.json")
    assert done.returncode == 2 and "b.json:2:" in done.stderr + done.stdout
    assert total(service, "/v1/teams") == 1


def test_files_that_are_not_there(tmp_path):
    server = harness.Server(CONTRACT, tmp_path / "service")
    done = load(server, tmp_path / "absent.json")
    assert done.returncode == 2 and "absent.json" in done.stderr


def test_loading_is_seen_at_once_by_those_who_read(tmp_path):
    with harness.Server(SHOP, tmp_path / "shop") as server:
        client = server.client()
        assert client.get("/v1/products").body["meta"]["total"] == 0
        server.load(SEED)
        assert client.get("/v1/products").body["meta"]["total"] == 8
        staff = server.as_role("staff").get("/v1/products", sku="KET-001").body["data"][0]
        assert staff["cost"] == "38.00" and staff["version"] == 1  # the operator is bound by no access rule


def test_the_counter_goes_on_behind_loaded_ids(tmp_path):
    (tmp_path / "rows.json").write_text(
        '{"Team": [{"id": "red", "name": "Red"}], "Member": [{"id": 41, "name": "Ann", "teamId": "red"}]}')
    with harness.Server(CONTRACT, tmp_path / "service", seed=tmp_path / "rows.json") as server:
        client = server.client()
        made = client.post("/v1/members", {"name": "Bob", "teamId": "red"}).body["data"]["id"]
        assert made == 42
        assert client.delete(f"/v1/members/{made}").status == 204
        assert client.post("/v1/members", {"name": "Cleo", "teamId": "red"}).body["data"]["id"] == 43


def loading(server, file):
    """The command at work, its server asked."""
    return subprocess.Popen([harness.BINARY, "load", "--contract", server.contract, "--store", server.store, file],
                            cwd=server.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=harness.clean_environment(server.directory))


# Its check compares every number of a row with those before it, so that a row costs milliseconds on any machine: the
# load lasts minutes, whatever the machine, and nobody waits for its end.
LONG_ROWS = 50_000
LONG_CONTRACT = """
service: long
roles: { staff: {} }
resources:
  Team:
    id: string
    fields: { name: string! }
    access: { read: public, write: public }
  Doc:
    fields: { numbers: { type: '[int]', max: 200 } }
    checks: [{ rule: 'numbers.all(one, numbers.exists(other, other == one))', message: every number is there }]
    access: { read: public, write: public }
"""


@pytest.fixture
def long_load(tmp_path):
    """A server that is storing for a long time what one client gave it, and that client."""
    contract, file = tmp_path / "long.yaml", tmp_path / "Doc.ndjson"
    contract.write_text(LONG_CONTRACT)
    file.write_text((json.dumps({"numbers": list(range(200))}) + "\n") * LONG_ROWS)
    with harness.Server(contract, tmp_path / "service") as server:
        client = loading(server, file)
        waiting = server.client()
        deadline = time.monotonic() + 60
        while True:  # until a write is held up
            try:
                sent = time.monotonic()
                waiting.timeout = 1.5
                waiting.post("/v1/teams", {"id": f"t{int(sent * 1000)}", "name": str(sent)})
            except TimeoutError:
                break
            assert client.poll() is None and time.monotonic() < deadline, "the load held nobody up"
        yield server, client
        if client.poll() is None:
            client.kill()
        client.communicate()


def test_writes_that_wait_for_a_load_end_in_time_with_503(long_load):
    server, client = long_load
    assert server.client().get("/v1/docs").body["meta"]["total"] == 0  # who reads is not held up
    assert harness.succeed("token", "create", server.contract, "--store", server.store, "--role", "staff",
                           cwd=server.directory, timeout=5).stdout
    sent = time.monotonic()
    first = server.client(timeout=20).post("/v1/teams", {"id": "first", "name": "First"})
    waited = time.monotonic() - sent
    assert client.poll() is None, "the load was done too soon to tell anything"
    assert first.status == 503 and first.body["error"]["code"] == "UNAVAILABLE", first.body
    assert int(first.headers["retry-after"]) >= 1
    assert waited < 12  # a request's deadline is 10 s


def test_a_killed_client_stops_its_load(long_load):
    server, client = long_load
    client.kill()
    done = server.wait_event("operator", command="load", timeout=20)
    assert done["outcome"] == "abandoned" and done["rows"] == 0 and done["durationUs"] > 0, done
    writer = server.client()
    assert writer.post("/v1/teams", {"id": "red", "name": "Red"}).status == 201
    assert writer.get("/v1/docs").body["meta"]["total"] == 0


def test_what_operators_do_is_logged_without_secrets(tmp_path):
    (tmp_path / "Team.ndjson").write_text('{"id": "red", "name": "Red"}\n{"id": "blue", "name": "Blue"}\n')
    (tmp_path / "User.json").write_text('{"User": [{"email": "a@example.com", "roles": ["king"]}]}')
    with harness.Server(CONTRACT, tmp_path / "service") as server:
        token = server.token("staff")
        assert load(server, tmp_path / "Team.ndjson").returncode == 0
        wrong = load(server, tmp_path / "User.json")
        assert wrong.returncode == 2 and "the contract has no role 'king'" in wrong.stderr
        server.wait_event("operator", command="token", outcome="done")
        assert server.wait_event("operator", command="load", outcome="done", rows=2, mistakes=0)["requestId"]
        server.wait_event("operator", command="load", outcome="refused", rows=0, mistakes=1)
        assert token not in server.error_text and "example.com" not in server.error_text


def test_the_row_of_a_document_in_one_line_is_named(service, tmp_path):
    rows = [{"id": f"t{number}", "name": f"T{number}"} for number in range(30)]
    rows[17]["name"] = None
    (tmp_path / "rows.json").write_text(json.dumps({"Team": rows}))
    done = load(service, tmp_path / "rows.json")
    assert done.returncode == 2 and "rows.json:1: Team[17] t17: name: " in done.stderr, done.stderr


def test_a_byte_order_mark_is_left_out(service, tmp_path):
    (tmp_path / "Team.ndjson").write_bytes(b'\xef\xbb\xbf{"id": "red", "name": "Red"}\n')
    (tmp_path / "rows.json").write_bytes(b'\xef\xbb\xbf{"Team": [{"id": "blue", "name": "Blue"}]}')
    done = load(service, tmp_path / "Team.ndjson", tmp_path / "rows.json")
    assert done.returncode == 0, done.stderr
    assert total(service, "/v1/teams") == 2


def test_a_row_may_refer_to_itself(service, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps({
        "Team": [{"id": "red", "name": "Red"}],
        "Member": [{"id": 1, "name": "Ann", "teamId": "red", "mentorId": 1}]}))
    done = load(service, tmp_path / "rows.json")
    assert done.returncode == 0, done.stderr
    assert total(service, "/v1/members") == 1


def test_what_cannot_be_loaded_is_refused_by_name(tmp_path):
    server = harness.Server(CONTRACT, tmp_path / "service")
    (tmp_path / "Team.ndjson").write_text('{"id": "red", "name": "Red"}\n')
    done = load(server, tmp_path / "Team.ndjson", "/dev/null")
    assert done.returncode == 2 and "/dev/null: it is not a regular file" in done.stderr
    done = load(server, *[tmp_path / "Team.ndjson"] * 101)
    assert done.returncode == 2 and "at most 100 files" in done.stderr
    (tmp_path / "Doc.ndjson").write_text('{"title": "%s"}\n{"title": 5}\n' % ("x" * (16 << 20)))
    done = load(server, tmp_path / "Doc.ndjson")
    assert done.returncode == 2 and "Doc.ndjson:1: the row is larger than 16 MiB" in done.stderr
    assert "Doc.ndjson:2:" in done.stderr


def test_memory_does_not_grow_with_the_file(tmp_path):
    """60 MB of rows: the command and its server need less than the file together."""
    file = tmp_path / "Doc.ndjson"
    with file.open("w") as out:
        for number in range(6_000):
            out.write(f'{{"title": "Document {number}", "body": "{"text " * 2_000}"}}\n')
    assert file.stat().st_size > 60_000_000

    def peak(process):
        status = pathlib.Path(f"/proc/{process}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    with harness.Server(CONTRACT, tmp_path / "service") as server:
        before = peak(server.process.pid)
        client = loading(server, file)
        highest = 0
        while client.poll() is None:
            try:
                highest = max(highest, peak(client.pid))
            except (OSError, TypeError):
                break  # it has ended
            time.sleep(0.05)
        out, err = client.communicate()
        assert client.returncode == 0, err
        assert "loaded 6000 rows" in out
        assert highest > 0
        if not harness.is_instrumented():
            assert highest < 60_000_000 + before
            assert peak(server.process.pid) - before < 60_000_000
