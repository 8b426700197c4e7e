"""Every text that a person may see is written in English and in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Final, get_args

import pytest

from dataworks_ext.cli._starter import policies_module, rules_of
from dataworks_ext.texts import TEXTS, Language

ROOT: Final = Path(__file__).parent.parent
PROJECT: Final = ROOT / "dataworks_ext" / "cli" / "project"
SOURCES: Final = {
    **{str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("policies/**/*.py"))},
    **{
        path.name: path.read_text(encoding="utf-8").replace("<pack>", "pack").replace("<extension>", "extension")
        for path in sorted(PROJECT.rglob("*.py.template"))
    },
}
CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_HALF_WIDTH: Final = re.compile(r"[\u4e00-\u9fff][,;:!?()]|[,;!?(][\u4e00-\u9fff]")
"""Punctuation of English beside a Chinese character."""
_TIGHT: Final = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9{]|[A-Za-z0-9}][\u4e00-\u9fff]")
"""A word or number without a space between it and a Chinese character."""
_MAKERS: Final = ("allow", "warn", "deny", "object_")


def problems_of(source: str) -> Iterator[str]:
    """What is wrong with the texts of a module, by line."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _MAKERS):
            continue
        chinese = next((keyword.value for keyword in call.keywords if keyword.arg == "zh"), None)
        if not call.args or chinese is None:
            yield f"line {call.lineno}: {call.func.id}() has a text in one language only"
        else:
            yield from (f"line {call.lineno}: {problem}" for problem in _differences(call.args[0], chinese))


def _differences(english: ast.expr, chinese: ast.expr) -> Iterator[str]:
    if CHINESE.search(_written(english)):
        yield "the first text is not English"
    yield from problems_of_chinese(_written(chinese))


def problems_of_chinese(text: str) -> Iterator[str]:
    """What is wrong with a Chinese text."""
    if not CHINESE.search(text):
        yield f"no Chinese: {text}"
    for pattern, what in ((_HALF_WIDTH, "punctuation that is not full-width"), (_TIGHT, "no space")):
        if found := pattern.search(text):
            yield f"{what} at {found[0]!r} in {text}"


def _written(text: ast.expr) -> str:
    """What is literally there, with {} for each value."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    assert isinstance(text, ast.JoinedStr), f"line {text.lineno}: write the text where it is used"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else _filler(part) for part in text.values)


def _filler(part: ast.expr) -> str:
    """A date in Chinese ends with a Chinese character, and lists of names do not matter."""
    return "日" if "chinese_" in ast.unparse(part) else "{}"


@pytest.mark.parametrize("name", SOURCES)
def test_every_text_of_the_packs_is_in_both_languages(name: str) -> None:
    assert list(problems_of(SOURCES[name])) == []


def test_every_text_that_a_new_project_begins_with_is_in_both_languages() -> None:
    assert list(problems_of(policies_module("pack", rules_of(["backfill-data", "delete-project"])))) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ('deny("No.")', "has a text in one language only"),
        ('warn(zh="不行。")', "has a text in one language only"),
        ('deny("不行。", zh="不行。")', "the first text is not English"),
        ('deny("No.", zh="No.")', "no Chinese: No."),
        ('deny("No.", zh=f"{name}不行,请重试")', "punctuation that is not full-width"),
        ('deny("No.", zh=f"上限为{limit} 行。")', "no space at '为{'"),
    ],
)
def test_what_is_missing_is_found(source: str, problem: str) -> None:
    assert problem in "; ".join(problems_of(source))


def test_every_text_of_the_framework_is_in_both_languages() -> None:
    assert set(TEXTS) == set(get_args(Language))
    english, chinese = TEXTS["en"], TEXTS["zh"]
    for name, text, translated in zip(english._fields, english, chinese, strict=True):
        assert values_in(text) == values_in(translated), name
        assert not CHINESE.search(text), name
        assert list(problems_of_chinese(translated.replace("{day}", "日"))) == [], name


def values_in(text: str) -> set[str]:
    """The names of the values that a format string takes."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}
