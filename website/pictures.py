"""Pictures of what people see, drawn from what really happens: `python -m website.pictures`, or `make pictures`.

A terminal shows what a command printed. A refusal shows the text of a real reply. What differs from run to run, a time
or an id, is `…`.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from html import escape, unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from .refusal import LANGUAGES, refusal

ROOT: Final = Path(__file__).parent.parent
ASSETS: Final = ROOT / "docs" / "assets"
_WIDTH: Final = 96
_THEME: Final = TerminalTheme(
    (27, 31, 39),
    (214, 219, 228),
    [(39, 44, 54), (240, 113, 120), (127, 201, 127), (230, 192, 104)],
    [(110, 118, 132), (240, 113, 120), (127, 201, 127), (230, 192, 104)],
)
_FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>{{TITLE}}</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, \
"DejaVu Sans Mono", monospace; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Terminal(NamedTuple):
    """A terminal: its name, the command as people write it, and what it needs."""

    name: str
    command: str
    files: Mapping[str, str] = {}
    """Files in its folder, which has the example's policies as well."""
    lines: int | None = None
    """How many lines of the output are shown; all by default."""
    quick: bool = True
    """Whether a test may run it: it builds nothing."""


_CASE: Final = """\
- name: 900,000 rows are refused
  event: download-resources
  with: {data_row_size: 900000}
  expect: FAIL
"""
_SCRIPT: Final = """\
INSERT OVERWRITE TABLE ads.daily
SELECT o.id, MAX_PT('ods.orders')
FROM ods.orders o JOIN ods.users u ON o.uid = u.id;
DROP TABLE tmp.orders;
"""
TERMINALS: Final = (
    Terminal("invoke", "dataworks-ext invoke download-resources", lines=2, quick=False),
    Terminal("policies", "DATAWORKS_EXT_MODES='downloads.*=shadow' dataworks-ext policies 'downloads.row_*'", lines=6),
    Terminal("check", "dataworks-ext events download-resources --sample | DOWNLOADS_MAX_ROWS=10 dataworks-ext check -"),
    Terminal("case", "dataworks-ext test cases/rows.yaml", {"cases/rows.yaml": _CASE}),
    Terminal("sql", "dataworks-ext sql code.sql", {"code.sql": _SCRIPT}),
)


def output_of(terminal: Terminal) -> str:
    """What the command prints, colours included, without what differs from run to run."""
    with TemporaryDirectory() as folder:
        for name, text in terminal.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _make_project(Path(folder), quick=terminal.quick)
        done = subprocess.run(
            ["/bin/sh", "-c", terminal.command],
            cwd=folder,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{terminal.command} ended with {done.returncode}: {done.stderr}")
    lines = _steady(done.stdout).rstrip("\n").split("\n")
    shown = lines if terminal.lines is None else [*lines[: terminal.lines], "…"]
    return "\n".join(line.rstrip() for line in shown)


def _make_project(folder: Path, *, quick: bool) -> None:
    """The example, or a new project with its package."""
    if quick:
        (folder / "policies").symlink_to(ROOT / "policies")
        return
    for command in (["new", "my-guard"], ["package"]):
        place = folder if command[0] == "new" else folder / "my-guard"
        subprocess.run(
            [sys.executable, "-m", "dataworks_ext", *command],
            cwd=place,
            env=_environment(),
            capture_output=True,
            check=True,
        )
    for path in (folder / "my-guard").iterdir():
        path.rename(folder / path.name)


def _environment() -> dict[str, str]:
    """A terminal with colours, in which the command is this one and no setting is made."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATAWORKS_EXT_", "DOWNLOADS_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", "")))
    return {**kept, "PATH": path, "COLUMNS": str(_WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}


def _steady(output: str) -> str:
    """The output with `…` for times and ids, in as many cells."""
    output = re.sub(r"\bin \d+(?:\.\d+)? (?=m?s\b)", "in … ", output)
    output = re.sub(r"\d+(?:\.\d+)? (?=m?s\b)", lambda found: f"{'…':>{len(found[0]) - 1}} ", output)
    return re.sub(r"\b1-[0-9a-f]{8}-[0-9a-f-]+", "1-…", output)


def drawn(terminal: Terminal, output: str) -> str:
    """The terminal as SVG, which loads nothing."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {terminal.command}", style="bold"), soft_wrap=False)
    console.print(Text.from_ansi(output), soft_wrap=False)
    svg = console.export_svg(
        title="dataworks-ext", theme=_THEME, code_format=_FORMAT, unique_id=f"terminal-{terminal.name}"
    )
    return svg.replace("{TITLE}", escape(terminal.command))


def text_of(svg: str) -> str:
    """What a picture says, by words."""
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return " ".join(unescape(" ".join(shown)).split())


def main(names: Sequence[str]) -> int:
    """Draw all pictures, or those that are named."""
    for language in LANGUAGES:
        (ASSETS / f"refusal-{language}.svg").write_text(refusal(language), encoding="utf-8")
    for terminal in TERMINALS:
        if not names or terminal.name in names:
            svg = drawn(terminal, output_of(terminal))
            (ASSETS / f"terminal-{terminal.name}.svg").write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
