# SPDX-License-Identifier: Apache-2.0
"""`new`, `serve`, `token`, `user`: what an operator types, from an empty directory on."""

import base64
import json
import os
import signal
import stat
import subprocess
import threading
import time

import harness
import pytest

SHOP = harness.ROOT / "examples/shop/ashlar.yaml"
SEED = harness.ROOT / "examples/shop/seed.json"
GUARDED = harness.ROOT / "tests/service/guarded.yaml"
ANN = "00000000-0000-4000-8000-00000000000a"


def test_new_writes_a_service_that_runs_at_once(tmp_path):
    done = harness.succeed("new", "mine", cwd=tmp_path)
    assert "mine" in done.stdout
    contract = tmp_path / "mine/ashlar.yaml"
    assert "#" in contract.read_text()
    assert harness.run("check", contract, cwd=tmp_path).returncode == 0
    with harness.Server(contract, tmp_path / "mine") as server:
        assert server.client().get("/health/ready").status == 200
    assert harness.run("new", "mine", cwd=tmp_path).returncode == 2  # what is there is not written over


def test_the_shop_is_served_with_its_seed(tmp_path):
    with harness.Server(SHOP, tmp_path, seed=SEED) as server:
        client = server.client()
        products = client.get("/v1/products", include="category.parent", sort="sku")
        assert products.body["meta"]["total"] == len(json.loads(SEED.read_text())["Product"])
        tea = next(row for row in products.body["data"] if row["sku"] == "TEA-001")
        assert tea["price"] == "4.50" and tea["category"]["parent"]["name"] == "Drinks"
        assert all("cost" not in row for row in products.body["data"])
        ann = server.as_role(user=ANN)
        order = ann.post("/v1/orders", {}).body["data"]
        assert order["status"] == "draft" and order["customerId"] == ANN
        line = ann.post("/v1/order-lines", {"orderId": order["id"], "productId": tea["id"], "quantity": 2})
        assert line.status == 201 and line.body["data"]["unitPrice"] == "4.50"
        assert client.get(f"/v1/orders/{order['id']}").status == 401
        assert server.as_role("admin").get(f"/v1/orders/{order['id']}").status == 200  # admin inherits staff


def test_the_default_store_stands_in_the_directory(tmp_path):
    (tmp_path / "ashlar.yaml").write_text(GUARDED.read_text())
    process = subprocess.Popen([str(harness.BINARY), "serve"], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                               env=harness.clean_environment(tmp_path, ASHLAR_LISTEN="127.0.0.1:0"))
    try:
        for line in process.stderr:
            if '"server.started"' in line:
                break
        else:
            raise AssertionError("it did not start")
        assert (tmp_path / "data/guarded.db").exists()
        assert stat.S_IMODE((tmp_path / "data/guarded.db").stat().st_mode) & 0o077 == 0
    finally:
        process.terminate()
        process.stderr.read()
        process.stderr.close()
    assert process.wait(20) == 0


def test_a_token_is_printed_alone_and_its_key_is_kept_close(tmp_path):
    server = harness.Server(GUARDED, tmp_path)
    path = server.store.removeprefix("sqlite:")
    for words in (("token", "create"), ("user", "list"), ("user", "disable", "ann@example.com"), ("events",),
                  ("key", "rotate"), ("key", "create", "ann@example.com", "--name", "x")):
        wrong = harness.run(*words, "--contract", GUARDED, "--store", server.store, cwd=tmp_path)
        assert (wrong.returncode, wrong.stderr) == (2, f"ashlar: there is no store at {path}\n"), wrong
    assert list(tmp_path.iterdir()) == []
    made = harness.succeed("user", "add", "ann@example.com", "--contract", GUARDED, "--store", server.store,
                           cwd=tmp_path)
    assert made.stderr == f"ashlar: made {path}\n"  # it may be the wrong one
    done = harness.succeed("token", "create", GUARDED, "--store", server.store, "--role", "staff", "--for", "5m",
                           cwd=tmp_path)
    assert done.stderr == ""
    token = done.stdout.removesuffix("\n")
    header, payload, signature = token.split(".")
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (header, payload))
    assert head["alg"] == "ES256" and len(base64.urlsafe_b64decode(signature + "==")) == 64
    assert claims["exp"] - claims["iat"] == 300 and "staff" in json.dumps(claims)
    private = [path for path in tmp_path.iterdir() if stat.S_ISREG(path.stat().st_mode) and
               (b"PRIVATE" in path.read_bytes() or "key" in path.name)]
    assert private, list(tmp_path.iterdir())
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert stat.S_IMODE(private[0].stat().st_mode) == 0o600
    for secret in private[0].read_bytes().splitlines():
        assert len(secret) < 20 or secret.decode(errors="replace") not in done.stdout + done.stderr
    with server:
        assert server.client(token).get("/v1/vaults").status == 200
        assert server.client().get("/v1/vaults").status == 401


