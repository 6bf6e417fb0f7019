# SPDX-License-Identifier: Apache-2.0
"""`ashlar export jsonschema`: an editor that has it marks no right contract, and marks what has the wrong shape."""

import json
import pathlib
import re

import jsonschema
import pytest
import yaml

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
RIGHT = sorted(path for pattern in (
    "examples/*/*.yaml", "tests/contract/right/*.yaml", "tests/contract/accepted/*.yaml",
    "tests/contract/findings/*.yaml", "tests/service/*.yaml", "tests/conformance/*/*.yaml")
               for path in ROOT.glob(pattern))
# What can be told without knowing the rest of the contract, or the meaning of a text.
SHAPES = re.compile(
    r"key_unknown_|unsupported_(?!file)|foreign_(?!type)|shape_(?!index_empty)|missing_(?!many|via|service_)|"
    r"service_name|version_form|resource_name|role_name|rule_name|field_name|plural_form|on_delete|if_match")
WRONG = sorted(path for path in (ROOT / "tests/contract/one").glob("*.yaml") if SHAPES.match(path.stem))


class Loader(yaml.SafeLoader):
    """YAML 1.2: dates are texts, and only true and false are booleans."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    done = harness.succeed("export", "jsonschema", cwd=tmp_path_factory.mktemp("schema"))
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def read(path):
    return yaml.load(path.read_text(), Loader)


@pytest.mark.parametrize("path", RIGHT, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_right_contract_is_marked_nowhere(schema, path):
    assert [error.message for error in schema.iter_errors(read(path))] == []


def test_a_new_service_is_marked_nowhere(schema, tmp_path):
    harness.succeed("new", "notes", cwd=tmp_path)
    assert [error.message for error in schema.iter_errors(read(tmp_path / "notes/ashlar.yaml"))] == []


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_wrong_shape_is_marked(schema, path):
    assert not schema.is_valid(read(path))


def test_every_key_is_described_and_what_is_not_built_is_not_offered(schema):
    top = schema.schema["properties"]
    field = top["resources"]["additionalProperties"]["properties"]["fields"]["additionalProperties"]["anyOf"][-1]
    assert all(key["description"] for key in [*top.values(), *field["properties"].values()])
    assert "workflows" not in top and {"service", "roles", "rules", "resources"} <= top.keys()
    assert field["properties"]["onDelete"]["anyOf"][0]["enum"] == ["restrict", "cascade", "clear"]
