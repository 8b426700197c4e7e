"""Sizes and networks, as settings."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import TypeAdapter, ValidationError

from dataworks_ext.types import Network, Size, is_within

_size: TypeAdapter[int] = TypeAdapter(Size)
_network: TypeAdapter[Network] = TypeAdapter(Network)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1000", 1_000), ("500MB", 500_000_000), (" 1.5 gb ", 1_500_000_000), ("2GiB", 2**31), (7, 7)],
)
def test_a_size_is_read(text: object, size: int) -> None:
    assert _size.validate_python(text) == size


@pytest.mark.parametrize("text", ["", "many", "5 apples", "-1", "MB", "1e9"])
def test_a_size_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValidationError, match="a size is a number of bytes, or written as 500MB"):
        _size.validate_python(text)


@pytest.mark.parametrize(("text", "kind"), [("10.0.0.0/8", 4), ("198.51.100.7", 4), ("2001:db8::/32", 6)])
def test_a_network_is_read(text: str, kind: int) -> None:
    assert _network.validate_python(text) == ip_network(text)
    assert _network.validate_python(text).version == kind


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("10.1.2.3", True),
        ("11.0.0.0", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:11.0.0.0", False),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
    ],
)
def test_an_address_is_within_its_network_in_either_form(address: str, within: bool) -> None:
    assert is_within(address, [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]) is within


@pytest.mark.parametrize("address", ["", "10.0.0", "localhost"])
def test_what_is_no_address_is_an_error(address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        is_within(address, [ip_network("10.0.0.0/8")])
