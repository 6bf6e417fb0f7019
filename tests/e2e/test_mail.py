# SPDX-License-Identifier: Apache-2.0
"""What goes by mail, as users meet it: registration, addresses, passwords, invitations, with mails in a folder."""


import pytest

from harness import Server, run, succeed
from mail_server import Folder
from accounts import all_at_once, code_of, eventually, login, post, refresh
import tables

CONTRACT = """service: shop
title: Café Größe
roles: { editor: {} }
identity:
  register: open
  verification: required
  links:
    verify: 'https://shop.example/verify#token={token}'
    reset: 'https://shop.example/reset#token={token}'
    invite: 'https://shop.example/welcome#token={token}'
resources:
  User:
    audit: true
    fields: { nick: { type: string, max: 20, unique: true } }
    access: { read: auth.id == id }
  Note:
    fields: { text: string! }
    access: { read: hasRole('editor') }
"""
PASSWORD, OTHER = "correct horse battery", "another horse staple"
FROM = "Shop <post@shop.example>"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mail")
    contract = folder / "ashlar.yaml"
    contract.write_text(CONTRACT)
    environment = {"ASHLAR_MAIL": f"file:{folder}/mails", "ASHLAR_MAIL_FROM": FROM}
    with Server(contract, folder, **environment) as server:
        server.mails = Folder(folder / "mails")
        yield server


def register(server, email, **profile):
    return post(server, "/auth/register", {"email": email, "password": PASSWORD, **profile})


def member(server, email):
    assert register(server, email).status == 202
    token = server.mails.wait(email, "is this your address").token()
    assert post(server, "/auth/email/verify", {"token": token}).status == 204
    return login(server, email)


def forget(server, email, count=1):
    assert post(server, "/auth/password/forgot", {"email": email}).status == 202
    return server.mails.wait(email, "a new password", count).token()


def reset(server, token, password=OTHER):
    return post(server, "/auth/password/reset", {"token": token, "newPassword": password})


def told(answer):
    headers = {key: value for key, value in answer.headers.items() if key not in ("x-request-id", "date")}
    return answer.status, {**answer.body, "meta": sorted(answer.body["meta"])}, sorted(headers.items())


def changes(server):
    """How often a row was written, of every table."""
    link = tables.connect(server.store_path)
    names = ("users", "auth_credentials", "auth_tickets", "auth_mailboxes", "audit_entries",
             "auth_events")
    written = sum(link.execute(f"SELECT coalesce(sum(version), 0) FROM {name}").fetchone()[0] for name in names)
    link.close()
    return written


def test_the_whole_way(served):
    answer = register(served, "Ann@Example.com", nick="ann")
    assert answer.status == 202 and answer.body["data"] == {}
    mail = served.mails.wait("ann@example.com", "is this your address")
    assert mail.message["From"] == FROM.replace("Shop", '"Shop"') or str(mail.message["From"]) == FROM
    assert mail.subject.startswith("Café Größe") and mail.message["Auto-Submitted"] == "auto-generated"
    known = {"email": "ann@example.com", "password": PASSWORD}
    early = post(served, "/auth/login", known)
    assert (early.status, code_of(early)) == (401, "INVALID_CREDENTIALS")
    assert told(early) == told(post(served, "/auth/login", {**known, "email": "nobody@example.com"}))
    assert post(served, "/auth/email/verify", {"token": mail.token()}).status == 204
    again = post(served, "/auth/email/verify", {"token": mail.token()})
    assert (again.status, code_of(again)) == (401, "INVALID_CREDENTIALS")
    assert login(served, "ann@example.com")["user"]["emailVerified"] is True


def test_known_and_unknown_addresses_are_told_and_cost_the_same(served):
    member(served, "bea@example.com")
    for path, body in (("/auth/register", {"password": PASSWORD}), ("/auth/password/forgot", {}),
                       ("/auth/email/resend", {})):
        post(served, path, {"email": "first-of-all@example.com", **body})
        seen = []
        for email in ("bea@example.com", f"new{len(path)}@example.com", "bea@example.com", f"{len(path)}@example.com"):
            before = changes(served)
            answer = told(post(served, path, {"email": email, **body}))
            seen.append((answer, changes(served) - before))
        assert all(one == seen[0] for one in seen) and seen[0][0][0] == 202, (path, seen)
    served.mails.wait("bea@example.com", "you have an account already")
    wrong = [register(served, email, nick="n" * 21) for email in ("bea@example.com", "newest@example.com")]
    assert told(wrong[0]) == told(wrong[1]) and wrong[0].status == 422


