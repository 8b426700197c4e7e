"""What the properties of a function may be: their types, their ranges and the platform's limits.

Source: the schema of the fc3 component of Serverless Devs; Function Compute 3.0, "Limits", "Instance specifications".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

MOST_VARIABLES: Final = 4096
"""Bytes of the names and values of all environment variables together."""
_MEGABYTES_PER_CPU: Final = (1024, 4096)
"""A CPU has between one and four gigabytes."""


class NumberRule(NamedTuple):
    """A property that is a number."""

    least: float
    most: float
    step: float = 1
    unit: str = ""

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty if nothing is."""
        whole = float(self.step).is_integer()
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and not isinstance(value, int)):
            written = _number_in(value)
            hint = f"; write {written}, without quotes" if written else ""
            return f"should be a {'whole ' if whole else ''}number{hint}"
        if not self.least <= value <= self.most:
            return f"should be from {self.least:g} to {self.most:g}{self.unit}"
        steps = value / self.step
        return "" if abs(steps - round(steps)) < 1e-6 else f"should be a multiple of {self.step:g}{self.unit}"


class TextRule(NamedTuple):
    """A property that is a text."""

    pattern: str = r"(?s).*"
    expected: str = ""

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty if nothing is."""
        if not isinstance(value, str):
            return f"should be a text; write it in quotes: '{value}'" if isinstance(value, (int, float)) else _A_TEXT
        return "" if re.fullmatch(self.pattern, value) else f"should be {self.expected}"


class ChoiceRule(NamedTuple):
    """A property with some values only."""

    values: tuple[object, ...]

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty if nothing is."""
        if any(value is one or (value == one and type(value) is type(one)) for one in self.values):
            return ""
        return f"should be {' or '.join(map(_written, self.values))}"


class GroupRule(NamedTuple):
    """A property with names inside."""

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty if nothing is."""
        return "" if isinstance(value, Mapping) else "should have names and values inside"


class ListRule(NamedTuple):
    """A property that is a list."""

    def problem(self, value: object) -> str:
        """What is wrong with a value; empty if nothing is."""
        return "" if isinstance(value, list) else "should be a list"


PropertyRule = NumberRule | TextRule | ChoiceRule | GroupRule | ListRule
_A_TEXT: Final = "should be a text"
_BOOLEAN: Final = ChoiceRule((True, False))
_NAME: Final = TextRule(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", "1 to 64 letters, digits, - and _, no digit or - first")
_HANDLER: Final = TextRule(r"[\w.-]+\.\w+", "a module and a function in it, such as index.handler")
REGIONS: Final = (
    *("cn-beijing", "cn-hangzhou", "cn-shanghai", "cn-shenzhen", "cn-zhangjiakou", "cn-chengdu", "cn-hongkong"),
    *("ap-southeast-1", "ap-northeast-1", "us-west-1", "us-east-1", "eu-central-1"),
)
"""Where DataWorks has extensions (DataWorks, "Extensions overview")."""
REQUIRED: Final = ("region", "functionName", "runtime", "handler", "code")
PROPERTIES: Final[Mapping[str, PropertyRule]] = {
    "region": TextRule(r"[a-z]+(?:-[a-z0-9]+)+", "a region, such as cn-hangzhou"),
    "functionName": _NAME,
    "description": TextRule(r"(?s).{0,256}", "a text of 256 characters at most"),
    "runtime": TextRule(),
    "handler": _HANDLER,
    "cpu": NumberRule(0.05, 16, 0.05),
    "memorySize": NumberRule(128, 32_768, 64, " MB"),
    "diskSize": ChoiceRule((512, 10_240)),
    "timeout": NumberRule(1, 86_400, 1, " seconds"),
    "instanceConcurrency": NumberRule(1, 200),
    "internetAccess": _BOOLEAN,
    "role": TextRule(r"(?:acs:ram::\d+:role/[\w.-]+)?", "an ARN, such as acs:ram::1234567890980001:role/data-guard"),
    "environmentVariables": GroupRule(),
    "instanceLifecycleConfig": GroupRule(),
    "instanceLifecycleConfig.initializer": GroupRule(),
    "instanceLifecycleConfig.initializer.handler": _HANDLER,
    "instanceLifecycleConfig.initializer.timeout": NumberRule(1, 300, 1, " seconds"),
    "triggers": ListRule(),
}
"""By the path of names. A text may be empty only where `REQUIRED` does not name it."""
TRIGGER: Final[Mapping[str, PropertyRule]] = {
    "triggerName": TextRule(r"[A-Za-z_][A-Za-z0-9_-]{0,127}", "1 to 128 letters, digits, - and _"),
    "triggerType": TextRule(r".+", "a type, such as eventbridge"),
    "triggerConfig": GroupRule(),
}
TRIGGER_CONFIG: Final[Mapping[str, PropertyRule]] = {
    "triggerEnable": _BOOLEAN,
    "asyncInvocationType": _BOOLEAN,
    "eventRuleFilterPattern": TextRule(),
    "eventSourceConfig": GroupRule(),
    "eventSinkConfig": GroupRule(),
    "runOptions": GroupRule(),
}
"""Of a trigger of EventBridge; all of them are required."""
_OTHERS: Final = (
    *("asyncInvokeConfig", "code", "concurrencyConfig", "customContainerConfig", "customDNS", "customRuntimeConfig"),
    *("disableOndemand", "gpuConfig", "layers", "logConfig", "nasConfig", "ossMountConfig", "provisionConfig"),
    *("resourceGroupId", "scalingConfig", "sessionAffinity", "tags", "vpcBinding", "vpcConfig"),
)


def property_problems(props: Mapping[str, object]) -> Iterator[str]:
    """What the platform, or the component that deploys, would refuse of a function's properties, a sentence each."""
    for name in REQUIRED:
        if props.get(name) in (None, ""):
            yield f"{name} is missing, and the component needs it"
    for path, kind in PROPERTIES.items():
        found = _at(props, path)
        if found is not None and (problem := kind.problem(found)) and not (found == "" and path in REQUIRED):
            yield f"{path} {problem}; it is {_written(found)}"
    for name in props:
        near = get_close_matches(name, [*PROPERTIES, *_OTHERS], n=1, cutoff=0.8)
        if name not in PROPERTIES and name not in _OTHERS and near:
            yield f"{name} is no property of the component; did you mean {near[0]}?"
    yield from _cpu_problems(props)
    yield from _variable_problems(props)
    triggers = props.get("triggers")
    for number, trigger in enumerate(triggers if isinstance(triggers, list) else (), 1):
        yield from _trigger_problems(f"triggers, number {number}", trigger)


