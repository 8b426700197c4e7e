"""Every text of the command's help and of the Python API has its Chinese on its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from website import api_pages, options_page
from website.translation import API, OPTIONS, Chinese

Main = Callable[[Sequence[str]], int]


@pytest.fixture(params=["options", "api"])
def asked(request: pytest.FixtureRequest) -> tuple[Chinese, Main]:
    """What was asked for by the pages, and the command that writes them."""
    if request.param == "options":
        chinese = Chinese(OPTIONS)
        options_page.page("zh", chinese)
        return chinese, options_page.main
    chinese = Chinese(API)
    api_pages.pages("zh", chinese)
    return chinese, api_pages.main


def test_every_text_has_its_chinese(asked: tuple[Chinese, Main]) -> None:
    """`--missing` prints those that have none."""
    assert asked[0].missing == []


def test_the_catalogue_has_no_text_that_is_gone(asked: tuple[Chinese, Main]) -> None:
    assert asked[0].unused == []


def test_missing_texts_are_printed_for_the_catalogue(
    capsys: pytest.CaptureFixture[str], asked: tuple[Chinese, Main]
) -> None:
    chinese, main = asked
    assert main(["--missing"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(chinese.missing)
