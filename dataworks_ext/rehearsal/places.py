"""Where archives are: folders and files of this machine, and buckets."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Protocol, cast

from ..archive.options import ENDPOINT_VARIABLE, ArchiveError, Location, address_of, read_location
from ..errors import ExtensionError
from ..openapi.api import KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, REGION_VARIABLE, TOKEN_VARIABLE

if TYPE_CHECKING:
    from obstore.store import S3Store

BUCKET: Final = "oss://"
"""How the name of a bucket begins."""
SUFFIXES: Final = (".ndjson", ".jsonl", ".json", ".gz", ".zst", ".parquet")
_TIME_LIMIT: Final = timedelta(seconds=30)


class PlaceError(ExtensionError):
    """An archive that cannot be used at all. The text names it and says what to do."""


class Entry(NamedTuple):
    """One file or object."""

    name: str
    """Its path in the place."""
    size: int
    version: str
    """Differs where the content does."""


class Place(Protocol):
    """Where an archive is."""

    def entries(self) -> list[Entry]:
        """What is there, in the order of names. Raises `PlaceError`."""
        ...

    def read(self, name: str) -> bytes:
        """The content of an entry. Raises `PlaceError`."""
        ...

    def open(self, name: str) -> BinaryIO:
        """An entry, of which only what is asked for is read. Raises `PlaceError`."""
        ...

    def write(self, name: str, path: Path) -> None:
        """Put a file's content there, at once. Raises `PlaceError`."""
        ...

    def delete(self, names: list[str]) -> None:
        """Remove entries. Raises `PlaceError`."""
        ...


def place_of(source: str, environment: Mapping[str, str] = os.environ) -> Place:
    """The place that a source names: `oss://bucket/prefix`, a folder or a file.

    Raises:
        PlaceError: There is none.
    """
    if source.startswith(BUCKET):
        try:
            return BucketPlace(read_location(source), environment)
        except ArchiveError as error:
            raise PlaceError(f"{source}: {error}") from None
    path = Path(source)
    if not path.exists():
        raise PlaceError(f"there is no {source}; name oss://bucket/prefix, a folder, or a file of archived lines")
    return FolderPlace(path)


class FolderPlace:
    """A folder, or a single file."""

    def __init__(self, path: Path) -> None:
        self._root = path if path.is_dir() else path.parent
        self._only = None if path.is_dir() else path
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def entries(self) -> list[Entry]:
        """The files in it whose names end as archives' do."""
        paths = [self._only] if self._only else sorted(self._root.rglob("*"))
        found = []
        for path in paths:
            if path.is_file() and (path.suffix in SUFFIXES or self._only) and not path.name.startswith("."):
                status = path.stat()
                name = path.relative_to(self._root).as_posix()
                found.append(Entry(name, status.st_size, f"{status.st_mtime_ns}"))
        return found

    def read(self, name: str) -> bytes:
        """The content of a file."""
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise PlaceError(f"{name} cannot be read: {error.strerror}") from None

    def path(self, name: str) -> Path:
        """Where an entry is on this machine."""
        return self._root / name

    def open(self, name: str) -> BinaryIO:
        """A file."""
        return self.path(name).open("rb")

    def write(self, name: str, path: Path) -> None:
        """Put a file there, beside its place first, so that nobody sees half of it."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, beside = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(descriptor, "wb") as written, path.open("rb") as content:
                while chunk := content.read(1 << 20):
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
            os.replace(beside, target)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise

    def delete(self, names: list[str]) -> None:
        """Remove files."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)


class BucketPlace:
    """A bucket, or a prefix in it, with the credentials of the environment.

    Raises:
        ArchiveError: The environment does not say where it is.
    """

    def __init__(self, location: Location, environment: Mapping[str, str]) -> None:
        self._location = location
        self._store = _store_of(location, environment)

    def __str__(self) -> str:
        return str(self._location)

    def entries(self) -> list[Entry]:
        """The objects under the prefix."""
        found: list[Entry] = []
        try:
            for chunk in self._store.list():
                found.extend(
                    Entry(str(meta["path"]), meta["size"], str(meta["e_tag"] or meta["last_modified"]))
                    for meta in chunk
                    if str(meta["path"]).endswith(SUFFIXES)
                )
        except Exception as error:
            raise PlaceError(f"{self._location} cannot be listed: {_cause(error)}") from None
        return sorted(found)

    def read(self, name: str) -> bytes:
        """The content of an object."""
        try:
            return bytes(self._store.get(name).bytes())
        except Exception as error:
            raise PlaceError(f"{self._location}: {name} cannot be read: {_cause(error)}") from None

    def open(self, name: str) -> BinaryIO:
        """An object."""
        return cast("BinaryIO", _Object(self, name))

    def length(self, name: str) -> int:
        """The bytes of an object."""
        try:
            return self._store.head(name)["size"]
        except Exception as error:
            raise PlaceError(f"{self._location}: {name} cannot be read: {_cause(error)}") from None

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of an object."""
        try:
            return bytes(self._store.get_range(name, start=start, length=length))
        except Exception as error:
            raise PlaceError(f"{self._location}: {name} cannot be read: {_cause(error)}") from None

    def write(self, name: str, path: Path) -> None:
        """Put a file's content there."""
        try:
            self._store.put(name, path)
        except Exception as error:
            raise PlaceError(f"{self._location}: {name} cannot be written: {_cause(error)}") from None

    def delete(self, names: list[str]) -> None:
        """Remove objects, one by one: OSS wants a checksum with a list of them."""
        for name in names:
            try:
                self._store.delete(name)
            except Exception as error:
                raise PlaceError(f"{self._location}: {name} cannot be deleted: {_cause(error)}") from None


class _Object(io.RawIOBase):
    """An object as a file: each read is a request."""

    def __init__(self, place: BucketPlace, name: str) -> None:
        self._place = place
        self._name = name
        self._size = place.length(name)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = self._size - self._position
        length = left if size is None or size < 0 else min(size, left)
        if length <= 0:
            return b""
        found = self._place.read_range(self._name, self._position, length)
        self._position += len(found)
        return found


def _store_of(location: Location, environment: Mapping[str, str]) -> S3Store:
    from obstore.store import S3Store

    region = environment.get(REGION_VARIABLE, "").strip() or None
    address = address_of(location, environment.get(ENDPOINT_VARIABLE, "").strip(), region, internal=False)
    endpoint = address.endpoint
    scheme = "https" if endpoint.is_secure else "http"
    by_host = address.root == "/"
    names = {
        "access_key_id": KEY_ID_VARIABLE,
        "secret_access_key": KEY_SECRET_VARIABLE,
        "session_token": TOKEN_VARIABLE,
    }
    credentials = {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
    if len(credentials) < 2:
        raise ArchiveError(f"{KEY_ID_VARIABLE} and {KEY_SECRET_VARIABLE} are not set; reading an archive needs them")
    return S3Store(
        location.bucket,
        prefix=location.prefix or None,
        region=address.region,
        endpoint=f"{scheme}://{endpoint.authority}",
        virtual_hosted_style_request=by_host,
        client_options={"allow_http": endpoint.is_loopback, "timeout": _TIME_LIMIT},
        **credentials,  # type: ignore[arg-type]  # each of them takes a text
    )


def _cause(error: Exception) -> str:
    """The first line of what the client says: the rest is debugging."""
    return str(error).strip().partition("\n")[0][:300] or type(error).__name__
