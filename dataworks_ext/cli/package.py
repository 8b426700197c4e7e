"""`dataworks-ext package`: what is deployed to Function Compute, from folders of policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from ._output import Json, console, plain, print_json, table
from ._tables import TableColumn

if TYPE_CHECKING:
    from ..deploy.build import Package, Share

Packages = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PACKAGE", show_default=False, help="Folders of policies; policies by default."),
]


def package(
    packages: Packages = None,
    python: Annotated[str, typer.Option(metavar="VERSION", help="The Python of the function.")] = "3.10",
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder for the package.")] = Path("dist"),
    lock: Annotated[bool, typer.Option("--lock", help="Update the lock file to the newest dependencies.")] = False,
    as_json: Json = False,
) -> None:
    """Build the code package: policies, framework and dependencies.

    The package is the folder function and the file function.zip. Dependencies are those of the lock file beside the
    requirements.txt of the first folder; the lock file is created if it is missing. They are wheels for x86-64 Linux,
    on every machine. Builds are reproducible.

    Exit status 0: built. 2: not built, and the previous package is unchanged.
    """
    from ._packaging import build_package

    built = build_package(packages or [Path("policies")], python, output, update_lock=lock)
    if as_json:
        print_json(_as_json(built))
    else:
        _print(built)
    for warning in _warnings(built):
        console(error=True).print(*plain(f"Warning: {warning}"), style="yellow")


def _print(built: Package) -> None:
    out = console()
    numbers = (TableColumn(title, right=True) for title in ("Files", "Bytes", "Byte code", "Zipped"))
    shown = table("Package", *numbers)
    for share in built.shares:
        shown.add_row(*_cells(share))
    shown.add_row(*_cells(built.total))
    out.print(shown)
    if built.lock_is_new:
        out.print(*plain(f"Wrote {built.lock}; keep it with the code, so that the next build is the same"))
    if built.left_out:
        out.print(*plain(f"Left out: {', '.join(built.left_out)}"))
    out.print(*plain(f"Built {built.directory} and {built.zip} for Python {built.python}"))


def _cells(share: Share) -> list[Text]:
    numbers = (share.files, share.bytes, share.byte_code, share.zipped)
    return plain(share.name, *(f"{number:,}" for number in numbers))


def _warnings(built: Package) -> list[str]:
    if built.compiled_by is not None:
        return []
    return [
        f"there is no python{built.python} here, so the package has no byte code; each cold start compiles it, and is "
        f"slower for it. Install Python {built.python} and build again"
    ]


def _as_json(built: Package) -> dict[str, object]:
    return {
        **built._asdict(),
        "shares": [share._asdict() for share in built.shares],
        "total": built.total._asdict(),
        "warnings": _warnings(built),
    }
