"""What mypy knows of policies: mistakes are errors where they are made, and what is right needs no cast.

Each sample is a module. A comment `# error: code` stands on each line where mypy has to find one, and `# type: …` where
it has to know that type; it may say nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from mypy import api

START = """
from functools import partial
from typing import Any, Callable, Coroutine
from pydantic import BaseModel
from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources, DownloadResourcesExecute, Event, UploadDataToTable

class Settings(BaseModel):
    max_rows: int = 10

class OtherSettings(BaseModel):
    max_bytes: int = 10

downloads = PolicyPack("downloads", settings=Settings)
bare = PolicyPack("bare")
extension = Extension("data-guard", packs=[downloads, bare])
"""

SAMPLES = {
    "fields of an event need no cast": """
@downloads.policy(DownloadResources)
def rule(event: DownloadResources) -> Outcome | None:
    reveal_type(event.data_row_size)  # type: int
    reveal_type(event.sql_text)  # type: str
    reveal_type(event.event_code)  # type: str
    event.no_such_field  # error: attr-defined
    return None
""",
    "fields of every module's events need no cast": """
from dataworks_ext.events import (
    ApprovalChangeCreated, BackfillData, BatchCreateDataQualityRules, CommitFile, DeleteProject, NodeType,
    ProjectDeleted, StartDiJob, StartDiJobV2, BaselineAlert, NodeChangeCreated, WorkbenchMonitorAlert,
)

@downloads.policy(CommitFile)
def data_studio(event: CommitFile) -> Outcome | None:
    reveal_type(event.file_create_time)  # type: datetime
    reveal_type(event.operator)  # type: str
    if isinstance(event.file_type, NodeType):
        reveal_type(event.file_type)  # type: NodeType
    event.cron_express  # error: attr-defined
    return None

@downloads.policy(StartDiJob)
def data_integration(event: StartDiJob) -> Outcome | None:
    for mapping in event.table_mapping or ():
        reveal_type(mapping.dst_table)  # type: str
    event.job_id  # error: attr-defined
    if isinstance(event, StartDiJobV2):
        reveal_type(event.job_id)  # type: int
    return None

@downloads.policy(BackfillData)
def operation_center(event: BackfillData) -> Outcome | None:
    reveal_type(event.include_node_ids)  # type: tuple[int, ...]
    for period in event.multiple_time_periods or ():
        reveal_type(period)  # type: TimePeriod
    return None

@downloads.observer(WorkbenchMonitorAlert)
def alert(event: WorkbenchMonitorAlert) -> None:
    if isinstance(event, BaselineAlert):
        reveal_type(event.baseline_name)  # type: str

@downloads.observer(NodeChangeCreated)
def node(event: NodeChangeCreated) -> None:
    reveal_type(event.cron_express)  # type: CronExpression
    reveal_type(event.create_time)  # type: datetime

@downloads.observer(ApprovalChangeCreated)
def security_center(event: ApprovalChangeCreated) -> None:
    reveal_type(event.process.approval_content.apply_period)  # type: datetime
    reveal_type(event.process.approval_content.grantee_accounts[0])  # type: Grantee

@downloads.policy(BatchCreateDataQualityRules)
def data_quality(event: BatchCreateDataQualityRules) -> Outcome | None:
    reveal_type(event.rules)  # type: tuple[DataQualityRule, ...]
    reveal_type(event.operation_time)  # type: datetime
    return None

@downloads.policy(DeleteProject)
def console(event: DeleteProject) -> Outcome | None:
    reveal_type(event.project_id)  # type: int
    reveal_type(event.workspace_id)  # type: int | None
    return None

@downloads.policy(UploadDataToTable)
def upload(event: UploadDataToTable) -> Outcome | None:
    reveal_type(event.file_size)  # type: int
    return None
""",
    "settings need no cast": """
