"""The archived line of a message: the envelope as it came, the decision, and what was looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic_core import PydanticSerializationError, to_json

from ..context import MessageScope
from ..decision import Decision, Reason
from .consulted import Consulted, is_left_out, without_content
from .options import NEEDED, SNAPSHOT_CONTENT, ArchiveOptions, fold

LINE_SCHEMA: Final = 1
"""The version of the schema. It increases when a field is removed or changes its meaning, not when one is added."""
EVERYTHING: Final = "*"
"""In `left_out`: the whole payload, but for what makes it a message."""
_PAYLOADS: Final = ("messageBody", "data")


class LineTooLongError(ValueError):
    """A line that is too long even without its snapshot and its payload."""


class LineWriter:
    """Makes lines of one extension in one environment.

    Args:
        options: What is left out, and how long a line may be.
        extension: Name and version.
        code: The digest of its code.
        settings: The digests of its settings, by pack.
    """

    def __init__(
        self, options: ArchiveOptions, extension: tuple[str, str], code: str, settings: Mapping[str, str]
    ) -> None:
        self._without = options.without
        self._max_bytes = options.max_bytes
        name, version = extension
        self._constant = {"extension": name, "version": version, "code": code, "settings": settings}

    def line(self, scope: MessageScope, decision: Decision) -> bytes:
        """The line of a message, with the line's end.

        Raises:
            LineTooLongError: It is too long.
        """
        envelope, left_out = self._envelope(scope.message.envelope)
        runtime = scope.request.runtime
        line: dict[str, object] = {
            "schema": LINE_SCHEMA,
            "time": _iso(scope.now),
            "request_id": scope.request.id,
            "account_id": _text(getattr(runtime, "account_id", None)),
            "region": _text(getattr(runtime, "region", None)),
            "message": envelope,
            "decision": {"verdict": decision.verdict._value_, "reasons": list(map(_reason, decision.reasons))},
            "consulted": self._consulted(scope, left_out),
            **self._constant,
            "left_out": left_out,
        }
        return self._within_limit(line)

    def _envelope(self, envelope: Mapping[str, object]) -> tuple[Mapping[str, object], list[str]]:
        """The envelope without the fields that are left out, and their names."""
        if not self._without:
            return envelope, []
        key = _payload_key(envelope)
        payload = envelope[key]
        assert isinstance(payload, Mapping)
        left_out = [name for name in payload if fold(name) in self._without]
        if not left_out:
            return envelope, []
        return {**envelope, key: {name: payload[name] for name in payload if name not in left_out}}, left_out

    def _consulted(self, scope: MessageScope, left_out: list[str]) -> dict[str, object]:
        source = scope.request.lookups
        consulted: dict[str, object] = {}
        for name, found in source.answers.items() if isinstance(source, Consulted) else ():
            if is_left_out(name, self._without):
                consulted[name] = {"omitted": True}
            elif name == "snapshot" and "answer" in found and SNAPSHOT_CONTENT in self._without:
                consulted[name] = {"answer": without_content(found["answer"])}
                left_out.append(SNAPSHOT_CONTENT)
            else:
                consulted[name] = found
        return consulted

    def _within_limit(self, line: dict[str, object]) -> bytes:
        encoded = _encode(line)
        if len(encoded) > self._max_bytes and isinstance(consulted := line["consulted"], dict):
            line["consulted"] = {
                name: found if "answer" not in found else {"omitted": True} for name, found in consulted.items()
            }
            encoded = _encode(line)
        if len(encoded) > self._max_bytes and isinstance(envelope := line["message"], Mapping):
            key = _payload_key(envelope)
            line["message"] = {**envelope, key: {n: v for n, v in envelope[key].items() if fold(n) in NEEDED}}
            line["left_out"] = [EVERYTHING]
            encoded = _encode(line)
        if len(encoded) > self._max_bytes:
            raise LineTooLongError(f"the line has {len(encoded):,} bytes; the limit is {self._max_bytes:,}")
        return encoded


def _payload_key(envelope: Mapping[str, object]) -> str:
    return next(key for key in _PAYLOADS if key in envelope)


def _reason(reason: Reason) -> dict[str, object]:
    """Without its text, which may repeat anything of the message: a rehearsal makes the text again."""
    made: dict[str, object] = {"policy": reason.policy, "verdict": reason.verdict._value_, "mode": reason.mode}
    if reason.error is not None:
        made["error"] = type(reason.error).__name__
    if reason.exempted_by is not None:
        made["exempted_by"] = reason.exempted_by.as_json()
    return made


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}Z"


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value else None


def _encode(line: Mapping[str, object]) -> bytes:
    try:
        return to_json(line, inf_nan_mode="constants") + b"\n"
    except (PydanticSerializationError, ValueError):  # a lone surrogate
        return json.dumps(line, default=dict).encode("ascii") + b"\n"
