"""Security Center: requests for permissions.

Source: the DataWorks event reference, "Security Center".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import ConfigDict, Discriminator, Field, Tag

from .base import Event, Part
from .enumerations.base import KnownNumber, KnownWord
from .enumerations.security_center import AccountType, AssignmentCategory, DataServiceType, DeadlineType
from .enumerations.shared import Environment
from .values import Milliseconds

# What a permission is requested for


class Column(Part):
    """A column of a table."""

    column_name: str
    """The name of the column."""
    column_type: str
    """The type of the column."""
    column_guid: str
    """The column: `odps.{project}.{table}.{column}`."""
    column_comment: str | None = None
    """The comment on the column."""


class AuthorizedContent(Part):
    """What a permission is requested for, where nobody knew its kind yet: its fields are in `model_extra`."""

    model_config = ConfigDict(extra="allow")


class MaxComputeContent(Part):
    """A table, or something like it, in MaxCompute."""

    object_type: str
    """What it is, such as `TABLE`."""
    object_name: str
    """The name of the object."""
    object_name_cn: str | None = None
    """The Chinese name of the object."""
    object_guid: str
    """The object: `odps.{project}.{table}`."""
    odps_table: str
    """The name of the table."""
    odps_project: str
    """The name of the MaxCompute project."""
    project_guid: str
    """The MaxCompute project: `odps.{project}`."""
    project_name: str
    """The name of the workspace."""
    project_id: int
    """The id of the workspace."""
    workspace_id: int
    """The id of the workspace."""
    tenant_id: int | None = None
    """The tenant; 0 where the reference shows it."""
    env_type: KnownNumber[Environment]
    """Where the table is."""
    owner_base_id: str
    """The base id of the table's owner."""
    owner_account_name: str
    """The name of the account of the table's owner."""
    actions: tuple[str, ...]
    """What is to be allowed, such as `Select` and `Describe`."""
    columns: tuple[Column, ...] | None = None
    """The columns of the table."""
    column_meta_list: tuple[Column, ...] | None = None
    """The columns of the table once more."""


class DataServiceContent(Part):
    """Something that DataService offers."""

    resource_id: str
    """The id of the resource."""
    resource_version: int
    """The version of the resource."""
    id: str
    """The id of the API, function or orchestration."""
    name: str
    """Its name."""
    type: KnownNumber[DataServiceType]
    """What it is."""
    ds_deploy_id: str
    """The id of its publication."""
    owner_id: str
    """The base id of its owner."""
    owner_name: str
    """The name of its owner."""
    url: str
    """Its address in DataService."""
    workspace_id: int
    """The id of the workspace."""
    workspace_name: str
    """The name of the workspace."""


class DataStudioContent(Part):
    """A table that is to be synchronized into another."""

    source_datasource_type: str
    """The kind of the data source that is read."""
    source_datasource_name: str
    """The name of the data source that is read."""
    source_table_name: str
    """The table that is read."""
    target_datasource_type: str
    """The kind of the data source that is written."""
    target_datasource_name: str
    """The name of the data source that is written."""
    target_table_name: str
    """The table that is written."""
    workspace_id: int | None = None
    """The id of the workspace."""


def _kind_of_content(value: object) -> str:
    """Which class an item is, by a field that no other class has: one request may hold several kinds."""
    for kind, content_class, wire, python in _KINDS:
        if isinstance(value, content_class) or (isinstance(value, Mapping) and (wire in value or python in value)):
            return kind
    return "unknown"


_KINDS: Final[tuple[tuple[str, type[Part], str, str], ...]] = (
    ("MaxCompute", MaxComputeContent, "objectGuid", "object_guid"),
    ("DataService", DataServiceContent, "resourceId", "resource_id"),
    ("DataStudio", DataStudioContent, "sourceTableName", "source_table_name"),
)
AnyContent = Annotated[
    Annotated[MaxComputeContent, Tag("MaxCompute")]
    | Annotated[DataServiceContent, Tag("DataService")]
    | Annotated[DataStudioContent, Tag("DataStudio")]
    | Annotated[AuthorizedContent, Tag("unknown")],
    Discriminator(_kind_of_content),
]
"""What a permission is requested for, by its kind."""


# The request and its way


class Grantee(Part):
    """Somebody who gets the permission."""

    grantee_id: str
    """The base id of the account."""
    grantee_name: str
    """The name of the account."""
    grantee_type: Annotated[int | str, Field(union_mode="left_to_right")]
    """A number without a published meaning."""
    grantee_type_sub: KnownNumber[AccountType]
    """What kind of account it is."""


