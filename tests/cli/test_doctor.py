"""`dataworks-ext doctor`: mistakes, planted one by one, are found by name."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.layout import lay_out
from dataworks_ext.deploy.s_yaml import SYamlError, read_s_yaml
from dataworks_ext.testing.cases.document import read_yaml

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
_TRIGGER: dict[str, Any] = {
    "triggerName": "dataworks",
    "triggerType": "eventbridge",
    "triggerConfig": {
        "triggerEnable": True,
        "asyncInvocationType": False,
        "eventRuleFilterPattern": json.dumps(_PATTERN),
        "eventSourceConfig": {"eventSourceType": "Default", "eventSourceParameters": {}},
        "eventSinkConfig": {"deliveryOption": {"mode": "event-driven"}},
        "runOptions": {"mode": "event-driven"},
    },
}
_S_YAML: dict[str, Any] = {
    "edition": "3.0.0",
    "vars": {"settings": {"EXPORTS_MAX_ROWS": "${env('EXPORTS_MAX_ROWS', '')}", "DATAWORKS_EXT_CODE": "${vars.code}"}},
    "resources": {
        "guard": {
            "component": "fc3",
            "props": {
                "region": "cn-hangzhou",
                "functionName": "guard",
                "handler": "index.handler",
                "instanceLifecycleConfig": {"initializer": {"handler": "index.initializer", "timeout": 10}},
                "runtime": "python3.10",
                "timeout": 10,
                "instanceConcurrency": 1,
                "role": "acs:ram::1:role/guard",
                "internetAccess": True,
                "environmentVariables": "${vars.settings}",
                "code": "./dist/function",
            },
        }
    },
}
_S_YAML["vars"]["code"] = "extension-4711"
_BOMB = b"".join(b"%c: &%c [%s]\n" % (n, n, b",".join([b"*%c" % (n - 1)] * 9)) for n in range(98, 110))
"""Each value is nine times the one before."""
Plant = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project without a mistake, as the current folder."""
    (tmp_path / "guarding").mkdir()
    (tmp_path / "guarding" / "__init__.py").write_text(_RULES, encoding="utf-8")
    lay_out(tmp_path / "dist" / "function", [tmp_path / "guarding"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    for name in ("EXPORTS_MAX_ROWS", "DATAWORKS_EXT_CODE", "DATAWORKS_EXT_APP"):
        monkeypatch.delenv(name, raising=False)
    write(_S_YAML)
    yield
    sys.modules.pop("guarding", None)


def write(s_yaml: dict[str, Any]) -> None:
    Path("s.yaml").write_text(json.dumps(s_yaml), encoding="utf-8")


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


def variables(**changes: object) -> Plant:
    return lambda s_yaml: s_yaml["vars"]["settings"].update(changes)


def trigger(**changes: object) -> Plant:
    config = {**_TRIGGER["triggerConfig"], **changes}
    return props(triggers=[{**_TRIGGER, "triggerConfig": config}])


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
    "several requests at once": (
        props(instanceConcurrency=10),
        *("concurrency", "warning", "with 10 requests at once an instance, a policy that is late cannot be stopped"),
    ),
    "no code of the extension": (
        variables(DATAWORKS_EXT_CODE=""),
        *("code", "problem", "DATAWORKS_EXT_CODE is not set"),
    ),
    "another region": (
        props(region="cn-hangzou"),
        *("region", "warning", "cn-hangzou is not among the regions where DataWorks has extensions; did you mean"),
    ),
    "a role by its name": (
        props(role="data-guard"),
        *("properties", "problem", "role should be an ARN, such as acs:ram::1234567890980001:role/data-guard"),
    ),
    "no role": (
        props(role=""),
        *("role", "problem", "the function has no role, so it cannot send replies through the OpenAPI; set one"),
    ),
    "no line for a role": (
        props(role=None),
        *("role", "problem", "the function has no role, so it cannot send replies through the OpenAPI; paste the line"),
    ),
    "no route to DataWorks": (
        props(internetAccess=False),
        *("network", "problem", "the function has no route to DataWorks"),
    ),
    "a trigger": (
        trigger(),
        *(
            "trigger",
            "warning",
            "a trigger listens to the bus default, and events of workspaces come by the",
        ),
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
    assert result.stdout.startswith("Passed: archive, code, concurrency, exemptions, handler, initializer, network,\n")


def test_how_full_the_room_for_variables_is_is_said() -> None:
    room = doctor().stdout.splitlines()[-1]
    assert re.fullmatch(r"Environment variables: \d+ of 4,096 bytes\.", room)


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


@pytest.mark.parametrize(
    ("planted", "text"),
    [
        (props(timeout="10"), "timeout should be a whole number; write 10, without quotes; it is '10'"),
        (props(timeout="soon"), "timeout should be a whole number; it is 'soon'"),
        (props(timeout=0), "timeout should be from 1 to 86400 seconds; it is 0"),
        (props(timeout=2.5), "timeout should be a whole number; it is 2.5"),
        (props(timeout=True), "timeout should be a whole number; it is true"),
        (props(memorySize="512"), "memorySize should be a whole number; write 512, without quotes; it is '512'"),
        (props(memorySize=100), "memorySize should be from 128 to 32768 MB; it is 100"),
        (props(memorySize=500), "memorySize should be a multiple of 64 MB; it is 500"),
        (props(memorySize=512, cpu=4), "memorySize should be from 4096 to 16384 MB for a cpu of 4; it is 512"),
        (props(cpu=0.02), "cpu should be from 0.05 to 16; it is 0.02"),
        (props(cpu=0.33), "cpu should be a multiple of 0.05; it is 0.33"),
        (props(diskSize=1024), "diskSize should be 512 or 10240; it is 1024"),
        (props(instanceConcurrency="1"), "instanceConcurrency should be a whole number; write 1, without quotes"),
        (props(internetAccess="true"), "internetAccess should be true or false; it is 'true'"),
        (props(description="x" * 257), "description should be a text of 256 characters at most"),
        (props(functionName="my guard"), "functionName should be 1 to 64 letters, digits, - and _"),
        (props(functionName=None), "functionName is missing, and the component needs it"),
        (props(region="Hangzhou"), "region should be a region, such as cn-hangzhou; it is 'Hangzhou'"),
        (props(memorysize=512), "memorysize is no property of the component; did you mean memorySize?"),
        (
            variables(EXPORTS_MAX_ROWS=5),
            "environmentVariables.EXPORTS_MAX_ROWS should be a text; write it in quotes: '5'",
        ),
        (variables(OTHER="x" * 4096), "environmentVariables have 4,1"),
        (trigger(triggerEnable="true"), "triggers, number 1: triggerConfig.triggerEnable should be true or false"),
        (trigger(runOptions=None), "triggers, number 1: triggerConfig.runOptions is missing"),
    ],
)
def test_what_the_platform_would_refuse_is_told(planted: Plant, text: str) -> None:
    s_yaml = json.loads(json.dumps(_S_YAML))
    planted(s_yaml)
    write(s_yaml)
    found = [told for check, level, told in findings() if (check, level) == ("properties", "problem")]
    assert len(found) == 1
    assert found[0].startswith(text)


@pytest.mark.parametrize(
    "planted", [props(memorySize=128, cpu=0.05), props(cpu=0.35, memorySize=512), props(description="", timeout=86_400)]
)
def test_what_the_platform_takes_is_not_told(planted: Plant) -> None:
    s_yaml = json.loads(json.dumps(_S_YAML))
    planted(s_yaml)
    write(s_yaml)
    assert findings() == []


def test_lines_to_paste_are_printed_for_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With them in s.yaml, nothing is missing any more."""
    s_yaml = json.loads(json.dumps(_S_YAML))
    without_setting(s_yaml)
    props(internetAccess=False, instanceLifecycleConfig=None, handler="app.main", role=None)(s_yaml)
    write(s_yaml)
    monkeypatch.setenv("FC_ROLE", "acs:ram::1:role/guard")
    lines = doctor().stdout.split("Lines for s.yaml, to paste:\n")[1]
    assert "EXPORTS_MAX_ROWS: ${env('EXPORTS_MAX_ROWS', '')}  # under vars.settings" in lines.splitlines()
    pasted = read_yaml("".join(line for line in lines.splitlines(keepends=True) if "MAX_ROWS" not in line)).value
    assert isinstance(pasted, dict)
    assert pasted.keys() == {"internetAccess", "instanceLifecycleConfig", "handler", "role"}
    s_yaml["vars"]["settings"]["EXPORTS_MAX_ROWS"] = "${env('EXPORTS_MAX_ROWS', '')}"
    props(**pasted)(s_yaml)
    write(s_yaml)
    assert findings() == []


def test_a_pattern_to_paste_is_the_right_one() -> None:
    s_yaml = json.loads(json.dumps(_S_YAML))
    pattern(type=[])(s_yaml)
    write(s_yaml)
    pasted = read_yaml(doctor().stdout.split("to paste:\n")[1]).value
    assert isinstance(pasted, dict)
    trigger(**pasted)(s_yaml)
    write(s_yaml)
    assert [level for _, level, _ in findings()] == ["warning"]


def test_the_extension_is_as_it_was_afterwards() -> None:
    """Who asks it next, in the same process, finds the settings of its own environment."""
    from guarding import extension  # type: ignore[import-not-found]  # the module is made by the fixture

    settings = extension.configuration.settings
    assert doctor().exit_code == 0
    assert extension.configuration.settings is settings


def test_an_outcome_that_is_not_returned_is_found() -> None:
    for folder in (Path("guarding"), Path("dist/function/guarding")):
        (folder / "__init__.py").write_text(_RULES.replace("    return None\n", "    deny('No.')\n    return None\n"))
    [(check, level, text)] = findings()
    assert (check, level) == ("returns", "problem")
    assert text.endswith("deny(…) is not returned, so it decides nothing; write return deny(…)")


def test_settings_that_will_not_hold_for_long_warn() -> None:
    """Settings say so themselves."""
    rules = _RULES.replace(
        "    max_rows: int = 10\n",
        "    max_rows: int = 10\n\n    def warnings(self, now):\n        return [f'a list ends in {now.year + 1}']\n",
    )
    for folder in (Path("guarding"), Path("dist/function/guarding")):
        (folder / "__init__.py").write_text(rules, encoding="utf-8")
    [(check, level, text)] = findings()
    assert (check, level) == ("settings", "warning")
    assert text.startswith("exports: a list ends in 20")


@pytest.mark.parametrize("name", ["dataworks_ext/function.py", "dataworks_ext/gone.py"])
def test_a_package_of_another_framework_is_found(name: str) -> None:
    Path("dist/function", name).write_text("other = True\n")
    [(check, level, text)] = findings()
    assert (check, level) == ("package", "problem")
    assert f"is out of date: {name} changed" in text


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
    props(role=None, internetAccess=False)(s_yaml)
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
    [passed] = [line for line in result.stdout.splitlines() if line.startswith("Passed: ")]
    assert "role" not in passed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("resources: [", "s.yaml, line 1: this is not YAML"),
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


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xff\xfe\x00", "odd.yaml is not UTF-8; save it as UTF-8"),
        ("# 数据下载\nresources: {}".encode("gbk"), "odd.yaml is GBK; save it as UTF-8"),
        (b"a: &a [x,x]\n" + _BOMB, "odd.yaml, line 6: this is more than 100,000 values, those of aliases included"),
        (b"a: &a [*a]", "odd.yaml, line 1: this holds itself"),
    ],
)
def test_an_error_says_what_is_wrong_with_the_file(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "odd.yaml").write_bytes(data)
    with pytest.raises(SYamlError, match=re.escape(text)):
        read_s_yaml(tmp_path / "odd.yaml", {})


@pytest.mark.parametrize("component", ["fc3", "fc3@0.1.2", "fc3@dev"])
def test_the_component_may_have_a_version(component: str) -> None:
    s_yaml = json.loads(json.dumps(_S_YAML))
    s_yaml["resources"]["guard"]["component"] = component
    write(s_yaml)
    assert findings() == []


def test_what_an_anchor_brings_is_there() -> None:
    Path("s.yaml").write_text(
        "common: &common {runtime: python3.10, timeout: 5}\n"
        "resources: {guard: {component: fc3, props: {<<: *common, timeout: 10}}}\n"
    )
    assert read_s_yaml(Path("s.yaml"), {}).props == {"runtime": "python3.10", "timeout": 10}
