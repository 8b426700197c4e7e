"""Which version answers: moving an alias, promoting a canary, and going back.

An alias is what the rules of EventBridge call. DataWorks' direct invocation calls the function as it is (LATEST), which
is why going back restores that as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from .function_store import (
    FoundAlias,
    FoundFunction,
    FoundVersion,
    FunctionStore,
    is_same,
    settings_to_restore,
    wait_for_update,
)
from .probe import probe
from .release import read_release
from .remote_error import RemoteError
from .steps import DeploymentStep


def move_alias(store: FunctionStore, name: str, alias: FoundAlias) -> None:
    """Let the alias name a version, and see that it does: whether no weights clear those that were there is a guess.

    Raises:
        RemoteError: It was refused, or has had no effect.
    """
    before = store.alias(name)
    store.put_alias(name, alias, exists=before is not None)
    after = store.alias(name)
    if after is not None and before is not None and after.canary and not alias.weights:
        store.put_alias(name, alias._replace(weights={after.canary: 0.0}), exists=True)
        after = store.alias(name)
    if after is None or (after.version, after.canary) != (alias.version, alias.canary):
        found = said_alias(after) if after else "nothing"
        raise RemoteError(
            f"alias {name} should name {said_alias(alias)}, and names {found}; somebody may have moved it"
        )


def restore(store: FunctionStore, number: str, code: bytes | None = None) -> None:
    """Give the function, which is what direct invocations call, the code and the settings of a version.

    Args:
        store: The function.
        number: The version.
        code: Its code; None to get it where it differs.

    Raises:
        RemoteError: There is no such version, or it cannot be restored.
    """
    version, latest = store.get(number), store.get()
    if version is None:
        raise RemoteError(f"there is no version {number}; dataworks-ext versions lists them")
    if code is None and (latest is None or latest.checksum != version.checksum):
        code = store.code(number)
    settings = settings_to_restore(version.settings, latest.settings if latest is not None else {})
    store.update(settings, version.environment, code)
    restored = wait_for_update(store)
    if not is_same(restored, version):
        raise RemoteError(f"the function is not as version {number} is: somebody deployed at the same time; run again")


def said_alias(alias: FoundAlias) -> str:
    """As people read it: `version 3, and version 4 for 10 %`."""
    shares = [f"{_said_version(number)} for {weight:.0%}" for number, weight in alias.weights.items() if weight]
    return ", and ".join([_said_version(alias.version), *shares])


def _said_version(number: str) -> str:
    return f"version {number}" if number.isdecimal() else f"the {number} version"


def promotion(store: FunctionStore, name: str) -> list[DeploymentStep]:
    """How a canary becomes what answers. Raises `RemoteError` if there is none."""
    alias = store.alias(name)
    if alias is None or not alias.canary:
        raise RemoteError(f"alias {name} has no canary; start one with: dataworks-ext deploy --canary 10")
    final = FoundAlias(alias.canary, {})
    steps = [DeploymentStep(f"moved alias {name} to {said_alias(final)}", partial(move_alias, store, name, final))]
    version = store.get(alias.canary)
    return steps if version is None else [*steps, *_restoration(store, alias.canary, version)]


def _restoration(store: FunctionStore, number: str, version: FoundFunction) -> Iterator[DeploymentStep]:
    """How the function becomes as a version is. The code is here before anything is done."""
    latest = store.get()
    if latest is not None and is_same(latest, version):
        return
    code = None if latest is not None and latest.checksum == version.checksum else store.code(number)
    yield DeploymentStep(f"restored version {number} for direct invocations", partial(restore, store, number, code))


def rollback(store: FunctionStore, name: str, number: str = "") -> tuple[str, list[DeploymentStep]]:
    """The version to go back to, and how.

    Args:
        store: The function.
        name: The alias.
        number: The version; without one, what answers beside a canary, else the version before what answers.

    Raises:
        RemoteError: There is no such version, or none before.
    """
    alias = store.alias(name)
    if alias is None:
        raise RemoteError(f"there is no alias {name}, so nothing was deployed; dataworks-ext deploy makes it")
    number = number or (alias.version if alias.canary else _version_before(store.versions(), alias.version))
    version = store.get(number)
    if version is None or not any(one.number == number for one in store.versions()):
        raise RemoteError(f"there is no version {number}; dataworks-ext versions lists them")
    final, steps = FoundAlias(number, {}), []
    if alias.version != number or alias.canary:
        steps.append(
            DeploymentStep(f"moved alias {name} to {said_alias(final)}", partial(move_alias, store, name, final))
        )
    steps += _restoration(store, number, version)
    if steps:
        steps.append(DeploymentStep("probed it: it answers", partial(_require_answer, store)))
    return number, steps


def _require_answer(store: FunctionStore) -> None:
    if problem := probe(store).problem:
        raise RemoteError(f"the restored code does not answer: {problem}")


def _version_before(versions: Sequence[FoundVersion], number: str) -> str:
    for version in versions:
        if int(version.number) < int(number):
            return version.number
    raise RemoteError(f"there is no version before {number}; dataworks-ext versions lists them")


class ListedVersion(NamedTuple):
    """A version, and what it answers."""

    version: str
    published: str
    digest: str
    commit: str
    share: float
    """Of the requests that come through the alias, from 0 to 1."""
    direct: bool
    """Whether direct invocations get the same."""


def listed_versions(store: FunctionStore, alias_name: str, most: int) -> list[ListedVersion]:
    """The newest versions, with what answers. Raises `RemoteError`."""
    alias, latest = store.alias(alias_name), store.get()
    if latest is None:
        raise RemoteError(f"there is no function {store.name}; dataworks-ext deploy makes it")
    listed = []
    for version in store.versions()[:most]:
        release, found = read_release(version.description), store.get(version.number)
        digest, commit = (release.digest, release.commit) if release else ("", "")
        direct = found is not None and is_same(found, latest)
        share = _share(alias, version.number)
        listed.append(ListedVersion(version.number, version.published, digest, commit, share, direct))
    return listed


def _share(alias: FoundAlias | None, number: str) -> float:
    if alias is None:
        return 0.0
    if number == alias.version:
        return 1.0 - sum(alias.weights.values())
    return alias.weights.get(number, 0.0)
