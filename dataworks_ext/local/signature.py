"""Signatures of requests: those of the 2016-08-15 API, and those of Alibaba Cloud's OpenAPI, version 3.

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

from .errors import refused

_FRESH: Final = 15 * 60
"""Seconds that the clocks of client and server may be apart."""
_V3: Final = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})")
_FC: Final = re.compile(r"FC ([^:]+):([A-Za-z0-9+/]+=*)")
_V3_SIGNED: Final = ("host", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce")
"""What a request must have, and sign, beside its content type and every other `x-acs-*`."""


class Signed(NamedTuple):
    """A request, as far as its signature is about it."""

    method: str
    """In capitals."""
    path: str
    """As it was sent, without the query."""
    query: str
    """As it was sent, without the question mark."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


def verify(request: Signed, access_key_id: str, access_key_secret: str) -> None:
    """Let a request pass that is signed with these credentials, in either way.

    Raises:
        ApiError: 403 AccessDenied (no signature, or an old one), InvalidAccessKeyID or SignatureNotMatch.
    """
    authorization = request.headers.get("authorization", "")
    v3, fc = _V3.fullmatch(authorization), _FC.fullmatch(authorization)
    match = v3 or fc
    if match is None:
        text = "the request is not signed; expected Authorization: FC {id}:{signature}, or ACS3-HMAC-SHA256"
        raise refused("AccessDenied", text)
    if not hmac.compare_digest(match[1].encode(), access_key_id.encode()):
        raise refused("InvalidAccessKeyID", f"access key id {match[1]!r} is unknown; take the one that was printed")
    if v3 is not None:
        _verify_v3(request, v3[2].split(";"), v3[3], access_key_secret)
    else:
        _verify_fc(request, match[2], access_key_secret)


def sign(method: str, path: str, headers: Mapping[str, str], access_key_id: str, access_key_secret: str) -> str:
    """The `Authorization` of a request to the 2016-08-15 API.

    Args:
        method: In capitals.
        path: Not percent-encoded, without the query.
        headers: By lower-case name, `date` among them.
        access_key_id: Whose signature it is.
        access_key_secret: Signs.
    """
    return f"FC {access_key_id}:{_fc_signature(method, path, headers, access_key_secret)}"


def _verify_fc(request: Signed, signature: str, secret: str) -> None:
    expected = _fc_signature(request.method, unquote(request.path), request.headers, secret)
    digest = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
    if not _equal(signature, expected) or request.headers.get("content-md5", digest) != digest:
        raise refused("SignatureNotMatch", "the signature is not that of this request; check the access key secret")
    try:
        sent = parsedate_to_datetime(request.headers.get("date", ""))
    except (TypeError, ValueError):
        raise refused("AccessDenied", "the header Date is no date; expected one of HTTP, in GMT") from None
    _check_date(sent)


def _fc_signature(method: str, path: str, headers: Mapping[str, str], secret: str) -> str:
    own = sorted((name, value) for name, value in headers.items() if name.startswith("x-fc-"))
    lines = [method, *(headers.get(name, "") for name in ("content-md5", "content-type", "date"))]
    lines += [*(f"{name}:{value}" for name, value in own), path]
    return base64.b64encode(hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256")).decode()


def _verify_v3(request: Signed, names: list[str], signature: str, secret: str) -> None:
    headers = request.headers
    needed = {*_V3_SIGNED, *(name for name in headers if name.startswith("x-acs-"))}
    needed |= {"content-type"} & headers.keys()
    if not needed <= set(names) <= headers.keys():
        text = f"headers are missing, or not signed; expected of this request: {', '.join(sorted(needed))}"
        raise refused("SignatureNotMatch", text)
    content_hash = hashlib.sha256(request.body).hexdigest()
    query = sorted(parse_qsl(request.query, keep_blank_values=True))
    lines = [
        request.method,
        request.path,
        "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in query),
        *(f"{name}:{headers[name].strip()}" for name in sorted(names)),
        "",
        ";".join(sorted(names)),
        content_hash,
    ]
    canonical = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
    expected = hmac.digest(secret.encode(), f"ACS3-HMAC-SHA256\n{canonical}".encode(), "sha256").hex()
    if not _equal(signature, expected) or not _equal(headers["x-acs-content-sha256"], content_hash):
        raise refused("SignatureNotMatch", "the signature is not that of this request; check the access key secret")
    try:
        sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise refused("AccessDenied", "the header x-acs-date is no date; expected 2026-01-31T23:59:59Z") from None
    _check_date(sent)


def _equal(signature: str, expected: str) -> bool:
    """In a time that does not tell where they differ."""
    return hmac.compare_digest(signature.encode(), expected.encode())


def _check_date(sent: datetime) -> None:
    if sent.tzinfo is None:
        sent = sent.replace(tzinfo=timezone.utc)
    if abs(time.time() - sent.timestamp()) > _FRESH:
        raise refused("AccessDenied", f"the request is dated {sent.isoformat()}; expected at most 15 minutes from now")
