"""Published versions of services, and aliases of versions.

Methods raise `ApiError`, as those of `Account` do.
"""

from __future__ import annotations

from dataclasses import replace

from .account import Account
from .errors import ApiError, already_exists, invalid, not_found, precondition_failed
from .fields import Fields
from .functions import Alias, Service, Version, etag, now


def publish_version(account: Account, service_name: str, fields: Fields) -> Version:
    """The service as it is now, under the next number."""
    with account.lock:
        service = account.service(service_name)
        last = list(service.versions.values())[-1:]
        if last and last[0].service.state() == service.state():
            text = f"service {service_name!r} has not changed since version {last[0].id}; change it first"
            raise ApiError(400, "VersionPublishError", text)
        service.published += 1
        number = str(service.published)
        snapshot = account.published(service, number)
        version = service.versions[number] = Version(number, fields.text("description"), now(), snapshot)
        return version


def delete_version(account: Account, service_name: str, number: str) -> None:
    """No alias may name it."""
    with account.lock:
        service = account.service(service_name)
        if number not in service.versions:
            raise not_found("Version", number)
        if any(alias.version == number for alias in service.aliases.values()):
            raise ApiError(409, "VersionInUse", f"version {number!r} has an alias; delete or change that first")
        version = service.versions.pop(number)
    for function in version.service.functions.values():
        account.retire(function.deployment)


def create_alias(account: Account, service_name: str, fields: Fields) -> Alias:
    """A name for a version."""
    with account.lock:
        service = account.service(service_name)
        name = fields.name("aliasName")
        if name in service.aliases:
            raise already_exists("Alias", name)
        moment = now()
        alias = Alias(name, _version_in(service, fields), moment, moment, fields.text("description"), _weights(fields))
        service.aliases[name] = alias
        return alias


def alias_of(account: Account, service_name: str, name: str) -> Alias:
    """The alias."""
    with account.lock:
        alias = account.service(service_name).aliases.get(name)
    if alias is None:
        raise not_found("Alias", name)
    return alias


def update_alias(account: Account, service_name: str, name: str, fields: Fields, if_match: str = "") -> Alias:
    """The alias with what was sent."""
    with account.lock:
        service = account.service(service_name)
        alias = alias_of(account, service_name, name)
        _match(if_match, alias)
        changed = replace(
            alias,
            version=_version_in(service, fields) if fields.has("versionId") else alias.version,
            description=fields.text("description", alias.description),
            weights=_weights(fields) if fields.has("additionalVersionWeight") else alias.weights,
            modified=now(),
        )
        service.aliases[name] = changed
        return changed


def delete_alias(account: Account, service_name: str, name: str, if_match: str = "") -> None:
    """The version stays."""
    with account.lock:
        _match(if_match, alias_of(account, service_name, name))
        del account.service(service_name).aliases[name]


def _version_in(service: Service, fields: Fields) -> str:
    number = fields.text("versionId")
    if not number:
        raise invalid("versionId is missing; expected the number of a published version")
    if number not in service.versions:
        raise not_found("Version", number)
    return number


def _weights(fields: Fields) -> dict[str, object]:
    return dict(fields.mapping("additionalVersionWeight"))


def _match(if_match: str, alias: Alias) -> None:
    current = etag(alias.shown())
    if if_match and if_match.strip('"') != current:
        raise precondition_failed(current)
