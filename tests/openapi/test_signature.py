"""The signature of a request, next to the one that the official SDK makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import NamedTuple
from unittest.mock import patch

import pytest
from alibabacloud_tea_openapi.client import Client as SdkClient  # type: ignore[import-untyped]  # there are no stubs
from alibabacloud_tea_openapi.utils_models import (  # type: ignore[import-untyped]  # there are no stubs
    Config,
    OpenApiRequest,
    Params,
)
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]  # there are no stubs
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.openapi.signature import Credentials, sign

_CREDENTIALS = Credentials("LTAI5tExample", "secret-4711", "token-4711")
_HEADERS = {"host": "dataworks.cn-shanghai.aliyuncs.com", "x-acs-action": "GetExtension"}
_MOMENT = 1_700_000_000.0
_ADDED_BY_SIGNING = frozenset(
    {"x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256", "x-acs-security-token", "Authorization"}
)

_texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(" ~*+/&=%"), max_size=30)
_names = st.text("ABCabc123.", min_size=1, max_size=10)
_words = st.text("ABCxyz0189+/=", min_size=1, max_size=40)
_credentials = st.builds(Credentials, _words, _words, st.none() | _words)
_moments = st.integers(0, 4_000_000_000)


class _Sent(NamedTuple):
    """A request as the official SDK was about to send it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class _AboutToSend(BaseException):
    """Stops the SDK where it would open a connection."""


def _sent_by_sdk(
    parameters: Mapping[str, str], query: Mapping[str, str], credentials: Credentials, moment: int, nonce: str
) -> _Sent:
    sdk = SdkClient(
        Config(
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
            endpoint="dataworks.cn-shanghai.aliyuncs.com",
        )
    )
    params = Params(
        action="CallbackExtension",
        version="2020-05-18",
        protocol="HTTPS",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    with (
        patch("alibabacloud_tea_openapi.utils.datetime") as clock,
        patch("alibabacloud_tea_openapi.client.Utils.get_nonce", return_value=nonce),
        patch("alibabacloud_tea_openapi.client.DaraCore.do_action", side_effect=_AboutToSend) as sending,
    ):
        clock.utcnow.return_value = datetime.fromtimestamp(moment, timezone.utc)
        with pytest.raises(_AboutToSend):
            sdk.do_request(params, OpenApiRequest(query=dict(query), body=dict(parameters) or None), RuntimeOptions())
    request = sending.call_args.args[0]
    return _Sent(request.pathname, request.query, request.headers, (request.body or "").encode())


def _signed(credentials: Credentials = _CREDENTIALS, headers: Mapping[str, str] = _HEADERS) -> dict[str, str]:
    return sign("POST", "/", {}, headers, b"A=1", credentials, seconds=_MOMENT, nonce="n-1")


@given(
    parameters=st.dictionaries(_names, _texts),
    query=st.dictionaries(_names, _texts),
    credentials=_credentials,
    moment=_moments,
    nonce=_words,
)
def test_a_request_is_signed_as_the_official_sdk_signs_it(
    parameters: dict[str, str], query: dict[str, str], credentials: Credentials, moment: int, nonce: str
) -> None:
    sent = _sent_by_sdk(parameters, query, credentials, moment, nonce)
    given_headers = {name: value for name, value in sent.headers.items() if name not in _ADDED_BY_SIGNING}
    ours = sign("POST", sent.path, sent.query, given_headers, sent.body, credentials, seconds=moment, nonce=nonce)
    assert ours == sent.headers


def test_all_headers_that_are_given_are_sent_and_signed() -> None:
    headers = _signed(headers={**_HEADERS, "accept": "application/json"})
    assert headers.items() >= _HEADERS.items()
    assert "SignedHeaders=accept;host;x-acs-action;x-acs-content-sha256;x-acs-date;" in headers["Authorization"]


def test_the_date_is_universal_time_to_the_second() -> None:
    assert _signed()["x-acs-date"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_security_token_there_is_no_header_for_it(token: str | None) -> None:
    assert "x-acs-security-token" not in _signed(_CREDENTIALS._replace(security_token=token))


def test_the_secret_does_not_travel() -> None:
    assert "secret-4711" not in str(_signed())


def test_credentials_show_no_secret() -> None:
    assert repr(_CREDENTIALS) == (
        "Credentials(access_key_id='LTAI5tExample', access_key_secret=***, security_token=***)"
    )


def test_credentials_show_that_they_are_not_temporary() -> None:
    assert str(_CREDENTIALS._replace(security_token=None)).endswith("security_token=None)")
