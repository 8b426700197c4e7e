"""The pages name everything that people can name: names, commands, options, variables, keys. It finds what is missing.

What there is comes from the code and from what examples import, never from a list here. Error texts have a page of
their own: `test_error_page.py`.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from dataworks_ext.settings import variable_of
from policies import extension
from website.api_contents import INSIDE
from website.api_pages import pages as api_pages
from website.options_page import commands, options
from website.options_page import page as options_page

from .pages import DOCS, LANGUAGES, PAGES, ROOT, blocks

_PACKAGE: Final = ROOT / "dataworks_ext"
_VARIABLE: Final = re.compile(r"(?:DATAWORKS_EXT|FC|ALIBABA_CLOUD|EVENTBRIDGE)_[A-Z][A-Z_]*[A-Z]\Z")
_PACKAGES: Final = ("events", "local", "sql", "testing")
_MACHINERY: Final = {"TYPE_CHECKING", "Final", "annotations", "names_on_demand"}
"""What a package imports for itself."""
_OF_THE_PLATFORM: Final = {"FC_FUNC_CODE_PATH", "FC_SERVER_PATH"}
"""What Function Compute sets in an instance, for the framework and for nobody else."""


def _text(language: str) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / language).rglob("*.md")))


def _imported() -> Iterator[tuple[str, str]]:
    """What an example, a page or a new project imports of the framework, as module and name."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "policies").glob("*.py")]
    sources += [block.text for page in PAGES for block in blocks(page) if block.language == "python"]
    sources += [path.read_text(encoding="utf-8") for path in (_PACKAGE / "cli" / "project").rglob("*.py.template")]
    for source in sources:
        for found in re.finditer(r"^ *from (dataworks_ext[\w.]*) import ([\w, ]+|\([\w,\s]+\))", source, re.MULTILINE):
            yield from ((found[1], name) for name in re.findall(r"\w+", found[2]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_the_api_are_current(language: str) -> None:
    """`make docs` writes them."""
    folder = DOCS / language / "api"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == api_pages(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_options_is_current(language: str) -> None:
    """`make docs` writes it."""
    assert (DOCS / language / "options.md").read_text(encoding="utf-8") == options_page(language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("package", ["dataworks_ext", *(f"dataworks_ext.{one}" for one in _PACKAGES)])
def test_the_reference_has_what_a_package_exports(package: str, language: str) -> None:
    """Every name that can be imported from it: it has a heading, or a row or a link of the pages about events."""
    module = importlib.import_module(package)
    listed: list[str] = getattr(module, "__all__", None) or [name for name in dir(module) if name not in _MACHINERY]
    names = [name for name in listed if not name.startswith("_") and not isinstance(getattr(module, name), ModuleType)]
    assert names
    text = _text(language)
    assert [name for name in names if not re.search(rf"^#+ {name}$|`{name}`|\[{name}\]\(", text, re.MULTILINE)] == []


def test_what_is_left_out_of_the_api_exists() -> None:
    """A method that is gone would hide a public one of the same name."""
    for name in INSIDE:
        owner, _, method = name.partition(".")
        assert any(method in vars(found) for found in _classes(owner)), name


def _classes(name: str) -> Iterator[type]:
    for package in ("dataworks_ext", "dataworks_ext.events", "dataworks_ext.local"):
        found = getattr(importlib.import_module(package), name, None)
        if isinstance(found, type):
            yield found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_describes_what_examples_import(language: str) -> None:
    """A name that a page or a policy needs is no private one."""
    imported = sorted(set(_imported()))
    assert ("dataworks_ext", "PolicyPack") in imported
    text = _text(language)
    assert [
        name for name in imported if not re.search(rf"`{name[1]}`|import {name[1]}$|# {name[1]}$", text, re.MULTILINE)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_has_every_command_and_option(language: str) -> None:
    """Each subcommand, and each option by its long name."""
    text = _text(language)
    names = [f"`{word}`" for command in commands() for word in command.split()]
    names += [
        name
        for command in commands().values()
        for option in options(command)
        for name in re.findall(r"--[\w-]+", option)
    ]
    assert "--max-newly-denied" in names
    assert [name for name in dict.fromkeys(names) if name not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_has_every_variable(language: str) -> None:
    """Those that the code reads, those of `s.yaml`, and the settings of the example."""
    found = {*_variables()}
    found |= set(re.findall(r"env\('(\w+)'", (ROOT / "s.yaml").read_text(encoding="utf-8")))
    found |= {variable_of(pack.name, field) for pack in extension.packs for field in pack.settings_class.model_fields}
    assert "DATAWORKS_EXT_ARCHIVE_WITHOUT" in found
    assert sorted(_missing(found - _OF_THE_PLATFORM, _text(language))) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("module", "page"), [("record.py", "record.md"), ("archive/line.py", "archive.md"), ("lines.py", "record.md")]
)
def test_the_reference_has_every_key(module: str, page: str, language: str) -> None:
    """Of a record and of an archived line: the keys that the code writes."""
    keys = set(_keys(_PACKAGE / module))
    assert keys
    assert sorted(_missing(keys, (DOCS / language / page).read_text(encoding="utf-8"))) == []


def _missing(names: Iterable[str], text: str) -> Iterator[str]:
    """Those that stand nowhere as code, `name` or `NAME=value`, nor as a key, "name"."""
    return (name for name in names if not re.search(rf"[`\"\s]{re.escape(name)}[`\"=:]", text))


@cache
def _variables() -> frozenset[str]:
    """The texts of all modules that could be names of variables."""
    modules = (ast.parse(path.read_text(encoding="utf-8")) for path in _PACKAGE.rglob("*.py"))
    texts = (node.value for module in modules for node in ast.walk(module) if isinstance(node, ast.Constant))
    return frozenset(text for text in texts if isinstance(text, str) and _VARIABLE.match(text))


def _keys(path: Path) -> Iterator[str]:
    """The keys of dictionaries that a module writes, and the words that it passes to `note`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            yield from (str(key.value) for key in node.keys if isinstance(key, ast.Constant) and key.value)
        elif (
            isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant)
        ):
            yield str(node.slice.value)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("note", "_unread")
        ):
            yield from (word.arg for word in node.keywords if word.arg)
