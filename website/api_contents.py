"""What the reference of the Python API describes, page by page, and what it says around the docstrings."""

from __future__ import annotations

from typing import Final, NamedTuple


class ApiPage(NamedTuple):
    """One page: its name, its title in each language, and the modules that it describes."""

    name: str
    en: str
    zh: str
    modules: tuple[str, ...]
    """A module with all of its names, or `module:name` for one of them."""


PAGES: Final = (
    ApiPage(
        "index",
        "Python API",
        "Python API",
        (
            "dataworks_ext",
            "dataworks_ext.function:Function",
            "dataworks_ext.function:handler",
            "dataworks_ext.function:initializer",
            "dataworks_ext.errors",
            "dataworks_ext.lookup:LookupFailedError",
            "dataworks_ext.pack:NoSettings",
        ),
    ),
    ApiPage(
        "events",
        "Python API: events and snapshots",
        "Python API：事件与快照",
        (
            "dataworks_ext.events.base",
            "dataworks_ext.events.catalog",
            "dataworks_ext.events:event_class",
            "dataworks_ext.events:code_of",
            "dataworks_ext.events.cron",
            "dataworks_ext.events.data_studio:FileChange",
            "dataworks_ext.events.data_studio:FileCommitOrDeploy",
            "dataworks_ext.events.data_studio:FileRunOrDelete",
            "dataworks_ext.events.data_studio:TableChange",
            "dataworks_ext.events.node_change:NodeChange",
            "dataworks_ext.events.operation_center:InstanceChange",
            "dataworks_ext.events.operation_center:InstanceOperation",
            "dataworks_ext.events.operation_center:NodeOperation",
            "dataworks_ext.events.security_center:ApprovalChange",
            "dataworks_ext.events.security_center:AnyContent",
            "dataworks_ext.events.data_quality:DataQualityEvaluationTask",
            "dataworks_ext.events.data_quality:DataQualityOperation",
            "dataworks_ext.events.data_quality:RuleFields",
            "dataworks_ext.events.enumerations.node_type:SqlDialect",
            "dataworks_ext.snapshots",
            "dataworks_ext.message:Message",
            "dataworks_ext.message:read_message",
            "dataworks_ext.message:read_messages",
            "dataworks_ext.message:MessageError",
        ),
    ),
    ApiPage("testing", "Python API: testing", "Python API：测试", ("dataworks_ext.testing",)),
    ApiPage("sql", "Python API: SQL", "Python API：SQL", ("dataworks_ext.sql",)),
    ApiPage(
        "settings",
        "Python API: types and words for settings",
        "Python API：配置项类型与文本",
        ("dataworks_ext.types", "dataworks_ext.wording"),
    ),
    ApiPage("local", "Python API: the local cloud", "Python API：本地函数计算与事件总线", ("dataworks_ext.local",)),
)

INSIDE: Final = {
    *("Exemption.as_json", "Exemption.covers", "Exemption.holds_in", "Exemption.require_term"),
    *("Extension.adopt", "Extension.configuration_in", "PolicyPack.close"),
    *("ApiError.already_exists", "ApiError.denied", "ApiError.invalid", "ApiError.not_found", "ApiError.too_large"),
    *("Event.form_of", "Event.model_copy"),
}
"""Methods without an underscore that only the framework calls."""
INTRODUCTIONS: Final = {
    "en": {
        "index": (
            "From the docstrings of the code. What these pages name is public: [Compatibility](../compatibility.md) "
            "says what that means. More: [events and snapshots](events.md), [testing](testing.md), [SQL](sql.md), "
            "[types and words for settings](settings.md), [the local cloud](local.md). The classes of events have "
            "[pages of their own](../events/index.md)."
        ),
        "events": "The base of all events, the catalog, schedules, and what a lookup answers.",
        "testing": "The kit for tests: [Testing](../testing.md) shows it at work.",
        "sql": "What SQL reads, writes and calls: [Rules about SQL](../sql.md) shows it at work.",
        "settings": "Types for the settings of packs, and texts as people read them.",
        "local": "Function Compute and EventBridge on this machine: [Local Function Compute](../local.md).",
    },
    "zh": {
        "index": (
            "由代码中的文档字符串生成。"
            "这些页面列出的名称即公开接口，其含义见[兼容性](../compatibility.md)。"
            "其他页面：[事件与快照](events.md)、[测试](testing.md)、[SQL](sql.md)、[配置项类型与文本](settings.md)、"
            "[本地函数计算与事件总线](local.md)。各事件的类见[事件参考](../events/index.md)。"
        ),
        "events": "所有事件的基类、事件目录、调度表达式，以及查询返回的快照。",
        "testing": "测试工具的用法见[测试](../testing.md)。",
        "sql": "SQL 规则的用法见 [SQL 规则](../sql.md)。",
        "settings": "策略包的配置项可用的类型，以及操作人所见的文本。",
        "local": "在本机运行函数计算与事件总线，见[本地函数计算](../local.md)。",
    },
}
SECTIONS: Final = {
    "en": {"parameters": "Parameters:", "returns": "Returns:", "yields": "Yields:", "raises": "Raises:"},
    "zh": {"parameters": "参数：", "returns": "返回值：", "yields": "产生：", "raises": "异常："},
}


class Marks(NamedTuple):
    """Punctuation: Chinese has its own, with its space in it."""

    type: str
    colon: str
    space: str


MARKS: Final = {"en": Marks(" (`{}`)", ": ", " "), "zh": Marks("（`{}`）", "：", "")}
