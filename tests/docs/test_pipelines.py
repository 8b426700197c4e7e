"""The pipelines that publish the site do what the build needs."""

from __future__ import annotations

import re
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from website.build import main

from .pages import ROOT


def _commands(pipeline: Path) -> list[str]:
    """What the job that publishes runs."""
    read = YAML(typ="safe").load(pipeline)
    if "pages" in read:
        return [str(command) for command in read["pages"]["script"]]
    return [step["run"] for step in read["jobs"]["publish"]["steps"] if "run" in step]


@pytest.mark.parametrize("name", [".github/workflows/site.yml", ".gitlab-ci.yml"])
def test_a_pipeline_installs_the_extra_and_builds(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install, build, *_ = _commands(ROOT / name)
    extra = re.fullmatch(r"pip install '\.\[(\w+)\]'", install)
    assert extra is not None
    assert extra[1] in (metadata("dataworks-ext").get_all("Provides-Extra") or [])
    called = re.fullmatch(r"python -m website\.build (--\w+) \"\S+\"", build)
    assert called is not None
    monkeypatch.setattr(sys, "argv", ["website.build", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert called[1] in capsys.readouterr().out
