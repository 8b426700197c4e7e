"""Small wheels in a folder that takes the place of every package index."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent.parent
NO_TAGS: Final = "py3-none-any"


class Wheelhouse:
    """A folder of wheels.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        requires: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        tags: str = NO_TAGS,
        scripts: Sequence[str] = (),
    ) -> str:
        """Make a wheel, with one module unless other files are given. Returns its sha256."""
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
        entries = {
            **(files or {f"{module}.py": f'version = "{version}"\n'}),
            f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *lines, "", "A description.", ""]),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tags}\n",
        }
        if scripts:
            entries[f"{info}/entry_points.txt"] = "[console_scripts]\n" + "\n".join(scripts) + "\n"
        entries[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*entries, f"{info}/RECORD"))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, text in entries.items():
                archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
        (self.folder / f"{module}-{version}-{tags}.whl").write_bytes(packed.getvalue())
        return hashlib.sha256(packed.getvalue()).hexdigest()

    def add_source(self, name: str, version: str = "1.0") -> None:
        """Make a source distribution."""
        with tarfile.open(self.folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
            entry = tarfile.TarInfo(f"{name}-{version}/PKG-INFO")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))


def only_index(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    """Have pip's configuration name a folder and nothing else, or, without one, an index that does not answer."""
    for variable in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    if folder is None:
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
    else:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        monkeypatch.setenv("UV_CACHE_DIR", str(folder.parents[1] / "uv-cache"))


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server on this machine that has the files of a folder, and lists them."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *details: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
