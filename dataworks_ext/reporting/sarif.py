"""SARIF 2.1.0, as code review shows it: findings at the lines of files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
SarifLevel = Literal["error", "warning", "note"]


class SarifResult(NamedTuple):
    """One finding."""

    rule: str
    """What was found: the id of a policy, or of a kind of problem."""
    level: SarifLevel
    text: str
    file: str = ""
    """Relative to the current folder where it is below that; empty for nowhere."""
    line: int = 0
    """From 1 on; 0 for the whole file."""


def sarif_document(
    command: str,
    results: Sequence[SarifResult],
    rules: Sequence[str] | None = None,
    properties: Mapping[str, object] | None = None,
) -> str:
    """The JSON of one run.

    Args:
        command: The subcommand that found it.
        results: What it found.
        rules: What it looked for; by default the rules that have results.
        properties: Of the run.
    """
    if rules is None:
        rules = list(dict.fromkeys(result.rule for result in results))
    driver = {
        "name": f"dataworks-ext {command}",
        "version": version("dataworks-ext"),
        "informationUri": "https://pypi.org/project/dataworks-ext/",
        "rules": [{"id": rule, "name": rule} for rule in rules],
    }
    run: dict[str, object] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": list(map(_as_json, results)),
    }
    if properties:
        run["properties"] = properties
    text = json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)
    return text.encode(errors="replace").decode() + "\n"  # a lone surrogate has no place in UTF-8


def _as_json(result: SarifResult) -> dict[str, object]:
    made: dict[str, object] = {"ruleId": result.rule, "level": result.level, "message": {"text": result.text}}
    if result.file:
        place: dict[str, object] = {"artifactLocation": _location(result.file)}
        if result.line:
            place["region"] = {"startLine": result.line}
        made["locations"] = [{"physicalLocation": place}]
    return made


def _location(file: str) -> dict[str, object]:
    path = Path(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}
