"""The lock file with the wheels of a function, and their files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dataworks_ext.deploy import wheels
from dataworks_ext.deploy.layout import PackagingError
from dataworks_ext.deploy.wheels import check_lock, install, lock_path, write_lock
from tests.deploy.wheelhouse import ROOT, Wheelhouse, only_index, serving


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    """An index with what the framework needs; the current folder is a project."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    only_index(monkeypatch, folder)
    monkeypatch.chdir(tmp_path)
    made = Wheelhouse(folder)
    made.add("pydantic", "2.12.0")
    made.add("structlog", "25.1.0")
    return made


def _written(*lines: str) -> list[Path]:
    Path("requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [Path("requirements.txt")]


def _lock(*lines: str, python: str = "3.10") -> dict[str, str]:
    """The versions that are locked for requirements, without those of the framework's own."""
    write_lock(Path("function.lock"), _written(*lines), python)
    pins = re.findall(r"^(\S+)==(\S+)", Path("function.lock").read_text(), re.MULTILINE)
    return {name: version for name, version in pins if name not in ("pydantic", "structlog")}


# Locking


def test_the_newest_wheels_are_locked_with_all_that_they_need(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("outer", "1.0")
    wheelhouse.add("outer", "2.0", requires=["Inner_One>=1"])
    digest = wheelhouse.add("inner-one", "1.5")
    Path("more.txt").write_text("\ufeffouter>=1\n", encoding="utf-8")
    assert _lock("# all of them", "-r more.txt  # the newest") == {"outer": "2.0", "inner-one": "1.5"}
    assert f"inner-one==1.5 \\\n    --hash=sha256:{digest}\n" in Path("function.lock").read_text()


def test_what_the_framework_needs_is_locked_without_any_requirements(wheelhouse: Wheelhouse) -> None:
    write_lock(Path("function.lock"), [], "3.10")
    text = Path("function.lock").read_text()
    assert re.findall(r"^\w+==", text, re.MULTILINE) == ["pydantic==", "structlog=="]
    assert text.startswith(
        "# The wheels of the function on Python 3.10, x86-64 Linux. Made by:\n# dataworks-ext package"
    )


@pytest.mark.parametrize(("python", "names"), [("3.10", {"outer", "old"}), ("3.12", {"outer", "new"})])
def test_markers_are_judged_by_the_python_of_the_function(wheelhouse: Wheelhouse, python: str, names: set[str]) -> None:
    wheelhouse.add("outer", requires=["old; python_version < '3.11'", "new; python_version >= '3.11'"])
    wheelhouse.add("old")
    wheelhouse.add("new")
    assert _lock("outer", "gone; sys_platform == 'win32'", python=python).keys() == names


@pytest.mark.parametrize("tag", ["manylinux2014", "manylinux_2_17", "manylinux_2_12", "manylinux_2_5", "manylinux1"])
def test_a_wheel_for_the_glibc_of_the_function_or_an_older_one_is_found(wheelhouse: Wheelhouse, tag: str) -> None:
    wheelhouse.add("native", "2.0", tags="cp310-cp310-macosx_11_0_arm64")
    wheelhouse.add("native", "1.5", tags="cp310-cp310-manylinux_2_34_x86_64")
    wheelhouse.add("native", "1.0", tags=f"cp310-cp310-{tag}_x86_64")
    assert _lock("native") == {"native": "1.0"}


def test_a_pack_that_depends_on_the_framework_is_locked_with_the_framework_that_is_here(wheelhouse: Wheelhouse) -> None:
    """Whatever an index has under its name; an extra of it brings what it needs."""
    wheelhouse.add("dataworks-ext", "99.0", requires=["gone"])
    wheelhouse.add("acme-pack", requires=["dataworks-ext[cron]>=0.1"])
    wheelhouse.add("cronsim", "2.7")
    wheelhouse.add("cron-descriptor", "2.1")
    assert _lock("acme-pack") == {"acme-pack": "1.0", "cronsim": "2.7", "cron-descriptor": "2.1"}


def test_a_pack_for_another_framework_is_named(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("acme-pack", requires=["dataworks-ext>=99"])
    with pytest.raises(PackagingError, match=r"acme-pack\S* depends? on dataworks-ext>=99"):
        _lock("acme-pack")


@pytest.mark.parametrize(
    ("lines", "python", "text"),
    [
        (["native"], "3.10", "native==1.0 has no wheels with a matching"),
        (["source"], "3.10", "source==1.0 has no usable wheels"),
        (["six>=2"], "3.12", "you require six>=2"),
        (["nothing"], "3.10", "nothing was not found"),
        (["six>=1", "outer"], "3.10", "outer depend on six<1"),
    ],
)
def test_what_has_no_wheel_or_does_not_go_together_is_named(
    wheelhouse: Wheelhouse, lines: list[str], python: str, text: str
) -> None:
    """A source distribution is never taken: it would be built for this machine."""
    wheelhouse.add("native", tags="cp310-cp310-macosx_11_0_arm64")
    wheelhouse.add_source("source")
    wheelhouse.add("six")
    wheelhouse.add("outer", requires=["six<1"])
    with pytest.raises(PackagingError, match=re.escape(text)) as raised:
        _lock(*lines, python=python)
    assert str(raised.value).startswith(f"there is no set of wheels for Python {python} on x86-64 Linux")
    assert not Path("function.lock").exists()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("--index-url https://user:PASSWORD@index.example/simple", "requirements.txt: --index-url is not read here"),
        (
            "--extra-index-url=https://user:PASSWORD@index.example",
            "requirements.txt: --extra-index-url is not read here",
        ),
        ("-r http://user:PASSWORD@127.0.0.1:9/simple", "uv failed: Error parsing included file in `requirements.txt`"),
        ("six @ http://user:PASSWORD@127.0.0.1:9/six-1.0-py3-none-any.whl", "no package index can be reached"),
        ("six ==", "Couldn't parse requirement in `requirements.txt`"),
        ("-r nothing.txt", "nothing.txt"),
        ("-e .", "does not appear to be a Python project"),
    ],
)
def test_a_line_that_cannot_be_locked_is_an_error_without_a_password(
    wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch, line: str, text: str
) -> None:
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(PackagingError, match=re.escape(text)) as raised:
        _lock(line)
    assert not re.search(r"PASSWORD|index\.example|127\.0\.0\.1", str(raised.value))


def test_an_address_with_a_password_is_not_locked(wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock file is kept with the code."""
    wheelhouse.add("six")
    with serving(wheelhouse.folder) as address:
        url = address.replace("://", "://user:PASSWORD@")
        with pytest.raises(PackagingError, match=r"an address with a password, which the lock file would keep"):
            _lock(f"six @ {url}/six-1.0-py3-none-any.whl")
    assert not Path("function.lock").exists()


def test_requirements_that_are_no_text_are_an_error(wheelhouse: Wheelhouse) -> None:
    Path("requirements.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(PackagingError, match=r"^requirements.txt cannot be read: it is no UTF-8"):
        write_lock(Path("function.lock"), [Path("requirements.txt")], "3.10")


def test_an_index_that_cannot_be_reached_is_told_without_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    only_index(monkeypatch, None)
    with pytest.raises(PackagingError, match=r"^no package index can be reached; name one in PIP_INDEX_URL") as raised:
        _lock("six")
    assert "127.0.0.1" not in str(raised.value)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (
            "  \u00d7 No solution found when resolving dependencies:\n  \u2570\u2500\u25b6 Because there is no six",
            "there is no set of wheels for Python 3.10 on x86-64 Linux (x86_64-manylinux2014): Because there is no six",
        ),
        ("error: Could not open https://user:secret@host.example/x\n", "uv failed: Could not open \u2026"),
        ("error: x\n  Caused by: No space left on device (os error 28)\n", "uv failed: x: No space left on device"),
        ("", "uv failed: it said nothing"),
    ],
)
def test_what_uv_says_becomes_one_sentence(said: str, text: str) -> None:
    """As releases of any age write it."""
    assert wheels.explain(said, "3.10").startswith(text)


# The lock file


def test_the_lock_file_of_the_example_names_no_index() -> None:
    text = (ROOT / "policies" / "function-3.10.lock").read_text()
    assert not re.search(r"://|index|links|\.(org|com|cn)\b", text)


@pytest.fixture
def locked(wheelhouse: Wheelhouse) -> Path:
    """A lock file with six 1.0, of which there is a newer version now."""
    wheelhouse.add("six")
    _lock("six")
    wheelhouse.add("six", "1.5")
    wheelhouse.add("zones")
    return Path("function.lock")


@pytest.mark.parametrize("requirement", ["Six", "six>=1,<2", "six==1.0; python_version < '3.11'"])
def test_a_lock_that_satisfies_is_taken(locked: Path, requirement: str) -> None:
    check_lock(locked, _written(requirement), "3.10")


@pytest.mark.parametrize(
    ("requirements", "text"),
    [
        (["six", "zones"], "it has no zones"),
        (["six>=1.2"], "it has six 1.0, but 1.5 is what goes with the requirements"),
        ([], "nothing needs six any more"),
    ],
)
def test_a_lock_that_does_not_satisfy_is_out_of_date(locked: Path, requirements: list[str], text: str) -> None:
    with pytest.raises(PackagingError, match=re.escape(f"function.lock is out of date: {text}; run with --lock")):
        check_lock(locked, _written(*requirements), "3.10")


@pytest.mark.parametrize("line", ["six == = 1", "--what", "<<<<<<< HEAD"])
def test_a_lock_file_that_cannot_be_read_is_named(wheelhouse: Wheelhouse, line: str) -> None:
    Path("function.lock").write_text(f"# comment\n{line}\n")
    with pytest.raises(PackagingError, match=r"^function\.lock, line 2, cannot be read; make it anew with --lock"):
        check_lock(Path("function.lock"), [], "3.10")


def test_the_lock_file_is_beside_the_requirements() -> None:
    assert lock_path(Path("policies"), "3.12") == Path("policies/function-3.12.lock")


# The files


def test_wheels_are_unpacked_for_the_function(locked: Path) -> None:
    install(locked, "3.10", Path("target"))
    assert Path("target/six.py").read_text() == 'version = "1.0"\n'


@pytest.fixture
def replaced(locked: Path, wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock file, one of whose wheels somebody replaced; uv has not kept the right one."""
    wheelhouse.add("six", files={"six.py": "evil = True\n"})
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "another-cache"))
    return locked


def test_only_wheels_with_the_hash_of_the_lock_file_are_taken(replaced: Path) -> None:
    with pytest.raises(PackagingError, match=r"^the wheel of six has another hash than the lock file"):
        install(replaced, "3.10", Path("target"))


def test_uvs_own_variable_takes_no_check_away(replaced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_NO_VERIFY_HASHES", "1")
    with pytest.raises(PackagingError, match=r"^the wheel of six has another hash"):
        install(replaced, "3.10", Path("target"))


def test_a_line_without_a_hash_is_not_installed(wheelhouse: Wheelhouse) -> None:
    Path("function.lock").write_text("pydantic==2.12.0\n")
    with pytest.raises(PackagingError, match=r"pydantic==2\.12\.0"):
        install(Path("function.lock"), "3.10", Path("target"))
