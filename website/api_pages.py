"""The reference of the Python API in both languages, from docstrings: `python -m website.api_pages` writes it.

With `--missing` it prints the texts without Chinese instead, as lines for the catalogue.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import griffe

from .api_contents import INSIDE, INTRODUCTIONS, MARKS, PAGES, SECTIONS, ApiPage
from .api_names import importable, members_of, public_names
from .translation import API, Chinese, English, Translation

DOCS: Final = Path(__file__).parent.parent / "docs"
_WIDEST: Final = 100
"""Characters of a signature on one line."""


def pages(language: str, translate: Translation | None = None) -> dict[str, str]:
    """The texts of the pages, by their names."""
    reference = _Reference(language, translate or (Chinese(API) if language == "zh" else English()))
    return {f"{one.name}.md": "\n".join(reference.page(one)).rstrip("\n") + "\n" for one in PAGES}


class _Reference:
    """The pages of one language."""

    def __init__(self, language: str, translate: Translation) -> None:
        self._language = language
        self._titles = SECTIONS[language]
        self._marks = MARKS[language]
        self._translate = translate

    def page(self, api_page: ApiPage) -> Iterator[str]:
        """The lines of a page."""
        title = api_page.zh if self._language == "zh" else api_page.en
        yield from (f"# {title}", "", INTRODUCTIONS[self._language][api_page.name], "")
        paths = [importable(module) for module in api_page.modules]
        for path, module, before in zip(paths, api_page.modules, ["", *paths], strict=False):
            if len(set(paths)) > 1 and path != before:
                yield from (f"## {path}", "")
            for name, found in public_names(module).items():
                yield from self._object(name, path, found)

    def _object(self, name: str, module: str, found: griffe.Object) -> Iterator[str]:
        yield from (f"### {name}", "", "```py", f"from {module} import {name}")
        if isinstance(found, griffe.Class) and _tells_parameters(found):
            yield from ("", *_signature(name, found.parameters, None))
        elif isinstance(found, griffe.Function):
            yield from ("", *_signature(name, found.parameters, found.returns))
        yield from ("```", "")
        yield from self._docstring(found)
        if isinstance(found, griffe.Class):
            yield from self._attributes(found)
            yield from self._methods(found)

    def _attributes(self, found: griffe.Class) -> Iterator[str]:
        """The documented attributes, and every value of an enumeration."""
        is_enumeration = any(str(base).endswith("Enum") for base in found.bases)
        listed = {
            name: one
            for name, one in members_of(found).items()
            if isinstance(one, griffe.Attribute) and (is_enumeration or one.docstring is not None)
        }
        for name, one in listed.items():
            type_text = one.value if is_enumeration else one.annotation
            yield f"- `{name}`{self._marks.type.format(type_text) if type_text is not None else ''}{self._told(one)}"
        if listed:
            yield ""

    def _methods(self, found: griffe.Class) -> Iterator[str]:
        """Its own methods; those of its bases are where the bases are."""
        for name, one in members_of(found).items():
            is_own = name in found.members and f"{found.name}.{name}" not in INSIDE
            if is_own and isinstance(one, griffe.Function) and one.docstring is not None:
                yield from (f"#### {found.name}.{name}", "", "```py")
                yield from (*_signature(name, one.parameters, one.returns), "```", "")
                yield from self._docstring(one)

    def _told(self, attribute: griffe.Attribute) -> str:
        """What the docstring of an attribute says, in a paragraph."""
        parts = []
        for section in attribute.docstring.parsed if attribute.docstring is not None else ():
            if section.kind is griffe.DocstringSectionKind.text:
                parts += [self._translate(paragraph) for paragraph in _paragraphs(str(section.value))]
            elif section.kind is griffe.DocstringSectionKind.raises:
                parts += [self._named(str(one.annotation), one.description) for one in section.value]
        return f"{self._marks.colon}{self._marks.space.join(parts)}" if parts else ""

    def _docstring(self, found: griffe.Object) -> Iterator[str]:
        for section in found.docstring.parsed if found.docstring is not None else ():
            if section.kind is griffe.DocstringSectionKind.text:
                for paragraph in _paragraphs(str(section.value)):
                    yield from (self._translate(paragraph), "")
            elif (title := self._titles.get(section.kind.value)) is not None:
                yield from (title, "")
                for one in section.value:
                    is_raised = section.kind is griffe.DocstringSectionKind.raises
                    name = str(one.annotation) if is_raised else one.name
                    yield f"- {self._named(name, one.description)}"
                yield ""

    def _named(self, name: str, text: str) -> str:
        """A name and what it means, in one line."""
        meaning = self._translate(" ".join(text.split()))
        return f"`{name}`{self._marks.colon}{meaning}" if name else meaning


def _paragraphs(text: str) -> list[str]:
    """The paragraphs, each in one line."""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _tells_parameters(found: griffe.Class) -> bool:
    """Whether the class is there to be made by its users: it is a dataclass, or its docstring says of what."""
    if "dataclass" in found.labels:
        return True
    sections = found.docstring.parsed if found.docstring is not None else ()
    return any(section.kind is griffe.DocstringSectionKind.parameters for section in sections)


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


def main(arguments: Sequence[str]) -> int:
    """Write the pages of both languages, or print what has no Chinese."""
    chinese = Chinese(API)
    written = {"en": pages("en", English()), "zh": pages("zh", chinese)}
    if "--missing" in arguments:
        for text in chinese.missing:
            print(f'{json.dumps(text, ensure_ascii=False)}: ""')
        return 0
    for language, texts in written.items():
        folder = DOCS / language / "api"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
