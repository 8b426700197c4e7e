"""From the text of a script to what it does: statement by statement, so that one in vain does not hide the others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import copy
from functools import partial
from typing import Final, NamedTuple

from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from .adaptation import adapted
from .calls import calls_in, decoded
from .commands import Beginning, ParameterizedView, beginning_of, parameterized_view
from .depth import deeper
from .dialects import PlainError, Token, TokenType, dialect_of
from .frames import Derived
from .names import Names
from .script import MOST_STATEMENTS, Call, Dialect, Script, SqlError, SqlTooLongError, Statement, Unread, require_length
from .statements import StatementReader
from .table_commands import table_command, with_target
from .tokens import longest_chain
from .variables import holds_variable, with_marks

_MOST_CHAINED: Final = 50
"""Calls that follow each other: `f(a).g(b)`."""
_MOST_BLOCKS: Final = 150
"""Blocks that begin inside of each other without a statement between them."""


def read(text: str, dialect: Dialect) -> Script:
    """See `dataworks_ext.sql.read_sql`."""
    return ScriptReader(text, dialect).script()


class ReadCalls(NamedTuple):
    """The calls of a script, and what reads the rest of it."""

    calls: tuple[Call, ...]
    are_known: bool
    rest: Callable[[], Script]


def read_calls(text: str, dialect: Dialect, reason: str = "") -> ReadCalls:
    """The calls of a script; what cannot be read at all is in its `unread`, as all of it is for a reason.

    Raises:
        SqlTooLongError: It is beyond the bounds.
    """
    try:
        reader = ScriptReader(text, dialect)
    except SqlTooLongError:
        raise
    except SqlError as error:
        return ReadCalls((), False, partial(_without_tokens, dialect, error))
    reader.pieces()
    calls, _ = reader.calls()
    return ReadCalls(calls, True, partial(reader.unread, reason) if reason else partial(_script_or_unread, reader))


def unread(text: str, dialect: Dialect, error: SqlError | str) -> Script:
    """See `dataworks_ext.sql.unread_script`."""
    try:
        reader = ScriptReader(text, dialect)
    except SqlTooLongError:
        raise
    except SqlError as no_tokens:
        return _without_tokens(dialect, no_tokens)
    return reader.unread(error)


def _script_or_unread(reader: ScriptReader) -> Script:
    try:
        return copy(reader).script()  # another thread may have been interrupted in this one
    except SqlError as error:
        return reader.unread(error)


def _without_tokens(dialect: Dialect, error: SqlError) -> Script:
    return Script(dialect, (), (), (Unread(error.line, error.sentence),), calls_are_known=False)


class ScriptReader:
    def __init__(self, text: str, dialect: Dialect) -> None:
        self._dialect = dialect_of(dialect)
        self._name = dialect
        self._text = text
        self._lines = _line_starts(text)
        require_length(text)
        self._marked = with_marks(text, dialect)
        self._tokens = self._tokenized(self._marked)
        bare = _without_comments(self._marked, self._tokens)
        if bare is not None:  # `GROUP /* … */ BY` is one word to the parser
            self._marked, self._tokens = bare, self._tokenized(bare)
        self._forget()

    def _forget(self) -> None:
        """Begin with the first statement."""
        self._known: dict[str, Derived] = {}
        self._has_schemas = False
        self._default: tuple[str | None, str | None] = (None, None)
        self._error_found: SqlError | None = None

    def _tokenized(self, text: str) -> list[Token]:
        try:
            return self._dialect.tokenize(text)
        except TokenError as error:
            place = min(getattr(error, "end", 0) or 0, len(text))
            raise self._error("a text literal, a quoted name or a comment does not end", place) from None

    def script(self) -> Script:
        """The whole script. Raises `SqlError` if nothing of it can be read."""
        self._forget()
        with deeper():
            statements = [statement for piece in self.pieces() for statement in self._statements(piece)]
        if self._error_found is not None and all(statement.unread for statement in statements):
            raise self._error_found
        calls, problems = self.calls()
        found = [problem for statement in statements for problem in statement.unread]
        return Script(self._name, tuple(statements), calls, tuple(sorted({*found, *problems})))

    def unread(self, error: SqlError | str) -> Script:
        """The script with its calls, and the reason why there is no more of it."""
        reason, line = (error.sentence, error.line) if isinstance(error, SqlError) else (error, 1)
        calls, problems = self.calls()
        return Script(self._name, (), calls, (Unread(line, reason), *problems))

    def pieces(self) -> list[list[Token]]:
        """What is between semicolons. Raises `SqlTooLongError` for too many."""
        pieces = _split(self._tokens)
        if len(pieces) > MOST_STATEMENTS:
            raise SqlTooLongError(f"it has more than {MOST_STATEMENTS:,} statements", 1, 1)
        return pieces

    def calls(self) -> tuple[tuple[Call, ...], list[Unread]]:
        """The calls, and which of them are named by a variable."""
        calls = tuple(calls_in(self._tokens, self._name, self._line_of, self._written))
        marked = [call for call in calls if "{" in call.name or "[" in call.name]
        return calls, [Unread(call.line, f"a function's name holds a variable: {call.name}") for call in marked]

    def _written(self, token: Token) -> str:
        name = token.text
        if holds_variable(name):
            return self._text[token.start : token.end + 1].strip("`\"'")
        before = self._marked[max(token.start - 2, 0) : token.start]
        return decoded(name) if before.casefold() == "u&" else name

    def _statements(self, tokens: list[Token]) -> list[Statement]:
        """What a piece between semicolons does; a block begins with a condition and ends with a statement."""
        found: list[Statement] = []
        for _ in range(_MOST_BLOCKS):
            line = self._line_of(tokens[0].start)
            if self._name == "maxcompute":
                command = table_command(tokens, self._names(line), line)
                if command is not None:
                    return [*found, command]
                view = parameterized_view(tokens)
                if view is not None:
                    found += self._view(view, line)
                    tokens = view.block
                    if not tokens:
                        return found
                    continue
            beginning = beginning_of(tokens)
            unread = (Unread(line, beginning.reason),) if beginning.reason else ()
            if beginning.skip is None:
                return [*found, Statement(beginning.kind, line, unread=unread)]
            tokens = tokens[beginning.skip :]
            if not unread:
                return [*found, self._statement(tokens, beginning)] if tokens else found
            found.append(Statement("other", line, unread=unread))
            if not tokens:
                return found
        line = self._line_of(tokens[0].start)
        return [*found, Statement("other", line, unread=(Unread(line, "it is nested too deep"),))]

    def _view(self, view: ParameterizedView, line: int) -> list[Statement]:
        """What the creation of a view with parameters does, without the statements of its block."""
        self._known.update(dict.fromkeys(view.parameters, Derived(None)))
        if view.query:
            return [self._statement([*view.head, *view.query], Beginning("create"))]
        return [with_target(Statement("create", line), view.head, self._names(line))]

    def _names(self, line: int) -> Names:
        names = Names(self._text, self._name, self._line_of, line)
        names.has_schemas, names.default = self._has_schemas, self._default
        return names

    def _statement(self, tokens: list[Token], beginning: Beginning) -> Statement:
        line = self._line_of(tokens[0].start)
        names = self._names(line)
        reader = StatementReader(names, self._known, line)
        if longest_chain(tokens) > _MOST_CHAINED:  # for each, the parser looks at all before it
            return self._failed(tokens, beginning, f"it chains more than {_MOST_CHAINED} calls", tokens[0])
        try:
            tree = self._tree(tokens)
            if isinstance(tree, exp.Command):
                return beginning.command(tokens, names, line)
            if beginning.variable is not None:
                return reader.assigned(beginning.variable, tree)
            self._follow(tree, tokens)
            return reader.read(tree)
        except RecursionError:
            return self._failed(tokens, beginning, "it is nested too deep", tokens[0])
        except ParseError as error:
            token = error.token if isinstance(error, PlainError) else None
            failed = self._failed(tokens, beginning, f"it is no statement of {self._name}", token or tokens[-1])
            return with_target(failed, tokens, names)

    def _tree(self, tokens: list[Token]) -> exp.Expr:
        parser = self._dialect.parser()
        try:
            trees = parser.parse(adapted(tokens, self._name), self._marked)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, ParseError):
                raise
            raise PlainError(tokens[0]) from None  # a parser that stumbles over `trunc()` refuses it, too
        trees = [tree for tree in trees if tree is not None]
        if len(trees) != 1 or trees[0] is None:
            raise PlainError(tokens[-1])
        return trees[0]

    def _follow(self, tree: exp.Expr, tokens: Sequence[Token]) -> None:
        """Take over what a statement changes in how names are read from now on."""
        if isinstance(tree, exp.Use) and isinstance(tree.this, exp.Table):
            parts = [part.name for part in tree.this.parts]
            if self._name == "maxcompute":
                self._default = (parts[-1], None)
            else:
                self._default = (".".join(parts[:-1]) or None, parts[-1])
        elif isinstance(tree, exp.Set):
            words = "".join(token.text for token in tokens[1:]).casefold()
            if words.startswith("odps.namespace.schema="):
                self._has_schemas = words.endswith("true")

    def _failed(self, tokens: Sequence[Token], beginning: Beginning, sentence: str, token: Token) -> Statement:
        error = self._error(sentence, token.start)
        self._error_found = self._error_found or error
        return Statement(beginning.kind, self._line_of(tokens[0].start), unread=(Unread(error.line, sentence),))

    def _error(self, sentence: str, place: int) -> SqlError:
        line = self._line_of(place)
        return SqlError(sentence, line, place - self._lines[line - 1] + 1)

    def _line_of(self, place: int) -> int:
        return bisect_right(self._lines, place)


def _without_comments(text: str, tokens: Sequence[Token]) -> str | None:
    """The text with spaces for all comments and hints; None if it has none."""
    parts: list[str] = []
    end, found = 0, False
    for token in tokens:
        if token.token_type == TokenType.HINT:
            continue
        gap = text[end : token.start]
        found = found or not (gap.isspace() or not gap)
        parts += (" " * len(gap), text[token.start : token.end + 1])
        end = token.end + 1
    return "".join(parts) if found else None


def _line_starts(text: str) -> list[int]:
    starts, place = [0], 0
    for line in text.replace("\r\n", " \n").replace("\r", "\n").split("\n")[:-1]:
        place += len(line) + 1
        starts.append(place)
    return starts


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return [piece for piece in pieces if piece]