def test_a_forgotten_password(served):
    first = member(served, "cid@example.com")
    token = forget(served, "cid@example.com")
    assert reset(served, token, "short").status == 422
    assert reset(served, token).status == 204
    assert reset(served, token, PASSWORD).status == 401
    assert refresh(served, first["refreshToken"]).status == 401
    eventually(lambda: served.client(first["accessToken"]).get("/auth/me").status, 401)
    assert post(served, "/auth/login", {"email": "cid@example.com", "password": PASSWORD}).status == 401
    login(served, "cid@example.com", OTHER)
    served.mails.wait("cid@example.com", "your password was changed")
    old = forget(served, "cid@example.com", 2)
    assert reset(served, forget(served, "cid@example.com", 3), PASSWORD).status == 204
    assert reset(served, old).status == 401


def test_what_is_good_once_is_good_once_for_fifty_at_once(served):
    assert register(served, "dan@example.com").status == 202
    token = served.mails.wait("dan@example.com", "is this your address").token()

    def statuses(work):
        answers = [one.status for one in all_at_once([work] * 50)]
        assert set(answers) <= {204, 201, 401, 503, 504}, answers  # some, on a machine that is busy
        return sum(status < 300 for status in answers)

    assert statuses(lambda: post(served, "/auth/email/verify", {"token": token})) == 1
    token = forget(served, "dan@example.com")
    assert statuses(lambda: reset(served, token)) == 1
    client = served.client(login(served, "dan@example.com", OTHER)["accessToken"])
    change = {"newEmail": "dana@example.com", "currentPassword": OTHER}
    assert client.post("/auth/email/change", change).status == 202
    token = served.mails.wait("dana@example.com", "is this your new address").token()
    assert statuses(lambda: post(served, "/auth/email/verify", {"token": token})) == 1
    link = succeed("user", "invite", "eve@example.com", "--contract", served.contract, "--store", served.store).stdout
    body = {"token": link.strip().split("token=")[1], "password": PASSWORD}
    assert statuses(lambda: post(served, "/auth/register", body)) == 1


def test_another_address(served):
    signed_in = member(served, "fay@example.com")
    member(served, "gus@example.com")
    client = served.client(signed_in["accessToken"])
    change = {"newEmail": "fey@example.com", "currentPassword": PASSWORD}
    assert post(served, "/auth/email/change", change).status == 401
    assert client.post("/auth/email/change", {**change, "currentPassword": "wrong"}).status == 401
    free, taken = (client.post("/auth/email/change", {**change, "newEmail": email})
                   for email in ("fey@example.com", "gus@example.com"))
    assert told(free) == told(taken) and free.status == 202
    served.mails.wait("gus@example.com", "you have an account already")
    assert client.get("/auth/me").body["data"]["user"]["email"] == "fay@example.com"
    token = served.mails.wait("fey@example.com", "is this your new address").token()
    assert post(served, "/auth/email/verify", {"token": token}).status == 204
    assert client.get("/auth/me").body["data"]["user"]["email"] == "fey@example.com"
    served.mails.wait("fay@example.com", "your address was changed")
    login(served, "fey@example.com")


def test_an_invitation(served):
    def invite(*more):
        return run("user", "invite", *more, "--contract", served.contract, "--store", served.store)
    assert invite("hal@example.com", "--role", "editor", "--send").stdout == ""
    token = served.mails.wait("hal@example.com", "you are invited").token()
    body = {"token": token, "password": PASSWORD, "nick": "hal"}
    assert post(served, "/auth/register", {**body, "email": "hal@example.com"}).status == 422
    assert post(served, "/auth/register", {**body, "roles": ["editor"]}).status == 422
    made = post(served, "/auth/register", body)
    assert made.status == 201 and made.body["data"]["user"]["roles"] == ["editor"]
    assert made.body["data"]["user"]["emailVerified"] is True
    client = served.client(login(served, "hal@example.com")["accessToken"])
    assert client.get("/v1/notes").status == 200
    assert post(served, "/auth/register", {**body, "nick": "hal2"}).status == 401
    assert "has an account" in invite("hal@example.com").stderr
    assert invite("no address").returncode == 2 and invite("ida@example.com", "--role", "none").returncode == 2
    first, second = (invite("ida@example.com").stdout.strip().split("token=")[1] for _ in range(2))
    assert post(served, "/auth/register", {"token": first, "password": PASSWORD}).status == 401
    assert post(served, "/auth/register", {"token": second, "password": PASSWORD}).status == 201


