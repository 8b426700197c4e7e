"""`dataworks-ext check`: saved messages and payloads, put to the policies of an extension."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from rich.cells import cell_len
from rich.table import Table

from ..context import MessageScope
from ..decision import Decision, Reason
from ..errors import ExtensionError
from ..events import catalog, class_name, event_class
from ..events.base import Event
from ..extension import Extension
from ..lookup import Lookup, LookupFailed
from ..message import ENVELOPE_KEYS, JsonError, Message, MessageError, is_blocking, read_envelope, read_messages
from ..policy import EVERY_EVENT
from ..record import Recorder
from ._output import (
    DEFAULT,
    UNREADABLE,
    App,
    Json,
    console,
    fail,
    load,
    own_traceback,
    plain,
    print_json,
    table,
    verdict_text,
)

if TYPE_CHECKING:
    from ..snapshots import Snapshot

DENIED = 1
"""The exit code for a denial."""

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Saved messages or payloads; - for standard input.")
]


class Checked(NamedTuple):
    """One message of a file and what came of it."""

    file: str
    place: int | None = None
    """Which element it is of the array that the file holds, from 0; None where the file holds no array."""
    message: Message | None = None
    decision: Decision | None = None
    problem: str = ""

    @property
    def name(self) -> str:
        """The file, and the place in its array: `saved.json[0]`."""
        return self.file if self.place is None else f"{self.file}[{self.place}]"


class NobodyAsked:
    """What stands in for DataWorks: nothing is set, nothing is chosen, and the snapshot is a file, if there is one."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot

    def snapshot(self, message: Message, workspace_id: int | None, until: float) -> Snapshot:
        """The file's. Raises `LookupFailed` if there is none."""
        if self._snapshot is None:
            raise LookupFailed("check does not ask DataWorks for a snapshot; give it one: --snapshot code.sql")
        return self._snapshot

    def parameters(self, until: float) -> Mapping[str, str]:
        """No parameter."""
        return {}

    def options(self, workspace_id: int | None, until: float) -> Mapping[str, object]:
        """No option."""
        return {}


def _read_snapshot(file: Path) -> Snapshot:
    """The answer of GetIDEEventDetail in the file, else its text as the code of a file."""
    from ..snapshots import CommittedFile, SnapshotError, read_snapshot

    try:
        text = file.read_text(encoding="utf-8")
        answer = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"the snapshot {file} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}")
    except ValueError:
        return CommittedFile(content=text)
    if not isinstance(answer, dict):
        return CommittedFile(content=text)
    try:
        return read_snapshot(answer if "EventDetail" in answer else {"EventDetail": answer})
    except SnapshotError as error:
        fail(f"{file}: {error}; expected the answer of GetIDEEventDetail, or code")


def check(
    files: Files,
    snapshot: Annotated[
        Path | None,
        typer.Option(help="What policies get as snapshot: code, or an answer of GetIDEEventDetail."),
    ] = None,
    app: App = DEFAULT,
    as_json: Json = False,
) -> None:
    """Put saved messages, or bare payloads, to the policies and print the verdict with each policy's reason.

    A file may hold an array of them. Messages of Function Compute and of EventBridge are told apart by their keys.
    DataWorks is not asked: no option is chosen, and no parameter set.

    Exit code 0: allowed. 1: at least one denied. 2: at least one could not be read.
    """
    extension = load(app)
    lookup = NobodyAsked(None if snapshot is None else _read_snapshot(snapshot))
    checked = [one for file in files for one in _check(extension, lookup, file)]
    if as_json:
        print_json([_as_json(one) for one in checked])
    else:
        for problem in extension.configuration.problems:
            console(error=True).print(*plain(f"Problem: {problem}"), style="red")
        for one in checked:
            _print(extension, one)
    if any(one.problem for one in checked):
        raise typer.Exit(UNREADABLE)
    if any(one.decision and one.decision.denied for one in checked):
        raise typer.Exit(DENIED)


def _check(extension: Extension, lookup: Lookup, file: str) -> list[Checked]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        return [Checked(file, problem=f"cannot be read: {error.strerror}")]
    try:
        messages = read_messages(data, read_message_or_payload)
    except JsonError as error:
        return [Checked(file, problem=explain_slip(data, error))]
    except MessageError as error:
        return [Checked(file, problem=str(error))]
    if isinstance(messages, Message):
        return [_decide(extension, lookup, file, None, messages)]
    return [_decide(extension, lookup, file, place, message) for place, message in enumerate(messages)]


def _decide(
    extension: Extension, lookup: Lookup, file: str, place: int | None, message: Message | MessageError
) -> Checked:
    if isinstance(message, MessageError):
        return Checked(file, place, problem=str(message))
    scope = MessageScope(message, logger=Recorder(stream=sys.stderr).logger, lookup=lookup)
    return Checked(file, place, message, extension.decide(scope))