@downloads.policy(DownloadResources)
def rule(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    reveal_type(context.settings.max_rows)  # type: int
    reveal_type(context.request_id)  # type: str
    context.settings.no_such_setting  # error: attr-defined
    return None
""",
    "policies pass with and without context, sync and async": """
@downloads.policy(DownloadResources)
def plain(event: DownloadResources) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)
def with_context(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)
async def later(event: DownloadResources) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)
async def later_with_context(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    return None

@extension.policy(DownloadResources)
def in_an_extension(event: DownloadResources) -> Outcome | None:
    return None
""",
    "a policy may be certain of its outcome": """
@downloads.policy(DownloadResources)
def always(event: DownloadResources) -> Outcome:
    return deny("no")

@downloads.policy(DownloadResources)
def never(event: DownloadResources) -> None:
    return None

@downloads.policy(DownloadResources)
async def always_later(event: DownloadResources) -> Outcome:
    return deny("no")
""",
    "a policy may take less than it gets": """
@downloads.policy(DownloadResources, DownloadResourcesExecute)
def of_the_base(event: DownloadResources) -> Outcome | None:
    return None

@downloads.policy(DownloadResources, UploadDataToTable)
def of_any(event: Event, context: PolicyContext[BaseModel]) -> Outcome | None:
    return None

@bare.policy(DownloadResources)
def without_settings(event: DownloadResources, context: PolicyContext[BaseModel]) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)
def of_any_settings(event: DownloadResources, context: PolicyContext[Any]) -> Outcome | None:
    return None
""",
    "a policy of two classes takes either": """
@downloads.policy(DownloadResources, UploadDataToTable)
def rule(event: DownloadResources | UploadDataToTable) -> Outcome | None:
    reveal_type(event.file_size)  # type: int
    return None
""",
    "a policy by code takes the class it names": """
@downloads.policy("download-resources", DownloadResourcesExecute)
def by_code(event: DownloadResources) -> Outcome | None:
    return None

@downloads.policy("*")
def of_every_event(event: Event, context: PolicyContext[Settings]) -> Outcome | None:
    return None
""",
    "lambdas, partials and objects pass": """
def limit(event: DownloadResources, *, rows: int) -> Outcome | None:
    return None

class Limit:
    def __call__(self, event: DownloadResources) -> Outcome | None:
        return None

downloads.policy(DownloadResources, id="a")(lambda event: deny(str(event.data_row_size)))
downloads.policy(DownloadResources, id="b")(partial(limit, rows=3))
downloads.policy(DownloadResources, id="c")(Limit())
""",
    "another event's class is an error at the decorator": """
@downloads.policy(DownloadResources)  # error: arg-type
def rule(event: UploadDataToTable) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)  # error: arg-type
async def later(event: UploadDataToTable) -> Outcome | None:
    return None

@downloads.policy(DownloadResources)  # error: arg-type
def with_context(event: UploadDataToTable, context: PolicyContext[Settings]) -> Outcome | None:
    return None
""",
    "a narrower class is an error at the decorator": """
@downloads.policy(DownloadResources)  # error: arg-type
def rule(event: DownloadResourcesExecute) -> Outcome | None:
    return None

@downloads.policy(DownloadResources, UploadDataToTable)  # error: arg-type
def of_one(event: DownloadResources) -> Outcome | None:
    return None
""",
    "the context of other settings is an error at the decorator": """
@downloads.policy(DownloadResources)  # error: arg-type
def rule(event: DownloadResources, context: PolicyContext[OtherSettings]) -> Outcome | None:
    return None

@downloads.policy("download-resources")  # error: arg-type
def by_code(event: DownloadResources, context: PolicyContext[OtherSettings]) -> Outcome | None:
    return None

