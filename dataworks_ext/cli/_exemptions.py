"""What the subcommands show of exemptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..deploy.expiry import Reviewed, used_in
from ..exemption import Exemption
from ._output import fail, table
from ._tables import Table, TableColumn

Records = Annotated[
    list[Path] | None,
    typer.Option("--records", metavar="FILE", help="Records of the function, to find exemptions that nobody needs."),
]


def used_by(records: Sequence[Path] | None) -> frozenset[str] | None:
    """The exemptions that the records name; None without records. Ends the command if a file cannot be read."""
    if not records:
        return None
    try:
        return used_in(records)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")


def exemptions_table(reviewed: Iterable[Reviewed]) -> Table:
    """Who is exempted from what, until when and why."""
    shown = table("Exemption", "Until", "State", TableColumn("For", "below"), "Granted by, and why")
    for exemption, state, _ in reviewed:
        why = "\n".join(text for text in (f"{exemption.owner}: {exemption.reason}", exemption.url) if text)
        shown.add_row(exemption.policy, str(exemption.until), state, _whom(exemption), why)
    return shown


def _whom(exemption: Exemption) -> str:
    conditions = [
        *((f"operators {', '.join(exemption.operators)}",) if exemption.operators else ()),
        *((f"workspaces {', '.join(map(str, exemption.workspaces))}",) if exemption.workspaces else ()),
        *(f"{name} {pattern}" for name, pattern in exemption.match.items()),
    ]
    return "; ".join(conditions) or "everybody"


def exemption_as_json(reviewed: Reviewed) -> dict[str, object]:
    """The same for other programs."""
    return {**reviewed.exemption.as_json(), "state": reviewed.state}
