"""What the command says of a newcomer's mistakes: a sentence with file and line, and no traceback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app

_RULES = '''from __future__ import annotations

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources
from pydantic import BaseModel


class Settings(BaseModel):
    max_rows: int = 100_000


downloads = PolicyPack("downloads", settings=Settings)


@downloads.policy(DownloadResources)
def row_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    return deny("Too many.") if event.data_row_size > context.settings.max_rows else None
'''
_INIT = """from dataworks_ext import Extension

from .downloads import downloads

extension = Extension("guard", packs=[downloads])
"""
_CASE = "- name: a large download is denied\n  event: download-resources\n  expect: OK\n"


class Mistake(NamedTuple):
    """A change of the files of a project, and what is said of it."""

    file: str
    before: str
    after: str
    said: str


MISTAKES = {
    "a misspelt event code": Mistake(
        "newcomer/downloads.py",
        "policy(DownloadResources)",
        'policy("download-resource")',
        'newcomer/downloads.py:15: policy downloads.row_limit: there is no event "download-resource"; '
        'did you mean "download-resources"?; `dataworks-ext events` lists them all',
    ),
    "a name that was not imported": Mistake(
        "newcomer/downloads.py",
        "PolicyPack, deny",
        "deny",
        "newcomer/downloads.py:12: PolicyPack is not defined; import it: from dataworks_ext import PolicyPack",
    ),
    "an annotation that was not imported": Mistake(
        "newcomer/downloads.py",
        "import Outcome, ",
        "import ",
        "newcomer/downloads.py:15: policy downloads.row_limit: the annotation of its result names Outcome, "
        "which is not defined; import it: from dataworks_ext import Outcome",
    ),
    "a class that is not there": Mistake(
        "newcomer/downloads.py",
        "import DownloadResources",
        "import DownloadResource",
        "newcomer/downloads.py:4: dataworks_ext.events has no DownloadResource; did you mean DownloadResources?",
    ),
    "a result of another type": Mistake(
        "newcomer/downloads.py",
        "-> Outcome | None",
        "-> bool",
        "newcomer/downloads.py:15: policy downloads.row_limit returns bool; "
        "a policy returns Outcome | None: deny(…), warn(…), allow(…) or None",
    ),
    "the parameters swapped": Mistake(
        "newcomer/downloads.py",
        "(event: DownloadResources, context: PolicyContext[Settings])",
        "(context: PolicyContext[Settings], event: DownloadResources)",
        "newcomer/downloads.py:15: policy downloads.row_limit takes the context first; "
        "the event comes first: write (event, context)",
    ),
    "two packs of one name": Mistake(
        "newcomer/__init__.py",
        "packs=[downloads]",
        "packs=[downloads, downloads]",
        "newcomer/__init__.py:5: extension guard: two packs are called downloads; "
        "policy ids and settings could not tell them apart",
    ),
    "settings that are no model": Mistake(
        "newcomer/downloads.py",
        "class Settings(BaseModel)",
        "class Settings",
        "newcomer/downloads.py:12: the settings of pack downloads should be a class derived from pydantic.BaseModel, "
        "got <class 'newcomer.downloads.Settings'>",
    ),
    "a lambda without id": Mistake(
        "newcomer/downloads.py",
        "@downloads.policy(DownloadResources)",
        'downloads.policy("commit-file")(lambda event: None)\n\n\n@downloads.policy(DownloadResources)',
        "newcomer/downloads.py:15: pack downloads: a policy without a usable name (<lambda>); "
        'give it one: @downloads.policy(…, id="row_limit")',
    ),
    "an observer that decides": Mistake(
        "newcomer/downloads.py",
        "@downloads.policy(",
        "@downloads.observer(",
        "newcomer/downloads.py:15: observer downloads.row_limit returns Outcome | None; "
        "an observer decides nothing: annotate it -> None",
    ),
    "a policy on a notification": Mistake(
        "newcomer/downloads.py",
        "policy(DownloadResources)",
        'policy("freeze-instance")',
        'newcomer/downloads.py:15: policy downloads.row_limit: "freeze-instance" is not a blocking event; '
        "use @downloads.observer to be told about it",
    ),
    "a parenthesis that is not closed": Mistake(
        "newcomer/__init__.py",
        "packs=[downloads])",
        "packs=[downloads]",
        "newcomer/__init__.py:5: '(' was never closed: extension = Extension(\"guard\", packs=[downloads]",
    ),
    "a module that is not there": Mistake(
        "newcomer/__init__.py",
        "from .downloads",
        "from .download",
        "newcomer/__init__.py:3: there is no module newcomer.download; did you mean newcomer.downloads?",
    ),
    "a library that is not installed": Mistake(
        "newcomer/downloads.py",
        "from pydantic import BaseModel",
        "import no_such_library\nfrom pydantic import BaseModel",
        "newcomer/downloads.py:5: there is no module no_such_library; "
        "install it, and if policies need it, name it in policies/requirements.txt",
    ),
    "an error of Python's own": Mistake(
        "newcomer/downloads.py",
        "100_000",
        "100_000 / 0",
        "newcomer/downloads.py:9: ZeroDivisionError: division by zero. "
        'To see the traceback: python -c "import newcomer"',
    ),
    "a module that ends the program": Mistake(
        "newcomer/__init__.py",
        "extension = ",
        "raise SystemExit(1)\nextension = ",
        "newcomer/__init__.py:5: the module ends the program with status 1; an extension only registers policies",
    ),
    "another object instead of an extension": Mistake(
        "newcomer/__init__.py",
        'Extension("guard", packs=[downloads])',
        "downloads",
        "newcomer:extension is a PolicyPack, expected an Extension. "
        "Run the command in the folder that holds it, or name another with --app module:attribute",
    ),
}


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small project without a mistake."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    Path("newcomer").mkdir()
    Path("newcomer/__init__.py").write_text(_INIT)
    Path("newcomer/downloads.py").write_text(_RULES)
    Path("cases.yaml").write_text(_CASE)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "newcomer"]:
        del sys.modules[name]


def _change(mistake: Mistake) -> None:
    text = Path(mistake.file).read_text()
    assert text.count(mistake.before) == 1
    Path(mistake.file).write_text(text.replace(mistake.before, mistake.after))


def test_the_project_without_a_mistake_loads() -> None:
    assert CliRunner().invoke(app, ["policies", "--app", "newcomer:extension"]).exit_code == 0


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_has_one_sentence(name: str) -> None:
    mistake = MISTAKES[name]
    _change(mistake)
    result = CliRunner().invoke(app, ["policies", "--app", "newcomer:extension"])
    assert (result.exit_code, result.stdout) == (2, "")
    said = (
        result.stderr.replace("downloads.py:16: ", "downloads.py:15: ") if sys.version_info < (3, 11) else result.stderr
    )
    assert said == f"dataworks-ext: {mistake.said}\n"  # Python 3.10 names the line below the decorator


def test_a_setting_of_another_type_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "plenty")
    monkeypatch.setenv("COLUMNS", "200")
    result = CliRunner().invoke(app, ["policies", "--app", "newcomer:extension"])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("Problem: DOWNLOADS_MAX_ROWS: Input should be a valid integer")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"{_CASE}\tsettings: {{}}\n", "cases.yaml:4: "),
        (_CASE.replace("expect:", "expected:"), "cases.yaml:"),
        (_CASE.replace("download-resources", "download-resource"), "cases.yaml:2: "),
        (_CASE.replace("OK", "DENY"), "cases.yaml:3: "),
    ],
    ids=["a tab", "a misspelt key", "a misspelt event code", "an unknown verdict"],
)
def test_a_mistake_in_a_case_file_has_its_line(text: str, place: str) -> None:
    Path("cases.yaml").write_text(text)
    result = CliRunner().invoke(app, ["test", "cases.yaml", "--app", "newcomer:extension"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) <= 2
    assert result.stderr.startswith(place)
    assert "Traceback" not in result.output
