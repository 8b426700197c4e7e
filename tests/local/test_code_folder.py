"""Packages of code, and the folders that they become."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from dataworks_ext.deploy.checksum import crc64
from dataworks_ext.local import ApiError
from dataworks_ext.local.code_folder import CodeFolder, unpack


def package(*members: tuple[str, str, int], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip file of names, contents and modes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content, mode in members:
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, mode << 16
            archive.writestr(member, content, compression)
    return buffer.getvalue()


FILE = stat.S_IFREG | 0o644
LINK = stat.S_IFLNK | 0o777


def test_crc64_is_that_of_xz() -> None:
    """The check value of CRC-64/XZ in the catalogue of CRC algorithms."""
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA


def test_code_is_write_protected_and_can_still_be_executed(tmp_path: Path) -> None:
    members = (("a/run", "x", FILE | 0o100), ("a/data", "y", FILE), ("b", "z", FILE), ("e/", "", stat.S_IFDIR | 0o755))
    code = CodeFolder(tmp_path / "1", package=package(*members))
    directory = code.directory
    modes = {name: stat.S_IMODE((directory / name).stat().st_mode) for name in ("a", "a/run", "a/data", "b", "e")}
    assert modes == {"a": 0o555, "a/run": 0o555, "a/data": 0o444, "b": 0o444, "e": 0o555}
    code.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", "x", FILE)],
        [("/evil", "x", FILE)],
        [("a/../../evil", "x", FILE)],
        [("a/../evil", "x", FILE)],
        [("..\\evil", "x", FILE)],
        [("C:/evil", "x", FILE)],
        [("C:evil", "x", FILE)],
        [("a//evil", "x", FILE)],
        [("./evil", "x", FILE)],
        [("link", "/etc", LINK)],
        [("link", "a", LINK), ("link/evil", "x", FILE)],
        [("deep/way", "out/../../evil", LINK), ("deep/out", "../..", LINK), ("deep/way", "x", FILE)],
        [("pipe", "", stat.S_IFIFO | 0o644)],
        [("device", "", stat.S_IFCHR | 0o644)],
        [("twice", "x", FILE), ("twice", "y", FILE)],
        [("twice", "x", FILE), ("TWICE", "y", FILE)],
        [("caf\u00e9", "x", FILE), ("cafe\u0301", "y", FILE)],
        [("file", "x", FILE), ("file/", "", stat.S_IFDIR)],
        [("file", "x", FILE), ("file/evil", "x", FILE)],
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # the test makes it
def test_a_package_of_more_than_plain_files_is_refused(tmp_path: Path, members: list[tuple[str, str, int]]) -> None:
    """Nothing is written outside, and nothing is left."""
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(ApiError, match=r"code\.zipFile") as raised:
        CodeFolder(inside / "1", package=package(*members))
    assert raised.value.code == "InvalidArgument"
    assert (list(tmp_path.iterdir()), list(inside.iterdir())) == ([inside], [])


def test_a_damaged_package_is_refused(tmp_path: Path) -> None:
    good = package(("a", "x" * 1_000, FILE), compression=zipfile.ZIP_DEFLATED)
    data = 30 + len("a")  # where the compressed bytes begin
    for bad in (b"no zip file", good[:-30], good[:data] + b"\xff" * 4 + good[data + 4 :]):
        with pytest.raises(ApiError, match=r"cannot be unpacked: .*; expected a zip file in base 64"):
            CodeFolder(tmp_path / "1", package=bad)
    assert list(tmp_path.iterdir()) == []


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataworks_ext.local.code_folder.LARGEST", 10)
    with pytest.raises(ApiError, match="more than 10 bytes"):
        unpack(package(("a", "x" * 11, FILE)), tmp_path / "code")


def test_a_folder_is_copied_with_its_byte_code_and_links(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__/a.pyc").write_text("x")
    (source / "a.py").write_text("a = 1")
    (source / "b.py").symlink_to("a.py")
    code = CodeFolder(tmp_path / "1", source=source)
    assert sorted(path.name for path in code.directory.iterdir()) == ["__pycache__", "a.py", "b.py"]
    assert (code.directory / "b.py").readlink() == Path("a.py")
    code.remove()
