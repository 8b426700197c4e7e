"""A deployment: what changes, in which order, and what is left where it stops.

The order keeps what answers right: new code is probed before a version of it is published, a version is checked before
the alias names it, and rules come last. Each step can be done again, so the next run does what is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from .function_store import (
    LARGEST_PACKAGE,
    FoundAlias,
    FunctionStore,
    WantedFunction,
    is_same,
    said_setting,
    wait_for_update,
)
from .probe import probe
from .release import KEPT, Release
from .remote_error import RemoteError
from .rule_book import RuleBook
from .serving import move_alias, restore, said_alias
from .steps import Change, DeploymentStep

_NO_LOG: Final = (
    "the function has no log, so that no record is kept: deploy makes no log project (logConfig: auto is for "
    "Serverless Devs). Name project and logstore in s.yaml, or configure the log in the console"
)


class Deployment:
    """What has to be done so that a function and its rules are as they are wanted. It looks, and changes nothing.

    Args:
        store: The function.
        wanted: How it should be.
        release: Which code that is.
        alias: The name of what the rules call.
        canary: The share of requests that the new version gets beside the old one, from 0 to 1; None for all.
        rules: The rules of EventBridge; None to leave them as they are.
        take_over: Change what another tool seems to have made.

    Raises:
        RemoteError: The cloud cannot be asked, or something stands in the way.
    """

    def __init__(
        self,
        store: FunctionStore,
        wanted: WantedFunction,
        release: Release,
        alias: str,
        canary: float | None = None,
        rules: RuleBook | None = None,
        *,
        take_over: bool = False,
    ) -> None:
        if wanted.package.stat().st_size > LARGEST_PACKAGE:
            raise RemoteError(f"{wanted.package} has more than {LARGEST_PACKAGE:,} bytes; see: dataworks-ext package")
        self._store, self._wanted, self._release, self._alias_name = store, wanted, release, alias
        self._canary, self._rules, self._take_over = canary, rules, take_over
        self._found = store.get()
        self._check_owner()
        self._alias = store.alias(alias) if self._found else None
        self._versions = store.versions() if self._found else []
        self._differences = self._found.differences(wanted) if self._found else []
        self._version = self._matching_version()
        self._kept = ""
        """The version that keeps what was there before there was an alias."""
        self._stable = self._stable_version()
        self._keeps = self._found is not None and self._alias is None and bool(self._differences)

    def changes(self) -> list[Change]:
        """What `steps` would change, in order; nothing if all is as it is wanted."""
        rules = self._rules.changes() if self._rules else ()
        return [*self._function_changes(), *self._alias_changes(), *rules]

    def notes(self) -> list[str]:
        """What stays as it is and may be meant otherwise."""
        has_log = "logConfig" in self._wanted.settings or (self._found is not None and self._found.logs)
        return [] if has_log else [_NO_LOG]

    def steps(self) -> list[DeploymentStep]:
        """How it is done."""
        rules = self._rules.steps() if self._rules else ()
        return [*self._function_steps(), *self._alias_steps(), *rules]

    def _check_owner(self) -> None:
        """A function that another tool made for something else is not overwritten."""
        found = self._found
        if found is None or self._take_over or found.settings.get("handler") == self._wanted.settings.get("handler"):
            return
        raise RemoteError(
            f"there is a function {self._wanted.name} with the handler {found.settings.get('handler')}, which is "
            f"something else; choose another functionName, or take it over with --take-over"
        )

    def _matching_version(self) -> str:
        """A published version that is as it is wanted: what the alias names, or the newest; empty if there is none."""
        named = [self._alias.version, self._alias.canary] if self._alias else []
        newest = [self._versions[0].number] if self._versions else []
        for number in dict.fromkeys(one for one in (*named, *newest) if one):
            version = self._store.get(number)
            if version is not None and not version.differences(self._wanted):
                return number
        return ""

    def _stable_version(self) -> str:
        """The version beside which a canary runs; empty without a canary."""
        if self._canary is None:
            return ""
        if self._alias is None:
            raise RemoteError("there is no version yet beside which a canary could run; deploy without --canary first")
        return "" if self._alias.version == self._version else self._alias.version

    def _final(self, number: str) -> FoundAlias:
        """What the alias should be, by the number of the version that is wanted."""
        return FoundAlias(self._stable, {number: self._canary or 0.0}) if self._stable else FoundAlias(number, {})

    def _function_changes(self) -> Iterator[Change]:
        name = f"function {self._wanted.name}"
        if self._found is None:
            yield Change(name, "", f"created in Function Compute {self._store.api}")
            for setting, value in self._wanted.settings.items():
                yield Change(f"{name}: {setting}", "", said_setting(value))
            for variable in sorted(self._wanted.environment):
                yield Change(f"{name}: variable {variable}", "", "set")
            yield Change(
                f"{name}: code", "", f"{self._wanted.package.stat().st_size:,} bytes of {self._wanted.package}"
            )
        for what, before, after in self._differences:
            yield Change(f"{name}: {what}", before, after)
        if self._reserves():
            yield Change(f"{name}: reserved concurrency", str(self._reserved() or ""), str(self._wanted.reserved))

    def _reserved(self) -> int | None:
        return self._store.reserved() if self._found else None

    def _reserves(self) -> bool:
        return self._wanted.reserved is not None and self._reserved() != self._wanted.reserved

    def _alias_changes(self) -> Iterator[Change]:
        if not self._version:
            yield Change("version", "", f"a new one of {self._release.said}")
        final = self._final(self._version or "new")
        if self._alias != final:
            before = said_alias(self._alias) if self._alias else ""
            yield Change(f"alias {self._alias_name}", before, said_alias(final))

    def _function_steps(self) -> Iterator[DeploymentStep]:
        store, wanted = self._store, self._wanted
        if self._keeps:
            yield DeploymentStep("published what was there before as a version", self._keep)
        if self._found is None:
            yield DeploymentStep(f"created function {wanted.name}", partial(store.create, wanted))
        elif self._differences:
            has_code = any(what == "code" for what, _, _ in self._differences)
            code = wanted.package.read_bytes() if has_code else None
            update = partial(store.update, wanted.settings, wanted.environment, code)
            yield DeploymentStep(f"updated function {wanted.name}", update)
        if not self._version or self._differences:
            yield DeploymentStep("waited for the update", lambda: _wait(store))
            yield DeploymentStep("probed it: it answers", self._probe)
        if self._reserves() and wanted.reserved is not None:
            yield DeploymentStep("reserved concurrency", partial(store.reserve, wanted.reserved))

    def _probe(self) -> None:
        """Probe what is not published yet. If it does not answer, what answered before is restored."""
        problem = probe(self._store).problem
        if not problem:
            return
        restored = self._alias.version if self._alias else self._kept
        text = f"the new code does not answer: {problem}"
        if not restored:
            raise RemoteError(f"{text}. It is not called by any rule; deploy again when it is mended")
        try:
            restore(self._store, restored)
        except RemoteError as error:
            raise RemoteError(
                f"{text}. Version {restored} could not be restored either ({error}); direct invocations get the new "
                f"code. Run: dataworks-ext rollback {restored}"
            ) from None
        raise RemoteError(f"{text}. Version {restored} was restored, for direct invocations as well")

    def _keep(self) -> None:
        newest = self._store.versions()[:1]
        found = self._store.get(newest[0].number) if newest else None
        is_kept = found is not None and self._found is not None and is_same(found, self._found)
        self._kept = newest[0].number if is_kept else self._store.publish(KEPT)

    def _alias_steps(self) -> Iterator[DeploymentStep]:
        if not self._version:
            yield DeploymentStep("published a version", self._publish)
        if self._alias != self._final(self._version or "new"):
            yield DeploymentStep(f"moved alias {self._alias_name}", self._move)

    def _publish(self) -> None:
        """Publish, and check that the version is what is wanted: somebody may deploy at the same time."""
        try:
            number = self._store.publish(self._release.description)
        except RemoteError:
            number = next((one.number for one in self._store.versions()), "")  # it may be there for all that
            version = self._store.get(number) if number else None
            if version is None or version.differences(self._wanted):
                raise
        version = self._store.get(number)
        if version is None or version.differences(self._wanted):
            raise RemoteError(
                f"version {number} is not what was deployed: somebody deployed at the same time. Alias "
                f"{self._alias_name} was not moved; run this again when the other deployment has ended"
            )
        self._version = number

    def _move(self) -> None:
        move_alias(self._store, self._alias_name, self._final(self._version))


def _wait(store: FunctionStore) -> None:
    wait_for_update(store)
