"""The words of the reference of events that no docstring has, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Words(NamedTuple):
    """Headings and sentences; `{}` stands for a name."""

    event: str
    blocking: str
    module: str
    title: str
    yes: str
    every_event: str
    base: str
    events_of: str
    module_introduction: str
    objects: str
    facts: str
    """EventBridge's type, the level, the answer."""
    levels: Mapping[str, str]
    answered_by: str
    not_blocking: str
    form: str
    """The class, and its first sentence."""
    sample: str
    wire: str
    type: str
    required: str
    meaning: str
    number: str
    enumerations: str
    enumerations_introduction: str


_ENGLISH: Final = Words(
    event="Event",
    blocking="Can be refused",
    module="Module",
    title="What happens",
    yes="yes",
    every_event="Every event",
    base="`Event`, of which all others are kinds, has:",
    events_of="Events of {}",
    module_introduction="[All events](index.md) says how fields are read, and which ones every event has.",
    objects="Objects in these events",
    facts="EventBridge type `{}`, {} level. {}.",
    levels={"workspace": "workspace", "tenant": "tenant"},
    answered_by="Blocking, answered by `{}`",
    not_blocking="Not blocking",
    form="`{}`: {} It also has:",
    sample="Sample",
    wire="On the wire",
    type="Type",
    required="Required",
    meaning="Meaning",
    number="Number",
    enumerations="Words and numbers",
    enumerations_introduction="What fields of [events](index.md) say. A value that is not listed stays as it came.",
)

_CHINESE: Final = Words(
    event="事件",
    blocking="可拦截",
    module="模块",
    title="含义",
    yes="是",
    every_event="所有事件",
    base="`Event` 是所有事件的基类，包含：",
    events_of="{}的事件",
    module_introduction="字段的读取规则和所有事件共有的字段见[全部事件](index.md)。",
    objects="事件中的对象",
    facts="EventBridge 事件类型 `{}`，{}级。{}。",
    levels={"workspace": "工作空间", "tenant": "租户"},
    answered_by="前置事件，用 `{}` 返回检查结果",
    not_blocking="普通事件，不可拦截",
    form="`{}`：{}此外还有：",
    sample="示例",
    wire="消息中的名称",
    type="类型",
    required="必填",
    meaning="含义",
    number="数字",
    enumerations="枚举值",
    enumerations_introduction="[事件](index.md)字段的取值。未列出的取值保持原样。",
)

WORDS: Final[Mapping[str, Words]] = {"en": _ENGLISH, "zh": _CHINESE}
