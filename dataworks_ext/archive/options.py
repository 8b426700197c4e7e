"""Where and what a function archives, as its environment says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import ExtensionError
from ..events.catalog import catalog
from ..modes import items_in
from ..openapi.endpoint import Endpoint, EndpointError, read_endpoint
from ..spelling import nearest

if TYPE_CHECKING:
    from ..pack import PolicyPack

ARCHIVE_VARIABLE: Final = "DATAWORKS_EXT_ARCHIVE"
ENDPOINT_VARIABLE: Final = f"{ARCHIVE_VARIABLE}_ENDPOINT"
EVENTS_VARIABLE: Final = f"{ARCHIVE_VARIABLE}_EVENTS"
WITHOUT_VARIABLE: Final = f"{ARCHIVE_VARIABLE}_WITHOUT"
MAX_BYTES_VARIABLE: Final = f"{ARCHIVE_VARIABLE}_MAX_BYTES"
VARIABLES: Final = (ARCHIVE_VARIABLE, ENDPOINT_VARIABLE, EVENTS_VARIABLE, WITHOUT_VARIABLE, MAX_BYTES_VARIABLE)
DEFAULT_MAX_BYTES: Final = 1024 * 1024
"""Bytes of a line, before compression."""
LEAST_MAX_BYTES: Final = 4 * 1024
SNAPSHOT_CONTENT: Final = "snapshot.content"
"""What leaves out the code in a snapshot, and nothing else of it."""
UNCHECKED: Final = "payload."
"""What a field's name begins with that is left out although no event is known to have it."""
_LOOKUPS: Final = ("snapshot", SNAPSHOT_CONTENT, "parameters", "options")
NEEDED: Final = frozenset({"eventcode", "blockbusiness", "extensionbizid"})
"""Fields, folded, without which a message is no message."""
_LOCATION: Final = r"oss://([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:/([\w./-]*))?"
_ADDRESS: Final = r"localhost|\[[0-9a-f:.]+\]|[0-9]{1,3}(\.[0-9]{1,3}){3}"


class ArchiveError(ExtensionError):
    """The archive cannot be used as it is configured. The text names the variable and says what was expected."""


class Location(NamedTuple):
    """`oss://bucket/prefix`."""

    bucket: str
    prefix: str
    """Without a slash at either end; may be empty."""

    def key(self, name: str) -> str:
        """The key of an object under the prefix."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.prefix}"


class ArchiveOptions(NamedTuple):
    """What is archived, and where."""

    location: Location
    endpoint: str
    """As the environment gives it; empty for the region's."""
    events: frozenset[str] | None
    """Event codes; None for those that block."""
    all_events: bool
    without: frozenset[str]
    """What is left out: payload fields and lookups, folded."""
    max_bytes: int
    """Bytes of a line, before compression."""


class Address(NamedTuple):
    """How an object is addressed."""

    endpoint: Endpoint
    root: str
    """What its path begins with: `/`, or `/bucket/` where the endpoint is an IP address."""
    region: str
    """The region that requests are signed for: `cn-hangzhou`."""


def read_options(environment: Mapping[str, str], packs: Iterable[PolicyPack[Any]] = ()) -> ArchiveOptions | None:
    """What the environment says; None if nothing is archived. Raises `ArchiveError`.

    Args:
        environment: The variables.
        packs: Those whose policies look something up: answers to the operations of their `asks` can be left out too.
    """
    written = environment.get(ARCHIVE_VARIABLE, "").strip()
    if not written:
        return None
    events = items_in(environment.get(EVENTS_VARIABLE, "")) or ["blocking"]
    names = items_in(environment.get(WITHOUT_VARIABLE, ""))
    return ArchiveOptions(
        read_location(written),
        environment.get(ENDPOINT_VARIABLE, "").strip(),
        None if events in (["blocking"], ["all"]) else frozenset(map(_code, events)),
        events == ["all"],
        _left_out(names, [operation for pack in packs for operation in pack.asks]) if names else frozenset(),
        _max_bytes(environment.get(MAX_BYTES_VARIABLE, "").strip()),
    )


