"""Functions of Function Compute 3.0: without services, each with versions and aliases of its own.

Source: Function Compute API 2023-03-30. They are the functions of the service `default` for the older API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .account import DEFAULT_SERVICE, Account
from .api_error import ApiError
from .instances import FunctionResponse
from .resources import Alias, ReservedConcurrency, Version, now
from .revision import ACCOUNT_ID, LATEST, REGION, Revision

_Sent = Mapping[str, object]
"""Fields by the API's names."""
_SETTLING: Final = 1
"""How often a function says after a change that the change is in progress: a client has to wait for its end."""


@dataclass
class _History:
    """What belongs to a function beside its present state."""

    created: str
    modified: str = ""
    settling: int = _SETTLING
    versions: dict[str, tuple[Version, Revision]] = field(default_factory=dict)
    """Each with what it was."""
    aliases: dict[str, Alias] = field(default_factory=dict)
    published: int = 0
    """Versions so far, the deleted ones included."""
    reserved: ReservedConcurrency | None = None


class Functions3:
    """What the API of 3.0 does, each method an operation. Methods raise `ApiError` like those of `Account`.

    Args:
        account: Where the functions are.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._histories: dict[str, _History] = {}

    def create(self, sent: _Sent) -> dict[str, object]:
        """CreateFunction."""
        revision = self._account.create_function(DEFAULT_SERVICE, _flat(sent))
        name = revision.settings.function_name
        self._histories[name] = _History(now(), now())
        return self._shown(name, revision)

    def get(self, name: str, query: _Sent) -> dict[str, object]:
        """GetFunction, of LATEST, a version or an alias."""
        qualifier = str(query.get("qualifier", ""))
        revision, history = self.revision(name, qualifier), self._history(name)
        shown = self._shown(name, revision)
        if revision is self._latest(name):
            history.settling = max(history.settling - 1, 0)
        return shown

    def list_all(self, query: _Sent) -> dict[str, object]:
        """ListFunctions, by name."""
        functions = self._account.service(DEFAULT_SERVICE).functions
        names = sorted(name for name in functions if name.startswith(str(query.get("prefix", ""))))
        page, following = paged(names, query)
        return {"functions": [self._shown(name, functions[name]) for name in page], **following}

    def update(self, name: str, sent: _Sent) -> dict[str, object]:
        """UpdateFunction: settings, code or both, in one step."""
        revision = self._account.update_function(DEFAULT_SERVICE, name, _flat(sent))
        history = self._history(name)
        history.modified, history.settling = now(), _SETTLING
        return self._shown(name, revision)

    def delete(self, name: str) -> None:
        """DeleteFunction, with its versions and aliases."""
        self._account.delete_function(DEFAULT_SERVICE, name)
        history = self._histories.pop(name, None)
        for _, revision in history.versions.values() if history else ():
            self._account.retire(revision)

    def code(self, name: str, query: _Sent) -> dict[str, object]:
        """GetFunctionCode: the address of the zip file, which needs no signature."""
        return self._account.code_address(self.revision(name, str(query.get("qualifier", ""))).code)

    def publish(self, name: str, sent: _Sent) -> dict[str, object]:
        """PublishFunctionVersion: LATEST as it is now, under the next number."""
        latest, history = self._latest(name), self._history(name)
        last = next(reversed(history.versions.values()), None)
        if last is not None and (last[1].settings, last[1].code) == (latest.settings, latest.code):
            text = f"function {name!r} has not changed since its last version; change it first"
            raise ApiError(400, "VersionPublishError", text)
        version = Version.new(history.published + 1, sent)
        history.published += 1
        revision = self._account.revision(
            latest.settings, self._account.service(DEFAULT_SERVICE), version.version_id, latest.code
        )
        history.versions[version.version_id] = (version, revision)
        return version.shown()

    def list_versions(self, name: str, query: _Sent) -> dict[str, object]:
        """ListFunctionVersions: the newest first, unless `direction` is FORWARD."""
        self._latest(name)
        numbers = list(self._history(name).versions)
        if query.get("direction") != "FORWARD":
            numbers.reverse()
        page, following = paged(numbers, query)
        return {"versions": [self._history(name).versions[number][0].shown() for number in page], **following}

    def delete_version(self, name: str, number: str) -> None:
        """DeleteFunctionVersion. No alias may name it."""
        self._latest(name)
        history = self._history(name)
        if number not in history.versions:
            raise ApiError.not_found("Version", number)
        if any(number in (alias.version_id, *alias.additional_version_weight) for alias in history.aliases.values()):
            raise ApiError(409, "VersionInUse", f"version {number!r} has an alias; delete or change that first")
        self._account.retire(history.versions.pop(number)[1])

    def create_alias(self, name: str, sent: _Sent) -> dict[str, object]:
        """CreateAlias."""
        alias = Alias.read(sent)
        if alias.alias_name in self._aliases(name):
            raise ApiError.already_exists("Alias", alias.alias_name)
        return self._put_alias(name, alias)

    def get_alias(self, name: str, alias: str) -> dict[str, object]:
        """GetAlias."""
        found = self._aliases(name).get(alias)
        if found is None:
            raise ApiError.not_found("Alias", alias)
        return found.shown()

    def list_aliases(self, name: str, query: _Sent) -> dict[str, object]:
        """ListAliases."""
        page, following = paged(sorted(self._aliases(name)), query)
        return {"aliases": [self.get_alias(name, alias) for alias in page], **following}

    def update_alias(self, name: str, alias: str, sent: _Sent) -> dict[str, object]:
        """UpdateAlias. Weights that are sent replace the ones that are there."""
        self.get_alias(name, alias)
        return self._put_alias(name, self._aliases(name)[alias].changed({**sent, "aliasName": alias}))

    def delete_alias(self, name: str, alias: str) -> None:
        """DeleteAlias. The versions stay."""
        self.get_alias(name, alias)
        del self._aliases(name)[alias]

    def put_concurrency(self, name: str, sent: _Sent) -> dict[str, object]:
        """PutConcurrencyConfig. It has no effect here."""
        self._latest(name)
        self._history(name).reserved = ReservedConcurrency.read(sent)
        return self.get_concurrency(name)

    def get_concurrency(self, name: str) -> dict[str, object]:
        """GetConcurrencyConfig."""
        self._latest(name)
        reserved = self._history(name).reserved
        return {"functionArn": arn_of(name), **(reserved.shown() if reserved else {})}

    def invoke(self, name: str, qualifier: str, event: bytes, request_id: str) -> FunctionResponse:
        """InvokeFunction: of an alias with weights, a version by chance."""
        return self._account.run(lambda: self.revision(name, qualifier), event, request_id, qualifier)

    def revision(self, name: str, qualifier: str) -> Revision:
        """What a version, an alias or LATEST runs."""
        latest, history = self._latest(name), self._history(name)
        if qualifier in ("", LATEST):
            return latest
        alias = history.aliases.get(qualifier)
        found = history.versions.get(qualifier if alias is None else alias.chosen())
        if found is None:
            raise ApiError.not_found("Version" if qualifier.isdecimal() else "Alias", qualifier)
        return found[1]

    def _latest(self, name: str) -> Revision:
        return self._account.function(DEFAULT_SERVICE, LATEST, name)

    def _history(self, name: str) -> _History:
        return self._histories.setdefault(name, _History(now(), settling=0))

    def _aliases(self, name: str) -> dict[str, Alias]:
        self._latest(name)
        return self._history(name).aliases

    def _put_alias(self, name: str, alias: Alias) -> dict[str, object]:
        for number in (alias.version_id, *alias.additional_version_weight):
            if number not in self._history(name).versions:
                raise ApiError.not_found("Version", number)
        self._aliases(name)[alias.alias_name] = alias
        return alias.shown()

    def _shown(self, name: str, revision: Revision) -> dict[str, object]:
        history, shown = self._history(name), revision.shown()
        initializer, seconds = shown.pop("initializer", ""), shown.pop("initializationTimeout", 3)
        if initializer:
            shown["instanceLifecycleConfig"] = {"initializer": {"handler": initializer, "timeout": seconds}}
        settling = history.settling and revision is self._latest(name)
        times = {"createdTime": history.created, "lastModifiedTime": history.modified or history.created}
        states = {"state": "Active", "lastUpdateStatus": "InProgress" if settling else "Successful"}
        return {**shown, **times, **states, "functionArn": arn_of(name)}


def arn_of(name: str) -> str:
    """The function's name among all of the cloud."""
    return f"acs:fc:{REGION}:{ACCOUNT_ID}:functions/{name}"


def paged(names: list[str], query: _Sent) -> tuple[list[str], dict[str, object]]:
    """The names from `nextToken` on, `limit` of them, and the next token if there are more."""
    token = str(query.get("nextToken", ""))
    start = names.index(token) if token in names else 0
    limit = str(query.get("limit", ""))
    end = start + min(max(int(limit), 1), 100) if limit.isascii() and limit.isdecimal() else start + 20
    return names[start:end], {"nextToken": names[end]} if end < len(names) else {}


def _flat(sent: _Sent) -> dict[str, object]:
    """The fields as the older API has them: it has the initializer's beside the others."""
    fields = dict(sent)
    if "instanceLifecycleConfig" in fields:
        lifecycle = fields.pop("instanceLifecycleConfig")
        initializer = lifecycle.get("initializer") if isinstance(lifecycle, Mapping) else None
        hook = initializer if isinstance(initializer, Mapping) else {}
        fields["initializer"] = hook.get("handler") or ""
        fields["initializationTimeout"] = hook.get("timeout") or 3
    return fields
