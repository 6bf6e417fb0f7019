# SPDX-License-Identifier: Apache-2.0
"""What others make of the OpenAPI document: linters, generated TypeScript clients, a proxy that judges both sides.

The tools come by `npm ci` from tests/npm; where no node of that age is there, nothing of this can run."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import time

import harness
import npm
import pytest
from npm import TOOLS, call

CONTRACTS = {"shop": harness.ROOT / "examples/shop/ashlar.yaml",
             "chinook": harness.ROOT / "examples/chinook/ashlar.yaml",
             "everything": harness.ROOT / "tests/service/everything.yaml",
             "relations": harness.ROOT / "tests/service/relations.yaml",
             "accounts": harness.ROOT / "tests/service/accounts.yaml"}

pytestmark = pytest.mark.skipif(npm.node_version() < npm.NODE_VERSION, reason="needs npm and a node of that age")


@pytest.fixture(scope="module")
def tools():
    """The folder of the tools' programs, as the lock file names them."""
    return npm.installed() / ".bin"


@pytest.fixture(scope="module")
def documents(module_directory):
    """The documents by name, in files."""
    files = {}
    for name, contract in CONTRACTS.items():
        files[name] = module_directory / f"{name}.json"
        files[name].write_text(harness.succeed("export", "openapi", contract, cwd=module_directory).stdout)
    return files


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_spectral_and_owasp_find_no_error(tools, documents, name):
    done = call(tools / "spectral", "lint", "--ruleset", TOOLS / "spectral.yaml", "--format", "json", "--quiet",
                documents[name])
    found = json.loads(done.stdout)
    errors = [f"{one['code']}: {one['message']} at {'.'.join(map(str, one['path']))}" for one in found
              if one["severity"] == 0]
    assert errors[:10] == [] and done.returncode == 0, done.stderr[-2000:]
    assert {one["code"] for one in found} >= {"info-contact"}  # its rules were applied: a contract has no such key


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_redocly_finds_no_error(tools, documents, name):
    done = call(tools / "redocly", "lint", "--format", "json", documents[name])
    told = json.loads(done.stdout[done.stdout.index("{"):])
    assert told["totals"]["errors"] == 0 and done.returncode == 0, done.stdout[-4000:]


def test_linters_see_what_is_wrong(tools, documents, tmp_path):
    """They would complain: of a reference that leads nowhere."""
    broken = tmp_path / "broken.json"
    broken.write_text(documents["shop"].read_text().replace("#/components/schemas/ProductView", "#/components/none", 1))
    assert call(tools / "redocly", "lint", "--format", "json", broken).returncode != 0
    assert call(tools / "spectral", "lint", "--ruleset", TOOLS / "spectral.yaml", "--quiet", broken).returncode != 0


@pytest.fixture(scope="module")
def shop(module_directory):
    seed = harness.ROOT / "examples/shop/seed.json"
    with harness.Server(CONTRACTS["shop"], module_directory / "shop", seed) as server:
        yield server


@pytest.fixture(scope="module")
def programs(tools, documents, module_directory):
    """The folder of the two programs, compiled under `strict` with what was generated for them."""
    folder = module_directory / "programs"
    folder.mkdir()
    (folder / "node_modules").symlink_to(TOOLS / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    for name in ("tsconfig.json", "client.ts", "sdk.ts"):
        shutil.copy(TOOLS / name, folder)
    shop = documents["shop"]
    for command in ([tools / "openapi-typescript", shop, "-o", "shop.d.ts"],
                    [tools / "openapi-ts", "-i", shop, "-o", "sdk", "-c", "@hey-api/client-fetch", "--no-log-file"],
                    [tools / "tsc", "-p", "."]):
        done = call(*command, cwd=folder)
        assert done.returncode == 0, f"{pathlib.Path(command[0]).name}: {done.stdout[-4000:]}{done.stderr[-2000:]}"
    return folder


@pytest.mark.parametrize("program", ["client.js", "sdk.js"])
def test_generated_client_drives_the_service(programs, shop, program):
    done = call("node", program, shop.address, shop.token("staff"), cwd=programs)
    assert done.returncode == 0 and done.stdout.endswith("answers as documented\n"), done.stderr[-4000:]


def test_the_compiler_refuses_what_is_not_in_the_document(tools, programs, tmp_path):
    (programs / "wrong.ts").write_text("""
import createClient from "openapi-fetch";
import type { paths } from "./shop.js";
const client = createClient<paths>({});
await client.GET("/v1/products", { params: { query: { "price[like]": "1" } } });
await client.POST("/v1/categories", { body: { title: "Tea" } });
await client.DELETE("/v1/categories", {});
""")
    done = call(tools / "tsc", "-p", ".", "--noEmit", cwd=programs)
    (programs / "wrong.ts").unlink()
    assert done.returncode != 0 and {int(line) for line in re.findall(r"wrong\.ts\((\d+),", done.stdout)} == {5, 6, 7}


@pytest.fixture()
def proxy(tools, documents, shop, tmp_path):
    """Prism between client and service: what either says against the document becomes an error."""
    log = tmp_path / "prism.log"
    with log.open("wb") as output:
        process = subprocess.Popen([str(tools / "prism"), "proxy", str(documents["shop"]), shop.address, "--errors",
                                    "--host", "127.0.0.1", "--port", "0"], stdout=output, stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", log.read_text(errors="replace"))):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-2000:]
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
        yield found.group(1)
    finally:
        process.kill()
        process.wait()


def test_a_proxy_that_judges_finds_no_violation(programs, shop, proxy):
    token = shop.token("staff")
    for program in ("client.js", "sdk.js"):
        done = call("node", program, proxy, token, cwd=programs)
        assert done.returncode == 0 and done.stdout.endswith("answers as documented\n"), done.stderr[-4000:]
    # It would tell: of a request that is not as documented.
    answer = harness.Client(proxy, token).post("/v1/categories", {"title": "Tea"})
    assert answer.status == 422 and answer.body["title"] == "Invalid request", answer.raw
