"""Secrets in what the command shows of settings."""

from __future__ import annotations

import pytest
from pydantic import AnyUrl, BaseModel, SecretStr

from dataworks_ext.cli._masking import MASK, masked, masked_text


class Account(BaseModel):
    name: str = "reader"
    password: str = "hunter2"
    pin: SecretStr = SecretStr("hunter2")


@pytest.mark.parametrize(
    "variable",
    ["GUARD_PASSWORD", "GUARD_DB_PASSWD", "GUARD_API_KEY", "GUARD_ACCESSKEY_ID", "GUARD_TOKEN", "GUARD_CLIENT_SECRET"],
)
def test_what_is_called_a_secret_is_masked(variable: str) -> None:
    assert (masked_text(variable, "hunter2"), masked(variable, ["hunter2"])) == (MASK, [MASK])


@pytest.mark.parametrize("variable", ["GUARD_MAX_ROWS", "GUARD_PINNED", "GUARD_KEYS", "GUARD_COMPASS"])
def test_what_is_not_is_shown(variable: str) -> None:
    assert masked(variable, "hunter2") == "hunter2"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://reader:hunter2@db:5432/x", f"postgres://{MASK}@db:5432/x"),
        ("https://hunter2@example.com", f"https://{MASK}@example.com"),
        ("redis://:p@ss@cache, amqp://u:p@queue", f"redis://{MASK}@cache, amqp://{MASK}@queue"),
        ("https://x/hook?access_token=hunter2&a=b", f"https://x/hook?access_token={MASK}&a=b"),
        ("https://example.com/@user?q=a@b", "https://example.com/@user?q=a@b"),
        ("10.0.0.0/8", "10.0.0.0/8"),
    ],
)
def test_a_password_in_an_address_is_masked(text: str, shown: str) -> None:
    assert masked_text("GUARD_ADDRESS", text) == shown


def test_secrets_are_masked_inside_objects() -> None:
    shown = masked("GUARD_ACCOUNT", {"account": Account(), "url": AnyUrl("https://u:p@example.com/")})
    assert shown == {
        "account": {"name": "reader", "password": MASK, "pin": MASK},
        "url": f"https://{MASK}@example.com/",
    }


def test_numbers_are_no_secrets() -> None:
    """A setting such as the number of tokens is worth seeing."""
    assert masked("GUARD_MAX_TOKENS", 5) == 5
