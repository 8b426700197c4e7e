"""`s.yaml`, which deploys the example extension."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest

from dataworks_ext.settings import variable_of
from dataworks_ext.testing.cases.document import read_yaml
from policies import extension

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "tests" / "contract" / "fc3.schema.json").read_text())


def with_defaults() -> dict[str, object]:
    """The file with each variable at its default."""
    text = re.sub(r"\$\{env\('\w+', '([^']*)'\)\}", lambda found: json.dumps(found[1]), (ROOT / "s.yaml").read_text())
    parsed = read_yaml(text).value
    assert isinstance(parsed, dict)
    return parsed


def resolve(value: object, variables: dict[str, object]) -> object:
    """The value with what `${vars.…}` stands for."""
    if isinstance(value, dict):
        return {key: resolve(item, variables) for key, item in value.items()}
    if isinstance(value, str) and (found := re.fullmatch(r"\$\{vars\.(\w+)\}", value)):
        return resolve(variables[found[1]], variables)
    return value


@pytest.fixture
def props() -> dict[str, object]:
    file = with_defaults()
    variables, resources = file["vars"], file["resources"]
    assert isinstance(variables, dict)
    assert isinstance(resources, dict)
    resolved = resolve(resources["data-guard"]["props"], variables)
    assert isinstance(resolved, dict)
    return resolved


def test_it_is_valid_for_the_component(props: dict[str, object]) -> None:
    jsonschema.validate(props, SCHEMA)


def test_a_mistake_would_be_found(props: dict[str, object]) -> None:
    """The schema says what the component takes: it refuses a timeout that is no number."""
    with pytest.raises(jsonschema.ValidationError, match="is not of type 'integer'"):
        jsonschema.validate({**props, "timeout": "ten"}, SCHEMA)


def test_it_names_the_handler_of_index(props: dict[str, object]) -> None:
    assert props["handler"] == "index.handler"


def test_it_offers_every_setting_of_the_packs(props: dict[str, object]) -> None:
    offered = props["environmentVariables"]
    assert isinstance(offered, dict)
    settings = {variable_of(pack.name, field) for pack in extension.packs for field in pack.settings_class.model_fields}
    assert {name for name in offered if not name.startswith("DATAWORKS_EXT_")} == settings


def test_it_has_no_trigger_which_would_listen_to_the_default_bus_only(props: dict[str, object]) -> None:
    """`dataworks-ext deploy` makes the rules."""
    assert "triggers" not in props