class ApprovalContent(Part):
    """What is requested, for whom and until when."""

    apply_period: Milliseconds
    """When the permission ends."""
    apply_reason: str
    """Why it is requested."""
    array_data: tuple[AnyContent, ...]
    """What the permission is requested for."""
    content_type: str
    """The media type of the request."""
    grantee_accounts: tuple[Grantee, ...]
    """Who gets the permission."""
    odps_project_name: str | None = None
    """The name of the MaxCompute project, if it is about one."""
    project_env: KnownNumber[Environment] | None = None
    """Where the MaxCompute project is."""
    resource_summary: str | None = None
    """What the permission is requested for, in short."""
    tenant_id: int
    """The tenant."""
    workspace_id: int
    """The id of the workspace."""


class ApprovalProcess(Part):
    """The way of a request through its approval."""

    applicant: str
    """The base id of the account that requests."""
    applicant_name: str
    """The name of the account that requests."""
    approval_content: ApprovalContent
    """What is requested."""
    assignment_category: KnownWord[AssignmentCategory]
    """What kind of thing is requested."""
    create_time: Milliseconds
    """When the request was made."""
    update_time: Milliseconds
    """When the request was last changed."""
    process_definition_id: str
    """The id of the approval policy."""
    process_id: str
    """The id of the request."""
    status: str
    """How far the request is, such as `Pending`."""
    title: str
    """The title of the request."""


class ApprovalChange(Event):
    """A request for permission was made or decided."""

    app_id: int
    """The id of the workspace."""
    assignee: str
    """The base id of the account that approves."""
    assignee_name: str
    """The name of the account that approves."""
    create_time: Milliseconds
    """When the request was made."""
    event_type: str
    """The kind of the event in words of Security Center: `approval`."""
    process: ApprovalProcess
    """The request and its way."""


class ApprovalChangeCreated(ApprovalChange):
    """A request for permission was made."""

    event_code: str = "approval-change-created"
    process_id: str
    """The id of the request."""
    status: str
    """What happened to the request, such as `Submit`."""
    task_id: str
    """The id of the approver's task."""
    update_time: Milliseconds
    """When the request was last changed."""
    comments: str | None = None
    """What the approver says."""


class ApprovalChangeFinished(ApprovalChange):
    """A request for permission was decided."""

    event_code: str = "approval-change-finished"
    process_id: str | None = None
    """The id of the request."""
    status: str | None = None
    """What happened to the request, such as `Agree`."""
    task_id: str | None = None
    """The id of the approver's task."""
    update_time: Milliseconds | None = None
    """When the request was last changed."""
    comments: str | None = None
    """What the approver says."""


# Before a request is made


class GranteeObject(Part):
    """Somebody who is to get the permission."""

    grantee_id: str
    """The id of the account."""


class ObjectMeta(Part):
    """A table that the permission is requested for."""

    name: str
    """The name of the table."""
    project_guid: str
    """The MaxCompute project of the table: `odps.{project}`."""
    action: tuple[str, ...]
    """What is to be allowed, such as `Select` and `Describe`."""


class ProjectMeta(Part):
    """The workspace that the tables are in."""

    project_id: int
    """The id of the workspace."""
    project_name: str
    """The name of the workspace."""
    env_code: KnownNumber[Environment]
    """Whether it is about development or production."""
    label_security: bool
    """Whether access is controlled by labels."""
    object_meta_list: tuple[ObjectMeta, ...]
    """The tables."""


class PermissionRequest(Part):
    """What is requested, for whom and for how long."""

    apply_reason: str
    """Why it is requested."""
    deadline_date: int
    """For how long, in units of `deadline_type`."""
    deadline_type: KnownWord[DeadlineType]
    """The unit of `deadline_date`."""
    grantee_object_list: tuple[GranteeObject, ...]
    """Who is to get the permission."""
    project_meta: ProjectMeta
    """What the permission is requested for."""


class ApprovalChangeBeforeCreate(Event):
    """A request for permission on tables is about to be submitted."""

    event_code: str = "approval-change-before-create"
    event_type: str
    """The kind of the event in words of Security Center: `approval-create-before`."""
    order: PermissionRequest
    """The request."""
    project_id: int
    """The id of the workspace in which the request is made."""
    operator: str
    """The UID of the person who requests."""