def read_message_or_payload(parsed: object) -> Message:
    """The message; a payload by itself is a message as far as policies are concerned.

    Raises:
        MessageError: It is neither.
    """
    if not isinstance(parsed, dict) or ENVELOPE_KEYS & parsed.keys():
        return read_envelope(parsed)
    code = parsed.get("eventCode")
    if not isinstance(code, str):
        raise MessageError("neither a message (it has no messageBody or data) nor a payload (it has no eventCode)")
    return Message(None, code, parsed, blocking=is_blocking(parsed.get("blockBusiness"), code))


def explain_slip(data: bytes, error: JsonError) -> str:
    """The error with its line, a mark under the slip, and what pasted samples usually suffer from."""
    lines = data.decode(errors="replace").splitlines() or [""]
    line = lines[min(error.line, len(lines)) - 1].replace("\t", " ")
    start = max(error.column - 40, 0)
    excerpt = line[start : start + 70]
    mark = " " * cell_len(line[start : error.column - 1]) + "^"
    hints = []
    if re.search(r"(^|[^:])//", line):
        hints.append("JSON has no // comments; delete the comment")
    if re.search(r"[\d:\s]\*+", line):
        hints.append("masked digits (****) are no number; write digits in their place")
    if re.match(r"\s*[}\]]", line[error.column - 1 :]) or "trailing comma" in str(error).lower():
        hints.append("the last item of an object or array has no comma after it")
    return "\n".join([str(error), f"  {excerpt}", f"  {mark}", *(f"Hint: {hint}" for hint in hints)])


def _as_json(one: Checked) -> dict[str, object]:
    where = {"file": one.file} if one.place is None else {"file": one.file, "index": one.place}
    if one.message is None or one.decision is None:
        return {**where, "problem": one.problem}
    return {
        **where,
        "event_code": one.message.event_code,
        "message_id": one.message.message_id,
        "blocking": one.message.blocking,
        "verdict": one.decision.verdict.value,
        "message": one.decision.message,
        "reasons": [
            {**reason._asdict(), "verdict": reason.verdict.value, "error": _error(reason)}
            for reason in one.decision.reasons
        ],
    }


def _error(reason: Reason) -> str | None:
    return None if reason.error is None else f"{type(reason.error).__name__}: {reason.error}"


def _print(extension: Extension, one: Checked) -> None:
    if one.message is None or one.decision is None:
        console(error=True).print(*plain(f"{one.name}: {one.problem}"), style="red")
        return
    out = console()
    decision = one.decision
    out.print(*plain(f"{one.name}: {one.message.event_code}"), verdict_text(decision.verdict))
    for line in decision.message.splitlines():
        out.print(*plain(f"  {line}"))
    if not one.message.blocking:
        out.print("  Nobody waits for an answer to this message: it goes to observers only.")
    elif decision.reasons:
        out.print(_reasons(decision))
    elif idle := _idle(extension, one.message.event_code):
        out.print(*plain(f"  Its policies do nothing here: {', '.join(idle)}. See dataworks-ext policies."))
    else:
        out.print(
            *plain(
                f"  No policy looks at {one.message.event_code}. One to begin with:\n\n{stub(one.message.event_code)}"
            )
        )
    for reason in decision.reasons:
        if reason.error is None or isinstance(reason.error, ExtensionError):
            continue  # its text says it all
        if trace := own_traceback(reason.error):
            out.print(*plain(f"{reason.policy} failed:"), style="red")
            out.print(*plain(trace))


def _idle(extension: Extension, code: str) -> list[str]:
    return [policy.id for policy in extension.policies if code in policy.events or EVERY_EVENT in policy.events]


def _reasons(decision: Decision) -> Table:
    reasons = table("Policy", "Says", "Mode", "Text", "Time")
    for reason in decision.reasons:
        error = _error(reason)
        text = "\n".join(part for part in (reason.message, error) if part)
        said = verdict_text(reason.verdict)
        reasons.add_row(*plain(reason.policy, said, reason.mode, text, f"{reason.elapsed_ms:.1f} ms"))
    return reasons


def stub(code: str) -> str:
    """A policy for an event, ready to paste into a pack."""
    cls = event_class(code)
    name = class_name(code) if cls is not Event else "Event"
    subject = name if cls is not Event else f'"{code}"' if code in catalog else '"*"'
    field = next((field for field in cls.model_fields if field not in Event.model_fields), "operator")
    return (
        f"from dataworks_ext import Outcome, PolicyPack, deny\n"
        f"from dataworks_ext.events import {name}\n\n"
        f'pack = PolicyPack("my_rules")\n\n\n'
        f"@pack.policy({subject})\n"
        f"def my_rule(event: {name}) -> Outcome | None:\n"
        f'    """Say here what nobody may do."""\n'
        f"    if event.{field} is None:  # your condition\n"
        f'        return deny("Say here what to do instead.")\n'
        f"    return None\n"
    )
