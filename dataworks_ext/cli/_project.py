"""The files of a new project: templates, with the words and parts of the project in their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from .. import __version__
from ._starter import DIRECT, StarterRule, case_file, policies_module, tests_module
from ._vendoring import Vendored, vendored

_TEMPLATES: Final = Path(__file__).with_name("project")
_PARTS: Final = Path(__file__).with_name("project_parts")
"""Texts that only some projects have."""
_SUFFIX: Final = ".template"
DOWNLOADS: Final = ("download-resources", "download-resources-execute")
"""The events of the pack that a project has where no others are asked for."""
_HOW_TO_CHANGE: Final = "# Once your package index has it, delete vendor/ and write: {}\n"
_ANSWERING: Final = """\
    DATAWORKS_EXT_CODE: ${env('DATAWORKS_EXT_CODE', '')}
    DATAWORKS_EXT_REGION: ${env('DATAWORKS_EXT_REGION', '')}
"""
_ROLE: Final = "      role: ${env('FC_ROLE', '')}  # it may call the OpenAPI of DataWorks\n"
_INTERNET: Final = "      internetAccess: true  # replies are calls; a VPC with a route to DataWorks does as well\n"


class Choice(NamedTuple):
    """What a project is made of."""

    name: str
    pack: str
    rules: list[StarterRule]
    """Of the events that were asked for; none for a pack about downloads."""


def contents_of(choice: Choice) -> dict[str, bytes]:
    """What each file of the project holds, by its path."""
    pack, rules = choice.pack, choice.rules
    wheel = vendored()
    words = _words(choice, wheel)
    templates = sorted(path for path in _TEMPLATES.rglob(f"*{_SUFFIX}") if path.is_file())
    contents = {
        _path(template.relative_to(_TEMPLATES), pack): _filled(template.read_text(encoding="utf-8"), words).encode()
        for template in templates
    }
    if rules:
        contents[f"policies/{pack}.py"] = policies_module(pack, rules).encode()
        contents[f"tests/test_{pack}.py"] = tests_module(pack, rules).encode()
        contents[f"cases/{pack}.yaml"] = case_file(pack, rules).encode()
    if wheel:
        contents[wheel.path] = wheel.content
        contents["vendor/requirements.txt"] = f"{wheel.hashed}\n".encode()
    return contents


def _words(choice: Choice, wheel: Vendored | None) -> dict[str, str]:
    """What stands for each word in angle brackets."""
    pack, rules = choice.pack, choice.rules
    events = [rule.code for rule in rules] or list(DOWNLOADS)
    called = [rule for rule in rules if rule.entry.module != DIRECT]
    variables = [f"{pack}_{rule.setting}".upper() for rule in rules] or [f"{pack}_max_rows".upper()]
    value = "200000" if not rules or rules[0].limit else "1,2"
    offered = [f"    {variable}: ${{env('{variable}', '')}}\n" for variable in variables]
    framework = f"dataworks-ext[cli,test]>={__version__}"
    return {
        "<name>": choice.name,
        "<extension>": choice.name.lower(),
        "<pack>": pack,
        "<PACK>": pack.upper(),
        "<rule>": rules[0].name if rules else "row_limit",
        "<event>": events[0],
        "<try>": f"{variables[0]}={value} make run\nmake run EVENT={events[-1]}",
        "<settings>": "".join(offered),
        "<answering>": _ANSWERING if called else "",
        "<role>": _ROLE if called else "",
        "<internet>": _INTERNET if called else "",
        "<reaching>": _reaching(direct=len(called) < len(events), called=bool(called)),
        "<framework>": f"{_HOW_TO_CHANGE.format(framework)}{wheel.requirement}\n" if wheel else f"{framework}\n",
        "<vendored>": _part("vendored.md").replace("<requirement>", framework) if wheel else "",
    }


def _reaching(*, direct: bool, called: bool) -> str:
    parts = (_part("direct.md") if direct else "", _part("eventbridge.md") if called else "")
    return "\n".join(part for part in parts if part)


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _path(template: Path, pack: str) -> str:
    """The path in the project: `dot-` is a dot, and `PACK` the pack. No tool takes a template for its own file."""
    return re.sub(r"(^|/)dot-", r"\1.", template.as_posix().removesuffix(_SUFFIX)).replace("PACK", pack)


def _filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], template)
