"""`dataworks-ext invoke`: one message to the packaged function, as DataWorks would send it."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ..decision import Verdict
from ..deploy.s_yaml import SYamlError, read_s_yaml
from ..events import catalog
from ..message import Channel
from ..spelling import nearest
from ..testing import message as sample_message
from ._cloud import (
    Api,
    ApiVersion,
    Endpoint,
    EventBridgeEndpoint,
    FunctionPlace,
    Service,
    SYaml,
    buses_of,
    explaining,
    manifest_of,
    store_of,
)
from ._output import Json, console, fail, print_json, read_stdin, verdict_text
from ._screen import printable
from ._served_function import read_snapshot

if TYPE_CHECKING:
    from ..deploy.event_bus import EventBridge
    from ..deploy.function_store import FunctionStore
    from ..local import LogLine

DENIED = 1
"""The exit status for a denial."""


class Returned(NamedTuple):
    """What came of one message."""

    body: str
    """What the function returned; empty for a function error."""
    error: str
    """What went wrong with the function; empty if it answered."""
    elapsed_ms: float
    log: str


def invoke(
    message: Annotated[str, typer.Argument(metavar="CODE|FILE", help="An event code or a saved message; - is stdin.")],
    channel: Annotated[
        Channel | None, typer.Option(metavar="CHANNEL", help="Send a sample by function-compute or eventbridge.")
    ] = None,
    remote: Annotated[bool, typer.Option("--remote", help="Invoke the deployed function.")] = False,
    code: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder that `package` builds.")] = Path(
        "dist/function"
    ),
    snapshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Code as the snapshot; not with --remote.")
    ] = None,
    s_yaml: SYaml = Path("s.yaml"),
    api: Api = ApiVersion.THREE,
    service: Service = None,
    endpoint: Endpoint = None,
    qualifier: Annotated[
        str, typer.Option(metavar="NAME", help="A version or an alias, with --remote; else the function as it is.")
    ] = "",
    event_bus: Annotated[
        str, typer.Option(metavar="NAME", help="Publish it to this bus instead, whose rules call functions.")
    ] = "",
    eventbridge_endpoint: EventBridgeEndpoint = None,
    as_json: Json = False,
) -> None:
    """Send a message to the packaged or the deployed function.

    Shows the verdict, the text, the time and the log. The packaged function is built again first if its sources have
    changed. It runs on this machine, without network: a stub of DataWorks takes the reply to an EventBridge message.

    Exit status 0: allowed, or published. 1: denied. 2: there was no answer.
    """
    if event_bus:
        _publish(message, event_bus, buses_of(manifest_of(s_yaml), eventbridge_endpoint), as_json=as_json)
        return
    data = _message(message, channel)
    if remote:
        answer = _from_remote(data, store_of(manifest_of(s_yaml), FunctionPlace(api, service, endpoint)), qualifier)
    else:
        answer = _from_here(data, code, _environment(s_yaml), snapshot)
    if answer.error:
        sys.stderr.write(printable(answer.log))
        fail(f"the function gave no answer: {answer.error}")
    replies = _replies(answer.body)
    if as_json:
        print_json({"replies": replies, "elapsed_ms": round(answer.elapsed_ms, 3), "log": _lines(answer.log)})
    else:
        _print(replies, answer)
    if any(reply["checkResult"] == "FAIL" for reply in replies):
        raise typer.Exit(DENIED)


@explaining
def _publish(name: str, bus: str, buses: EventBridge, *, as_json: bool) -> None:
    """Publish an event as DataWorks does, and leave its answer to whoever the rules name."""
    try:
        event = json.loads(_message(name, "eventbridge", f"published-{secrets.token_hex(8)}"))
        if not isinstance(event, dict) or "data" not in event:
            raise ValueError
    except ValueError:
        fail(f"{name} holds no event of EventBridge; expected an object with id, source, type and data")
    buses.publish(bus, event)
    if as_json:
        print_json({"published": event.get("id"), "event_bus": bus})
    else:
        console().print(f"Published message {event.get('id')} to bus {bus}; the functions that its rules name answer.")


def _message(name: str, channel: Channel | None, message_id: str | None = None) -> bytes:
    if name in catalog:
        return sample_message(name, channel, message_id=message_id)
    try:
        return read_stdin() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        if meant := nearest(name, catalog):
            fail(f"{name} is no event code{meant}")
        fail(
            f"{name} is no event code, and cannot be read as a file: {error.strerror}; `dataworks-ext events` lists "
            "the codes"
        )


def _environment(s_yaml: Path) -> dict[str, str]:
    """The variables that s.yaml gives the function; none without the file."""
    if not s_yaml.exists():
        return {}
    try:
        return dict(read_s_yaml(s_yaml, os.environ).environment)
    except SYamlError as error:
        fail(str(error))


def _from_here(data: bytes, code: Path, environment: dict[str, str], snapshot: Path | None) -> Returned:
    from ..local import ApiError, LocalFunctionCompute, runtime_of
    from ..testing.stub import DataWorksStub
    from ._packaging import refresh

    if not (code / "index.py").is_file():
        fail(f"{code} holds no package; build it: dataworks-ext package")
    refresh(code)
    lines: list[LogLine] = []
    with DataWorksStub(read_snapshot(snapshot)) as dataworks, LocalFunctionCompute(log=lines.append) as compute:
        try:
            compute.create_function(
                "function",
                code,
                runtime=runtime_of(code),
                initializer="index.initializer",
                timeout=10,
                environment={**environment, **dataworks.environment},
            )
            started = time.perf_counter()
            invocation = compute.invoke("function", data)
        except ApiError as error:
            fail(error.message)
        elapsed_ms = (time.perf_counter() - started) * 1_000
    problem = "" if invocation.error is None else str(invocation.error.get("errorMessage"))
    log = _start_log(lines) + invocation.log
    return Returned(invocation.body.decode("utf-8", "replace"), problem, elapsed_ms, log)


def _start_log(lines: Sequence[LogLine]) -> str:
    """What the function wrote while it started: why it cannot be loaded, and which variables are wrong.

    The log of an invocation does not have it, since starting is a request of its own.
    """
    texts = [line.text for line in lines]
    end = next((at for at, text in enumerate(texts) if text.startswith("FC Initialize End ")), 0)
    return "".join(f"{text}\n" for text in texts[:end] if not text.startswith("FC Initialize Start "))


@explaining
def _from_remote(data: bytes, store: FunctionStore, qualifier: str) -> Returned:
    started = time.perf_counter()
    invoked = store.invoke(data, qualifier)
    elapsed_ms = (time.perf_counter() - started) * 1_000
    body = invoked.body.decode("utf-8", "replace")
    if invoked.error is not None:
        return Returned("", _function_error(body) or invoked.error, elapsed_ms, invoked.log)
    return Returned(body, "", elapsed_ms, invoked.log)


def _function_error(body: str) -> str:
    try:
        return str(json.loads(body)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return body[:200]


def _replies(body: str) -> list[dict[str, str]]:
    try:
        parsed = json.loads(body)
        replies = parsed if isinstance(parsed, list) else [parsed]
        return [{"errorMessage": "", **reply, "checkResult": Verdict(reply["checkResult"]).value} for reply in replies]
    except (ValueError, KeyError, TypeError):
        fail(f"the function answered with what is no reply: {body[:200]}")


def _print(replies: list[dict[str, str]], answer: Returned) -> None:
    out = console()
    for reply in replies:
        out.print(verdict_text(Verdict(reply["checkResult"])), f"in {answer.elapsed_ms:.1f} ms")
        for line in _lines(reply["errorMessage"]):
            out.print(f"  {line}")
    for line in _lines(answer.log):
        out.print(line, style="dim", soft_wrap=True)


def _lines(text: str) -> list[str]:
    """The lines of a text, which end at line feeds alone: a record may hold other separators."""
    return text.removesuffix("\n").split("\n") if text else []
