"""Requirements, and the lock file with the wheels for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dataworks_ext.deploy import lock, wheels
from dataworks_ext.deploy.code import PackagingError
from dataworks_ext.deploy.lock import (
    Locked,
    check_lock,
    check_wheels,
    read_lock,
    read_requirements,
    resolve,
    write_lock,
)
from tests.deploy.wheelhouse import ROOT, Wheelhouse, only_index

DIGEST = "0123456789abcdef" * 4
FILE = Path("policies/function-3.10.lock")


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    folder = tmp_path / "wheels"
    folder.mkdir()
    only_index(monkeypatch, folder)
    return Wheelhouse(folder)


def _requirements(*texts: str) -> list[Requirement]:
    return [Requirement(text) for text in texts]


def _resolved(*texts: str, python: str = "3.10") -> dict[str, str]:
    return {one.name: one.version for one in resolve(_requirements(*texts), python)}


# Requirements


def test_requirements_are_read_with_comments_joined_lines_and_included_files(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# all of them\n\ntzdata  # zones\nchinesecalendar>=1.11,\\\n    <2\n-r more/others.txt\n"
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "others.txt").write_text("\ufeffsix; python_version < '3.12'\n", encoding="utf-8")
    read = [str(one) for one in read_requirements(tmp_path / "requirements.txt")]
    assert read == ["tzdata", "chinesecalendar<2,>=1.11", 'six; python_version < "3.12"']


def test_without_a_file_nothing_is_required(tmp_path: Path) -> None:
    assert read_requirements(tmp_path / "requirements.txt") == []


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "--index-url https://user:secret@index.example/simple",
            "line 2: --index-url is not read here; an index is set",
        ),
        ("-e .", "line 2: -e is not read here"),
        ("six @ https://example.com/six.whl", "line 2: six has an address; name a version from an index instead"),
        ("six ==", "line 2 is no requirement; expected one such as tzdata>=2025.1"),
        ("./six.whl", "line 2 is no requirement"),
        ("-r nothing.txt", "line 2: includes nothing.txt, which cannot be read"),
        ("-r requirements.txt", "line 2: includes requirements.txt, which cannot be read"),
    ],
)
def test_a_line_that_cannot_be_locked_is_an_error(tmp_path: Path, line: str, text: str) -> None:
    """The text holds no address: it may hold a password."""
    (tmp_path / "requirements.txt").write_text(f"tzdata\n{line}\n")
    with pytest.raises(PackagingError, match=re.escape(text)) as raised:
        read_requirements(tmp_path / "requirements.txt")
    assert "example" not in str(raised.value)


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(PackagingError, match=r"requirements.txt cannot be read: it is no UTF-8"):
        read_requirements(tmp_path / "requirements.txt")


# Resolving


def test_the_newest_wheels_are_taken_with_all_that_they_need(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("outer", "1.0")
    wheelhouse.add("outer", "2.0", requires=["Inner_One>=1"])
    digest = wheelhouse.add("inner-one", "1.5")
    assert _resolved("outer") == {"outer": "2.0", "inner-one": "1.5"}
    assert Locked("inner-one", "1.5", (digest,)) in resolve(_requirements("outer"), "3.10")


@pytest.mark.parametrize(("python", "names"), [("3.10", {"outer", "old"}), ("3.12", {"outer", "new"})])
def test_markers_are_judged_by_the_python_of_the_function(wheelhouse: Wheelhouse, python: str, names: set[str]) -> None:
    """pip judges them by the Python that runs it, whatever --python-version says."""
    wheelhouse.add("outer", requires=["old; python_version < '3.11'", "new; python_version >= '3.11'"])
    wheelhouse.add("old")
    wheelhouse.add("new")
    assert _resolved("outer", python=python).keys() == names


def test_markers_of_requirements_are_judged_by_the_platform_of_the_function(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("six")
    assert _resolved("six", "gone; sys_platform == 'win32'") == {"six": "1.0"}


def test_extras_are_followed(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("outer", requires=["zones; extra == 'zones'", "spare; extra == 'spare'"])
    wheelhouse.add("zones")
    assert _resolved("outer[zones]").keys() == {"outer", "zones"}


def test_the_wheel_is_of_the_platform_of_the_function(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("native", "2.0", tags="cp310-cp310-macosx_11_0_arm64")
    wheelhouse.add("native", "1.0", tags="cp310-cp310-manylinux2014_x86_64")
    wheelhouse.add("newer", "1.0", tags="cp310-abi3-manylinux_2_17_x86_64")
    assert _resolved("native", "newer") == {"native": "1.0", "newer": "1.0"}


def test_without_requirements_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "resolve", None)
    assert resolve([], "3.10") == []


@pytest.mark.parametrize(
    ("tags", "python"), [("cp310-cp310-macosx_11_0_arm64", "3.10"), ("cp310-cp310-manylinux2014_x86_64", "3.12")]
)
def test_a_library_without_a_wheel_is_named(wheelhouse: Wheelhouse, tags: str, python: str) -> None:
    wheelhouse.add("native", tags=tags)
    with pytest.raises(PackagingError, match=rf"^there is no wheel of native for Python {python} on x86-64 Linux"):
        _resolved("native", python=python)


def test_a_source_distribution_is_never_taken(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add_source("source")
    with pytest.raises(PackagingError, match=r"^there is no wheel of source for Python 3.10"):
        _resolved("source")


def test_a_version_that_does_not_exist_is_named(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("six")
    with pytest.raises(PackagingError, match=r"^there is no wheel of six>=2 for Python 3.10"):
        _resolved("six>=2")


def test_what_does_not_go_together_is_named(wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("outer", requires=["six<1"])
    wheelhouse.add("six", "1.0")
    wheelhouse.add("six", "0.5")
    with pytest.raises(PackagingError, match=r"^no wheels of outer, six go together for Python 3.10 on x86-64 Linux"):
        _resolved("six>=1", "outer")


def test_an_index_that_cannot_be_reached_is_told_without_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    only_index(monkeypatch, None)
    with pytest.raises(PackagingError, match=r"^no package index can be reached; name one in PIP_INDEX_URL") as raised:
        _resolved("six")
    assert "127.0.0.1" not in str(raised.value)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("/usr/bin/python: No module named pip\n", "has no pip; install it with: python -m ensurepip"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "the wheel of a package has"),
        ("ERROR: Could not open https://user:secret@host.example/x\nmore", "pip failed: Could not open …"),
        ("WARNING: x\nOSError: [Errno 28] No space left on device\n", "OSError: [Errno 28] No space left on device"),
        ("", "pip failed: it said nothing"),
    ],
)
def test_what_pip_says_becomes_one_sentence(said: str, text: str) -> None:
    assert text in wheels.explain(said, "", "3.10")


@pytest.mark.parametrize(
    "archive",
    [{"hashes": {"sha256": DIGEST}}, {"hash": f"sha256={DIGEST}"}, {"hash": f"sha256={DIGEST}", "hashes": {}}],
)
def test_the_hash_is_read_as_pips_of_any_age_tell_it(archive: object) -> None:
    item: dict[str, dict[str, object]] = {
        "metadata": {"name": "Six_One", "version": "1"},
        "download_info": {"archive_info": archive},
    }
    assert wheels._wheel(item) == wheels.Wheel("six-one", "1", DIGEST, ())


@pytest.mark.parametrize("download", [{}, {"archive_info": {}}, {"archive_info": {"hash": "md5=0"}}])
def test_a_pip_that_tells_no_hash_is_too_old(download: dict[str, object]) -> None:
    with pytest.raises(PackagingError, match="pip tells no sha256 of the wheel of six; update it"):
        wheels._wheel({"metadata": {"name": "six", "version": "1"}, "download_info": download})


def test_a_set_that_needs_more_and_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round finds another that is missing: pip would have to be wrong."""
    monkeypatch.setattr(
        wheels,
        "resolve",
        lambda asked, python: [wheels.Wheel(one, "1", DIGEST, (f"{one}x; python_version < '3.11'",)) for one in asked],
    )
    with pytest.raises(PackagingError, match=r"^no set of wheels was found in 20 rounds"):
        resolve(_requirements("six"), "3.10")


