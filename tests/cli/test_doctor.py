"""`dataworks-ext doctor`: mistakes, planted one by one, are found by name."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.s_yaml import SYamlError, read_s_yaml

_RULES = """
from pydantic import BaseModel

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import CommitFile, DownloadResources


class Settings(BaseModel):
    max_rows: int = 10


exports = PolicyPack("exports", settings=Settings)


@exports.policy(DownloadResources, timeout=5)
def rows(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    return deny("Too many.") if event.data_row_size > context.settings.max_rows else None


@exports.policy(CommitFile, timeout=2.6)
def files(event: CommitFile) -> Outcome | None:
    return None


extension = Extension("guard", packs=[exports])
"""
_PATTERN = {
    "source": ["acs.dataworks"],
    "type": ["dataworks:FileChange:CommitFile", "dataworks:ResourcesDownload:DownloadResources"],
}
_TRIGGER = {
    "triggerName": "dataworks",
    "triggerType": "eventbridge",
    "triggerConfig": {"asyncInvocationType": False, "eventRuleFilterPattern": json.dumps(_PATTERN)},
}
_S_YAML: dict[str, Any] = {
    "edition": "3.0.0",
    "vars": {"settings": {"EXPORTS_MAX_ROWS": "${env('EXPORTS_MAX_ROWS', '')}", "DATAWORKS_EXT_CODE": "${vars.code}"}},
    "resources": {
        "guard": {
            "component": "fc3",
            "props": {
                "handler": "index.handler",
                "instanceLifecycleConfig": {"initializer": {"handler": "index.initializer", "timeout": 10}},
                "runtime": "python3.10",
                "timeout": 10,
                "instanceConcurrency": 1,
                "role": "acs:ram::1:role/guard",
                "internetAccess": True,
                "environmentVariables": "${vars.settings}",
                "code": "./dist/function",
                "triggers": [_TRIGGER],
            },
        }
    },
}
_S_YAML["vars"]["code"] = "extension-4711"
Plant = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project without a mistake, as the current folder."""
    (tmp_path / "guarding").mkdir()
    (tmp_path / "guarding" / "__init__.py").write_text(_RULES, encoding="utf-8")
    shutil.copytree(tmp_path / "guarding", tmp_path / "dist" / "function" / "guarding")
    (tmp_path / "dist" / "function" / "index.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("EXPORTS_MAX_ROWS", "DATAWORKS_EXT_CODE", "DATAWORKS_EXT_APP"):
        monkeypatch.delenv(name, raising=False)
    write(_S_YAML)
    yield
    sys.modules.pop("guarding", None)


def write(s_yaml: dict[str, Any]) -> None:
    Path("s.yaml").write_text(yaml.safe_dump(s_yaml), encoding="utf-8")


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", "--app", "guarding:extension", *arguments])


def findings() -> list[tuple[str, str, str]]:
    result = doctor("--json")
    found = [(finding["check"], finding["level"], finding["text"]) for finding in json.loads(result.stdout)]
    assert result.exit_code == int(any(level == "problem" for _, level, _ in found))
    return found


def props(**changes: object) -> Plant:
    """Changes properties of the function; None takes one away."""

    def plant(s_yaml: dict[str, Any]) -> None:
        found = s_yaml["resources"]["guard"]["props"]
        found.update(changes)
        for name in [name for name, value in found.items() if value is None]:
            del found[name]

    return plant


def variables(**changes: str) -> Plant:
    return lambda s_yaml: s_yaml["vars"]["settings"].update(changes)


def trigger(**changes: object) -> Plant:
    return lambda s_yaml: s_yaml["resources"]["guard"]["props"]["triggers"][0]["triggerConfig"].update(changes)


def pattern(**changes: object) -> Plant:
    return trigger(eventRuleFilterPattern=json.dumps({**_PATTERN, **changes}))


def without_setting(s_yaml: dict[str, Any]) -> None:
    del s_yaml["vars"]["settings"]["EXPORTS_MAX_ROWS"]


MISTAKES: dict[str, tuple[Plant, str, str, str]] = {
    "a handler that the package has not": (
        props(handler="app.main"),
        *("handler", "problem", "the handler is app.main; the package has index.handler"),
    ),
    "an initializer that the package has not": (
        props(instanceLifecycleConfig={"initializer": {"handler": "app.start"}}),
        *("initializer", "problem", "the initializer is app.start; the package has index.initializer"),
    ),
    "no initializer": (
        props(instanceLifecycleConfig=None),
        *("initializer", "warning", "there is none, so the first message waits until the settings are read"),
    ),
    "a runtime that is too old": (
        props(runtime="python3.9"),
        *("runtime", "problem", "python3.9 does not run the framework; use python3.10 or python3.12"),
    ),
    "a setting of the wrong type": (
        variables(EXPORTS_MAX_ROWS="many"),
        *("settings", "problem", "EXPORTS_MAX_ROWS: Input should be a valid integer"),
    ),
    "a mode for a policy that is not there": (
        variables(DATAWORKS_EXT_MODES="exports.row=shadow"),
        *("settings", "problem", "DATAWORKS_EXT_MODES: no policy is called exports.row"),
    ),
    "a variable that is misspelt": (
        variables(EXPORTS_MAX_ROW="5"),
        *("variables", "problem", "nobody reads EXPORTS_MAX_ROW; did you mean EXPORTS_MAX_ROWS?"),
    ),
    "a setting that is not offered": (
        without_setting,
        *("variables", "warning", "EXPORTS_MAX_ROWS is a setting that s.yaml does not pass on"),
    ),
    "a timeout below a policy's": (
        props(timeout=5),
        *("timeout", "problem", "exports.rows may take 5 s, but policies have 4.5 s of the function's 5"),
    ),
    "a timeout that is none": (
        props(timeout="soon"),
        *("timeout", "problem", "the timeout should be a number of seconds above 0"),
    ),
    "several requests at once": (
        props(instanceConcurrency=10),
        *("concurrency", "warning", "with 10 requests at once an instance, a policy that is late cannot be stopped"),
    ),
    "no code of the extension": (
        variables(DATAWORKS_EXT_CODE=""),
        *("code", "problem", "DATAWORKS_EXT_CODE is not set"),
    ),
    "no role": (
        props(role=""),
        *("role", "problem", "the function has no role, so it cannot send replies through the OpenAPI"),
    ),
    "no route to DataWorks": (
        props(internetAccess=False),
        *("network", "problem", "the function has no route to DataWorks"),
    ),
    "no trigger": (
        props(triggers=None),
        *("trigger", "problem", "policies handle events of EventBridge, but there is no trigger"),
    ),
    "an asynchronous trigger": (
        trigger(asyncInvocationType=True),
        *("trigger", "problem", "asyncInvocationType hides errors from EventBridge"),
    ),
    "a pattern that keeps an event back": (
        pattern(type=["dataworks:ResourcesDownload:DownloadResources"]),
        *("trigger", "problem", "its pattern does not match dataworks:FileChange:CommitFile"),
    ),
    "a pattern that lets too much through": (
        pattern(type=[*_PATTERN["type"], "dataworks:FileChange:RunFile"]),
        *("trigger", "warning", "its pattern matches dataworks:FileChange:RunFile, which nobody handles"),
    ),
    "a pattern of another source": (
        pattern(source=["acs.oss"]),
        *("trigger", "problem", 'eventRuleFilterPattern should have "source": ["acs.dataworks"]'),
    ),
    "a pattern that is no JSON": (
        trigger(eventRuleFilterPattern="{"),
        *("trigger", "problem", "eventRuleFilterPattern is no JSON object"),
    ),
    "code that is nowhere": (
        props(code="./build"),
        *("package", "problem", "build holds no package; build it: dataworks-ext package"),
    ),
}


def test_a_project_without_a_mistake_is_in_order() -> None:
    result = doctor()
    assert result.exit_code == 0
    assert result.stdout.startswith("In order: code, concurrency, handler, initializer, network, package, role,")


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_by_name(name: str) -> None:
    """And nothing else is."""
    plant, check, level, text = MISTAKES[name]
    s_yaml = json.loads(json.dumps(_S_YAML))
    plant(s_yaml)
    write(s_yaml)
    [found] = findings()
    assert found[:2] == (check, level)
    assert found[2].startswith(text)


@pytest.mark.parametrize("change", [lambda path: path.write_text(_RULES + "\n"), lambda path: path.rename("gone.py")])
def test_a_package_of_other_policies_is_found(change: Callable[[Path], object]) -> None:
    change(Path("dist/function/guarding/__init__.py"))
    [(check, level, text)] = findings()
    assert (check, level) == ("package", "problem")
    assert "is out of date: guarding/__init__.py changed" in text


def test_the_time_of_the_call_is_counted() -> None:
    rules = _RULES.replace("timeout=2.6", "timeout=4")
    for folder in (Path("guarding"), Path("dist/function/guarding")):
        (folder / "__init__.py").write_text(rules, encoding="utf-8")
    s_yaml = json.loads(json.dumps(_S_YAML))
    props(timeout=6)(s_yaml)
    write(s_yaml)
    [(check, _, text)] = findings()
    assert check == "timeout"
    assert text.startswith(
        "exports.files may take 4 s, but policies have 3.3 s of the function's 6; raise the function's"
    )


def test_an_extension_without_calls_needs_no_code_role_network_or_trigger() -> None:
    rules = _RULES.replace("@exports.policy(CommitFile, timeout=2.6)\n", "")
    for folder in (Path("guarding"), Path("dist/function/guarding")):
        (folder / "__init__.py").write_text(rules, encoding="utf-8")
    s_yaml = json.loads(json.dumps(_S_YAML))
    props(role=None, internetAccess=False, triggers=None)(s_yaml)
    variables(DATAWORKS_EXT_CODE="")(s_yaml)
    write(s_yaml)
    assert findings() == []


def test_the_findings_are_shown_in_a_table() -> None:
    s_yaml = json.loads(json.dumps(_S_YAML))
    props(role=None)(s_yaml)
    write(s_yaml)
    result = doctor()
    assert result.exit_code == 1
    assert "role   problem  the function has no role" in result.stdout
    assert "role" not in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("resources: [", "s.yaml is no YAML at line 1"),
        ("- a", "s.yaml has no resource of component fc3 under resources"),
        ("resources: {guard: {component: fc}}", "s.yaml has no resource of component fc3"),
        ("resources: {guard: {component: fc3}}", "s.yaml: resources.guard has no props"),
    ],
)
def test_an_s_yaml_that_describes_no_function_ends_with_2(text: str, problem: str) -> None:
    Path("s.yaml").write_text(text, encoding="utf-8")
    result = doctor()
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_a_missing_s_yaml_ends_with_2() -> None:
    result = doctor("--s-yaml", "nowhere.yaml")
    assert (result.exit_code, "nowhere.yaml cannot be read: No such file" in result.stderr) == (2, True)


