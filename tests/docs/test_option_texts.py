"""Every text of the command's help has its Chinese on the page of options."""

from __future__ import annotations

import pytest

from website.options_page import main, page
from website.translation import OPTIONS, Chinese


@pytest.fixture
def chinese() -> Chinese:
    """What was asked for by the page."""
    asked = Chinese(OPTIONS)
    page("zh", asked)
    return asked


def test_every_text_has_its_chinese(chinese: Chinese) -> None:
    """`python -m website.options_page --missing` prints those that have none."""
    assert chinese.missing == []


def test_the_catalogue_has_no_text_that_is_gone(chinese: Chinese) -> None:
    assert chinese.unused == []


def test_missing_texts_are_printed_for_the_catalogue(capsys: pytest.CaptureFixture[str], chinese: Chinese) -> None:
    assert main(["--missing"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(chinese.missing)