def test_tokens_are_made_while_it_runs_and_while_it_does_not(tmp_path):
    with harness.Server(GUARDED, tmp_path) as server:
        pass
    before = server.token("staff")
    with server:
        assert server.client(before).get("/v1/vaults").status == 200
        assert server.as_role("admin").post("/v1/vaults", {"name": "while it runs", "level": 2}).status == 201
    with harness.Server(GUARDED, tmp_path) as again:  # the key outlives the process
        assert again.client(before).get("/v1/vaults").status == 200


@pytest.mark.parametrize("options, told", [(["--role", "nobody-knows"], "nobody-knows"), (["--user", "x"], "x"),
                                           (["--for", "soon"], "soon"), (["--for", "-1h"], "-1h")], ids=str)
def test_wrong_token_options_are_refused_by_name(tmp_path, options, told):
    store = ("--store", f"sqlite:{tmp_path}/s.db")
    harness.succeed("user", "add", "ann@example.com", "--contract", GUARDED, *store, cwd=tmp_path)
    done = harness.run("token", "create", GUARDED, *store, *options, cwd=tmp_path)
    assert done.returncode in (2, 64) and told in done.stderr and done.stdout == ""


def test_users_are_added_given_roles_and_listed(tmp_path):
    with harness.Server(GUARDED, tmp_path) as server:
        def user(*arguments):
            return harness.run("user", *arguments, "--contract", GUARDED, "--store", server.store, cwd=tmp_path)

        added = user("add", "ann@example.com", "--role", "staff")
        assert added.returncode == 0, added.stderr
        listed = user("list")
        assert listed.returncode == 0 and "ann@example.com" in listed.stdout and "staff" in listed.stdout
        assert user("add", "ANN@example.com").returncode == 2  # unique in folded case
        assert user("add", "no mail").returncode == 2
        assert user("role", "ann@example.com", "--role", "nobody-knows").returncode == 2
        assert user("role", "ann@example.com", "--role", "admin").returncode == 0
        assert "admin" in user("list").stdout
        assert user("role", "absent@example.com", "--role", "admin").returncode == 2


def test_a_disabled_user_is_shut_out_of_the_running_server(tmp_path):
    with harness.Server(GUARDED, tmp_path) as server:
        client = server.client(server.token("staff", user=ANN))
        assert client.get("/v1/vaults").status == 200
        for what, status in (("disable", 401), ("enable", 200)):
            done = harness.run("user", what, ANN, "--contract", GUARDED, "--store", server.store, cwd=tmp_path)
            assert done.returncode == 0 and ANN in done.stdout, done
            deadline = time.monotonic() + 10  # what the row says is at most two seconds old
            while client.get("/v1/vaults").status != status:
                assert time.monotonic() < deadline, what
                time.sleep(0.1)


def test_a_second_server_on_the_same_store_is_refused(tmp_path):
    with harness.Server(GUARDED, tmp_path) as server:
        done = harness.run("serve", GUARDED, "--store", server.store, "--listen", "127.0.0.1:0", cwd=tmp_path,
                           timeout=30)
        assert done.returncode == 1 and "store.db" in done.stderr
        assert server.client().get("/health/ready").status == 200


def test_an_address_in_use_is_told(tmp_path):
    with harness.Server(GUARDED, tmp_path / "a") as server:
        taken = server.address.removeprefix("http://")
        done = harness.run("serve", GUARDED, "--store", f"sqlite:{tmp_path}/b.db", "--listen", taken, cwd=tmp_path,
                           timeout=30)
        assert done.returncode == 1 and taken in done.stderr


