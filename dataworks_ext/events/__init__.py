"""The events of DataWorks: a class per event code, their words, and the catalog of all codes.

A class is imported when it is first asked for, so a function pays for the events that it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from .base import Event as Event
from .base import EventError as EventError
from .base import build
from .base import read_event as read_event
from .catalog import CatalogEntry as CatalogEntry
from .catalog import catalog as catalog
from .catalog import class_name as class_name

if TYPE_CHECKING:
    from .enumerations import ConflictMode as ConflictMode
    from .enumerations import ModuleType as ModuleType
    from .enumerations import OptTableType as OptTableType
    from .enumerations import TargetEngineType as TargetEngineType
    from .enumerations import UploadSourceType as UploadSourceType
    from .enumerations import WriteType as WriteType
    from .upload_and_download import DownloadResources as DownloadResources
    from .upload_and_download import DownloadResourcesExecute as DownloadResourcesExecute
    from .upload_and_download import UploadDataToTable as UploadDataToTable

__all__ = [
    "CatalogEntry",
    "ConflictMode",
    "DownloadResources",
    "DownloadResourcesExecute",
    "Event",
    "EventError",
    "ModuleType",
    "OptTableType",
    "TargetEngineType",
    "UploadDataToTable",
    "UploadSourceType",
    "WriteType",
    "catalog",
    "class_name",
    "code_of",
    "event_class",
    "read_event",
]

_HOMES: Final = {
    "enumerations": (
        *("ConflictMode", "ModuleType", "OptTableType", "TargetEngineType", "UploadSourceType", "WriteType"),
    ),
    "upload_and_download": ("DownloadResources", "DownloadResourcesExecute", "UploadDataToTable"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def _load(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


if not TYPE_CHECKING:  # type checkers know the names above, and only those
    __getattr__ = _load


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})


def event_class(code: str) -> type[Event]:
    """The class of an event code, built and ready to read; `Event` for a code without one."""
    name = class_name(code)
    found = _load(name) if code in catalog and name in _HOME_OF else Event
    assert isinstance(found, type)
    assert issubclass(found, Event)
    build(found)
    return found


def code_of(event_class: type[Event]) -> str | None:
    """The event code of a class of this module; None for `Event` and classes made elsewhere."""
    code = event_class.model_fields["event_code"].default
    return code if isinstance(code, str) and event_class.__name__ == class_name(code) else None
