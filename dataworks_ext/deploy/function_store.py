"""A function in the cloud, whichever version of Function Compute has it: what is deployed, found and called.

Settings have the names of Function Compute 3.0 here (API 2023-03-30).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from .checksum import crc64
from .remote_error import RemoteError
from .s_yaml import Manifest

SETTINGS: Final = (
    *("description", "runtime", "handler", "timeout", "memorySize", "cpu", "diskSize", "instanceConcurrency"),
    *("instanceLifecycleConfig", "role", "internetAccess", "logConfig", "vpcConfig"),
)
"""What of a function is deployed, beside its code and its variables."""
_FILLED_IN: Final = ("cpu", "diskSize", "internetAccess")
"""What the service fills in where it is not given."""
_EMPTY: Final[Mapping[str, object]] = {
    "description": "",
    "instanceLifecycleConfig": {"initializer": {"handler": ""}},
    "role": "",
    "logConfig": {"project": "", "logstore": ""},
    "vpcConfig": {"vpcId": "", "vSwitchIds": [], "securityGroupId": ""},
}
"""What takes a setting away. A guess: the reference tells what an update sets, and not how it unsets."""
LARGEST_PACKAGE: Final = 100 * 1024 * 1024
"""Bytes of a zip file that is sent with the call (Function Compute, "Limits")."""
WAIT: Final = 300.0
"""Seconds that an update may take."""
FIRST_LOOK: Final = 0.1
_SLOWEST_LOOK: Final = 2.0


class WantedFunction(NamedTuple):
    """What is to be deployed."""

    name: str
    settings: Mapping[str, object]
    environment: Mapping[str, str]
    """The variables that have a value."""
    package: Path
    """The zip file."""
    reserved: int | None = None
    """Reserved concurrency; None to leave it as it is."""

    @property
    def checksum(self) -> str:
        """As Function Compute reports it."""
        return str(crc64(self.package.read_bytes()))


class FoundFunction(NamedTuple):
    """What a function is, as it is now or as a version of it was published."""

    settings: Mapping[str, object]
    environment: Mapping[str, str]
    checksum: str
    size: int
    arn: str = ""
    status: str = ""
    """`Successful`, `InProgress` or `Failed`; empty where the API has no such thing."""
    reason: str = ""
    """Why it failed."""

    @property
    def logs(self) -> bool:
        """Whether what it prints is kept."""
        return _given(self.settings.get("logConfig"))

    @property
    def account(self) -> str:
        """The id of the account that has it; empty if it is not known."""
        parts = self.arn.split(":")
        return parts[3] if len(parts) > 4 else ""

    def differences(self, wanted: WantedFunction) -> list[tuple[str, str, str]]:
        """What is other than wanted: its name, before, after. Variables come without their values."""
        found = [
            (name, said_setting(self.settings.get(name)), said_setting(value))
            for name, value in wanted.settings.items()
            if not _holds(self.settings.get(name), value)
        ]
        for name in sorted({*self.environment, *wanted.environment}):
            if self.environment.get(name) != wanted.environment.get(name):
                found.append((f"variable {name}", *variable_change(name, self.environment, wanted.environment)))
        if self.checksum != wanted.checksum:
            size = wanted.package.stat().st_size
            found.append(("code", f"{self.size:,} bytes", f"{size:,} bytes of {wanted.package}"))
        return found


def is_same(one: FoundFunction, other: FoundFunction) -> bool:
    """Whether both have the same code, variables and settings."""
    if (one.checksum, one.environment) != (other.checksum, other.environment):
        return False
    return all(_same_setting(name, one.settings.get(name), other.settings.get(name)) for name in SETTINGS)


def _same_setting(name: str, one: object, other: object) -> bool:
    if one is None or other is None:
        return name in _FILLED_IN or not (_given(one) or _given(other))
    return one == other


def _given(value: object) -> bool:
    return any(map(_given, value.values())) if isinstance(value, Mapping) else bool(value)


def settings_to_restore(wanted: Mapping[str, object], found: Mapping[str, object]) -> dict[str, object]:
    """The settings that an update needs: what it leaves out stays, so what is there and not wanted is emptied."""
    return {**{name: _EMPTY[name] for name in _EMPTY if name in found and name not in wanted}, **wanted}


class FoundVersion(NamedTuple):
    """A published version."""

    number: str
    description: str
    published: str
    """When, in ISO 8601; empty if it is not known."""


class FoundAlias(NamedTuple):
    """A name for a version, and perhaps for another one that gets a share."""

    version: str
    weights: Mapping[str, float]
    """The shares of other versions, from 0 to 1."""

    @property
    def canary(self) -> str:
        """The other version that gets a share; empty if there is none."""
        return next((number for number, weight in self.weights.items() if weight), "")


def found_alias(version: object, weights: Mapping[str, float] | None) -> FoundAlias:
    """An alias as an API shows it; a weight of 0 is none."""
    shares = {str(number): float(share) for number, share in (weights or {}).items() if share}
    return FoundAlias(str(version), shares)


class Invoked(NamedTuple):
    """What came of an invocation."""

    body: bytes
    error: str | None
    """The type of the function error; None if the function answered."""
    log: str
    """The end of what it logged."""
    request_id: str


class FunctionStore(Protocol):
    """One function of an account. Every method raises `RemoteError`."""

    name: str
    api: str
    """`3.0` or `2.0`."""
    service: str
    """The service of 2.0; empty for 3.0."""

    def get(self, qualifier: str = "") -> FoundFunction | None:
        """The function as it is now, or a version of it; None if there is none."""

    def create(self, wanted: WantedFunction) -> None:
        """Create it."""

    def update(self, settings: Mapping[str, object], environment: Mapping[str, str], code: bytes | None) -> None:
        """Change it: settings and code in one call, so that nothing is left between them."""

    def reserve(self, concurrency: int) -> None:
        """Reserve concurrency."""

    def reserved(self) -> int | None:
        """The reserved concurrency."""

    def publish(self, description: str) -> str:
        """Publish it as it is now; the number of the version."""

    def versions(self) -> list[FoundVersion]:
        """The published versions, the newest first."""

    def alias(self, name: str) -> FoundAlias | None:
        """The alias; None if there is none."""

    def put_alias(self, name: str, alias: FoundAlias, *, exists: bool) -> None:
        """Create or change the alias."""

    def code(self, qualifier: str) -> bytes:
        """The zip file of a version."""

    def invoke(self, message: bytes, qualifier: str = "") -> Invoked:
        """Send a message to the function and wait for its answer."""


def wanted_of(manifest: Manifest, package: Path) -> WantedFunction:
    """What `s.yaml` says. `logConfig: auto` is for Serverless Devs, and leaves the log as it is."""
    props = manifest.props
    settings = {name: props[name] for name in SETTINGS if props.get(name) not in (None, "")}
    settings = {"timeout": 3, "memorySize": 512, "instanceConcurrency": 1, **settings}
    if not isinstance(settings.get("logConfig"), Mapping):
        settings.pop("logConfig", None)
    if not isinstance(settings.get("vpcConfig"), Mapping):
        settings.pop("vpcConfig", None)
    concurrency = props.get("concurrencyConfig")
    reserved = concurrency.get("reservedConcurrency") if isinstance(concurrency, Mapping) else None
    name = str(props.get("functionName") or manifest.resource)
    return WantedFunction(
        name, settings, manifest.environment, package, reserved if isinstance(reserved, int) else None
    )


def wait_for_update(store: FunctionStore) -> FoundFunction:
    """The function, once its last change has succeeded.

    Raises:
        RemoteError: The change failed, or takes longer than five minutes.
    """
    until, pause = time.monotonic() + WAIT, FIRST_LOOK
    while True:
        found = store.get()
        if found is None:
            raise RemoteError(f"function {store.name} is gone; somebody deleted it meanwhile")
        if found.status in ("", "Successful"):
            return found
        if found.status == "Failed":
            raise RemoteError(f"the update of function {store.name} failed: {found.reason or 'no reason is given'}")
        if time.monotonic() > until:
            raise RemoteError(f"the update of function {store.name} takes more than {WAIT:g} seconds; look at it later")
        time.sleep(pause)
        pause = min(pause * 2, _SLOWEST_LOOK)


def variable_change(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, str]:
    """How a variable changes, without its value: that may be a secret."""
    said = "set" if name not in before else "changed" if name in after else "removed"
    return "set" if name in before else "", said


def _holds(found: object, wanted: object) -> bool:
    """Whether what was found is what is wanted; a service may add names of its own."""
    if isinstance(wanted, Mapping):
        inside = found if isinstance(found, Mapping) else {}
        return all(_holds(inside.get(name), value) for name, value in wanted.items())
    return found == wanted or (found is None and wanted in ("", [], False))


def said_setting(value: object) -> str:
    """A setting as people read it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {said_setting(inner)}" for name, inner in value.items() if inner is not None)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