@pytest.mark.parametrize("option", [["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"], ["--workers", "0"],
                                    ["--workers", "many"], ["--store", "mysql://x"], ["--store", "mongodb://x/y"]],
                         ids=str)
def test_unusable_settings_are_refused_by_name(tmp_path, option):
    given = {"--store": f"sqlite:{tmp_path}/s.db", "--listen": "127.0.0.1:0"}
    given[option[0]] = option[1]
    done = harness.run("serve", GUARDED, *[part for pair in given.items() for part in pair], cwd=tmp_path, timeout=30)
    assert done.returncode in (2, 64) and option[0] in done.stderr + done.stdout, done
    assert not (tmp_path / "s.db").exists()


@pytest.mark.parametrize("store", ["sqlite:///srv/x.db", "sqlite:x.db?mode=ro", "mysql://u:secret@h/d"])
def test_a_store_url_of_another_make_is_refused_by_every_command(tmp_path, store):
    for words in (["serve", GUARDED], ["token", "create", GUARDED], ["user", "list", "--contract", GUARDED],
                  ["load", "--contract", GUARDED, SEED], ["explain", GUARDED]):
        for given in (words + ["--store", store], words):
            done = harness.run(*given, cwd=tmp_path, timeout=30, DATABASE_URL="sqlite:?" if given != words else store)
            if words[0] == "explain" and given == words:
                continue  # looks into a store only where it is told to
            assert done.returncode == 2 and "--store" in done.stderr and "secret" not in done.stderr, done
    assert list(tmp_path.iterdir()) == []


def test_variables_that_ask_for_what_there_is_not_are_refused_or_told(tmp_path):
    refused = harness.run("serve", GUARDED, "--store", f"sqlite:{tmp_path}/s.db", cwd=tmp_path, timeout=30,
                          DATABASE_REPLICA_URLS="postgres://:secret@h", ASHLAR_LISTN="x")
    assert refused.returncode == 2 and "secret" not in refused.stderr and not (tmp_path / "s.db").exists()
    assert "DATABASE_REPLICA_URLS" in refused.stderr and "ASHLAR_LISTN" in refused.stderr
    with harness.Server(GUARDED, tmp_path, OTEL_SERVICE_NAME="secret", DATABASE_REPLICA_URLS="") as server:
        told = server.wait_event("setting.unused")
        assert told["level"] == "warning" and "OTEL_SERVICE_NAME" in told["message"]
        assert "secret" not in server.error_text and "DATABASE_REPLICA_URLS" not in server.error_text


def test_the_contract_may_ask_for_variables_that_are_named_like_ours(tmp_path):
    contract = tmp_path / "ashlar.yaml"
    contract.write_text("service: x\ntitle: ${ASHLAR_TITLE}\nresources:\n  Note: { access: { read: public } }\n")
    with harness.Server(contract, tmp_path, ASHLAR_TITLE="Of the environment") as server:
        assert server.client().get("/openapi.json").body["info"]["title"] == "Of the environment"
    done = harness.run("serve", contract, cwd=tmp_path, ASHLAR_TITLE="x", ASHLAR_LISTN="x")
    assert done.returncode == 2
    assert "ASHLAR_LISTN" in done.stderr and "did you mean ASHLAR_LISTEN?" in done.stderr


def test_sigterm_amid_requests_loses_none_that_were_answered(tmp_path):
    contract = harness.ROOT / "tests/service/everything.yaml"
    server = harness.Server(contract, tmp_path).start()
    kept, broken = [], []

    def write(number):
        client = server.client()
        for turn in range(2000):
            try:
                answer = client.post("/v1/items", {"name": f"{number}-{turn}"})
            except OSError:
                return  # the server has gone, as it was told
            except Exception as wrong:  # http.client's own ways of saying that the connection ended
                broken.append(type(wrong).__name__)
                return
            if answer.status == 201:
                kept.append(answer.body["data"]["id"])
            elif answer.status != 503:
                broken.append(answer.raw)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while len(kept) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(kept) >= 50
    server.stop()  # SIGTERM, ends with 0
    for thread in threads:
        thread.join(30)
    assert set(broken) <= {"RemoteDisconnected", "BadStatusLine", "CannotSendRequest"}, broken[:3]
    with harness.Server(contract, tmp_path) as again:
        client, found, page = again.client(), set(), 1
        while rows := client.get("/v1/items", perPage=10, page=page).body["data"]:
            found |= {row["id"] for row in rows}
            page += 1
    assert set(kept) <= found


