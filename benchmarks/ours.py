"""Three policies on a download, and as many more as wanted."""

from __future__ import annotations

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources, ModuleType
from dataworks_ext.function import Function


class Settings(BaseModel):
    max_rows: PositiveInt = 1_000_000
    max_bytes: PositiveInt = 1_000_000_000


def row_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    return deny("Too many rows.") if event.data_row_size > context.settings.max_rows else None


def size_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    """Nobody downloads a larger file than the limit."""
    return deny("Too large a file.") if event.file_size > context.settings.max_bytes else None


def source(event: DownloadResources) -> Outcome | None:
    """Nothing is downloaded from a spreadsheet."""
    return deny("Not from a spreadsheet.") if event.module_type == ModuleType.DW_EXCEL else None


def function_with(policies: int, *, on_other_events: int = 0) -> Function:
    """A function whose extension asks so many policies about a download, and has others for other events."""
    pack = PolicyPack("downloads", settings=Settings)
    for number in range(policies):
        if number % 3 == 2:
            pack.policy(DownloadResources, id=f"source_{number}")(source)
        else:
            pack.policy(DownloadResources, id=f"limit_{number}")(size_limit if number % 3 else row_limit)
    for number in range(on_other_events):
        pack.policy("commit-file", id=f"other_{number}")(lambda event: None)
    return Function(Extension("bench", packs=[pack]))


handler = function_with(3).handler
