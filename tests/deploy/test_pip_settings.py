"""uv asks whom pip would ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataworks_ext.deploy.layout import PackagingError
from dataworks_ext.deploy.pip_settings import pip_settings, uv_variables
from dataworks_ext.deploy.wheels import write_lock
from tests.deploy.wheelhouse import Wheelhouse, only_index, serving

_FILE = """
[global]
index-url = https://user:secret@mirror.example/simple
extra_index_url = https://one.example/simple
    https://two.example/simple
trusted-host = mirror.example one.example
[install]
find-links = /wheels ../more
cert = /etc/ca.pem
constraint = constraints.txt
timeout = 7
[download]
no-index = true
"""


def _variables(**environment: str) -> dict[str, str]:
    found = uv_variables(environment)
    assert found.pop("UV_INDEX_STRATEGY") == "unsafe-best-match"
    return found


def test_what_a_file_says_is_said_in_uvs_terms(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(_FILE)
    assert _variables(PIP_CONFIG_FILE=str(tmp_path / "pip.conf"), XDG_CONFIG_DIRS=str(tmp_path)) == {
        "UV_DEFAULT_INDEX": "https://user:secret@mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INSECURE_HOST": "mirror.example one.example",
        "UV_FIND_LINKS": "/wheels,../more",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "UV_CONSTRAINT": "constraints.txt",
        "UV_HTTP_TIMEOUT": "7",
    }


@pytest.mark.parametrize(
    ("name", "value", "variable", "expected"),
    [
        ("PIP_INDEX_URL", "https://mirror.example", "UV_DEFAULT_INDEX", "https://mirror.example"),
        (
            "PIP_EXTRA_INDEX_URL",
            "https://a.example\thttps://b.example",
            "UV_INDEX",
            "https://a.example https://b.example",
        ),
        ("PIP_FIND_LINKS", "/a /b", "UV_FIND_LINKS", "/a,/b"),
        ("PIP_CERT", "/ca.pem", "SSL_CERT_FILE", "/ca.pem"),
        ("PIP_CLIENT_CERT", "/me.pem", "SSL_CLIENT_CERT", "/me.pem"),
        ("PIP_TRUSTED_HOST", "a.example", "UV_INSECURE_HOST", "a.example"),
        ("PIP_CONSTRAINT", "a.txt b.txt", "UV_CONSTRAINT", "a.txt b.txt"),
        ("PIP_PROXY", "http://proxy.example:3128", "ALL_PROXY", "http://proxy.example:3128"),
        ("PIP_DEFAULT_TIMEOUT", "60", "UV_HTTP_TIMEOUT", "60"),
        ("PIP_RETRIES", "0", "UV_HTTP_RETRIES", "0"),
        ("PIP_PRE", "1", "UV_PRERELEASE", "allow"),
        ("PIP_KEYRING_PROVIDER", "subprocess", "UV_KEYRING_PROVIDER", "subprocess"),
    ],
)
def test_each_variable_of_pips_has_one_of_uvs(name: str, value: str, variable: str, expected: str) -> None:
    assert _variables(PIP_CONFIG_FILE="/dev/null", **{name: value}) == {variable: expected}


def test_the_environment_wins_over_files_and_uvs_own_variable_over_both(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(_FILE)
    environment = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_TIMEOUT": "9", "UV_INDEX": "https://own.example"}
    found = uv_variables(environment)
    assert (found["UV_HTTP_TIMEOUT"], found["UV_INDEX"]) == ("9", "https://own.example")


def test_a_file_of_the_user_wins_over_the_machines(tmp_path: Path) -> None:
    for folder, url in (("machine/pip", "https://machine.example"), ("home/.config/pip", "https://user.example")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "pip.conf").write_text(f"[global]\nindex-url = {url}\ntimeout = {len(folder)}\n")
    (tmp_path / "home/.config/pip/pip.conf").write_text("[global]\nindex-url = https://user.example\n")
    environment = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "machine")}
    found = pip_settings(environment)
    assert (found["index-url"], found["timeout"]) == ("https://user.example", "11")


def test_a_file_that_is_none_of_pips_is_named(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("index-url = x\n")
    with pytest.raises(PackagingError, match=r"pip\.conf, which configures pip, cannot be read: MissingSection"):
        pip_settings({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")})


def test_the_best_version_of_all_indexes_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pip does: uv on its own stops at the first index that knows the name."""
    only_index(monkeypatch, None)
    for index, version in (("first", "1.0"), ("second", "2.0")):
        for name in ("pydantic", "structlog"):
            folder = tmp_path / index / name
            folder.mkdir(parents=True)
            Wheelhouse(folder).add(name, {"pydantic": "2.12.0", "structlog": f"25.{version}"}[name])
    with serving(tmp_path / "first") as first, serving(tmp_path / "second") as second:
        monkeypatch.setenv("PIP_INDEX_URL", first)
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", second)
        write_lock(tmp_path / "function.lock", [], "3.10")
    assert "structlog==25.2.0 " in (tmp_path / "function.lock").read_text()


def test_a_constraint_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wheels").mkdir()
    only_index(monkeypatch, tmp_path / "wheels")
    wheelhouse = Wheelhouse(tmp_path / "wheels")
    for name, version in (("structlog", "25.1.0"), ("structlog", "25.2.0"), ("pydantic", "2.12.0")):
        wheelhouse.add(name, version)
    (tmp_path / "constraints.txt").write_text("structlog<25.2\n")
    monkeypatch.setenv("PIP_CONSTRAINT", str(tmp_path / "constraints.txt"))
    write_lock(tmp_path / "function.lock", [], "3.10")
    assert "structlog==25.1.0 " in (tmp_path / "function.lock").read_text()
