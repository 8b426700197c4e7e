"""Links, anchors and pictures lead somewhere; each page is in both languages and in the menu."""

from __future__ import annotations

from pathlib import Path

import pytest

from website.markdown import anchors, links, read, replace_links, slugify
from website.navigation import problems

from .pages import DOCS, LANGUAGES, PAGES, READMES, ROOT, name_of

LINKED = [*READMES, *PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "README.md"]


def _problem(page: Path, target: str) -> str | None:
    """What is wrong with a link to the project; those to elsewhere are not followed."""
    path, _, anchor = target.partition("#")
    if "://" in target or target.startswith("mailto:"):
        return None
    file = page.parent / path if path else page
    if not file.is_file():
        return f"{target}: there is no such file"
    if anchor and anchor not in anchors(read(file)):
        return f"{target}: there is no such heading"
    return None


@pytest.mark.parametrize("page", LINKED, ids=name_of)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Pictures are links too."""
    found = [_problem(page, target) for target in links(read(page))]
    assert [problem for problem in found if problem] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_link_to_their_own_language(language: str) -> None:
    """Only the front page of the repository has a link to the other one."""
    others = [f"docs/{other}/" for other in LANGUAGES if other != language]
    found = [
        f"{name_of(page)}: {target}"
        for page in [READMES[LANGUAGES.index(language)], *(DOCS / language).rglob("*.md")]
        for target in links(read(page))
        if target.startswith(("../", *others)) and not target.startswith("../assets/")
        if any((page.parent / target).resolve().is_relative_to(ROOT / other) for other in others)
    ]
    assert found == []


def test_each_page_is_in_both_languages_and_in_the_menu() -> None:
    assert problems(DOCS) == []


def test_a_page_in_one_language_is_a_problem(tmp_path: Path) -> None:
    for name in ("en/why.md", "zh/why.md", "en/lonely.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = problems(tmp_path)
    assert "docs/en/lonely.md is not in docs/zh: a page has the same name in both languages" in found
    assert "docs/en/lonely.md is not in website/navigation.yaml: name it in a section" in found
    assert "website/navigation.yaml names rollout.md, which is not in docs/zh" in found
    assert [problem for problem in found if "why.md" in problem] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](b.md) and ![c](d.svg)", ["b.md", "d.svg"]),
        ("[a [b]](c.md#d)", ["c.md#d"]),
        ("`[a](b.md)`", []),
        ("```text\n[a](b.md)\n```", []),
    ],
)
def test_links_are_found_outside_of_code(text: str, found: list[str]) -> None:
    assert list(links(text)) == found


def test_links_are_replaced_outside_of_code() -> None:
    text = "[a](b.md) [gone](c)\n```text\n[a](b.md)\n```\n"
    replaced = replace_links(text, lambda target: "x.html" if target == "b.md" else None)
    assert replaced == "[a](x.html) gone\n```text\n[a](b.md)\n```\n"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("4. The event bus", "4-the-event-bus"),
        ("`DATAWORKS_EXT_MODES`", "dataworks_ext_modes"),
        ("9. 审核、发布、启用", "9-审核发布启用"),
        ("Where is …?", "where-is-"),
        ("start-diJob", "start-dijob"),
    ],
)
def test_anchors_are_those_of_the_repository(heading: str, anchor: str) -> None:
    """The same as GitHub and GitLab make, so that a link holds in both places."""
    assert slugify(heading) == anchor
