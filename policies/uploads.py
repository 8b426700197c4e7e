"""What may be uploaded, how large, and into which tables."""

from __future__ import annotations

from pydantic import BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import OptTableType, UploadDataToTable, UploadSourceType, WriteType
from dataworks_ext.types import Size
from dataworks_ext.wording import chinese_list, english_list, size_text


class UploadSettings(BaseModel, defer_build=True):
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
        return deny(
            "An upload may not overwrite a table that exists. Append to it, or upload into a new table.",
            zh="上传不得覆盖已有的表，请改为追加，或上传到新表。",
        )
    written = event.write_type[:40]
    return deny(
        f"The way of writing {written} is not known, so it may overwrite the table. Append to it, or upload into a "
        "new table.",
        zh=f"无法识别写入方式 {written}，可能会覆盖表中的数据，请改为追加，或上传到新表。",
    )


@uploads.policy(UploadDataToTable, needs="max_bytes")
def size_limit(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Nobody uploads more than the limit."""
    limit = context.settings.max_bytes
    if limit is not None and event.file_size > limit:
        most, size = size_text(limit), size_text(event.file_size, beside=limit)
        return deny(
            f"Uploads are limited to {most}; this one has {size}. Upload less.",
            zh=f"单次上传不得超过 {most}，本次为 {size}，请减少上传内容。",
        )
    return None


@uploads.policy(UploadDataToTable, needs="allowed_projects")
def project(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Data is uploaded to the allowed projects only."""
    target = event.table_guid.split(".")[1]  # odps.{project}.{table}; a GUID without dots fails, and so denies
    if target.casefold() in {name.casefold() for name in context.settings.allowed_projects}:
        return None
    allowed = context.settings.allowed_projects
    return deny(
        f"Data may be uploaded to {english_list(allowed, 'or')} only, not to {target}.",
        zh=f"数据只能上传到 {chinese_list(allowed)}，不得上传到 {target}。",
    )


@uploads.policy(UploadDataToTable, needs="allowed_sources")
def source(event: UploadDataToTable, context: Context) -> Outcome | None:
    """Uploaded data comes from the allowed sources only."""
    if event.upload_source_type in context.settings.allowed_sources:
        return None
    allowed = context.settings.allowed_sources
    return deny(
        f"Data may be uploaded from {english_list(allowed, 'or')} only, not from {event.upload_source_type}.",
        zh=f"只能上传来自 {chinese_list(allowed)} 的数据，不得上传来自 {event.upload_source_type} 的数据。",
    )