def read_location(written: str) -> Location:
    """The location that `oss://bucket/prefix` names. Raises `ArchiveError`."""
    match = re.fullmatch(_LOCATION, written, re.ASCII)
    parts = (match[2] or "").strip("/").split("/") if match else []
    if match is None or any(part in (".", "..") for part in parts) or (len(parts) > 1 and "" in parts):
        raise ArchiveError(
            f"{ARCHIVE_VARIABLE} should be oss://bucket/prefix, with letters, digits, -, _, . and / in the prefix; "
            f"got {written!r}"
        )
    return Location(match[1], "/".join(parts))


def address_of(location: Location, endpoint: str, region: str | None, *, internal: bool = True) -> Address:
    """How objects of the location are addressed, with virtual hosts: OSS refuses any other way.

    Source: OSS, "Use AWS SDKs to access OSS": the S3-compatible endpoints `s3.oss-{region}[-internal].aliyuncs.com`.

    Args:
        location: The bucket.
        endpoint: `https://host`; the region's own if it is empty.
        region: Such as `cn-hangzhou`; found in the endpoint's name if that has one.
        internal: Whether the region's own endpoint is that of the internal network.

    Raises:
        ArchiveError: The endpoint is none, or neither it nor the region is known.
    """
    if not endpoint and not region:
        raise ArchiveError(f"{ENDPOINT_VARIABLE} is not set, and the region is not known either")
    url = endpoint or f"https://s3.oss-{region}{'-internal' if internal else ''}.aliyuncs.com"
    try:
        found = read_endpoint(url)
    except EndpointError as error:
        raise ArchiveError(f"{ENDPOINT_VARIABLE}: {str(error).replace('dataworks.', 's3.oss-')}") from None
    named = re.search(r"\boss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$", found.host)
    signed_for = named[1] if named else region or "us-east-1"
    if re.fullmatch(_ADDRESS, found.host):
        return Address(found, f"/{location.bucket}/", signed_for)
    scheme = "https" if found.is_secure else "http"
    port = str(found.port) if found.authority != found.host else None
    return Address(Endpoint(scheme, f"{location.bucket}.{found.host}", port), "/", signed_for)


def fold(name: str) -> str:
    """A field's name in the form that `sqlText` and `sql_text` share."""
    return name.replace("_", "").lower()


def _code(code: str) -> str:
    if code in catalog:
        return code
    raise ArchiveError(
        f'{EVENTS_VARIABLE} should be blocking, all, or event codes; there is no event "{code}"{nearest(code, catalog)}'
    )


def _left_out(names: Collection[str], asks: Collection[str]) -> frozenset[str]:
    """The names, folded. One that nothing has would leave nothing out, so it is an error, and nothing is archived."""
    from ..events.field_names import FIELD_NAMES

    existing = (*FIELD_NAMES, *_LOOKUPS, *asks)
    known = frozenset(map(fold, existing))
    left_out = set()
    for name in names:
        folded = fold(name)
        unchecked = folded.removeprefix(UNCHECKED)
        if unchecked in NEEDED:
            raise ArchiveError(f"{WITHOUT_VARIABLE}: a message is none without {name}; leave out other fields")
        if folded not in known and (unchecked == folded or not re.fullmatch(r"\w+", unchecked, re.ASCII)):
            raise ArchiveError(
                f'{WITHOUT_VARIABLE}: no event has a field "{name}", and nothing is archived before it is mended'
                f"{nearest(name, existing) or '.'} Name fields, {', '.join(_LOOKUPS)}, or {UNCHECKED}NAME for a "
                f"field that this version does not know"
            )
        left_out.add(unchecked)
    return frozenset(left_out)


def _max_bytes(written: str) -> int:
    if not written:
        return DEFAULT_MAX_BYTES
    if not written.isascii() or not written.isdigit() or int(written) < LEAST_MAX_BYTES:
        raise ArchiveError(f"{MAX_BYTES_VARIABLE} should be a number of bytes from {LEAST_MAX_BYTES:,} on")
    return int(written)
