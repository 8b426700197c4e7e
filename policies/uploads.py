"""What may be uploaded, how large, and into which tables."""

from __future__ import annotations

from pydantic import BaseModel, ByteSize

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import OptTableType, UploadDataToTable, UploadSourceType, WriteType

from .sizes import Size


class UploadSettings(BaseModel):
    allow_overwrite: bool = False
    """Whether an upload may replace the rows of a table that exists."""
    max_bytes: Size | None = None
    """Size that one upload may have: a number of bytes, or 500MB, 2GiB."""
    allowed_projects: tuple[str, ...] = ()
    """Projects (for EMR Hive: clusters, for Hologres: instances) that may be uploaded to."""
    allowed_sources: tuple[UploadSourceType, ...] = ()
    """Where uploaded data may come from: LOCAL,OSS,DW_EXCEL,HTTP."""


uploads = PolicyPack("uploads", settings=UploadSettings)
Context = PolicyContext[UploadSettings]


@uploads.policy(UploadDataToTable)
def no_overwrite(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Nobody replaces the rows of a table that exists."""
    keeps = event.write_type == WriteType.APPEND or event.opt_table_type == OptTableType.CREATE
    if keeps or context.settings.allow_overwrite:
        return None
    if event.write_type == WriteType.OVERWRITE:
        return deny("An upload may not overwrite a table that exists. Append to it, or upload into a new table.")
    return deny(
        f"The way of writing {event.write_type[:40]} is not known, so it may overwrite the table. Append to it, or "
        f"upload into a new table."
    )


@uploads.policy(UploadDataToTable, needs="max_bytes")
def size_limit(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Nobody uploads more than the limit."""
    limit = context.settings.max_bytes
    if limit is not None and event.file_size > limit:
        size = ByteSize(event.file_size).human_readable(decimal=True)
        return deny(f"Uploads are limited to {limit.human_readable(decimal=True)}; this one has {size}.")
    return None


@uploads.policy(UploadDataToTable, needs="allowed_projects")
def project(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Data is uploaded to the allowed projects only."""
    target = event.table_guid.split(".")[1]  # odps.{project}.{table}; a GUID without dots fails, and so denies
    if target.casefold() in {name.casefold() for name in context.settings.allowed_projects}:
        return None
    return deny(f"Data may not be uploaded to {target}. Allowed: {', '.join(context.settings.allowed_projects)}.")


@uploads.policy(UploadDataToTable, needs="allowed_sources")
def source(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Uploaded data comes from the allowed sources only."""
    if event.upload_source_type in context.settings.allowed_sources:
        return None
    return deny(f"Data may not be uploaded from {event.upload_source_type}.")
