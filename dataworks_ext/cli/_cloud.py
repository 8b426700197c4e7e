"""The cloud that subcommands call: the function in its Function Compute, and EventBridge, with options for both."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn, TypeVar

import typer

from ..deploy.s_yaml import Manifest, SYamlError, read_s_yaml
from ._output import fail

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    from ..deploy.event_bus import EventBridge
    from ..deploy.function_store import FunctionStore
    from ..deploy.remote_access import Access

    _Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

ACCOUNT_VARIABLE = "FC_ACCOUNT_ID"
ENDPOINT_VARIABLE = "FC_ENDPOINT"
EVENTBRIDGE_VARIABLE = "EVENTBRIDGE_ENDPOINT"
ALIAS_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")


def _checked_alias(name: str) -> str:
    if not ALIAS_NAME.fullmatch(name):
        fail(f"--alias is {name!r}; expected a letter or _, then letters, digits, - and _")
    return name


class ApiVersion(str, Enum):
    """Versions of Function Compute."""

    THREE = "3.0"
    TWO = "2.0"


SYaml = Annotated[Path, typer.Option("--s-yaml", metavar="FILE", help="The file that describes the function.")]
Api = Annotated[ApiVersion, typer.Option("--api", metavar="VERSION", help="Function Compute 3.0 or 2.0.")]
Service = Annotated[
    str | None, typer.Option(metavar="NAME", help="The service of 2.0; the function's name by default.")
]
Endpoint = Annotated[
    str | None,
    typer.Option(envvar=ENDPOINT_VARIABLE, metavar="URL", help="Function Compute's; the region's by default."),
]
Alias = Annotated[
    str, typer.Option(metavar="NAME", callback=_checked_alias, help="What the rules of EventBridge call.")
]
EventBridgeEndpoint = Annotated[
    str | None,
    typer.Option(envvar=EVENTBRIDGE_VARIABLE, metavar="URL", help="EventBridge's; the region's by default."),
]
DEFAULT_ALIAS = "live"


class FunctionPlace(NamedTuple):
    """Where the function is."""

    api: ApiVersion
    service: str | None = None
    endpoint: str | None = None


def manifest_of(s_yaml: Path) -> Manifest:
    """What s.yaml says; ends the command if it says nothing."""
    if not s_yaml.exists():
        fail(f"there is no {s_yaml}; run this in the folder of the project, or name the file with --s-yaml")
    try:
        return read_s_yaml(s_yaml, os.environ)
    except SYamlError as error:
        fail(str(error))


def function_name(manifest: Manifest) -> str:
    """The function's."""
    return str(manifest.props.get("functionName") or manifest.resource)


def region_of(manifest: Manifest) -> str:
    """The function's; ends the command if there is none."""
    region = manifest.props.get("region")
    if not region:
        fail("s.yaml names no region; write region: cn-hangzhou, or another one")
    return str(region)


def store_of(manifest: Manifest, place: FunctionPlace) -> FunctionStore:
    """The function, with the environment's credentials; ends the command if something is missing."""
    name, region = function_name(manifest), region_of(manifest)
    try:
        from ..deploy.remote_error import RemoteError

        if place.api is ApiVersion.TWO:
            from ..deploy.function_compute_2 import FunctionCompute2

            access = _access(manifest, place.endpoint or _endpoint_of_2(region))
            make: Callable[[], FunctionStore] = lambda: FunctionCompute2(name, place.service or name, access)  # noqa: E731
        else:
            from ..deploy.function_compute_3 import FunctionCompute3

            access = _access(manifest, place.endpoint or "")
            make = lambda: FunctionCompute3(name, access)  # noqa: E731
    except ModuleNotFoundError as error:
        _fail_without(error)
    try:
        return make()
    except RemoteError as error:
        fail(str(error))


def buses_of(manifest: Manifest, endpoint: str | None) -> EventBridge:
    """EventBridge, with the environment's credentials; ends the command if something is missing."""
    try:
        from ..deploy.event_bus import EventBridge
        from ..deploy.remote_error import RemoteError
    except ModuleNotFoundError as error:
        _fail_without(error)
    try:
        return EventBridge(_access(manifest, endpoint or ""))
    except RemoteError as error:
        fail(str(error))


def explaining(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """A function that ends the command with the error where the cloud refuses."""

    @wraps(command)
    def run(*arguments: _Parameters.args, **options: _Parameters.kwargs) -> _Result:
        from ..deploy.remote_error import RemoteError

        try:
            return command(*arguments, **options)
        except RemoteError as error:
            fail(str(error))

    return run


def _access(manifest: Manifest, endpoint: str) -> Access:
    from ..deploy.remote_access import Access

    key_id = os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
    secret = os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
    given = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}
    if missing := " and ".join(name for name, value in given.items() if not value):
        fail(f"not set: {missing}. Whoever deploys needs an access key; see docs/en/permissions.md")
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "")
    values = tuple(manifest.environment.values())
    return Access(key_id, secret, token, region_of(manifest), endpoint, values)


def _endpoint_of_2(region: str) -> str:
    account = os.environ.get(ACCOUNT_VARIABLE, "")
    if not account:
        fail(f"whose Function Compute? Set {ACCOUNT_VARIABLE} to the account's id, or name an --endpoint")
    return f"https://{account}.{region}.fc.aliyuncs.com"


def _fail_without(error: ModuleNotFoundError) -> NoReturn:
    fail(f"this needs {error.name}; install it with: pip install 'dataworks-ext[cli,deploy]'")