def test_who_is_disabled_gets_no_mail_and_no_way_in(served):
    member(served, "jan@example.com")
    token = forget(served, "jan@example.com")
    succeed("user", "disable", "jan@example.com", "--contract", served.contract, "--store", served.store)
    assert reset(served, token).status == 401
    before = len(served.mails.all())
    assert post(served, "/auth/password/forgot", {"email": "jan@example.com"}).status == 202
    forget(served, "gus@example.com")  # the queue has gone on
    assert len([one for one in served.mails.all() if "jan@" in one.to]) == 2 and len(served.mails.all()) == before + 1


def test_what_is_refused(served):
    for path in ("/auth/email/verify", "/auth/email/resend", "/auth/password/forgot", "/auth/password/reset"):
        assert post(served, path, {}).status == 422
        assert post(served, path + "?token=x", {"token": "x"}).status == 400
    for token in ("", "x", "A" * 76, "A" * 100_000):
        assert post(served, "/auth/email/verify", {"token": token}).status == 401
    assert post(served, "/auth/password/forgot", {"email": "none"}).status == 422
    assert post(served, "/auth/password/forgot", {"email": "a@b.example\r\nBcc: c@d.example"}).status == 422


def test_without_a_way_to_send_it_does_not_start(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)

    def start(*arguments, **environment):
        return run("serve", contract, "--store", f"sqlite:{tmp_path}/x.db", "--listen", "127.0.0.1:0", *arguments,
                   cwd=tmp_path, **environment)
    refused = start()
    assert refused.returncode == 2 and "ASHLAR_MAIL" in refused.stderr
    assert not (tmp_path / "x.db").exists()
    for mail, word in (("smtp://ann:secret@mail.example?tls=optional", "--mail"), ("imap://mail.example", "--mail"),
                       ("file:/dev/null/folder", "--mail")):
        refused = start(ASHLAR_MAIL=mail, ASHLAR_MAIL_FROM=FROM)
        assert refused.returncode == 2 and word in refused.stderr and "secret" not in refused.stderr, refused.stderr
    refused = start(ASHLAR_MAIL="smtp://mail.example")
    assert refused.returncode == 2 and "--mail-from" in refused.stderr
    refused = start("--mail", "smtp://ann:secret@mail.example")
    assert refused.returncode == 2 and "ASHLAR_MAIL" in refused.stderr and "secret" not in refused.stderr


def test_a_developers_mails_go_into_a_folder(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, tmp_path, arguments=("--dev",)) as server:
        assert "store.db.mail" in server.wait_event("mail.folder")["message"]
        server.mails = Folder(tmp_path / "store.db.mail")
        member(server, "ann@example.com")


def test_where_the_contract_names_no_page_there_is_no_mail(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text("service: shop\nidentity: { register: open }\n")
    with Server(contract, tmp_path) as server:
        for path in ("/auth/email/verify", "/auth/email/resend", "/auth/password/forgot", "/auth/password/reset"):
            answer = post(server, path, {"email": "a@example.com"})
            assert (answer.status, code_of(answer)) == (403, "FORBIDDEN")
        invited = run("user", "invite", "a@example.com", "--contract", contract, "--store", server.store)
        assert invited.returncode == 2 and "invite" in invited.stderr


def test_no_secret_is_kept_or_told(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text(CONTRACT)
    with Server(contract, tmp_path, ASHLAR_MAIL=f"file:{tmp_path}/mails", ASHLAR_MAIL_FROM=FROM) as server:
        server.mails = Folder(tmp_path / "mails")
        member(server, "ann@example.com")
        tokens = [forget(server, "ann@example.com")]
        tokens += [one.token() for one in server.mails.all() if "#token=" in one.text]
        server.stop()
        log = server.error_text
    kept = tables.everything(server.store_path)
    for token in tokens:
        assert token not in log and token.encode() not in kept
    assert "ann@example.com" not in log
