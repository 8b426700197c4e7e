"""Signatures of requests: those of the 2016-08-15 API, and those of Alibaba Cloud's OpenAPI, version 3.

Both are of the head of a request, which holds a digest of the body. So the head is verified before the body is read.

Sources: Function Compute API 2016-08-15, "Signature authentication" (HMAC-SHA256, `Authorization: FC {id}:{base 64}`);
Alibaba Cloud, "V3 request body and signature mechanism" (`ACS3-HMAC-SHA256`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from .api_error import ApiError

_FRESH: Final = 15 * 60
"""Seconds that the clocks of client and server may be apart."""
_V3: Final = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})")
_FC: Final = re.compile(r"FC ([^:]+):([A-Za-z0-9+/]+=*)")
_V3_SIGNED: Final = ("host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce")
"""What a request must have, and sign, beside its content type and every other `x-acs-*`."""
_MISMATCH: Final = "the signature is not that of this request; check the access key secret"


class RequestHead(NamedTuple):
    """A request without its body."""

    method: str
    """In capitals."""
    path: str
    """As it was sent, without the query."""
    query: str
    """As it was sent, without the question mark."""
    headers: Mapping[str, str]
    """By lower-case name."""


def verify_head(head: RequestHead, access_key_id: str, access_key_secret: str) -> None:
    """Let a request pass that is signed with these credentials, in either way, if its body is the one that was signed.

    Raises:
        ApiError: 403 AccessDenied (no signature, or an old one), InvalidAccessKeyID or SignatureNotMatch.
    """
    authorization = head.headers.get("authorization", "")
    v3, fc = _V3.fullmatch(authorization), _FC.fullmatch(authorization)
    match = v3 or fc
    if match is None:
        text = "the request is not signed; expected Authorization: FC {id}:{signature}, or ACS3-HMAC-SHA256"
        raise ApiError.denied(text)
    if not _equal(match[1], access_key_id):
        text = f"access key id {match[1]!r} is unknown; take the one that was printed"
        raise ApiError.denied(text, "InvalidAccessKeyID")
    if v3 is not None:
        _verify_v3(head, v3[2].split(";"), v3[3], access_key_secret)
    else:
        _verify_fc(head, match[2], access_key_secret)


def verify_body(head: RequestHead, body: bytes) -> None:
    """Let a body pass whose digest is in the verified head. Raises `ApiError` (403 SignatureNotMatch)."""
    headers = head.headers
    if headers["authorization"].startswith("FC "):
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        is_signed = _equal(headers.get("content-md5", digest), digest)
    else:
        is_signed = _equal(headers["x-acs-content-sha256"], hashlib.sha256(body).hexdigest())
    if not is_signed:
        raise ApiError.denied("the body is not the one that was signed; send what was signed", "SignatureNotMatch")


def _verify_fc(head: RequestHead, signature: str, secret: str) -> None:
    headers = head.headers
    own = sorted((name, value) for name, value in headers.items() if name.startswith("x-fc-"))
    lines = [head.method, *(headers.get(name, "") for name in ("content-md5", "content-type", "date"))]
    lines += [*(f"{name}:{value}" for name, value in own), unquote(head.path)]
    digest = hmac.digest(secret.encode(), "\n".join(lines).encode("utf-8", "replace"), "sha256")
    if not _equal(signature, base64.b64encode(digest).decode()):
        raise ApiError.denied(_MISMATCH, "SignatureNotMatch")
    try:
        sent = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        raise ApiError.denied("the header Date is no date; expected one of HTTP, in GMT") from None
    _check_date(sent)


def _verify_v3(head: RequestHead, names: list[str], signature: str, secret: str) -> None:
    headers = head.headers
    needed = {*_V3_SIGNED, *(name for name in headers if name.startswith("x-acs-"))}
    needed |= {"content-type"} & headers.keys()
    if not needed <= set(names) <= headers.keys():
        text = f"headers are missing, or not signed; expected of this request: {', '.join(sorted(needed))}"
        raise ApiError.denied(text, "SignatureNotMatch")
    query = sorted(parse_qsl(head.query, keep_blank_values=True))
    lines = [
        head.method,
        head.path,
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
        *(f"{name}:{headers[name].strip()}" for name in sorted(names)),
        "",
        ";".join(sorted(names)),
        headers["x-acs-content-sha256"],
    ]
    canonical = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
    if not _equal(signature, hmac.digest(secret.encode(), f"ACS3-HMAC-SHA256\n{canonical}".encode(), "sha256").hex()):
        raise ApiError.denied(_MISMATCH, "SignatureNotMatch")
    try:
        sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ApiError.denied("the header x-acs-date is no date; expected 2026-01-31T23:59:59Z") from None
    _check_date(sent)


def _equal(found: str, expected: str) -> bool:
    """In a time that does not tell where they differ."""
    return hmac.compare_digest(found.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


def _check_date(sent: datetime) -> None:
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=timezone.utc)
    if abs(time.time() - sent.timestamp()) > _FRESH:
        raise ApiError.denied(f"the request is dated {sent.isoformat()}; expected at most 15 minutes from now")
