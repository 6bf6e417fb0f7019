# SPDX-License-Identifier: Apache-2.0
"""`script/server`: the shop where --store says, filled once, and the lines that it prints to try."""

import json
import os
import signal
import subprocess

import harness
import pytest

SCRIPT = harness.ROOT / "script/server"


class Shop:
    """script/server with the binary under test; its printed lines are those between `Try:` and the end."""

    def __init__(self, directory, *arguments):
        environment = harness.clean_environment(directory, ASHLAR_BIN=harness.BINARY)
        self.process = subprocess.Popen([SCRIPT, "--listen", "127.0.0.1:0", *arguments], cwd=directory, text=True,
                                        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, start_new_session=True)

    def __enter__(self):
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line.strip())
            if line.startswith("Ctrl-C"):
                return self
        raise AssertionError(f"it ended: {self.printed}")

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)  # as Ctrl-C and `kill %1` do, to all of the group
        self.process.stdout.read()
        self.process.stdout.close()
        assert self.process.wait(30) == 0

    def lines(self):
        return [line for line in self.printed if line.startswith("curl ")]


def ask(line, directory):
    done = subprocess.run(["bash", "-c", line.replace("curl ", "curl -sf ", 1)], cwd=directory, text=True, timeout=60,
                          capture_output=True, env=harness.clean_environment(directory))
    assert done.returncode == 0, (line, done)
    return json.loads(done.stdout)["data"]


@pytest.mark.parametrize("option", [["--store", "sqlite:own/shop.db"], ["--store=sqlite:own/shop.db"]], ids=str)
def test_the_store_is_where_it_is_said_to_be_and_filled_once(tmp_path, option):
    with Shop(tmp_path, *option) as shop:
        assert (tmp_path / "own/shop.db").exists() and not list(tmp_path.glob("own/filling.*"))
        products, tea, made = [ask(line, tmp_path) for line in shop.lines()]
        assert products[0]["name"] == "Gooseneck Kettle" and tea[0]["category"]["name"] == "Tea"
        assert made["name"] == "Toys"
    with Shop(tmp_path, *option) as shop:
        listed = ask(shop.lines()[0].replace("/products?sort=-price&fields=name,price", "/categories"), tmp_path)
        assert [row["name"] for row in listed].count("Toys") == 1 and len(listed) == 4


@pytest.mark.parametrize("store", ["shop.db", "sqlite:", "postgres://x/y"])
def test_a_store_that_is_no_file_of_sqlite_is_refused(tmp_path, store):
    done = subprocess.run([SCRIPT, "--store", store], cwd=tmp_path, capture_output=True, text=True, timeout=20,
                          env=harness.clean_environment(tmp_path, ASHLAR_BIN=harness.BINARY))
    assert done.returncode == 64 and "--store" in done.stderr and "sqlite:PATH" in done.stderr


def test_a_log_without_its_rows_is_not_taken_for_a_new_store(tmp_path):
    (tmp_path / "shop.db-wal").write_bytes(b"left behind")
    done = subprocess.run([SCRIPT, "--store", "sqlite:shop.db"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=20, env=harness.clean_environment(tmp_path, ASHLAR_BIN=harness.BINARY))
    assert done.returncode == 1 and "shop.db-wal" in done.stderr and not (tmp_path / "shop.db").exists()