def test_a_killed_server_comes_back_with_what_it_had_answered(tmp_path):
    contract = harness.ROOT / "tests/service/everything.yaml"
    server = harness.Server(contract, tmp_path).start()
    client = server.client()
    kept = [client.post("/v1/items", {"name": f"item {number}"}).body["data"]["id"] for number in range(20)]
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(10)
    server.process.stderr.close()
    with harness.Server(contract, tmp_path) as again:
        assert again.client().get("/v1/items", **{"id[in]": ",".join(map(str, kept))}).body["meta"]["total"] == 20


@pytest.mark.parametrize("words", [
    "migrate plan", "migrate --help", "import x", "backup x", "check --against git:HEAD",
    "check --against=x", "check ashlar.yaml --format json --load 5", "export graphql", "export proto x", "export sql"])
def test_what_later_builds_have_is_refused_by_name(tmp_path, words):
    done = harness.run(*words.split(), cwd=tmp_path)
    named = [word for word in words.split() if word.split("=")[0] in done.stderr]
    assert done.returncode == 64 and "not supported by this build" in done.stderr and named, done
    assert done.stdout == ""


@pytest.mark.parametrize("words, told", [
    ("frob", "there is no command 'ashlar frob'; there are new, check, serve"),
    ("user lst", "there is no command 'ashlar user lst' (did you mean 'list'?); there are add"),
    ("token --role staff", "a command is missing"), ("", "a command is missing"), ("check --bogus", "--bogus"),
    ("export graphqll", "there is no 'graphqll'; there are access, openapi, jsonschema"), ("serve one two", "two"),
    ("reference nothing", "no page 'nothing'")])
def test_what_there_is_not_is_named(tmp_path, words, told):
    done = harness.run(*words.split(), cwd=tmp_path)
    assert done.returncode == 64 and told in done.stderr, done


def test_a_word_of_a_later_build_may_be_the_name_of_a_contract(tmp_path):
    (tmp_path / "access").write_text(GUARDED.read_text())
    for words in (["check", "access"], ["check", "--", "access"], ["explain", "./access"]):
        done = harness.run(*words, cwd=tmp_path)
        assert done.returncode == 0, done


def test_the_contract_is_an_option_or_a_word_of_every_command(tmp_path):
    """Also where other words follow: then it stands before them."""
    contract = tmp_path / "guarded.yaml"
    contract.write_text(GUARDED.read_text())
    (tmp_path / "Vault.ndjson").write_text('{"name": "one", "level": 1}\n')
    store = ["--store", f"sqlite:{tmp_path}/s.db"]
    for number, given in enumerate((["guarded.yaml"], ["--contract", "guarded.yaml"], ["--contract=guarded.yaml"])):
        mail = f"ann{number}@example.com"
        for words, rest, told in ((["check"], [], "ok"), (["explain"], [], "listVaults"),
                                  (["export", "openapi"], [], "openapi"),
                                  (["load"], ["Vault.ndjson", *store], "loaded 1 rows"),
                                  (["token", "create"], store, ""), (["user", "list"], store, ""),
                                  (["user", "add"], [mail, *store], "-"),
                                  (["user", "role"], [mail, "--role", "staff", *store], "staff"),
                                  (["user", "disable"], [mail, *store], "disabled"),
                                  (["user", "enable"], [mail, *store], "staff")):
            if words == ["load"] and number > 0:
                rest = ["--resource", "Vault", "more.ndjson", *store]
                (tmp_path / "more.ndjson").write_text('{"name": "more%d", "level": 1}\n' % number)
            done = harness.succeed(*words, *given, *rest, cwd=tmp_path)
            assert told in done.stdout, (words, given, done)
    wrong = harness.run("user", "disable", "ann0@example.com", "ann1@example.com", *store, cwd=tmp_path)
    assert wrong.returncode == 2 and "'ann1@example.com' is one word too many" in wrong.stderr


