"""What a page of the repository becomes on the site: links, pictures, and files that are no pages."""

from __future__ import annotations

import pytest

from website.staging import adapted, place_of

REPOSITORY = "https://example.com/blob/main"


@pytest.mark.parametrize(
    ("source", "page", "link", "becomes"),
    [
        ("docs/en/how-to/ci.md", "how-to/ci.md", "../cases.md#times", "../cases.md#times"),
        ("README.md", "index.md", "docs/en/why.md", "why.md"),
        ("CHANGELOG.md", "changelog.md", "docs/en/events/index.md", "events/index.md"),
        ("docs/en/why.md", "why.md", "../../README.md", "index.md"),
        ("docs/en/how-to/ci.md", "how-to/ci.md", "../../../CHANGELOG.md", "../changelog.md"),
        ("docs/en/how-to/ci.md", "how-to/ci.md", "../../assets/a.svg", "../assets/a.svg"),
        ("README.md", "index.md", "README.zh-CN.md", "../zh/index.html"),
        ("docs/en/how-to/ci.md", "how-to/ci.md", "../../zh/how-to/ci.md#a", "../../zh/how-to/ci.html#a"),
        ("README.md", "index.md", "#deploy", "#deploy"),
        ("README.md", "index.md", "https://example.com/a", "https://example.com/a"),
        ("README.md", "index.md", "LICENSE", f"{REPOSITORY}/LICENSE"),
        ("docs/en/why.md", "why.md", "../../policies/downloads.py", f"{REPOSITORY}/policies/downloads.py"),
    ],
)
def test_links_lead_to_the_same_place_on_the_site(source: str, page: str, link: str, becomes: str) -> None:
    assert adapted(f"see [a]({link}).\n", source, "en", page, REPOSITORY) == f"see [a]({becomes}).\n"


def test_a_link_to_the_repository_is_text_without_its_address() -> None:
    assert adapted("see [LICENSE](LICENSE).\n", "README.md", "en", "index.md", None) == "see LICENSE.\n"


def test_a_picture_of_its_own_is_framed() -> None:
    text = adapted("![a](../assets/a.svg)\n", "docs/en/why.md", "en", "why.md", None)
    assert text == '<div class="picture" markdown="1">\n\n![a](assets/a.svg)\n\n</div>\n'


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("README.zh-CN.md", ("zh", "index.md")),
        ("CHANGELOG.md", (None, "changelog.md")),
        ("docs/en/how-to/ci.md", ("en", "how-to/ci.md")),
        ("docs/assets/performance.svg", (None, "assets/performance.svg")),
        ("CONTRIBUTING.md", None),
    ],
)
def test_files_become_pages_of_the_site(file: str, place: tuple[str | None, str] | None) -> None:
    assert place_of(file) == place
