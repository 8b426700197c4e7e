"""The signature of S3 requests, against botocore's of the same request."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from dataworks_ext.archive.signature_v4 import sign_s3
from dataworks_ext.openapi.signature import Credentials

MOMENT = datetime(2026, 11, 21, 20, 12, 27, tzinfo=timezone.utc)
PATH = "/guard/raw/v1/day%3D2026-11-21/20261121T201227.000000Z-1-abc.ndjson.gz"


@pytest.mark.parametrize("token", [None, "CAIS+token/of=a+role"], ids=["a key", "a role"])
@pytest.mark.parametrize("body", [b"", b"\x1f\x8b lines"], ids=["empty", "lines"])
def test_it_is_botocores(token: str | None, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"host": "the-archive.s3.oss-cn-hangzhou-internal.aliyuncs.com", "content-type": "application/gzip"}
    ours = sign_s3(
        "PUT",
        PATH,
        headers,
        body,
        Credentials("LTAI5tExample", "secret+of/a=key", token),
        region="cn-hangzhou",
        seconds=MOMENT.timestamp(),
    )
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: MOMENT)
    request = AWSRequest("PUT", f"https://{headers['host']}{PATH}", headers=headers, data=body)
    request.headers["x-amz-content-sha256"] = ours["x-amz-content-sha256"]
    S3SigV4Auth(BotoCredentials("LTAI5tExample", "secret+of/a=key", token), "s3", "cn-hangzhou").add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}
    assert {**theirs, **ours} == theirs
