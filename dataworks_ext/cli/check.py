"""`dataworks-ext check`: saved messages and payloads, put to the policies of an extension."""

from __future__ import annotations

import copy
import os
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer
from rich.cells import cell_len
from rich.console import Console

from ..context import Request
from ..decision import Decision
from ..errors import ExtensionError, SettingsError
from ..events import catalog, class_name, event_class
from ..events.base import Event
from ..extension import Extension
from ..lookup import LookupFailedError
from ..message import JsonError, Message, MessageError, read_messages
from ..record import Recorder
from ..settings import variable_of
from ..testing.canned import CannedLookups
from ..testing.cases.moment import read_moment
from ..testing.cases.result import policies_for
from ..testing.cases.saved import SavedError, read_message_or_payload, read_snapshot_or_code
from ..testing.deciding import setting_named
from ..testing.reasons import error_of, exemption_of
from ._check_forms import forms_of
from ._forms import Form, Formatted, Output, Written, write
from ._masking import masked_text
from ._output import (
    DEFAULT,
    UNREADABLE,
    App,
    Json,
    console,
    fail,
    load,
    plain,
    read_stdin,
    table,
    verdict_text,
)
from ._screen import inline
from ._tables import Table, TableColumn
from ._user_code import own_traceback

if TYPE_CHECKING:
    from ..snapshots import Snapshot

DENIED = 1
"""The exit status for a denial."""

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Saved messages or payloads; - is standard input.")]


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
        return inline(self.file if self.place is None else f"{self.file}[{self.place}]")


_NO_SNAPSHOT: Final = LookupFailedError("check does not ask DataWorks for a snapshot; give it one: --snapshot code.sql")


def _lookups(snapshot: Snapshot | str | None, message: Message) -> CannedLookups:
    """No parameter is set, no option is chosen, and the snapshot is what a file holds."""
    if isinstance(snapshot, str):
        return CannedLookups(_of_code(snapshot, message), {}, {})
    return CannedLookups(snapshot or _NO_SNAPSHOT, {}, {})


def _of_code(code: str, message: Message) -> Snapshot | LookupFailedError:
    """The code in the kind of snapshot that the event has."""
    from ..snapshots import CommittedFile, TableModel
    from ..testing.snapshot_samples import snapshot_kind

    kind = snapshot_kind(message.event_code) or CommittedFile
    if issubclass(kind, TableModel):
        return LookupFailedError(
            "a table has no code; as --snapshot, give an answer of GetIDEEventDetail with a TableModel"
        )
    return kind(content=code)


def _read_snapshot(file: Path | None) -> Snapshot | str | None:
    try:
        return None if file is None else read_snapshot_or_code(file)
    except SavedError as error:
        fail(str(error))


