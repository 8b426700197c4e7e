"""The events of DataWorks: a class per event code, their parts, words and codes, and the catalog of all codes.

A class is imported when it is first asked for, so a function pays for the DataWorks modules whose events it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._on_demand import names_on_demand
from ..errors import FieldError as FieldError
from .base import Event as Event
from .base import EventError as EventError
from .base import Part as Part
from .base import problems_of as problems_of
from .base import read_event as read_event
from .catalog import CatalogEntry as CatalogEntry
from .catalog import catalog as catalog
from .catalog import class_name as class_name

if TYPE_CHECKING:
    from .console import *
    from .cron import *
    from .data_integration import *
    from .data_quality import *
    from .data_studio import *
    from .enumerations.data_quality import *
    from .enumerations.data_studio import *
    from .enumerations.node_type import *
    from .enumerations.operation_center import *
    from .enumerations.security_center import *
    from .enumerations.shared import *
    from .enumerations.upload_and_download import *
    from .node_change import *
    from .operation_center import *
    from .security_center import *
    from .upload_and_download import *

_OTHERS: Final = {
    "cron": "CronError CronExpression",
    "data_integration": "JobTableMapping StartDiJobV1 StartDiJobV2 StartSetting TableMapping",
    "data_quality": (
        "CheckingConfig DataQualityEvaluationTask DataQualityOperation DataQualityRule DataQualityTarget Hook "
        "Notification NotificationReceiver Notifications ReceiverExtension ReferenceValue RuleFields RuntimeConf "
        "SampleValue SamplingConfig Threshold Thresholds Trigger"
    ),
    "data_studio": "FileChange FileCommitOrDeploy FileRunOrDelete TableChange",
    "enumerations.data_quality": (
        "BlockType CheckResult CheckingType DatabaseType EnvType HookType Metric NotificationChannel ReceiverType "
        "Severity SubscriptionChannel TriggerType"
    ),
    "enumerations.data_studio": "ChangeType TableType",
    "enumerations.operation_center": (
        "AlarmType BaselineStatus DagType InstanceStatus Order RemindType RemindUnit ResourceGroupType"
    ),
    "enumerations.security_center": "AccountType AssignmentCategory DataServiceType DeadlineType",
    "enumerations.node_type": "NodeType SqlDialect",
    "enumerations.shared": "Environment SchedulerType",
    "enumerations.upload_and_download": (
        "ConflictMode ModuleType OptTableType TargetEngineType UploadSourceType WriteType"
    ),
    "node_change": "NodeChange",
    "operation_center": (
        "BaselineAlert InstanceChange InstanceOperation NodeAlert NodeOperation ResourceGroupAlert RuleAlert "
        "TimePeriod TopicAlert"
    ),
    "security_center": (
        "AnyContent ApprovalChange ApprovalContent ApprovalProcess AuthorizedContent Column DataServiceContent "
        "DataStudioContent Grantee GranteeObject MaxComputeContent ObjectMeta PermissionRequest ProjectMeta"
    ),
}
"""Where the names are that stand for no event code. A class that does is in the file of its DataWorks module."""


def _modules() -> dict[str, str]:
    modules = dict(_OTHERS)
    for entry in catalog.values():
        module = entry.module.replace("DataStudio", "data_studio").replace(" ", "_").lower()
        modules[module] = f"{modules.get(module, '')} {class_name(entry.code)}"
    return modules


_load, __dir__ = names_on_demand(globals(), _modules())
if not TYPE_CHECKING:  # only the names above exist for type checkers
    __getattr__ = _load


def event_class(code: str) -> type[Event]:
    """The class of an event code; `Event` for a code that nobody knew yet. It is built when it is first read into."""
    found = _load(class_name(code)) if code in catalog else Event
    assert isinstance(found, type)
    assert issubclass(found, Event)
    return found


def code_of(event_class: type[Event]) -> str | None:
    """The event code of a class of this module; None for `Event` and classes that stand for no code."""
    code = _CODES.get(event_class.__name__)
    if code is None:
        return None
    known = _load(event_class.__name__)
    return code if isinstance(known, type) and issubclass(event_class, known) else None


_CODES: Final = {class_name(code): code for code in catalog}
