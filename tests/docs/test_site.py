"""The site in a real browser: both languages, wide and on a phone, its search, and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from .chromium import Browser, chromium
from .pages import LANGUAGES

if find_spec("zensical") is None:
    pytest.skip("the site is not built without the extra: pip install -e '.[docs]'", allow_module_level=True)

from website.build import BuildError, build

PAGES = ("index", "why", "architecture", "settings", "errors", "api/index", "events/operation-center", "changelog")
"""One of each kind: prose, pictures, diagrams, wide tables, long blocks and words."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built once."""
    folder = tmp_path_factory.mktemp("website") / "site"
    build(folder)
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where a static host serves it, below a path as for the pages of a repository."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site.parent))) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{site.name}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shared_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Iterator[Browser]:
    """A wide, light window. Whatever a test does in it, nothing may be asked from elsewhere, and nothing fail."""
    shared_browser.resize(1440)
    shared_browser.prefer("light")
    shared_browser.requests.clear()
    shared_browser.errors.clear()
    yield shared_browser
    assert [url for url in shared_browser.requests if not url.startswith(("http://127.0.0.1:", "file:", "data:"))] == []
    assert shared_browser.errors == []


def _overflow(browser: Browser) -> object:
    """How many pixels a page is wider than the window."""
    return browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_fit_a_window_and_a_phone(browser: Browser, address: str, language: str) -> None:
    wide = {}
    for page in PAGES:
        browser.open(f"{address}/{language}/{page}.html")
        for width in (1440, 390):
            browser.resize(width)
            wide[page, width] = _overflow(browser)
    assert {page: pixels for page, pixels in wide.items() if pixels} == {}


@pytest.mark.parametrize(
    ("language", "text", "pages"),
    [
        ("en", "backfill-data", ["events/operation-center.html"]),
        ("zh", "backfill-data", ["events/operation-center.html"]),
        ("zh", "补数据", ["how-to/closed-hours.html", "events/operation-center.html"]),
        ("zh", "前置事件", ["events/index.html"]),
    ],
)
def test_the_search_finds_the_pages(browser: Browser, address: str, language: str, text: str, pages: list[str]) -> None:
    browser.open(f"{address}/{language}/index.html")
    browser.evaluate("document.querySelector('.md-search__button').click()")
    root = "document.activeElement.shadowRoot"
    browser.wait_for(f"{root} && {root}.activeElement && {root}.activeElement.tagName === 'INPUT'")
    browser.type(text)
    for page in pages:
        browser.wait_for(f"[...{root}.querySelectorAll('a')].some(found => found.href.includes('/{language}/{page}'))")


@pytest.mark.parametrize(("language", "other"), [("en", "zh"), ("zh", "en")])
@pytest.mark.parametrize("page", ["index.html", "how-to/ci.html"])
def test_each_page_leads_to_itself_in_the_other_language(
    browser: Browser, address: str, page: str, language: str, other: str
) -> None:
    browser.open(f"{address}/{language}/{page}")
    browser.evaluate("document.querySelector('a.language').click()")
    browser.wait_for(f"location.href === '{address}/{other}/{page}' && document.readyState === 'complete'")
    assert browser.evaluate("document.documentElement.lang") == other


@pytest.mark.parametrize(("prefers", "language"), [("zh-CN,en", "zh"), ("de,en,zh", "en"), ("fr", "en")])
def test_the_root_chooses_by_the_language_of_the_browser(
    browser: Browser, address: str, prefers: str, language: str
) -> None:
    browser.call("Emulation.setUserAgentOverride", userAgent="", acceptLanguage=prefers)
    browser.call("Page.navigate", url=f"{address}/index.html")
    browser.wait_for(f"location.href === '{address}/{language}/index.html' && document.readyState === 'complete'")


def test_the_root_links_to_both_languages_without_scripts(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="en/index.html"' in text
    assert 'href="zh/index.html"' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_dark_where_the_system_is(browser: Browser, address: str, language: str) -> None:
    """So are its diagrams: their text is bright."""
    browser.prefer("dark")
    browser.open(f"{address}/{language}/architecture.html")
    assert browser.evaluate("document.body.dataset.mdColorScheme") == "slate"
    colour = browser.evaluate("getComputedStyle(document.querySelector('.diagram text')).fill")
    assert min(map(int, re.findall(r"\d+", str(colour))[:3])) > 150


def test_the_site_works_from_disk(browser: Browser, site: Path) -> None:
    """All but its search, which says that it is unavailable; a browser lets no page on disk start a worker."""
    browser.open((site / "zh" / "index.html").as_uri())
    browser.evaluate("document.querySelector('a[href$=\"events/index.html\"]').click()")
    browser.wait_for("location.href.endsWith('/zh/events/index.html') && document.readyState === 'complete'")
    assert browser.evaluate("getComputedStyle(document.querySelector('.md-header')).position") == "sticky"
    browser.errors[:] = [error for error in browser.errors if "/zh/search.js" not in error]


_LOADED = re.compile(r"<(?!a )[a-z]+ [^<>]*\b(?:src|srcset|href|data|poster)=\"?(?:https?:)?//[^<>]*>")
"""An element, other than a link to follow, that names something elsewhere."""
_STYLED = re.compile(r"(?:@import|url\()[\"' ]*(?:https?:)?//")


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    """Neither does a style sheet."""
    pages, styles = list(site.rglob("*.html")), list(site.rglob("*.css"))
    assert len(pages) > 100
    loaded = [found for page in pages for found in _LOADED.findall(page.read_text(encoding="utf-8"))]
    assert loaded == []
    assert [style.name for style in styles if _STYLED.search(style.read_text(encoding="utf-8"))] == []


def test_a_broken_link_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So does a page in one language only; see `test_links.py`."""
    monkeypatch.setattr("website.build.problems", lambda docs: ["docs/en/lonely.md is not in docs/zh"])
    with pytest.raises(BuildError, match=r"lonely\.md is not in docs/zh"):
        build(tmp_path / "site")
