"""Who may download how much, from where and when."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from pydantic import BaseModel, ByteSize, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources, DownloadResourcesExecute, ModuleType

from .hours import DAYS, Day, WorkingHours, ZoneName, is_working_time
from .sizes import Size


class DownloadSettings(BaseModel):
    max_rows: PositiveInt | None = 1_000_000
    """Rows that one download may have."""
    max_bytes: Size | None = None
    """Size that one file may have: a number of bytes, or 500MB, 2GiB."""
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that files may be downloaded from: 10.0.0.0/8,2001:db8::/32."""
    working_hours: WorkingHours | None = None
    """Hours in which people may download: 09:00-18:00."""
    working_days: tuple[Day, ...] = DAYS[:5]
    """Days on which people may download: Mon,Tue,Wed."""
    time_zone: ZoneName = "Asia/Shanghai"
    """The time zone of the working hours."""
    denied_sources: tuple[ModuleType, ...] = ()
    """Pages of DataWorks that may not start a download: dw_excel,entity_transfer."""
    denied_datasources: tuple[str, ...] = ()
    """Names of data sources that may not be downloaded from."""


downloads = PolicyPack("downloads", settings=DownloadSettings)
Context = PolicyContext[DownloadSettings]


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="max_rows")
def row_limit(event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    limit = context.settings.max_rows
    if limit is not None and event.data_row_size > limit:
        return deny(f"Downloads are limited to {limit:,} rows; this one has {event.data_row_size:,}. Narrow the query.")
    return None


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="max_bytes")
def size_limit(event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads a larger file than the limit."""
    limit = context.settings.max_bytes
    if limit is not None and event.file_size > limit:
        size = ByteSize(event.file_size).human_readable(decimal=True)
        return deny(f"Downloads are limited to {limit.human_readable(decimal=True)}; this file has {size}.")
    return None


@downloads.policy(DownloadResourcesExecute, needs="allowed_networks")
def network(event: DownloadResourcesExecute, context: Context) -> Outcome | None:
    """Files are downloaded from the allowed networks only."""
    address = ip_address(event.ip)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in allowed for allowed in context.settings.allowed_networks):
        return None
    return deny("Files can be downloaded from the company's networks only. Connect to one and download again.")


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="working_hours")
def working_hours(_event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads outside working hours."""
    settings = context.settings
    hours = settings.working_hours
    if hours is None or is_working_time(context.now, hours, settings.working_days, settings.time_zone):
        return None
    days = ", ".join(settings.working_days)
    return deny(f"Downloads are possible in working hours only: {hours} on {days} ({settings.time_zone}).")


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="denied_sources")
def source(event: DownloadResources, context: Context) -> Outcome | None:
    """Nothing is downloaded from a denied page of DataWorks."""
    if event.module_type in context.settings.denied_sources:
        return deny(f"Downloads from {event.module_type} are switched off.")
    return None


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="denied_datasources")
def datasource(event: DownloadResources, context: Context) -> Outcome | None:
    """Nothing is downloaded from a denied data source."""
    denied = {name.casefold() for name in context.settings.denied_datasources}
    if event.datasource_name.casefold() in denied:
        return deny(f"The data source {event.datasource_name} may not be downloaded from.")
    return None
