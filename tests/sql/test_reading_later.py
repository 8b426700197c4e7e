"""A policy that looks at calls alone waits for them alone."""

from __future__ import annotations

import pytest

from dataworks_ext.sql import Script, SqlError, SqlTooLongError, read_sql, script_reader, unread_script
from dataworks_ext.sql.lazy_script import LazyScript

from .corpus import CORPUS
from .summary import summary


def _read(text: str) -> Script:
    return LazyScript(text, "maxcompute")


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the statements are of which the parser made trees, in tokens. The first one is interrupted."""
    found: list[int] = []
    parsed = script_reader.ScriptReader._tree

    def tree(self: script_reader.ScriptReader, tokens: list[object]) -> object:
        found.append(len(tokens))
        if len(found) == 1:
            raise KeyboardInterrupt
        return parsed(self, tokens)  # type: ignore[arg-type]  # the tokens are whatever the reader gives

    monkeypatch.setattr(script_reader.ScriptReader, "_tree", tree)
    return found


def test_what_is_read_later_is_what_is_read_at_once() -> None:
    for sample in CORPUS:
        try:
            script = read_sql(sample.text, sample.dialect)
        except SqlError as error:
            script = unread_script(sample.text, sample.dialect, error)
        later = LazyScript(sample.text, sample.dialect)
        assert (summary(later), later.calls, later.unread) == (summary(script), script.calls, script.unread)


def test_calls_need_no_tree(trees: list[int]) -> None:
    assert [call.name for call in _read("select max_pt('t') from t").calls] == ["max_pt"]
    assert trees == []


def test_a_tree_is_made_once_unless_that_is_interrupted(trees: list[int]) -> None:
    script = _read("select a from t")
    with pytest.raises(KeyboardInterrupt):
        script.reads  # noqa: B018 - a look reads the rest
    assert [str(table) for table in script.reads] == ["t"]
    assert script.unread == ()
    assert len(trees) == 2


def test_too_many_statements_are_refused_before_anybody_asks() -> None:
    with pytest.raises(SqlTooLongError):
        _read("select 1;" * 10_001)