def check(
    files: Files,
    snapshot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Code, or an answer of GetIDEEventDetail, as the snapshot."),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='The present: "2026-11-11", "2026-11-11 10:00".'),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PACK.FIELD=VALUE", help="Override a setting; can be repeated."),
    ] = None,
    app: App = DEFAULT,
    form: Formatted = Form.TABLE,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Run the policies on saved messages or payloads.

    Prints the verdict and the reason of each policy. A file holds one message or payload, or an array of them, of
    Function Compute or EventBridge. DataWorks is not asked: no workspace has options, and no parameter is set. Times
    of --now are in Asia/Shanghai.

    Exit status 0: allowed. 1: at least one denied. 2: at least one cannot be read.
    """
    extension = _configured(load(app), settings or ())
    content, moment = _read_snapshot(snapshot), _read_now(now)
    checked = [one for file in files for one in _check(extension, content, moment, file)]
    chosen = Form.JSON if as_json else form
    if chosen is not Form.JSON:
        for problem in extension.configuration.problems:
            console(error=True).print(*plain(f"Problem: {problem}"), style="red")
    written = Written(
        lambda: _print_all(extension, checked),
        lambda: list(map(_as_json, checked)),
        forms_of(checked),
    )
    write(chosen, output, written)
    if any(one.problem for one in checked):
        raise typer.Exit(UNREADABLE)
    if any(one.decision and one.decision.denied for one in checked):
        raise typer.Exit(DENIED)


def _configured(extension: Extension, settings: Iterable[str]) -> Extension:
    """A copy of the extension in this environment, with these settings above it."""
    if not settings:
        return extension
    environment = dict(os.environ)
    options: dict[tuple[str, str], str] = {}
    for option in settings:
        name, equals, value = option.partition("=")
        if not equals:
            fail(f"--set takes a setting and its value, such as --set downloads.max_rows=1000; got {option}")
        try:
            pack, field = setting_named(extension, name.strip())
        except SettingsError as error:
            fail(f"--set {option}: {error}")
        environment[variable_of(pack, field)] = value
        options[pack, variable_of(pack, field)] = option
    configured = copy.copy(extension)
    found = configured.configure(environment).settings
    for (pack, variable), option in options.items():
        if isinstance(found[pack], SettingsError) and variable in str(found[pack]):
            name, _, value = option.partition("=")
            fail(f"--set {name}={masked_text(variable, value)}: {found[pack]}")
    return configured


def _read_now(text: str | None) -> datetime | None:
    try:
        return None if text is None else read_moment(text)
    except ValueError as error:
        fail(f"--now: {error}")


def _check(extension: Extension, snapshot: Snapshot | str | None, now: datetime | None, file: str) -> list[Checked]:
    try:
        data = read_stdin() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        return [Checked(file, problem=f"cannot be read: {error.strerror}")]
    try:
        messages = read_messages(data, read_message_or_payload)
    except JsonError as error:
        return [Checked(file, problem=explain_slip(data, error))]
    except MessageError as error:
        return [Checked(file, problem=str(error))]
    if isinstance(messages, Message):
        return [_decide(extension, snapshot, now, file, None, messages)]
    return [_decide(extension, snapshot, now, file, place, message) for place, message in enumerate(messages)]


def _decide(
    extension: Extension,
    snapshot: Snapshot | str | None,
    now: datetime | None,
    file: str,
    place: int | None,
    message: Message | MessageError,
) -> Checked:
    if isinstance(message, MessageError):
        return Checked(file, place, problem=str(message))
    request = Request(now=now, lookups=_lookups(snapshot, message), logger=Recorder(stream=sys.stderr).get_logger)
    return Checked(file, place, message, extension.decide(message, request))


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
        "reasons": reasons_as_json(one.decision),
    }


def reasons_as_json(decision: Decision) -> list[dict[str, object]]:
    """What each policy said, for other programs."""
    return [
        {
            **reason._asdict(),
            "verdict": reason.verdict.value,
            "elapsed_ms": round(reason.elapsed_ms, 3),
            "error": error_of(reason) or None,
            "exempted_by": reason.exempted_by and reason.exempted_by.as_json(),
        }
        for reason in decision.reasons
    ]


def _print_all(extension: Extension, checked: Iterable[Checked]) -> None:
    for one in checked:
        _print(extension, one)


def _print(extension: Extension, one: Checked) -> None:
    if one.message is None or one.decision is None:
        console(error=True).print(*plain(f"{one.name}: {one.problem}"), style="red")
        return
    out = console()
    decision = one.decision
    out.print(f"{one.name}: {inline(one.message.event_code)}", verdict_text(decision.verdict))
    for line in decision.message.split("\n") if decision.message else ():
        out.print(f"  {line}")
    if not one.message.blocking:
        out.print("  This message is not blocking: it goes to observers only.")
    elif decision.reasons:
        out.print(reasons_table(decision))
    elif idle := [policy.id for policy in policies_for(extension, one.message.event_code)]:
        out.print(*plain(f"  Its policies are inactive here: {', '.join(idle)}. See dataworks-ext policies."))
    else:
        out.print(
            *plain(
                f"  No policy looks at {one.message.event_code}. One to begin with:\n\n{stub(one.message.event_code)}"
            )
        )
    print_failures(out, decision)


def reasons_table(decision: Decision) -> Table:
    """What each policy said."""
    reasons = table("Policy", "Says", "Mode", TableColumn("Time", right=True), "Text")
    for reason in decision.reasons:
        text = "\n".join(part for part in (reason.message, error_of(reason), exemption_of(reason)) if part)
        said = verdict_text(reason.verdict)
        reasons.add_row(reason.policy, said, reason.mode, f"{reason.elapsed_ms:.1f} ms", text)
    return reasons


def print_failures(out: Console, decision: Decision) -> None:
    """The traceback of each policy that failed, unless its text says it all."""
    for reason in decision.reasons:
        if reason.error is None or isinstance(reason.error, ExtensionError):
            continue
        if trace := own_traceback(reason.error):
            out.print(*plain(f"{reason.policy} failed:"), style="red")
            out.print(*plain(trace), soft_wrap=True)


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
        f'        return deny("Say here what to do instead.", zh="请在此说明应该怎么做。")\n'
        f"    return None\n"
    )
