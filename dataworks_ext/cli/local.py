"""`dataworks-ext local`: Function Compute on this machine, with the packaged function."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..openapi.api import ENDPOINT_VARIABLE
from ._output import Json, fail
from ._served_function import Output, ServedFunction, read_snapshot, refresh
from ._variables import read_variables

if TYPE_CHECKING:  # a server takes its time to import, which no other subcommand should wait for
    from ..local import LocalFunctionCompute

_INITIALIZATION_TIMEOUT = 10


def local(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="PORT", help="The port on 127.0.0.1; 0 is any free port.")
    ] = 0,
    code: Annotated[Path, typer.Option(metavar="FOLDER", help="The function's code.")] = Path("dist/function"),
    name: Annotated[str, typer.Option(metavar="NAME", help="The function's name.")] = "data-guard",
    handler: Annotated[str, typer.Option(metavar="MODULE.NAME", help="Called for each request.")] = "index.handler",
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
        list[str] | None, typer.Option(metavar="NAME[=VALUE]", help="A variable, with your value or a new one.")
    ] = None,
    env_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Variables, NAME=VALUE on each line.")] = None,
    function: Annotated[
        bool, typer.Option("--function/--no-function", help="Create the function; not where `deploy` creates it.")
    ] = True,
    snapshot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Code that DataWorks has as every snapshot.")
    ] = None,
    retries: Annotated[
        int | None, typer.Option(min=0, metavar="NUMBER", help="New attempts to deliver an event; as EventBridge.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Rebuild and replace the code when sources change.")] = False,
    as_json: Json = False,
) -> None:
    """Run a local Function Compute, without Docker, until Ctrl-C.

    It listens on 127.0.0.1 and serves Function Compute 3.0 (API 2023-03-30) and 2.0 (2016-08-15), and EventBridge (API
    2020-04-01), whose rules bring events to functions. Requests are signed with the credentials that it prints. A stub
    of DataWorks takes the replies of functions, which are printed, and so is an event that could not be delivered.

    A package that differs from its sources is rebuilt first. Use --env NAME or --env-file for secrets: other users can
    see NAME=VALUE in the list of processes.
    """
    from ..deploy.layout import PackagingError
    from ..local import RETRY_PAUSES, LocalFunctionCompute, runtime_of
    from ..testing.stub import DataWorksStub

    environment = read_variables(env or [], env_file)
    output = Output(as_json=as_json)
    if watch and not function:
        fail("--watch replaces the function, and --no-function makes none; leave out one of them")
    if function:
        try:
            refresh(code, output)
        except PackagingError as error:
            fail(str(error))
        runtime = runtime or runtime_of(code)
        _require_interpreter(runtime)

    with _interruption() as interrupted, ExitStack() as stack:
        dataworks = stack.enter_context(DataWorksStub(read_snapshot(snapshot), output.reply))
        compute = LocalFunctionCompute(
            port=port,
            log=output.log,
            retry_pauses={name: pauses[:retries] for name, pauses in RETRY_PAUSES.items()},
            undelivered=output.undelivered,
            variables={ENDPOINT_VARIABLE: dataworks.environment[ENDPOINT_VARIABLE]},
        )
        try:
            stack.enter_context(compute)
        except OSError as error:
            fail(f"port {port} cannot be listened on: {error.strerror}; take another, or --port 0 for any")
        served = ServedFunction(
            output,
            code,
            partial(
                compute.create_function,
                name,
                code,
                runtime=runtime,
                handler=handler,
                initializer=initializer,
                timeout=timeout,
                initialization_timeout=_INITIALIZATION_TIMEOUT,
                memory_size=memory,
                concurrency=concurrency,
                environment={**dataworks.environment, **environment},
            ),
        )
        _introduce(compute, output)
        if not function:
            output.put("There is no function. Deploy one: dataworks-ext deploy", kind="empty")
        elif code.is_dir():
            served.create()
            _explain(compute, name, code, runtime, output)
        else:
            text = f"There is no folder {code}, and so no function.\nBuild it (dataworks-ext package), or use the API."
            output.put(text, kind="missing", code=str(code))
        if watch:
            stack.enter_context(served.watched())
        output.put("Ctrl-C stops it.", kind="ready")
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


def _require_interpreter(runtime: str) -> None:
    from ..local import NoInterpreterError, interpreter_of

    try:
        interpreter_of(runtime)
    except NoInterpreterError as error:
        fail(str(error))


def _introduce(compute: LocalFunctionCompute, output: Output) -> None:
    fields = {
        "endpoint": compute.endpoint,
        "account_id": compute.account_id,
        "access_key_id": compute.access_key_id,
        "access_key_secret": compute.access_key_secret,
    }
    lines = [f"  {name.replace('_', ' '):17}  {value}" for name, value in fields.items()]
    lines += ["For `dataworks-ext deploy`:", *_exports(compute)]
    output.put("\n".join(["Function Compute runs on this machine:", *lines]), kind="started", **fields)


def _exports(compute: LocalFunctionCompute) -> list[str]:
    """What lets `deploy` and the official clients deploy here."""
    variables = {
        "FC_ENDPOINT": compute.endpoint,
        "EVENTBRIDGE_ENDPOINT": compute.endpoint,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": compute.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": compute.access_key_secret,
    }
    return [f"  export {name}={value}" for name, value in variables.items()]


def _explain(compute: LocalFunctionCompute, name: str, code: Path, runtime: str, output: Output) -> None:
    lines = (
        f"The function {name} runs {code} on {runtime}.",
        "Invoke it with aliyun-fc2:",
        f"  client = fc2.Client(endpoint={compute.endpoint!r},",
        f"                      accessKeyID={compute.access_key_id!r},",
        f"                      accessKeySecret={compute.access_key_secret!r})",
        "  message = open('message.json', 'rb').read()",
        f"  client.invoke_function('default', {name!r}, payload=message).data",
    )
    output.put("\n".join(lines), kind="created", function=name, code=str(code), runtime=runtime)