# The lock file


def test_a_lock_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    locked = [Locked("six", "1.17.0", (DIGEST,)), Locked("tzdata", "2026.1", (DIGEST[::-1], DIGEST))]
    write_lock(tmp_path / "function-3.10.lock", reversed(locked), "3.10")
    read = read_lock(tmp_path / "function-3.10.lock")
    assert [(one.name, one.version, sorted(one.hashes)) for one in read] == [
        (one.name, one.version, sorted(one.hashes)) for one in locked
    ]
    assert list(tmp_path.iterdir()) == [tmp_path / "function-3.10.lock"]


@pytest.mark.parametrize(
    "line", ["six", "six==1.0", f"six>=1.0 --hash=sha256:{DIGEST}", "six==1.0 --hash=sha256:short", "--index-url x"]
)
def test_a_line_without_version_and_hash_is_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.lock").write_text(f"# comment\n{line}\n")
    with pytest.raises(PackagingError, match=r"x.lock, line 2 cannot be read; expected name==version --hash"):
        read_lock(tmp_path / "x.lock")


def test_the_lock_file_of_the_example_names_no_index() -> None:
    text = (ROOT / "policies" / "function-3.10.lock").read_text()
    assert not re.search(r"://|index|links|\.(org|com|cn)\b", text)


def test_the_lock_file_of_the_example_satisfies_its_requirements() -> None:
    file = ROOT / "policies" / "function-3.10.lock"
    requirements = read_requirements(ROOT / "policies" / "requirements.txt")
    check_lock(file, read_lock(file), [*requirements, *_requirements("pydantic>=2.11,<3", "structlog>=24.1")], "3.10")


