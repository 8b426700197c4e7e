"""`dataworks-ext local`: Function Compute on this machine, with the function in a folder."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ._output import Json, fail, to_json
from ._screen import printable

if TYPE_CHECKING:  # a server takes its time to import, which no other subcommand should wait for
    from ..local import LocalFunctionCompute, LogLine

_INITIALIZATION_TIMEOUT = 10


class Settings(NamedTuple):
    """What the function is set to."""

    folder: Path
    name: str
    handler: str
    initializer: str
    runtime: str
    timeout: int
    memory: int
    concurrency: int
    environment: dict[str, str]


class Output:
    """What the command prints, a line at a time: text for people, or JSON for other programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._lock = threading.Lock()

    def put(self, text: str, /, **fields: object) -> None:
        """One piece of news: the text, or the fields."""
        line = to_json(fields) if self.as_json else printable(text)
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def log(self, line: LogLine) -> None:
        """A line that a function wrote."""
        tag = f"{line.request_id or line.instance_id} "
        self.put(tag + line.text, kind="log", **line._asdict())


def local(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="PORT", help="The port on 127.0.0.1; 0 is any free port.")
    ] = 0,
    code: Annotated[Path, typer.Option(metavar="FOLDER", help="The function's code.")] = Path("dist/function"),
    name: Annotated[str, typer.Option(metavar="NAME", help="The function's name.")] = "data-guard",
    handler: Annotated[str, typer.Option(metavar="MODULE.NAME", help="Called for each request.")] = ("index.handler"),
    initializer: Annotated[
        str, typer.Option(metavar="MODULE.NAME", help="Called before the first request; may be empty.")
    ] = "index.initializer",
    runtime: Annotated[
        str, typer.Option(metavar="PYTHON", help="Such as python3.10; that of the byte code by default.")
    ] = "",
    timeout: Annotated[int, typer.Option(min=1, metavar="SECONDS", help="Timeout of a request.")] = 10,
    memory: Annotated[int, typer.Option(min=64, metavar="MB", help="Memory of an instance.")] = 512,
    concurrency: Annotated[
        int, typer.Option(min=1, max=200, metavar="NUMBER", help="Requests at once in an instance.")
    ] = 1,
    env: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="An environment variable; can be repeated.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Replace the code when the folder changes.")] = False,
    as_json: Json = False,
) -> None:
    """Run a local Function Compute, without Docker, until Ctrl-C.

    It listens on 127.0.0.1 and serves the API 2016-08-15 (services, functions, versions, aliases, invocations) and
    invocations of the API 2023-03-30. Requests are signed with the credentials that it prints.
    """
    from ..local import LocalFunctionCompute, runtime_of
    from ..local.source_watch import SourceWatch

    environment = _environment(env or [])
    runtime = runtime or runtime_of(code)
    _require_interpreter(runtime)
    settings = Settings(code, name, handler, initializer, runtime, timeout, memory, concurrency, environment)
    output = Output(as_json=as_json)
    with _interruption() as interrupted, ExitStack() as stack:
        compute = LocalFunctionCompute(port=port, log=output.log)
        try:
            stack.enter_context(compute)
        except OSError as error:
            fail(f"port {port} cannot be listened on: {error.strerror}; take another, or --port 0 for any")
        _introduce(compute, output)
        if code.is_dir():
            _create(compute, settings, output)
        else:
            output.put(
                f"There is no folder {code}, so there is no function yet; "
                "build it (dataworks-ext package), or create one by the API.",
                kind="missing",
                code=str(code),
            )
        if watch:
            if not code.is_dir():
                fail(f"there is no folder {code} to watch; build it: dataworks-ext package")
            stack.enter_context(SourceWatch([code], lambda: _replace(compute, settings, output)))
            output.put(f"Watching {code}.", kind="watching", folders=[str(code)])
        interrupted.wait()
        output.put("Stopping.", kind="stopping")


class Interruption:
    """Ctrl-C or SIGTERM, as something to wait for. A signal handler may set no event; it may write to a pipe."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)

    def set(self, number: int, frame: object) -> None:
        """The signal handler."""
        os.write(self._writing, b"!")

    def wait(self) -> None:
        """Until a signal has come."""
        os.read(self._reading, 1)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._reading)
        os.close(self._writing)


@contextmanager
def _interruption() -> Iterator[Interruption]:
    interruption = Interruption()
    before = {number: signal.signal(number, interruption.set) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        interruption.close()


def _environment(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            fail(f"--env {pair!r} is no variable; expected KEY=VALUE")
    return {key: value for key, _, value in (pair.partition("=") for pair in pairs)}


def _require_interpreter(runtime: str) -> None:
    from ..local import NoInterpreterError, interpreter_of

    try:
        interpreter_of(runtime)
    except NoInterpreterError as error:
        fail(str(error))


def _introduce(compute: LocalFunctionCompute, output: Output) -> None:
    text = "\n".join(
        (
            f"Function Compute is at {compute.endpoint}",
            f"  account id         {compute.account_id}",
            f"  access key id      {compute.access_key_id}",
            f"  access key secret  {compute.access_key_secret}",
        )
    )
    output.put(
        text,
        kind="started",
        endpoint=compute.endpoint,
        account_id=compute.account_id,
        access_key_id=compute.access_key_id,
        access_key_secret=compute.access_key_secret,
    )


def _create(compute: LocalFunctionCompute, settings: Settings, output: Output) -> None:
    from ..local import ApiError, interpreter_of

    try:
        _put_function(compute, settings)
    except ApiError as error:
        fail(error.message)
    except OSError as error:
        fail(f"the code in {settings.folder} cannot be read: {error.strerror or error}")
    text = "\n".join(
        (
            f"Function {settings.name} is the code in {settings.folder}, on {interpreter_of(settings.runtime)}",
            "Invoke it, with aliyun-fc2:",
            f"  client = fc2.Client(endpoint={compute.endpoint!r},",
            f"      accessKeyID={compute.access_key_id!r}, accessKeySecret={compute.access_key_secret!r})",
            f"  client.invoke_function('default', {settings.name!r}, payload=open('message.json', 'rb').read()).data",
            "Ctrl-C ends it all.",
        )
    )
    output.put(text, kind="created", function=settings.name, code=str(settings.folder), runtime=settings.runtime)


def _replace(compute: LocalFunctionCompute, settings: Settings, output: Output) -> None:
    from ..local import ApiError

    try:
        _put_function(compute, settings)
    except (ApiError, OSError) as error:
        output.put(f"The code in {settings.folder} could not be taken: {error}", kind="failed", problem=str(error))
    else:
        output.put(f"The code of {settings.name} was replaced.", kind="replaced", function=settings.name)


def _put_function(compute: LocalFunctionCompute, settings: Settings) -> None:
    compute.create_function(
        settings.name,
        settings.folder,
        runtime=settings.runtime,
        handler=settings.handler,
        initializer=settings.initializer,
        timeout=settings.timeout,
        initialization_timeout=_INITIALIZATION_TIMEOUT,
        memory_size=settings.memory,
        concurrency=settings.concurrency,
        environment=settings.environment,
    )
