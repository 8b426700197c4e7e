"""Upload and Download: the events that DataWorks sends straight to Function Compute.

Source: the DataWorks event reference, "Upload and download".
"""

from __future__ import annotations

from .base import Event
from .enumerations.base import KnownWord
from .enumerations.upload_and_download import (
    ConflictMode,
    ModuleType,
    OptTableType,
    TargetEngineType,
    UploadSourceType,
    WriteType,
)


class DownloadResources(Event):
    """A file is about to be generated for download."""

    event_code: str = "download-resources"
    module_type: KnownWord[ModuleType]
    """Where the download was started."""
    operator_base_id: str
    """The base id of the person who downloads."""
    operator_uid: str
    """The UID of the person who downloads."""
    file_name: str
    """The name of the file."""
    file_size: int
    """The size of the file, in bytes."""
    datasource_id: str
    """The id of the data source that is read."""
    datasource_name: str
    """The name of the data source that is read."""
    query_dw_project_id: int
    """The id of the workspace."""
    query_dw_project_name: str
    """The identifier of the workspace."""
    data_row_size: int
    """The number of rows."""
    sql_text: str
    """The SQL statement that selects the rows."""


class DownloadResourcesExecute(DownloadResources):
    """A generated file is about to be downloaded."""

    event_code: str = "download-resources-execute"
    ip: str
    """The IP address of the person who downloads."""


class UploadDataToTable(Event):
    """Data is about to be uploaded to a table."""

    event_code: str = "upload-data-to-table"
    upload_source_type: KnownWord[UploadSourceType]
    """Where the data comes from."""
    opt_table_type: KnownWord[OptTableType]
    """Whether the upload makes its table."""
    target_engine_type: KnownWord[TargetEngineType]
    """The engine of the table."""
    write_type: KnownWord[WriteType]
    """What the upload does with the rows that are there."""
    conflict_mode: KnownWord[ConflictMode]
    """What the upload does with a row whose primary key is there."""
    operator_base_id: str
    """The base id of the person who uploads."""
    operator_uid: str
    """The UID of the person who uploads."""
    datasource_id: str
    """The id of the data source that is written."""
    datasource_name: str
    """The name of the data source that is written."""
    table_guid: str
    """The table: `odps.{project}.{table}`, `emr_hive.{cluster id}.{schema}.{table}` or `holo.{instance}.{database}`."""
    query_dw_project_id: int
    """The id of the workspace."""
    query_dw_project_name: str
    """The name of the workspace."""
    file_size: int
    """The size of the file, in bytes."""
