"""The SQL of an event: of a download its query; of a file its code, taken out of whatever holds it.

Source: the code of nodes in the vendor's specification of workflows, `aliyun/dataworks-spec`: EMR nodes, assignment
nodes, SQL components.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from .errors import PolicyError
from .events import (
    CommitFile,
    DeleteFile,
    DeployFile,
    DownloadResources,
    DownloadResourcesExecute,
    Event,
    NodeType,
    RunFile,
)
from .sql import Dialect, Script
from .sql.lazy_script import LazyScript

if TYPE_CHECKING:
    from .snapshots import Snapshot

_FILES: Final[Mapping[str, type[CommitFile | DeployFile | RunFile | DeleteFile]]] = {
    "commit-file": CommitFile,
    "deploy-file": DeployFile,
    "run-file": RunFile,
    "delete-file": DeleteFile,
}
_SNAPSHOTS: Final[Mapping[str, str]] = {
    "commit-file": "CommittedFile",
    "deploy-file": "CommittedFile",
    "run-file": "FileExecution",
    "delete-file": "DeletedFile",
}
"""The classes of their snapshots, which are slow to import."""
_DIALECTS: Final[Mapping[str, Dialect]] = {
    "maxcompute": "maxcompute",
    "hive": "hive",
    "spark": "spark",
    "presto": "presto",
    "trino": "trino",
    "impala": "impala",
    "hologres": "hologres",
    "postgresql": "hologres",
    "redshift": "hologres",
    "clickhouse": "clickhouse",
    "mysql": "mysql",
    "oceanbase": "mysql",
    "starrocks": "starrocks",
    "doris": "starrocks",
}
"""What is read by the rules of which dialect. Flink, Oracle, SQL Server and others have calls only."""
_LANGUAGES: Final[Mapping[str, Dialect]] = {
    "odps": "maxcompute",
    "sql": "maxcompute",
    "hive": "hive",
    "holo": "hologres",
}
_WITHOUT_SQL: Final = frozenset(("shell", "python", "python2", "python3", "pyodps", "pyodps2", "pyodps3"))
"""Languages of an assignment node whose code is no SQL."""


def script_of(
    event_code: str, event: Callable[[type[Event]], Event], snapshot: Callable[[], Snapshot]
) -> Script | None:
    """What the SQL of an event does; None for an event or a kind of file without SQL.

    Args:
        event_code: Of the event.
        event: Reads the event as a class.
        snapshot: Asks for its snapshot; not called for a kind of file without SQL.

    Raises:
        PolicyError: The event should have SQL, and has none.
        SqlTooLongError: It is beyond the bounds.
    """
    if event_code in ("download-resources", "download-resources-execute"):
        download = event(DownloadResources if event_code == "download-resources" else DownloadResourcesExecute)
        assert isinstance(download, DownloadResources)
        return LazyScript(download.sql_text, "maxcompute")
    if event_code not in _FILES:
        return None
    file = event(_FILES[event_code])
    assert isinstance(file, (CommitFile, DeployFile, RunFile, DeleteFile))
    kind = file.file_type
    if isinstance(kind, NodeType) and not kind.may_hold_sql:
        return None
    found, expected = snapshot(), _SNAPSHOTS[event_code]
    if type(found).__name__ != expected:
        raise PolicyError(f"the snapshot of the event is a {type(found).__name__}; expected a {expected}")
    content = getattr(found, "content", None)
    if not isinstance(content, str):
        if not isinstance(kind, NodeType):
            return None  # a kind that nobody knew yet, and no code: a resource of some sort
        raise PolicyError("the snapshot of the event holds no code; expected its Content")
    return script_in(content, kind)


def script_in(content: str, kind: NodeType | int | str) -> Script | None:
    """What the SQL in the code of a file does; None if there is none.

    Args:
        content: The code, as DataWorks keeps it.
        kind: The kind of the file; a number or name that nobody knew yet otherwise.

    Raises:
        SqlTooLongError: It is beyond the bounds.
    """
    engine = kind.sql_dialect if isinstance(kind, NodeType) else None
    dialect = _DIALECTS.get(engine or "")
    if kind == NodeType.ADB_FOR_MYSQL:
        dialect = "adb"
    held = _held(content)
    if held is None:
        return LazyScript(content, dialect) if dialect else _calls_only(content, engine or f"kind {kind}")
    text, language = held
    if language in _WITHOUT_SQL:
        return None
    if text is None:
        texts = "\n;\n".join(_texts_in(content))
        return LazyScript(texts, dialect or "maxcompute", "the code is JSON of a form that is not known")
    dialect = dialect or _LANGUAGES.get(language or "")
    return LazyScript(text, dialect) if dialect else _calls_only(text, language or engine or f"kind {kind}")


def _calls_only(text: str, engine: str) -> Script:
    return LazyScript(text, "maxcompute", f"the SQL of {engine} is not read")


def _held(content: str) -> tuple[str | None, str | None] | None:
    """Of code that is a JSON object: its SQL, if it has any, and its language, if it says one. None for other code."""
    code = _json_in(content)
    if isinstance(code, list):
        return None, None
    if not isinstance(code, dict):
        return None
    language = code.get("language")
    language = language.casefold() if isinstance(language, str) else None
    return _text_in(code), language


def _json_in(content: str) -> object:
    try:
        return json.loads(content) if content.lstrip()[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        return None


def _texts_in(content: str) -> Iterator[str]:
    """Every text in JSON, also in the JSON inside of texts: its SQL may be in any of them."""
    waiting: list[object] = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (dict, list)):
            waiting += reversed([*value.values()] if isinstance(value, dict) else value)
        elif isinstance(value, str):
            inner = _json_in(value)
            if isinstance(inner, (dict, list)):
                waiting.append(inner)
            else:
                yield value


def _text_in(code: Mapping[str, object]) -> str | None:
    properties = code.get("properties")
    if isinstance(properties, Mapping) and isinstance(properties.get("arguments"), list):
        return "\n;\n".join(argument for argument in properties["arguments"] if isinstance(argument, str))
    if isinstance(code.get("code"), str):
        return _filled_in(str(code["code"]), code.get("config"))
    content = code.get("content")
    return content if isinstance(content, str) else None


def _filled_in(text: str, config: object) -> str:
    """The code of a component with the values of its parameters, `@@{name}`."""
    for side in ("input", "output"):
        parameters = config.get(side) if isinstance(config, Mapping) else None
        for parameter in parameters if isinstance(parameters, list) else ():
            if isinstance(parameter, Mapping) and isinstance(parameter.get("value"), str):
                text = text.replace(f"@@{{{parameter.get('name')}}}", parameter["value"])
    return text
