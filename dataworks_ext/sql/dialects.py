"""The parsers of DataWorks' dialects: those of sqlglot, which say nothing, and take no statement as one long text."""

from __future__ import annotations

from functools import cache
from typing import Final, NoReturn

from sqlglot import Dialect as SqlglotDialect
from sqlglot.errors import ParseError
from sqlglot.parser import Parser
from sqlglot.tokenizer_core import Token, TokenType

from .script import Dialect

_MODULES: Final[dict[Dialect, tuple[str, str]]] = {
    "maxcompute": ("sqlglot_maxcompute.dialect", "MaxCompute"),
    "hologres": ("sqlglot.dialects.postgres", "Postgres"),
    "hive": ("sqlglot.dialects.hive", "Hive"),
    "spark": ("sqlglot.dialects.spark", "Spark"),
    "presto": ("sqlglot.dialects.presto", "Presto"),
    "trino": ("sqlglot.dialects.trino", "Trino"),
    "impala": ("sqlglot.dialects.hive", "Hive"),
    "clickhouse": ("sqlglot.dialects.clickhouse", "ClickHouse"),
    "starrocks": ("sqlglot.dialects.starrocks", "StarRocks"),
    "mysql": ("sqlglot.dialects.mysql", "MySQL"),
    "adb": ("sqlglot.dialects.mysql", "MySQL"),
}


class PlainError(ParseError):
    """What the parser refuses, without the text that it was reading."""

    def __init__(self, token: Token | None) -> None:
        super().__init__("")
        self.token = token


class QuietParser:
    """Of a parser: prints no SQL into the log of a function, and quotes none for each way that it tries in vain."""

    def raise_error(self: Parser, message: str, token: Token | None = None) -> NoReturn:  # type: ignore[misc]  # a mixin
        raise PlainError(token or self._curr or self._prev or None)

    def _warn_unsupported(self) -> None: ...


@cache
def dialect_of(name: Dialect) -> SqlglotDialect:
    """The parser's dialect. Raises ValueError for a name that is none."""
    from importlib import import_module

    if name not in _MODULES:
        raise ValueError(f"there is no dialect {name!r}; use one of {', '.join(_MODULES)}")
    module, class_name = _MODULES[name]
    base = getattr(import_module(module), class_name)
    # a command of the parser is one token and a text, in which no call would be found
    tokenizer = type("Tokenizer", (base.Tokenizer,), {"COMMANDS": set()})
    # `wm_concat(distinct ',', x)` is valid, and the dialect looks for its second argument inside the DISTINCT
    functions = {name: build for name, build in base.Parser.FUNCTIONS.items() if name != "WM_CONCAT"}
    parser = type("Parser", (QuietParser, base.Parser), {"FUNCTIONS": functions})
    dialect: SqlglotDialect = type(f"Quiet{class_name}", (base,), {"Tokenizer": tokenizer, "Parser": parser})()
    return dialect


def function_tokens(name: Dialect) -> frozenset[TokenType]:
    """The kinds of token that may be the name of a function."""
    return frozenset(dialect_of(name).parser_class.FUNC_TOKENS)


__all__ = ["PlainError", "Token", "TokenType", "dialect_of", "function_tokens"]
