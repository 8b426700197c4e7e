"""Packages of code, and the folders that they become."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from dataworks_ext.deploy.checksum import crc64
from dataworks_ext.local import ApiError
from dataworks_ext.local.code import Code, pack, remove, unpack


def package(*members: tuple[str, str, int]) -> bytes:
    """A zip file of names, contents and modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content, mode in members:
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, mode << 16
            archive.writestr(member, content)
    return buffer.getvalue()


FILE = stat.S_IFREG | 0o644
LINK = stat.S_IFLNK | 0o777


def test_crc64_is_that_of_xz() -> None:
    """The check value of CRC-64/XZ in the catalogue of CRC algorithms."""
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA


def test_code_keeps_what_can_be_executed_and_where_links_lead(tmp_path: Path) -> None:
    members = (
        ("a/run", "x", FILE | 0o100),
        ("a/data", "y", FILE),
        ("a/link", "../b", LINK),
        ("b", "z", FILE),
        ("e/", "", 0),
    )
    code = Code.from_package(package(*members), tmp_path / "1")
    directory = code.directory
    modes = {name: stat.S_IMODE((directory / name).stat().st_mode) for name in ("a", "a/run", "a/data", "b")}
    assert modes == {"a": 0o555, "a/run": 0o555, "a/data": 0o444, "b": 0o444}
    assert (directory / "a/link").read_text() == "z"
    assert (directory / "e").is_dir()
    code.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", "x", FILE)],
        [("/evil", "x", FILE)],
        [("a/../../evil", "x", FILE)],
        [("link", "/etc", LINK)],
        [("a/link", "../../..", LINK)],
        [("link", "a", LINK), ("link/evil", "x", FILE)],
        [("file", "x", FILE), ("file/evil", "x", FILE)],
    ],
)
def test_a_package_cannot_write_outside(tmp_path: Path, members: list[tuple[str, str, int]]) -> None:
    with pytest.raises(ApiError, match=r"code\.zipFile") as raised:
        Code.from_package(package(*members), tmp_path / "1")
    assert raised.value.code == "InvalidArgument"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="cannot be unpacked: File is not a zip file; expected a zip file in base 64"):
        Code.from_package(b"no zip file", tmp_path / "1")
    assert list(tmp_path.iterdir()) == []


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataworks_ext.local.code.LARGEST", 10)
    with pytest.raises(ApiError, match="more than 10 bytes"):
        unpack(package(("a", "x" * 11, FILE)), tmp_path / "code")


def test_a_folder_is_copied_with_its_byte_code_and_packed(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__/a.pyc").write_text("x")
    (source / "a.py").write_text("a = 1")
    (source / "b.py").symlink_to("a.py")
    code = Code.from_directory(source, tmp_path / "1")
    unpack(code.package, tmp_path / "again")
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == ["__pycache__", "a.py", "b.py"]
    assert (tmp_path / "again/b.py").readlink() == Path("a.py")
    assert code.checksum == str(crc64(pack(code.directory)))


def test_code_stays_as_long_as_somebody_holds_it(tmp_path: Path) -> None:
    code = Code.from_package(package(("a", "x", FILE)), tmp_path / "1").hold()
    code.release()
    assert code.directory.exists()
    code.release()
    assert not code.directory.exists()


def test_a_protected_folder_can_be_removed(tmp_path: Path) -> None:
    Code.from_package(package(("a/b/c", "x", FILE)), tmp_path / "1")
    remove(tmp_path / "1")
    assert list(tmp_path.iterdir()) == []
