"""Pictures show what really happens, load nothing, and are all on a page."""

from __future__ import annotations

import re

import pytest

from website.pictures import ASSETS, TERMINALS, Terminal, drawn, output_of, text_of
from website.refusal import LANGUAGES, refusal, reply

from .pages import PAGES, ROOT


def _read(name: str) -> str:
    return (ASSETS / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("terminal", [one for one in TERMINALS if one.quick], ids=lambda one: one.name)
def test_a_terminal_shows_what_the_command_prints(terminal: Terminal) -> None:
    """`make pictures` draws it. The text counts, since Rich may draw it otherwise in another version."""
    assert text_of(_read(f"terminal-{terminal.name}")) == text_of(drawn(terminal, output_of(terminal)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_shows_the_text_of_the_reply(language: str) -> None:
    """Every word of it."""
    assert _read(f"refusal-{language}") == refusal(language)
    shown = text_of(refusal(language)).replace(" ", "")
    assert all(line.replace(" ", "") in shown for line in reply(language).split("\n"))


def test_pictures_load_nothing() -> None:
    """They name no address but that of SVG itself."""
    loaded = {
        path.name: re.findall(r"""(?:href|src|url)\W+https?:""", _read(path.stem)) for path in ASSETS.glob("*.svg")
    }
    assert {name: found for name, found in loaded.items() if found} == {}


def test_every_picture_is_on_a_page() -> None:
    pages = [*PAGES, ROOT / "README.md", ROOT / "README.zh-CN.md"]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [path.name for path in sorted(ASSETS.iterdir()) if f"assets/{path.name})" not in text] == []
