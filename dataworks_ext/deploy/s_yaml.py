"""`s.yaml`, as Serverless Devs reads it for Function Compute 3.0.

Source: Serverless Devs, "fc3" component: `${env('NAME', 'default')}` and `${vars.name}` stand for values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ..testing.cases.document import LineError, read_yaml
from ..testing.cases.saved import SavedError, read_text

_ENVIRONMENT: Final = re.compile(r"""\$\{\s*env\(\s*['"](\w+)['"]\s*(?:,\s*['"]([^'"]*)['"]\s*)?\)\s*\}""")
_COMPONENT: Final = re.compile(r"fc3(?:@\S+)?")
"""The component, with or without a version: `fc3@0.1.2`."""
_VARIABLE: Final = re.compile(r"\$\{\s*vars\.([\w.]+)\s*\}")


class SYamlError(ValueError):
    """A file that describes no function. The text says what was expected, and where."""


class Manifest(NamedTuple):
    """What `s.yaml` says of one function."""

    resource: str
    """Its name among the resources."""
    props: Mapping[str, object]
    """Its properties, with what variables stand for."""
    code: Path | None
    """The folder that is deployed; None if the code is elsewhere."""
    variables_at: str = "environmentVariables"
    """Where the file has the function's environment variables: `vars.settings`."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The function's environment variables that have a value."""
        variables = self.props.get("environmentVariables")
        found = variables if isinstance(variables, Mapping) else {}
        return {str(name): str(value) for name, value in found.items() if value not in (None, "")}

    @property
    def offered(self) -> frozenset[str]:
        """The names of the function's environment variables, with and without a value."""
        variables = self.props.get("environmentVariables")
        return frozenset(map(str, variables)) if isinstance(variables, Mapping) else frozenset()


def read_s_yaml(file: Path, environment: Mapping[str, str]) -> Manifest:
    """The first function of component fc3 in the file, with the environment's values.

    Raises:
        SYamlError: There is none, or the file is no YAML.
    """
    try:
        parsed = _merged(read_yaml(read_text(file)).value)
    except SavedError as error:
        raise SYamlError(f"{file} {error}") from None
    except LineError as error:
        raise SYamlError(f"{file}, line {error.line}: {error}") from None
    resources, variables_of_file = None, None
    if isinstance(parsed, dict):
        resources, variables_of_file = parsed.get("resources"), parsed.get("vars")
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and _COMPONENT.fullmatch(str(resource.get("component"))):
            props = _resolved(resource.get("props"), variables_of_file, environment)
            if not isinstance(props, dict):
                raise SYamlError(f"{file}: resources.{name} has no props")
            written = resource.get("props")
            variables = written.get("environmentVariables") if isinstance(written, dict) else None
            named = _VARIABLE.fullmatch(variables.strip()) if isinstance(variables, str) else None
            place = f"vars.{named[1]}" if named else f"resources.{name}.props.environmentVariables"
            return Manifest(str(name), props, _folder(file, props.get("code")), place)
    raise SYamlError(f"{file} has no resource of component fc3 under resources")


def _merged(value: object) -> object:
    """The value with what `<<` brings, as YAML 1.1 has it and Serverless Devs takes it."""
    if isinstance(value, list):
        return [_merged(item) for item in value]
    if not isinstance(value, dict):
        return value
    own = {name: _merged(item) for name, item in value.items() if name != "<<"}
    brought = _merged(value.get("<<"))
    for more in brought if isinstance(brought, list) else [brought]:
        own = {**more, **own} if isinstance(more, dict) else own
    return own


def _folder(file: Path, code: object) -> Path | None:
    return file.parent / code if isinstance(code, str) else None


def _resolved(value: object, variables: object, environment: Mapping[str, str], depth: int = 0) -> object:
    """The value with what `${…}` stands for. What refers to itself stays as it is."""
    if isinstance(value, dict):
        return {key: _resolved(item, variables, environment, depth) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, variables, environment, depth) for item in value]
    if not isinstance(value, str) or depth > 10:
        return value
    reference = _VARIABLE.fullmatch(value.strip())
    if reference:
        return _resolved(_looked_up(variables, reference[1]), variables, environment, depth + 1)

    def look_up(found: re.Match[str]) -> str:
        return str(_resolved(_looked_up(variables, found[1]), variables, environment, depth + 1))

    return _VARIABLE.sub(look_up, _ENVIRONMENT.sub(lambda found: environment.get(found[1], found[2] or ""), value))


def _looked_up(variables: object, path: str) -> object:
    for step in path.split("."):
        variables = variables.get(step) if isinstance(variables, Mapping) else None
    return variables