@pytest.mark.parametrize(
    "requirement", ["Six", "six>=1,<2", "six==1.0; python_version < '3.11'", "gone; python_version > '3.11'"]
)
def test_a_lock_that_satisfies_is_taken(requirement: str) -> None:
    check_lock(FILE, [Locked("six", "1.0", (DIGEST,))], _requirements(requirement), "3.10")


@pytest.mark.parametrize(
    ("requirement", "text"),
    [
        ("tzdata>=2025", "it has no tzdata>=2025; run with --lock"),
        ("six>=2", "it has six 1.0, but six>=2 is required; run with --lock"),
        ("six==1.1; python_version < '3.11'", "it has six 1.0, but six==1.1 is required; run with --lock"),
    ],
)
def test_a_lock_that_does_not_satisfy_is_out_of_date(requirement: str, text: str) -> None:
    with pytest.raises(PackagingError, match=re.escape(f"{FILE} is out of date: {text}")):
        check_lock(FILE, [Locked("six", "1.0", (DIGEST,))], _requirements(requirement), "3.10")


@pytest.mark.parametrize(
    ("locked", "text"),
    [
        ({"outer": "1.0"}, "it has no inner>=2; run with --lock"),
        ({"outer": "1.0", "inner": "1.0"}, "it has inner 1.0, but inner>=2 is required; run with --lock"),
        ({"outer": "1.0", "inner": "2.0", "six": "1.0"}, "nothing needs six any more; run with --lock"),
    ],
)
def test_a_lock_has_all_that_its_wheels_need_and_no_more(locked: dict[str, str], text: str) -> None:
    wheels_require = {"outer": ["inner>=2", "other; python_version >= '3.11'"]}
    entries = [Locked(name, version, (DIGEST,)) for name, version in locked.items()]
    with pytest.raises(PackagingError, match=re.escape(f"{FILE} is out of date: {text}")):
        check_wheels(FILE, entries, _requirements("outer"), wheels_require, "3.10")


def test_the_lock_file_is_beside_the_requirements() -> None:
    assert lock.lock_path(Path("policies"), "3.12") == Path("policies/function-3.12.lock")
