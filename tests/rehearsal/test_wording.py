"""Every text of a report is written in English and in Chinese."""

from __future__ import annotations

from typing import Final, get_args

from dataworks_ext.rehearsal.wording import WORDING, Wording
from dataworks_ext.texts import Language
from tests.test_languages import CHINESE, problems_of_chinese, values_in

_PUNCTUATION: Final = ("colon", "comma", "parentheses")


def test_every_text_of_a_rehearsal_is_in_both_languages() -> None:
    assert set(WORDING) == set(get_args(Language))
    for name in set(Wording._fields) - {"reasons", *_PUNCTUATION}:
        text, translated = (str(getattr(WORDING[language], name)) for language in get_args(Language))
        assert values_in(text) == values_in(translated), name
        assert not CHINESE.search(text), name
        assert list(problems_of_chinese(translated.replace("{name}", "数"))) == [], name


def test_the_reasons_of_a_rehearsal_are_chinese() -> None:
    assert [problem for text in WORDING["zh"].reasons.values() for problem in problems_of_chinese(text)] == []
