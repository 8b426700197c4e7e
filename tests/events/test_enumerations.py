"""The words of event fields."""

from __future__ import annotations

import pytest

from dataworks_ext.events import (
    ConflictMode,
    ModuleType,
    OptTableType,
    TargetEngineType,
    UploadDataToTable,
    UploadSourceType,
    WriteType,
    read_event,
)
from dataworks_ext.events.enumerations import Word
from dataworks_ext.testing import sample_payload

_WORDS: dict[type[Word], list[str]] = {
    ModuleType: ["entity_transfer", "develop_query", "sqlx_query", "dw_excel"],
    UploadSourceType: ["LOCAL", "OSS", "DW_EXCEL", "HTTP"],
    OptTableType: ["CREATE", "IMPORT"],
    TargetEngineType: ["MAXCOMPUTE", "EMR_HIVE", "HOLOGRES"],
    WriteType: ["OVERWRITE", "APPEND"],
    ConflictMode: ["IGNORE", "REPLACE", "UPDATE"],
}
_EACH = [(words, word) for words, known in _WORDS.items() for word in known]


@pytest.mark.parametrize("words", _WORDS, ids=lambda words: str(words.__name__))
def test_an_enumeration_has_the_words_of_the_reference(words: type[Word]) -> None:
    assert [member.value for member in words] == _WORDS[words]


@pytest.mark.parametrize(("words", "word"), _EACH)
def test_a_word_is_read_as_the_wire_has_it(words: type[Word], word: str) -> None:
    assert words(word).value == word


@pytest.mark.parametrize(("words", "word"), _EACH)
def test_a_word_is_read_in_any_case(words: type[Word], word: str) -> None:
    assert words(word.swapcase()) is words(word)
    assert words(word.title()) is words(word)


@pytest.mark.parametrize(
    ("words", "written", "member"),
    [
        (TargetEngineType, "MaxCompute", TargetEngineType.MAXCOMPUTE),
        (TargetEngineType, "EMR Hive", TargetEngineType.EMR_HIVE),
        (TargetEngineType, "emrHive", TargetEngineType.EMR_HIVE),
        (TargetEngineType, "MAX_COMPUTE", TargetEngineType.MAXCOMPUTE),
        (TargetEngineType, "Hologres", TargetEngineType.HOLOGRES),
        (UploadSourceType, "DwExcel", UploadSourceType.DW_EXCEL),
        (ModuleType, "SQLX QUERY", ModuleType.SQLX_QUERY),
    ],
)
def test_underscores_and_spaces_make_no_difference(words: type[Word], written: str, member: Word) -> None:
    """The reference writes one engine as `MAXCOMPUTE` in its sample and `MaxCompute` in its table."""
    assert words(written) is member


@pytest.mark.parametrize("value", ["", "MAX-COMPUTE", "ORACLE", 1, None])
def test_what_is_no_word_is_no_member(value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid TargetEngineType"):
        TargetEngineType(value)


def test_a_word_is_equal_to_the_text_on_the_wire() -> None:
    """A policy may compare with a plain text."""
    event = read_event(UploadDataToTable, sample_payload("upload-data-to-table"))
    assert event.write_type == "OVERWRITE"


@pytest.mark.parametrize(("words", "word"), _EACH)
def test_a_word_in_a_text_is_the_text_on_the_wire(words: type[Word], word: str) -> None:
    """`str` and f-strings show `OVERWRITE`, on every version of Python."""
    assert str(words(word)) == word
    assert f"{words(word)}" == word