MISTYPED = {
    "a port": (["serve", "--port", "8080"], 64, "ashlar: there is no option '--port' (did you mean '--listen "),
    "a host": (["serve", "--host=::1"], 64, "ashlar: there is no option '--host' (did you mean '--listen "),
    "an option": (["check", "--fromat", "json"], 64, "ashlar: there is no option '--fromat' (did you mean '--format'"),
    "an option of nothing": (["serve", "--qqq"], 64, "ashlar: there is no option '--qqq'\n"),
    "a word": (["check", "a.yaml", "b.yaml"], 64, "ashlar: 'b.yaml' is one word too many"),
    "a value": (["check", "--format", "xml"], 64, "ashlar: --format: "),
    "no word": (["load"], 64, "ashlar: FILE is required"),
    "no command": (["user"], 64, "ashlar: a command is missing\n\nthe users of the service\nUsage: ashlar user ["),
    "a kind": (["events", "--kind", "login"], 64,
               "ashlar: --kind: 'login' is no kind (did you mean 'authn_login_success' or 'authn_login_fail' or "),
    "a kind's letter": (["events", "--kind", "user_craeted"], 64,
                        "ashlar: --kind: 'user_craeted' is no kind (did you mean 'user_created'?); --help lists them"),
    "no store": (["events", "--store", "sqlite:none.db"], 2, "ashlar: there is no store at none.db\n"),
    "no value": (["serve", "--listen"], 64, "ashlar: --listen: "),
    "no user": (["user", "disable", "nobody@example.com"], 2, "ashlar: there is no user 'nobody@example.com'"),
    "no role": (["token", "create", "--role", "pope"], 2, "ashlar: --role: the contract has no role 'pope'"),
    "no file": (["load", "none.json"], 2, "ashlar: cannot read none.json: "),
}


@pytest.mark.parametrize("what", MISTYPED)
def test_what_is_mistyped_is_told_as_the_commands_own(tmp_path, what):
    (tmp_path / "ashlar.yaml").write_text(GUARDED.read_text())
    words, status, told = MISTYPED[what]
    if words[0] in ("token", "user"):
        harness.succeed("user", "add", "ann@example.com", cwd=tmp_path)
    done = harness.run(*words, cwd=tmp_path, timeout=30)
    assert done.returncode == status and done.stderr.startswith(told), done
    assert done.stdout == ""


def test_mistakes_in_a_file_stand_at_their_place_and_the_rest_is_the_commands(tmp_path):
    (tmp_path / "ashlar.yaml").write_text(GUARDED.read_text())
    (tmp_path / "Vault.ndjson").write_text('{"nam": "one"}\n')
    done = harness.run("load", "Vault.ndjson", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and len(lines) > 1
    assert all(line.startswith("Vault.ndjson:1: ") for line in lines[:-1]), lines
    assert lines[-1] == "ashlar: nothing was loaded", lines


def test_a_command_that_is_missing_is_told_with_those_that_there_are(tmp_path):
    bare = harness.run(cwd=tmp_path)
    assert bare.returncode == 64 and bare.stderr.startswith("ashlar: a command is missing")
    for command in ("new", "check", "serve", "load", "token", "user", "explain", "export"):
        assert f"\n  {command} " in bare.stderr, bare.stderr
    user = harness.run("user", cwd=tmp_path)
    assert user.returncode == 64 and "\n  disable " in user.stderr


@pytest.mark.parametrize("words", [["check"], ["serve"], ["token", "create"], ["explain"]], ids=" ".join)
def test_a_folder_without_a_contract_is_told_what_to_do(tmp_path, words):
    for folder in ("ashlar.yaml", "."):
        done = harness.run(*words, *([] if folder == "ashlar.yaml" else [folder]), cwd=tmp_path, timeout=30)
        why = "No such file or directory" if folder == "ashlar.yaml" else "there is no *.yaml in '.'"
        assert done.returncode == 2 and done.stderr.startswith("ashlar: ") and why in done.stderr, done
        assert "ashlar new NAME" in done.stderr and list(tmp_path.iterdir()) == []