@bare.policy(DownloadResources)  # error: arg-type
def without_settings(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    return None

@downloads.observer(DownloadResources)  # error: arg-type
def watch(event: DownloadResources, context: PolicyContext[OtherSettings]) -> None: ...
""",
    "what is no outcome is an error at the decorator": """
@downloads.policy(DownloadResources)  # error: type-var
def yes_or_no(event: DownloadResources) -> bool:
    return True

@downloads.policy(DownloadResources)  # error: type-var
def in_words(event: DownloadResources) -> str:
    return "no"

@downloads.policy(DownloadResources)  # error: type-var
async def in_words_later(event: DownloadResources) -> str:
    return "no"
""",
    "parameters that nobody gives are an error at the decorator": """
@downloads.policy(DownloadResources)  # error: arg-type
def of_three(event: DownloadResources, context: PolicyContext[Settings], rows: int) -> None: ...

@downloads.policy(DownloadResources)  # error: arg-type
def of_nothing() -> None: ...

@downloads.policy(DownloadResources)  # error: arg-type
def by_keyword(event: DownloadResources, *, rows: int) -> None: ...
""",
    "a decorator without parentheses is an error": """
@downloads.policy  # error: call-overload
def rule(event: DownloadResources) -> Outcome | None:
    return None
""",
    "a decorator that names no event is an error": """
downloads.policy()  # error: call-overload
""",
    "observers pass, and one that returns an outcome is an error": """
@downloads.observer(DownloadResources)
def watch(event: DownloadResources) -> None:
    reveal_type(event.data_row_size)  # type: int

@downloads.observer("*")
async def watch_all(event: Event, context: PolicyContext[Settings]) -> None: ...

@downloads.observer(DownloadResources)  # error: type-var
def decide(event: DownloadResources) -> Outcome | None:
    return None

@downloads.observer(DownloadResources)  # error: arg-type
def of_uploads(event: UploadDataToTable) -> None: ...
""",
    "a when fits the event and the context, and answers by a boolean": """
def big(event: DownloadResources, context: PolicyContext[Settings]) -> bool:
    return event.data_row_size > context.settings.max_rows

def of_uploads(event: UploadDataToTable) -> bool:
    return True

def rule(event: DownloadResources) -> Outcome | None:
    return None

downloads.policy(DownloadResources, when=big)(rule)
downloads.policy(DownloadResources, when=lambda event: event.data_row_size > 10)(rule)
downloads.policy(DownloadResources, when=of_uploads)(rule)  # error: arg-type
downloads.policy(DownloadResources, when=lambda event: "yes")(rule)  # error: arg-type
""",
    "options are checked": """
def rule(event: DownloadResources) -> Outcome | None:
    return None

downloads.policy(DownloadResources, mode="shadow", on_error="warn", timeout=2, workspaces=[90004], needs="a")(rule)
downloads.policy(DownloadResources, mode="dry-run")(rule)  # error: call-overload
downloads.policy(DownloadResources, workspaces=["90004"])(rule)  # error: list-item
PolicyPack("uploads", settings=dict)  # error: type-var
Extension("data-guard", default="block")  # error: arg-type
deny(5)  # error: arg-type
""",
    "a decorated function keeps its parameters and its result": """
@downloads.policy(DownloadResources)
def rule(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome:
    return deny("no")

@downloads.policy(DownloadResources)
async def later(event: DownloadResources) -> Outcome | None:
    return None

same: Callable[[DownloadResources, PolicyContext[Settings]], Outcome] = rule
same_later: Callable[[DownloadResources], Coroutine[Any, Any, Outcome | None]] = later

def test(event: DownloadResources, context: PolicyContext[Settings]) -> None:
    reveal_type(rule(event, context).message)  # type: str
    rule(event)  # error: call-arg
    rule("download", context)  # error: arg-type
""",
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Sequence[str]]:
    """What mypy says to each sample, by the sample's name: a line number and an error's code or a type."""
    folder = tmp_path_factory.mktemp("typing")
    files = {}
    for number, (name, sample) in enumerate(SAMPLES.items()):
        files[f"sample_{number}.py"] = name
        (folder / f"sample_{number}.py").write_text(START + sample, encoding="utf-8")
    options = ["--strict", "--config-file=", "--no-error-summary", "--hide-error-context", "--no-pretty"]
    paths = [str(folder / file) for file in files]
    output, problem, _ = api.run([*options, "--cache-dir", str(folder / "cache"), *paths])
    assert problem == ""
    said: dict[str, list[str]] = defaultdict(list)
    for line in output.splitlines():
        place, kind, text = re.split(r": (error|note): ", line, maxsplit=1)
        file, number_of_line = place.rsplit(":", 1)
        if kind == "error":
            said[files[Path(file).name]].append(f"{number_of_line} error: {text.rsplit('[', 1)[-1].rstrip(']')}")
        elif text.startswith("Revealed type"):
            revealed = re.sub(r"\b(\w+\.)+(?=\w)", "", text.split('"')[1])
            said[files[Path(file).name]].append(f"{number_of_line} type: {revealed}")
    return said


@pytest.mark.parametrize("name", SAMPLES)
def test_mypy_knows_that(name: str, found: Mapping[str, Sequence[str]]) -> None:
    expected = [
        f"{number} {comment.group(1)}"
        for number, line in enumerate((START + SAMPLES[name]).splitlines(), start=1)
        if (comment := re.search(r"# ((error|type): .*)$", line))
    ]
    assert found.get(name, []) == expected
