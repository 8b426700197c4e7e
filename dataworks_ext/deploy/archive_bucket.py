"""The bucket of an archive, as whoever deploys sees it: who can read it, and for how long it keeps what it has.

Source: OSS, "GetBucketAcl" and "GetBucketLifecycle", through its S3-compatible interface.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree

from ..archive.options import ENDPOINT_VARIABLE, Address, ArchiveOptions, Location, address_of
from ..archive.signature_v4 import sign_s3
from ..openapi.api import KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, TOKEN_VARIABLE
from ..openapi.endpoint import EndpointError, proxy_of_environment
from ..openapi.pool import Pool
from ..openapi.signature import Credentials

LONGEST_KEPT: Final = 90
"""Days after which what is archived should be deleted."""
_TIME_LIMIT: Final = 5.0
"""Seconds for each question."""
_FOLDERS: Final = ("raw/v1/", "daily/v1/")
"""What an archive has under its prefix."""
_PUBLIC_GROUPS: Final = ("AllUsers", "AuthenticatedUsers")
_NARROWER: Final = ("Tag", "And", "Not", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
"""Elements of a rule that then holds for some of the objects under its prefix only."""
_OSS: Final = re.compile(r"\boss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$")

Review = Iterator[tuple[str, bool]]
"""What is found, and whether it goes wrong for certain."""


class _UnknownError(Exception):
    """What cannot be told; the text says why."""


class _NoRightError(_UnknownError):
    """The key is known, and may not ask."""


class _NoBucketError(_UnknownError):
    """There is no such bucket."""


def review_endpoint(options: ArchiveOptions, region: str) -> Review:
    """Whether a function in that region gets to the bucket, and how. Raises `ArchiveError`."""
    host = address_of(options.location, options.endpoint, region).endpoint.host
    if (named := _OSS.search(host)) is None:
        return
    if region and named[1] != region and named[2]:
        text = f"{ENDPOINT_VARIABLE} is on the internal network of {named[1]}, which no function in {region} reaches"
        yield f"{text}; use a bucket in {region}", True
    elif region and named[1] != region:
        yield f"{ENDPOINT_VARIABLE} is in {named[1]}, and the function in {region}: use a bucket in {region}", False
    elif options.endpoint and not named[2]:
        text = f"{ENDPOINT_VARIABLE} is on the public network, where storing takes longer and is billed"
        yield f"{text}; leave it empty for the internal one of {named[1]}", False


def review_bucket(options: ArchiveOptions, region: str, environment: Mapping[str, str]) -> Review:
    """Who can read the bucket, and when what is in it expires.

    Args:
        options: What the function archives, and where.
        region: The function's.
        environment: Where the credentials of whoever asks are.
    """
    location = options.location
    key, secret = environment.get(KEY_ID_VARIABLE, ""), environment.get(KEY_SECRET_VARIABLE, "")
    if not key or not secret:
        text = f"nobody looked whether {location.bucket} is private: {KEY_ID_VARIABLE} and {KEY_SECRET_VARIABLE}"
        yield f"{text} are not set", False
        return
    credentials = Credentials(key, secret, environment.get(TOKEN_VARIABLE) or None)
    address = address_of(
        location, options.endpoint.replace("-internal.aliyuncs.com", ".aliyuncs.com"), region, internal=False
    )
    try:
        for review, about in ((_review_acl, "acl"), (_review_lifecycle, "lifecycle")):
            try:
                yield from review(location, _asked(location, address, about, credentials))
            except _NoRightError as error:  # one of the two may be allowed
                yield str(error), False
    except _UnknownError as error:
        yield str(error), isinstance(error, _NoBucketError)


def _review_acl(location: Location, answer: ElementTree.Element | None) -> Review:
    grants = [] if answer is None else answer.findall(".//{*}Grant")
    if not grants:
        raise _UnknownError(f"nobody can tell whether {location.bucket} is private: its list of grants is empty")
    for grant in grants:
        group = (grant.findtext(".//{*}URI") or "").rpartition("/")[2]
        words = (grant.text or "").strip()  # OSS has the name of the whole list there
        if group in _PUBLIC_GROUPS or words.startswith("public-"):
            text = f"anybody can read {location.bucket}, which holds UIDs and SQL"
            yield f"{text}; make it private: its access control list should be private", True
            return


def _review_lifecycle(location: Location, answer: ElementTree.Element | None) -> Review:
    rules = [] if answer is None else answer.findall(".//{*}Rule")
    kept = [_days_of(location.key(folder), rules) for folder in _FOLDERS]
    where = f"objects under {location.key('')}" if location.prefix else "objects"
    for days, folder in zip(kept, _FOLDERS, strict=True):
        if days is None or days > LONGEST_KEPT:
            place = where if kept[0] == kept[1] else f"objects under {location.key(folder)}"
            text = f"{place} in {location.bucket} are kept {'for ever' if days is None else f'for {days} days'}"
            yield f"{text}; add a lifecycle rule that deletes them after {LONGEST_KEPT} days", False
            return


def _days_of(prefix: str, rules: list[ElementTree.Element]) -> int | None:
    """After how many days the first of the rules deletes everything under the prefix; None if none does."""
    found = []
    for rule in rules:
        is_whole = not any(rule.find(f".//{{*}}{name}") is not None for name in _NARROWER)
        is_on = (rule.findtext("{*}Status") or "").strip() == "Enabled"
        days = (rule.findtext("{*}Expiration/{*}Days") or "").strip()
        if is_whole and is_on and days.isdecimal() and prefix.startswith(rule.findtext(".//{*}Prefix") or ""):
            found.append(int(days))
    return min(found, default=None)


_ACTIONS: Final = {
    "acl": ("who can read {bucket}", "oss:GetBucketAcl"),
    "lifecycle": ("when objects in {bucket} expire", "oss:GetBucketLifecycle"),
}


def _asked(location: Location, address: Address, about: str, credentials: Credentials) -> ElementTree.Element | None:
    """What the bucket says of itself; None if nothing. Raises `_UnknownError`."""
    what, action = _ACTIONS[about]
    what = what.format(bucket=location.bucket)
    try:
        status, body = _exchange(address, about, credentials)
    except (OSError, EndpointError) as error:
        host = address.endpoint.host
        raise _UnknownError(
            f"nobody could look {what}: {host} did not answer ({' '.join(str(error).split())})"
        ) from None
    code = re.search(rb"<Code>([\w.]{1,60})</Code>", body[:4096])
    said = f"HTTP {status} {code[1].decode() if code else ''}".rstrip()
    if status == 200:
        try:
            return ElementTree.fromstring(body)  # noqa: S314 - of the storage, over TLS
        except ElementTree.ParseError:
            raise _UnknownError(f"nobody could look {what}: the answer is no XML") from None
    if status == 404 and code is not None and code[1].startswith(b"NoSuchLifecycle"):
        return None
    if status == 404:
        raise _NoBucketError(f"there is no bucket {location.bucket} ({said}); make it, or name another")
    if said == "HTTP 403 AccessDenied":
        text = f"nobody could look {what}: your key may not. Ask the bucket's owner, or have {action} granted to you"
        raise _NoRightError(text)
    raise _UnknownError(f"nobody could look {what}: the storage answered {said}")


def _exchange(address: Address, about: str, credentials: Credentials) -> tuple[int, bytes]:
    until = time.monotonic() + _TIME_LIMIT

    def left() -> float:
        seconds = until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("there was no answer in time")
        return seconds

    endpoint = address.endpoint
    connection = Pool(endpoint, proxy_of_environment(endpoint), time.monotonic).connect(left)
    headers = {"host": endpoint.authority}
    signed = sign_s3(
        *("GET", address.root, headers, b"", credentials),
        query=f"{about}=",
        region=address.region,
        seconds=time.time(),
    )
    try:
        return connection.exchange(f"{address.root}?{about}", signed, b"", left, method="GET")
    finally:
        connection.close()