def _cpu_problems(props: Mapping[str, object]) -> Iterator[str]:
    """The component has its own defaults for one of them without the other."""
    cpu, memory = props.get("cpu"), props.get("memorySize")
    if any(PROPERTIES[name].problem(value) for name, value in (("cpu", cpu), ("memorySize", memory))):
        return
    assert isinstance(cpu, (int, float))
    assert isinstance(memory, int)
    least, most = _MEGABYTES_PER_CPU
    if not least * cpu - 64 < memory < most * cpu + 64:
        yield f"memorySize should be from {least * cpu:g} to {most * cpu:g} MB for a cpu of {cpu:g}; it is {memory}"


def _variable_problems(props: Mapping[str, object]) -> Iterator[str]:
    variables = props.get("environmentVariables")
    if not isinstance(variables, Mapping):
        return
    for name, value in variables.items():
        if problem := TextRule().problem(value):
            yield f"environmentVariables.{name} {problem}"
    size = variables_size(props)
    if size > MOST_VARIABLES:
        yield (
            f"environmentVariables have {size:,} bytes, names and values together, and a function may have "
            f"{MOST_VARIABLES:,}; put long lists into the code"
        )


def variables_size(props: Mapping[str, object]) -> int:
    """Bytes of the names and values of a function's environment variables."""
    variables = props.get("environmentVariables")
    return sum(size_of_variable(*item) for item in variables.items()) if isinstance(variables, Mapping) else 0


def size_of_variable(name: object, value: object) -> int:
    """Bytes of a variable's name and value."""
    return len(f"{name}{value}".encode(errors="replace"))


def _trigger_problems(where: str, trigger: object) -> Iterator[str]:
    if not isinstance(trigger, Mapping):
        yield f"{where}, {GroupRule().problem(trigger)}"
        return
    for name, kind in TRIGGER.items():
        if problem := kind.problem(trigger.get(name)) if trigger.get(name) is not None else "is missing":
            yield f"{where}: {name} {problem}"
    config = trigger.get("triggerConfig")
    if trigger.get("triggerType") != "eventbridge" or not isinstance(config, Mapping):
        return
    for name, kind in TRIGGER_CONFIG.items():
        if problem := kind.problem(config.get(name)) if config.get(name) is not None else "is missing":
            yield f"{where}: triggerConfig.{name} {problem}"


def _at(props: Mapping[str, object], path: str) -> object:
    found: object = props
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _number_in(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if re.fullmatch(r"\d+(?:\.\d+)?", text) else ""


def _written(value: object) -> str:
    """As YAML has it, and short."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value[:60]}'" if isinstance(value, str) else str(value)[:60]
