"""The signature of Alibaba Cloud's OpenAPI, version 3: ACS3-HMAC-SHA256.

Source: Alibaba Cloud, "V3 request body and signature mechanism". The official SDK is the oracle of the tests.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

_ALGORITHM: Final = "ACS3-HMAC-SHA256"


class Credentials(NamedTuple):
    """Who calls. Its `repr` shows the id only."""

    access_key_id: str
    """Public: it travels in every request."""
    access_key_secret: str
    """Signs, and never travels."""
    security_token: str | None = None
    """Only temporary credentials have one (STS; those of a function's role)."""

    def __repr__(self) -> str:
        token = "***" if self.security_token else None
        return f"Credentials(access_key_id={self.access_key_id!r}, access_key_secret=***, security_token={token})"


def sign(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    *,
    seconds: float,
    nonce: str,
) -> dict[str, str]:
    """The headers to send: those given, all of them signed, and those of the signature.

    Added are `x-acs-date`, `x-acs-signature-nonce`, `x-acs-content-sha256`, `x-acs-security-token` with temporary
    credentials, and `Authorization`.

    Args:
        method: In capitals: `POST`.
        path: Percent-encoded as it is sent: `/`.
        query: Decoded names and values.
        headers: With lower-case names; `host`, `x-acs-action`, `x-acs-version` and `content-type` are expected of an
            RPC call.
        body: The bytes as they are sent.
        credentials: Whose signature it is. Values are taken as they are.
        seconds: The time since 1970 (`time.time()`). The server refuses one that is more than 15 minutes off.
        nonce: A text that no other request has.
    """
    content_hash = hashlib.sha256(body).hexdigest()
    signed = {
        **headers,
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": content_hash,
    }
    if credentials.security_token:
        signed["x-acs-security-token"] = credentials.security_token
    names = ";".join(sorted(signed))
    request = "\n".join((method, path, canonical_query(query), _canonical_headers(signed), names, content_hash))
    signature = _signature(request, credentials.access_key_secret)
    authorization = f"{_ALGORITHM} Credential={credentials.access_key_id},SignedHeaders={names},Signature={signature}"
    return {**signed, "Authorization": authorization}


def canonical_query(query: Mapping[str, str]) -> str:
    """Names and values percent-encoded and in order: as they are signed, and as they can be sent."""
    from urllib.parse import quote

    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def _canonical_headers(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))


def _signature(request: str, secret: str) -> str:
    text = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