def test_variables_of_s_yaml_stand_for_values() -> None:
    """Of the file and of the environment, alone and inside a text; a circle ends."""
    Path("s.yaml").write_text(
        """
vars: {region: "${env('FC_REGION', 'cn-hangzhou')}", deep: {name: guard}, circle: "${vars.circle}"}
resources:
  guard:
    component: fc3
    props:
      name: "${vars.deep.name}-${vars.region}"
      region: "${vars.region}"
      same: "${vars.circle}"
      list: ["${env('A')}"]
""",
        encoding="utf-8",
    )
    found = read_s_yaml(Path("s.yaml"), {"FC_REGION": "cn-shanghai", "A": "a"}).props
    assert (found["region"], found["list"], found["same"]) == ("cn-shanghai", ["a"], "${vars.circle}")
    assert found["name"] == "guard-cn-shanghai"


def test_the_projects_own_s_yaml_lacks_the_accounts_values_only() -> None:
    root = Path(__file__).parents[2]
    result = CliRunner().invoke(
        app, ["doctor", "--app", "policies:extension", "--s-yaml", str(root / "s.yaml"), "--json"]
    )
    assert {finding["check"] for finding in json.loads(result.stdout)} - {"package"} == {"code", "role"}


def test_an_error_says_where_the_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SYamlError, match=r"odd\.yaml is no YAML"):
        read_s_yaml(tmp_path / "odd.yaml", {})
