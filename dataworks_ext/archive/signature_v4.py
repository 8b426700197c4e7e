"""The signature of S3 requests, version 4, with the whole body in the signature: no `aws-chunked`, which OSS refuses.

Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)". botocore is the oracle
of the tests.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final

from ..openapi.signature import Credentials

_ALGORITHM: Final = "AWS4-HMAC-SHA256"


def sign_s3(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    *,
    query: str = "",
    region: str,
    seconds: float,
) -> dict[str, str]:
    """The headers to send: those given, all of them signed, and those of the signature.

    Args:
        method: In capitals: `PUT`.
        path: Percent-encoded as it is sent.
        headers: With lower-case names, `host` among them.
        body: The bytes as they are sent.
        credentials: Whose signature it is.
        query: In the form that is signed: by name, percent-encoded, each name with `=`, as `acl=`.
        region: The region that it is for.
        seconds: The time since 1970. The server refuses one that is more than 15 minutes off.
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))
    digest = hashlib.sha256(body).hexdigest()
    signed = {**headers, "x-amz-content-sha256": digest, "x-amz-date": moment}
    if credentials.security_token:
        signed["x-amz-security-token"] = credentials.security_token
    names = sorted(signed)
    lines = "".join(f"{name}:{' '.join(signed[name].split())}\n" for name in names)
    request = "\n".join((method, path, query, lines, ";".join(names), digest))
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.access_key_secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    who = f"Credential={credentials.access_key_id}/{scope}"
    return {**signed, "authorization": f"{_ALGORITHM} {who}, SignedHeaders={';'.join(names)}, Signature={signature}"}
