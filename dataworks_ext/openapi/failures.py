"""Calls that fail: what came, and how an error tells it. Only a call that fails loads this module."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from .endpoint import Endpoint, Proxy

TEXT_LIMIT: Final = 200
"""Characters of a text of the server that an error repeats."""

_LONGEST_TEXT: Final = 64 * 1024
"""Characters of the longest text of the server that is looked through for something to repeat."""
_WORD: Final = r"[\w.:*-]{1,100}"
_DIGEST: Final = r"[0-9A-Fa-f]{64,}"
_SIGNATURE_CODES: Final = (
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidSecurityToken",
    "InvalidTimeStamp",
    "SignatureDoesNotMatch",
    "SignatureNonceUsed",
)


class TooLarge(OSError):
    """An answer with more bytes than are read."""


class Failure:
    """What came instead of a useful answer, as it came."""

    def __init__(
        self,
        status: int | None,
        code: object = None,
        request_id: object = None,
        message: object = None,
        *,
        flaw: str = "",
        retryable: bool = False,
        throttled: bool = False,
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.message = message
        self.flaw = flaw
        """What is wrong with an answer beside its status."""
        self.retryable = retryable
        self.throttled = throttled


def failure_of_answer(status: int, answer: dict[str, object] | None) -> Failure:
    """What an answer says that is of no use; None is one that is no JSON object."""
    if answer is None:
        throttled = status == 429
        flaw = "and no JSON object"
        return Failure(status, flaw=flaw, retryable=throttled or status >= 500, throttled=throttled)
    code = answer.get("Code") or answer.get("ErrorCode")
    throttled = status == 429 or (isinstance(code, str) and code.startswith("Throttling"))
    return Failure(
        status,
        code,
        answer.get("RequestId"),
        answer.get("Message") or answer.get("ErrorMessage"),
        flaw=_flaw(answer) if status < 300 else "",
        retryable=throttled or status >= 500,
        throttled=throttled,
    )


def _flaw(answer: dict[str, object]) -> str:
    return "and Success is false" if answer.get("Success") is False else "and no success"


def failure_of_network(error: Exception) -> Failure:
    """What is left of an exchange that ended with this error."""
    from ssl import SSLCertVerificationError

    final = isinstance(error, (SSLCertVerificationError, TooLarge))
    return Failure(None, message=f"{error}" or type(error).__name__, retryable=not final)


def text_of(
    failure: Failure, action: str, attempts: int, endpoint: Endpoint, proxy: Proxy | None, secrets: Collection[str]
) -> str:
    """The text of an error: the action, what came, and what to do, without the secrets."""
    request_id, message = word(failure.request_id, secrets), _line(failure.message, secrets)
    parts = [
        f"{action} failed",
        f" after {attempts} attempts" if attempts > 1 else "",
        f": {_what_came(failure, endpoint, proxy, secrets)}",
        f" (request id {request_id})" if request_id else "",
        f": {message}" if message else "",
        f"; {_advice(failure, action, endpoint.authority)}",
    ]
    return "".join(parts)


def word(value: object, secrets: Collection[str]) -> str | None:
    """A code or an id, if the server's value can be one."""
    line = _line(value, secrets)
    return line if re.fullmatch(_WORD, line) else None


def _what_came(failure: Failure, endpoint: Endpoint, proxy: Proxy | None, secrets: Collection[str]) -> str:
    if failure.status is not None:
        return " ".join(filter(None, (f"HTTP {failure.status}", word(failure.code, secrets), failure.flaw)))
    through = f" through the proxy {proxy.host}" if proxy else ""
    return f"no useful answer from {endpoint.authority}{through}"


def _advice(failure: Failure, action: str, host: str) -> str:
    """What to do about a failure."""
    status, code = failure.status, failure.code if isinstance(failure.code, str) else ""
    if failure.throttled:
        return "DataWorks has too many calls of this account: try again later, or ask Alibaba Cloud for a higher quota"
    if code.startswith(_SIGNATURE_CODES):
        return "check the credentials (the function's role) and the clock"
    if code == "Forbidden.Access":
        return "extensions need DataWorks Enterprise Edition: check the account's edition in this region"
    if status is None:
        return _network_advice(failure, host)
    if status >= 500:
        return "DataWorks itself failed: try again later, and give Alibaba Cloud the request id if it stays so"
    advice = {
        400: "check DATAWORKS_EXT_CODE (the extension's code) and the message id",
        403: f"give the function's role the permission dataworks:{action}",
        404: f"check the endpoint {host} and its region: is it https://dataworks.{{region}}.aliyuncs.com?",
    }
    if status in advice:
        return advice[status]
    if 300 <= status < 400:
        return f"a redirect is not followed: check the endpoint {host}"
    if failure.flaw and status >= 200:
        return f"check that {host} is DataWorks' endpoint and that the parameters of {action} are right"
    return f"check the parameters of {action}"


def _network_advice(failure: Failure, host: str) -> str:
    if failure.retryable:
        return f"check that the function's network (VPC, security group, https_proxy) reaches {host}"
    return f"check the endpoint {host}; if its certificate is a private one, SSL_CERT_FILE names the authority's"


def _line(value: object, secrets: Collection[str]) -> str:
    """The first line of a server's text, bounded, without control characters, secrets and digests."""
    from urllib.parse import quote

    line = value.partition("\n")[0] if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""
    clean = "".join(char for char in line if char.isprintable()).strip()
    known = [secret for secret in secrets if 0 < len(secret) <= len(clean)]
    forms = {form for secret in known for form in (secret, quote(secret, safe=""))}
    for form in sorted(forms, key=len, reverse=True):
        clean = clean.replace(form, "***")
    clean = re.sub(_DIGEST, "***", clean)
    return clean if len(clean) <= TEXT_LIMIT else clean[: TEXT_LIMIT - 1] + "…"
