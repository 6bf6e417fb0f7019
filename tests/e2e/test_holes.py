# SPDX-License-Identifier: Apache-2.0
"""Classes of holes (docs/security.md) that no other test has by name: rules over relations, refusals that cost nothing,
operators in the place of values, expressions that reach for the host."""

import json
import stat
from uuid import uuid4

import harness
import pytest

CONTRACT = """service: holes
roles:
  staff: {}
resources:
  User:
    access: { read: signedIn }
  Club:
    description: Who belongs to it reads its papers.
    fields:
      name: string!
      members: { many: Member, via: club }
    access: { read: signedIn }
  Member:
    description: Somebody, perhaps more than once.
    fields:
      club: Club!
      user: User!
    page: { default: 1, max: 5 }
    access: { read: nobody }
  Paper:
    description: For the members of its club.
    fields:
      club: Club!
      title: string!
      grade: { type: int, read: hasRole('staff') }
      author: User
    access:
      read: club.members.exists(m, m.userId == auth.id)
      write: club.members.exists(m, m.userId == auth.id)
"""
ANN, BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
CLUB = "00000000-0000-4000-8000-0000000000c1"


def uuid(number):
    return f"00000000-0000-4000-9000-{number:012x}"


@pytest.fixture(scope="module")
def server(module_directory):
    contract, seed = module_directory / "ashlar.yaml", module_directory / "seed.json"
    contract.write_text(CONTRACT)
    others = [{"id": uuid(number), "email": f"u{number}@example.com"} for number in range(150)]
    members = [{"clubId": CLUB, "userId": other["id"]} for other in others] + [{"clubId": CLUB, "userId": ANN}] * 3
    seed.write_text(json.dumps({
        "User": [*others, {"id": ANN, "email": "ann@example.com"}, {"id": BOB, "email": "bob@example.com"}],
        "Club": [{"id": CLUB, "name": "Chess"}], "Member": members,
        "Paper": [{"clubId": CLUB, "title": f"Paper {number}", "grade": number} for number in range(7)]}))
    with harness.Server(contract, module_directory / "store", seed=seed) as server:
        yield server


def test_a_rule_looks_at_every_row_behind_a_relation(server):
    """Ann is the 151st of the club: neither the size of a page nor the 100 of an include ends a rule."""
    papers = server.as_role(user=ANN).get("/v1/papers")
    assert papers.status == 200 and papers.body["meta"]["total"] == 7, papers.raw
    assert server.as_role(user=BOB).get("/v1/papers").body["meta"]["total"] == 0


def test_a_rule_that_holds_by_many_rows_counts_each_row_once(server):
    """Ann is a member three times: no page, total, cursor or include shows a paper more than once."""
    ann = server.as_role(user=ANN)
    page = ann.get("/v1/papers", sort="title", perPage=5)
    assert page.body["meta"]["total"] == 7 and len({row["id"] for row in page.body["data"]}) == 5
    walked, after = [], ""
    while after is not None:
        answer = ann.get("/v1/papers", after=after, perPage=2, include="club", sort="title")
        walked += [row["title"] for row in answer.body["data"]]
        after = answer.body["meta"]["next"]
    assert walked == [f"Paper {number}" for number in range(7)]
    filtered = ann.get("/v1/papers", filter="club.name == 'Chess'")
    assert filtered.body["meta"]["total"] == 7


@pytest.mark.parametrize("query", [{"grade": "3"}, {"grade": "99"}, {"grade[in]": "1,2"}, {"sort": "grade"},
                                   {"filter": "grade == 3"}, {"filter": "grade == 99 || title == 'x'"},
                                   {"fields": "grade"}, {"after": "", "sort": "-grade"}], ids=str)
def test_a_refused_clause_asks_the_store_nothing(server, query):
    """What is not asked cannot show, in the time that an answer takes neither."""
    ann, request = server.as_role(user=ANN), f"refused-{uuid4()}"
    ann.get("/v1/papers")  # by now the caller is known on this connection's loop
    answer = ann.request("GET", harness.with_query("/v1/papers", query), headers={"X-Request-Id": request})
    assert answer.status == 403 and "grade" in answer.body["error"]["message"], answer.raw
    assert server.wait_event("request", requestId=request)["statements"] == 0


def test_nobody_writes_users_through_the_surface(server):
    """Roles are the operator's to give, by no route and in no body of another resource."""
    ann = server.as_role(user=ANN)
    assert ann.get(f"/v1/users/{ANN}").status == 200
    for method, path in (("POST", "/v1/users"), ("PATCH", f"/v1/users/{ANN}"), ("PUT", f"/v1/users/{ANN}"),
                         ("DELETE", f"/v1/users/{BOB}"), ("POST", f"/v1/users/{BOB}/restore")):
        answer = ann.request(method, path, {"email": "x@example.com", "roles": ["staff"], "disabled": False})
        assert answer.status in (404, 405), (method, answer.raw)
    for body in ({"author": {"id": ANN, "roles": ["staff"]}}, {"author": {"roles": ["staff"]}}, {"roles": ["staff"]},
                 {"author.roles": ["staff"]}, {"authorId": {"id": ANN, "roles": ["staff"]}}):
        answer = ann.post("/v1/papers", {"clubId": CLUB, "title": "mine", **body})
        assert answer.status == 422 and answer.body["error"]["code"] == "VALIDATION_ERROR", answer.raw
    assert ann.get(f"/v1/users/{ANN}").body["data"]["roles"] == []
    assert ann.get("/v1/papers", sort="grade").status == 403


@pytest.mark.parametrize("query", [
    "title[ne][x]=1", "title[]=1", "title[$ne]=1", "title[in][]=1", "title[eq=1", "title]=1", "title[eq]]=1",
    "title.$ne=1", "title.ne=1", "filter[x]=1", "sort[]=title", "page[]=1", "fields[x]=title", "title=1&title=2",
    "title[eq]=1&title[eq]=2", "filter=true&filter=false", "sort=title&sort=-title"])
def test_an_operator_in_the_place_of_a_value_is_refused(server, query):
    answer = server.as_role(user=ANN).request("GET", "/v1/papers?" + query)
    assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY", answer.raw


@pytest.mark.parametrize("text", [
    "system('id') == ''", "exec('id')", "env('HOME') != ''", "getenv('HOME') == ''", "${HOME} == ''", "#{1} == 1",
    "title.getClass() != null", "title.constructor == null", "title.__class__ == null", "auth.constructor != null",
    "T(java.lang.Runtime).getRuntime() != null", "new Date() != null", "import('os')", "load_extension('x')",
    "readfile('/etc/passwd') != ''", "sqlite_version() != ''", "title in [random()]", "now.year > 1", "this == null",
    "club.members.map(m, m.user.email).exists(e, eval(e))", "service == 'holes'", "process.env.HOME == ''"])
def test_an_expression_reaches_nothing_but_the_row_and_the_caller(server, text):
    answer = server.as_role(user=ANN).get("/v1/papers", filter=text)
    assert answer.status == 400 and answer.body["error"]["code"] == "INVALID_QUERY", answer.raw
    assert "root:" not in answer.raw.decode()


@pytest.mark.sqlite
def test_what_stands_beside_a_served_store_is_its_owners_alone(server):
    """Rows, log, key, lock and the operator's socket, while the service runs."""
    files = list(server.directory.glob("store.db*"))
    assert {path.name for path in files} >= {"store.db", "store.db-wal", "store.db.key", "store.db.sock"}
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
