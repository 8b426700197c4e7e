"""Three policies on a download."""

from __future__ import annotations

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources, ModuleType
from dataworks_ext.function import Function


class Settings(BaseModel):
    max_rows: PositiveInt = 1_000_000
    max_bytes: PositiveInt = 1_000_000_000


pack = PolicyPack("downloads", settings=Settings)


@pack.policy(DownloadResources)
def row_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    return deny("Too many rows.") if event.data_row_size > context.settings.max_rows else None


@pack.policy(DownloadResources)
def size_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    """Nobody downloads a larger file than the limit."""
    return deny("Too large a file.") if event.file_size > context.settings.max_bytes else None


@pack.policy(DownloadResources)
def source(event: DownloadResources) -> Outcome | None:
    """Nothing is downloaded from a spreadsheet."""
    return deny("Not from a spreadsheet.") if event.module_type == ModuleType.DW_EXCEL else None


handler = Function(Extension("bench", packs=[pack])).handler
