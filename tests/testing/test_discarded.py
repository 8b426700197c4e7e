"""`deny("…")` without `return` decides nothing: the source shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.testing.discarded import discarded_outcomes, problem_of

_IMPORT = "from dataworks_ext import allow, deny, warn\n"


def _found(folder: Path, text: str, name: str = "rules.py") -> list[tuple[int, str]]:
    (folder / name).write_text(text, encoding="utf-8")
    return [(found.line, found.call) for found in discarded_outcomes([folder])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{_IMPORT}def rule(event):\n    deny('no')\n", (3, "deny")),
        (f"{_IMPORT}def rule(event):\n    if event.x:\n        warn('no')\n    return None\n", (4, "warn")),
        (f"{_IMPORT}async def rule(event):\n    with a:\n        allow('yes')\n", (4, "allow")),
        ("from dataworks_ext import deny as no\ndef rule(event):\n    no('x')\n", (3, "no")),
        ("from dataworks_ext.decision import deny\ndef rule(event):\n    deny('x')\n", (3, "deny")),
        ("from dataworks_ext import *\ndef rule(event):\n    deny('x')\n", (3, "deny")),
        ("import dataworks_ext\ndef rule(event):\n    dataworks_ext.deny('x')\n", (3, "dataworks_ext.deny")),
        ("import dataworks_ext as dw\ndef rule(event):\n    dw.deny('x')\n", (3, "dw.deny")),
        ("from dataworks_ext import decision\ndef rule(event):\n    decision.deny('x')\n", (3, "decision.deny")),
        (f"{_IMPORT}no = deny\ndef rule(event):\n    no('x')\n", (4, "no")),
        (f"{_IMPORT}def rule(event):\n    deny('x') if event.x else None\n", (3, "deny")),
        (f"{_IMPORT}def rule(event):\n    event.x and deny('x')\n", (3, "deny")),
        ("def rule(event):\n    from dataworks_ext import deny\n    deny(\n        'x'\n    )\n", (3, "deny")),
    ],
)
def test_an_outcome_as_a_statement_is_found_however_it_is_called(
    tmp_path: Path, text: str, found: tuple[int, str]
) -> None:
    assert _found(tmp_path, text) == [found]


@pytest.mark.parametrize(
    "statement", ["from .common import deny", "from policies.common import deny", "from . import deny"]
)
def test_an_outcome_that_a_module_beside_it_imports_is_found(tmp_path: Path, statement: str) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "common.py").write_text(_IMPORT)
    (policies / "__init__.py").write_text(_IMPORT)
    assert _found(policies, f"{statement}\ndef rule(event):\n    deny('x')\n") == [(3, "deny")]


@pytest.mark.parametrize(
    "text",
    [
        f"{_IMPORT}def rule(event):\n    return deny('x')\n",
        f"{_IMPORT}def rule(event):\n    found = deny('x')\n    return found\n",
        f"{_IMPORT}def rule(event):\n    found.append(deny('x'))\n",
        f"{_IMPORT}def rule(event):\n    return deny('x') if event.x else None\n",
        f"{_IMPORT}rule = lambda event: deny('x')\n",
        "from warnings import warn\ndef rule(event):\n    warn('x')\n",
        "def deny(text):\n    raise ValueError(text)\ndef rule(event):\n    deny('x')\n",
        f"{_IMPORT}def warn(text):\n    print(text)\ndef rule(event):\n    warn('x')\n",
        f"{_IMPORT}def rule(event, warn):\n    warn('x')\n",
        "import logging\nlog = logging.getLogger()\ndef rule(event):\n    log.warn('x')\n",
        "def rule(event:\n",
    ],
)
def test_what_is_returned_or_is_no_outcome_is_not_found(tmp_path: Path, text: str) -> None:
    assert _found(tmp_path, text) == []


def test_tests_and_caches_are_no_policies(tmp_path: Path) -> None:
    for folder in ("tests", ".venv", "__pycache__"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text(f"{_IMPORT}deny('x')\n")
    assert discarded_outcomes([tmp_path]) == []


def test_the_text_says_where_it_is_and_what_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the current folder, as a path from there."""
    monkeypatch.chdir(tmp_path)
    _found(tmp_path, f"{_IMPORT}def rule(event):\n    deny('x')\n    warn('y')\n")
    assert problem_of(discarded_outcomes([tmp_path])) == (
        "rules.py, line 3: deny(…) is not returned, so it decides nothing; write return deny(…) (and 1 more)"
    )


_EXTENSION = """
from dataworks_ext import Extension, deny

extension = Extension("guard")


@extension.policy("download-resources")
def rows(event):
    deny("Nobody downloads anything.")
"""
_SAID = "line 9: deny(…) is not returned, so it decides nothing; write return deny(…)"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose policy forgets to return, in one file, as the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "forgetful.py").write_text(_EXTENSION, encoding="utf-8")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "rows.yaml").write_text(
        "- name: a download\n  event: download-resources\n  expect: OK\n", encoding="utf-8"
    )
    return tmp_path


@pytest.mark.usefixtures("project")
def test_the_command_test_refuses_it() -> None:
    result = CliRunner().invoke(app, ["test", "--app", "forgetful:extension"])
    assert (result.exit_code, _SAID in " ".join(result.stderr.split())) == (2, True)


def test_pytest_refuses_to_start_where_it_knows_the_extension(pytester: pytest.Pytester) -> None:
    """Also if no test takes the extension."""
    pytester.makepyfile(forgetful=_EXTENSION, test_rows="def test_it():\n    pass\n")
    result = pytester.runpytest_subprocess("--dataworks-app", "forgetful:extension")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "forgetful.py, line 8: deny(…) is not returned" in result.stderr.str()


def test_pytest_refuses_the_extension_of_a_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(forgetful=_EXTENSION, test_rows="def test_it(extension):\n    pass\n")
    monkeypatch.setenv("DATAWORKS_EXT_APP", "forgetful:extension")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    assert "forgetful.py, line 8: deny(…) is not returned" in result.stdout.str()
