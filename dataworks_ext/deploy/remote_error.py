"""What may go wrong with a cloud that is called, and where credentials may be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MASK: Final = "**********"
_LONGEST_MESSAGE: Final = 300
_SHORTEST_SECRET: Final = 6
"""Characters of a value that is looked for: a shorter one stands in any text by chance."""
_ADVICE: Final = {
    "ConcurrentUpdateError": "another deployment changes it at the same time; run this again when that has ended",
    "FunctionAlreadyExists": "somebody created it meanwhile; run this again",
    "AliasAlreadyExists": "somebody created it meanwhile; run this again",
    "EventRuleExisted": "somebody created it meanwhile; run this again",
    "PayloadTooLarge": "the package is too large; see what it holds: dataworks-ext package",
    "CodeSizeExceeded": "the package is too large; see what it holds: dataworks-ext package",
    "SignatureNotMatch": "check the secret of the access key",
    "InvalidAccessKeyID": "check the id of the access key",
}
_NOBODY: Final = {"refused": "the connection is refused", "resolve": "there is no such name"}
THROTTLED: Final = frozenset({429, 503})
"""HTTP statuses after which the same call is made again."""


class RemoteError(Exception):
    """A service refused, or could not be reached. The text says what to do and holds no secret."""

    code = ""
    """The service's own, such as `FunctionNotFound`; empty if it did not answer."""


class NotThereError(RemoteError):
    """Something that is not there."""


def refused(what: str, status: int, code: str, message: str, secrets: Iterable[str] = ()) -> RemoteError:
    """The error for an answer that is one.

    Args:
        what: What was to be done: `update function guard`.
        status: The HTTP status.
        code: The service's own code.
        message: The service's own text, which may repeat what was sent.
        secrets: What must not be shown.
    """
    text = hidden(" ".join(message.split()), secrets)[:_LONGEST_MESSAGE]
    advice = _ADVICE.get(code)
    if status == 404 or code.endswith(("NotFound", "NotExist", "NotExisted")):
        error: RemoteError = NotThereError(f"{what}: {code}: {text}")
    elif 300 <= status < 400:
        error = RemoteError(f"{what}: the address leads elsewhere (HTTP {status}), which is not followed")
    elif advice is not None:
        error = RemoteError(f"{what}: {code}: {advice}")
    elif status in (401, 403) or code in ("AccessDenied", "NoPermission", "Forbidden"):
        error = RemoteError(f"{what}: {code or 'Forbidden'}: not permitted; see docs/en/permissions.md. {text}")
    elif status in THROTTLED:
        error = RemoteError(f"{what}: {code}: the service asks for a pause, also after several attempts; run it later")
    else:
        error = RemoteError(f"{what}: HTTP {status} {code}: {text}")
    error.code = code
    return error


def unanswered(what: str, host: str, error: Exception) -> RemoteError:
    """The error for a call without an answer. One that found nobody was certainly not made.

    Args:
        what: What was to be done.
        host: Where.
        error: What the client says; its text may repeat what was sent.
    """
    said = str(error).lower()
    for sign, reason in _NOBODY.items():
        if sign in said:
            return RemoteError(
                f"{what}: {host} cannot be reached ({reason}); check the region of s.yaml, and the network"
            )
    if "exceeded 0 redirects" in said:
        return RemoteError(f"{what}: the address leads elsewhere, which is not followed")
    reason = next((sign for sign in ("timed out", "aborted", "reset", "certificate") if sign in said), "")
    return RemoteError(
        f"{what}: there was no answer ({reason or type(error).__name__}); it may be done or not: run again"
    )


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return text
