"""The reference of the Python API in both languages, from docstrings: `python -m website.api_pages` writes it.

What is public is what the pages below name: the names that a module exports, else those that it defines.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

import griffe

ROOT: Final = Path(__file__).parent.parent
DOCS: Final = ROOT / "docs"
_WIDEST: Final = 100
"""Characters of a signature on one line."""


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
        ("dataworks_ext", "dataworks_ext.function", "dataworks_ext.errors", "dataworks_ext.pack:NoSettings"),
    ),
    ApiPage(
        "events",
        "Python API: events and snapshots",
        "Python API：事件与快照",
        (
            "dataworks_ext.events.base",
            "dataworks_ext.events.catalog",
            "dataworks_ext.events.cron",
            "dataworks_ext.events.data_studio:FileChange",
            "dataworks_ext.events.data_studio:FileCommitOrDeploy",
            "dataworks_ext.events.data_studio:FileRunOrDelete",
            "dataworks_ext.events.data_studio:TableChange",
            "dataworks_ext.snapshots",
            "dataworks_ext.message",
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

_INTRODUCTIONS: Final = {
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
            "由代码中的文档字符串生成，说明文字为英文。"
            "这些页面列出的名称即公开接口，其含义见[兼容性](../compatibility.md)。"
            "其他页面：[事件与快照](events.md)、[测试](testing.md)、[SQL](sql.md)、[配置项类型与文本](settings.md)、"
            "[本地函数计算与事件总线](local.md)。各事件的类见[事件参考](../events/index.md)。"
        ),
        "events": "所有事件的基类、事件目录、调度表达式，以及查询返回的快照。由文档字符串生成，说明文字为英文。",
        "testing": "测试工具的用法见[测试](../testing.md)。由文档字符串生成，说明文字为英文。",
        "sql": "SQL 规则的用法见 [SQL 规则](../sql.md)。由文档字符串生成，说明文字为英文。",
        "settings": "策略包的配置项可用的类型，以及操作人所见的文本。由文档字符串生成，说明文字为英文。",
        "local": "在本机运行函数计算与事件总线，见[本地函数计算](../local.md)。由文档字符串生成，说明文字为英文。",
    },
}
_SECTIONS: Final = {
    "en": {"parameters": "Parameters:", "returns": "Returns:", "yields": "Yields:", "raises": "Raises:"},
    "zh": {"parameters": "参数：", "returns": "返回值：", "yields": "产生：", "raises": "异常："},
}


@cache
def _package() -> griffe.Module:
    loaded = griffe.load("dataworks_ext", search_paths=[str(ROOT)], docstring_parser="google")
    assert isinstance(loaded, griffe.Module)
    return loaded


def public_names(module: str) -> dict[str, griffe.Object]:
    """The public names of a module, or the one after `:`, in the order of the source."""
    path, _, name = module.partition(":")
    found = _package() if path == "dataworks_ext" else _package()[path.removeprefix("dataworks_ext.")]
    assert isinstance(found, griffe.Module)
    if name:
        return {name: _resolved(found.members[name])}
    names = found.exports if found.exports is not None else found.members
    listed = [str(one) for one in names if not str(one).startswith("_")]
    return {
        one: _resolved(found.members[one])
        for one in listed
        if _is_public(found, found.members[one]) and hasattr(import_module(_importable(module)), one)
    }


def _is_public(module: griffe.Module, member: griffe.Object | griffe.Alias) -> bool:
    if isinstance(member, griffe.Alias):
        of_package = member.target_path.startswith("dataworks_ext.") and "._" not in member.target_path
        return of_package and (module.exports is not None or module.path == "dataworks_ext")
    return not member.is_module and member.docstring is not None


def _resolved(member: griffe.Object | griffe.Alias) -> griffe.Object:
    target = member.final_target if isinstance(member, griffe.Alias) else member
    assert isinstance(target, griffe.Object)
    return target


def page(api_page: ApiPage, language: str) -> str:
    """The text of a page."""
    return "\n".join(_lines(api_page, language)).rstrip("\n") + "\n"


def _lines(api_page: ApiPage, language: str) -> Iterator[str]:
    title = api_page.zh if language == "zh" else api_page.en
    yield from (f"# {title}", "", _INTRODUCTIONS[language][api_page.name], "")
    paths = [_importable(module) for module in api_page.modules]
    for path, module, before in zip(paths, api_page.modules, ["", *paths], strict=False):
        if len(set(paths)) > 1 and path != before:
            yield from (f"## {path}", "")
        for name, found in public_names(module).items():
            yield from _object(name, path, found, _SECTIONS[language])


def _importable(module: str) -> str:
    """Where the names of a module are imported from: those of events, from their package."""
    path = module.partition(":")[0]
    return "dataworks_ext.events" if path.startswith("dataworks_ext.events.") else path


def _object(name: str, module: str, found: griffe.Object, titles: dict[str, str]) -> Iterator[str]:
    yield from (f"### {name}", "", "```py", f"from {module} import {name}")
    if isinstance(found, griffe.Class) and _tells_parameters(found):
        yield from ("", *_signature(name, found.parameters, None))
    elif isinstance(found, griffe.Function):
        yield from ("", *_signature(name, found.parameters, found.returns))
    yield from ("```", "")
    yield from _docstring(found, titles)
    if isinstance(found, griffe.Class):
        yield from _members(found, titles)


def _tells_parameters(found: griffe.Class) -> bool:
    """Whether the class is there to be made by its users: it is a dataclass, or its docstring says of what."""
    if "dataclass" in found.labels:
        return True
    sections = found.docstring.parsed if found.docstring is not None else ()
    return any(section.kind is griffe.DocstringSectionKind.parameters for section in sections)


def _members(found: griffe.Class, titles: dict[str, str]) -> Iterator[str]:
    """The documented attributes and methods of a class, inherited ones of the package included."""
    members = {
        name: _resolved(member)
        for name, member in found.all_members.items()
        if not name.startswith("_") and (not isinstance(member, griffe.Alias) or _is_ours(member))
    }
    is_enumeration = any(str(base).endswith("Enum") for base in found.bases)
    attributes = {name: one for name, one in members.items() if isinstance(one, griffe.Attribute)}
    listed = {name: one for name, one in attributes.items() if is_enumeration or one.docstring is not None}
    for name, attribute in listed.items():
        type_text = f"`{attribute.annotation}`" if attribute.annotation is not None else ""
        if is_enumeration:
            type_text = f"`{attribute.value}`"
        yield f"- `{name}`{f' ({type_text})' if type_text else ''}{_told(attribute)}"
    if listed:
        yield ""
    for name, one in members.items():
        if isinstance(one, griffe.Function) and one.docstring is not None:
            yield from (f"#### {found.name}.{name}", "", "```py")
            yield from _signature(name, one.parameters, one.returns)
            yield from ("```", "")
            yield from _docstring(one, titles)


def _told(attribute: griffe.Attribute) -> str:
    """What the docstring of an attribute says, in a paragraph."""
    parts = []
    for section in attribute.docstring.parsed if attribute.docstring is not None else ():
        if section.kind is griffe.DocstringSectionKind.text:
            parts.append(_one_line(str(section.value)))
        elif section.kind is griffe.DocstringSectionKind.raises:
            parts += [f"`{one.annotation}`: {_one_line(one.description)}" for one in section.value]
    return f": {' '.join(parts)}" if parts else ""


def _is_ours(member: griffe.Alias) -> bool:
    return member.target_path.startswith("dataworks_ext.")


def _signature(name: str, parameters: griffe.Parameters, returns: object) -> Iterator[str]:
    shown = list(_parameters(parameters))
    end = f" -> {returns}" if returns is not None else ""
    line = f"{name}({', '.join(shown)}){end}"
    if len(line) <= _WIDEST:
        yield line
        return
    yield from (f"{name}(", *(f"    {one}," for one in shown), f"){end}")


def _parameters(parameters: griffe.Parameters) -> Iterator[str]:
    keyword_only = False
    for one in parameters:
        if one.name in ("self", "cls"):
            continue
        if one.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            yield "*"
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(one.kind, "")
        keyword_only = keyword_only or stars == "*"
        annotation = f": {one.annotation}" if one.annotation is not None else ""
        default = "" if one.default is None or stars else f"{' = ' if annotation else '='}{one.default}"
        yield f"{stars}{one.name}{annotation}{default}"


def _docstring(found: griffe.Object, titles: dict[str, str]) -> Iterator[str]:
    for section in found.docstring.parsed if found.docstring is not None else ():
        if section.kind is griffe.DocstringSectionKind.text:
            yield from (str(section.value), "")
        elif (title := titles.get(section.kind.value)) is not None:
            yield from (title, "")
            for one in section.value:
                name = getattr(one, "name", "") or (str(one.annotation) if one.annotation is not None else "")
                yield f"- {f'`{name}`: ' if name else ''}{_one_line(one.description)}"
            yield ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def main() -> int:
    """Write the pages of both languages."""
    for language in _SECTIONS:
        folder = DOCS / language / "api"
        folder.mkdir(exist_ok=True)
        for api_page in PAGES:
            (folder / f"{api_page.name}.md").write_text(page(api_page, language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
