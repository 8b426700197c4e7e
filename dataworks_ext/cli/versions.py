"""`dataworks-ext versions`, `promote` and `rollback`: which version answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._cloud import (
    DEFAULT_ALIAS,
    Alias,
    Api,
    ApiVersion,
    Endpoint,
    FunctionPlace,
    Service,
    SYaml,
    explaining,
    manifest_of,
    store_of,
)
from ._output import Json, console, plain, print_json, table
from .deploy import run_steps

if TYPE_CHECKING:
    from ..deploy.serving import ListedVersion


@explaining
def versions(
    s_yaml: SYaml = Path("s.yaml"),
    api: Api = ApiVersion.THREE,
    service: Service = None,
    endpoint: Endpoint = None,
    alias: Alias = DEFAULT_ALIAS,
    limit: Annotated[int, typer.Option(min=1, max=100, metavar="NUMBER", help="The newest so many.")] = 20,
    as_json: Json = False,
) -> None:
    """List the published versions and which of them answer.

    Events of EventBridge reach the version that the alias names, or two during a canary. Direct invocations of
    DataWorks reach the function as it is, which is one of the versions unless it was changed since.
    """
    from ..deploy.serving import listed_versions

    store = store_of(manifest_of(s_yaml), FunctionPlace(api, service, endpoint))
    listed = listed_versions(store, alias, limit)
    if as_json:
        print_json([one._asdict() for one in listed])
        return
    shown = table("Version", "Published", "Code", "Commit", "Answers")
    for one in listed:
        commit, _, changes = one.commit.partition("+")
        shown.add_row(
            *plain(one.version, one.published, one.digest[:12], commit[:12] + ("+" if changes else ""), _answers(one))
        )
    console().print(shown)
    if not any(one.direct for one in listed):
        text = "Direct invocations reach what no listed version is: the function was changed without a deployment."
        console().print(*plain(text))


def _answers(version: ListedVersion) -> str:
    answers = [f"events {version.share:.0%}"] if version.share else []
    return ", ".join([*answers, *(["direct"] if version.direct else [])])


@explaining
def promote(
    s_yaml: SYaml = Path("s.yaml"),
    api: Api = ApiVersion.THREE,
    service: Service = None,
    endpoint: Endpoint = None,
    alias: Alias = DEFAULT_ALIAS,
    as_json: Json = False,
) -> None:
    """Let the canary answer everything.

    Exit status 0: done. 2: there is no canary, or not completely done.
    """
    from ..deploy.serving import promotion

    store = store_of(manifest_of(s_yaml), FunctionPlace(api, service, endpoint))
    done = run_steps(promotion(store, alias), as_json=as_json)
    if as_json:
        print_json({"done": done})


@explaining
def rollback(
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help="By default the one before.")] = "",
    s_yaml: SYaml = Path("s.yaml"),
    api: Api = ApiVersion.THREE,
    service: Service = None,
    endpoint: Endpoint = None,
    alias: Alias = DEFAULT_ALIAS,
    as_json: Json = False,
) -> None:
    """Let an earlier version answer again, direct calls included.

    A canary ends, and what answered beside it answers alone.

    Exit status 0: done, or nothing to do. 2: there is no such version, or not completely done.
    """
    from ..deploy.serving import rollback as steps_of_rollback

    store = store_of(manifest_of(s_yaml), FunctionPlace(api, service, endpoint))
    number, steps = steps_of_rollback(store, alias, version)
    done = run_steps(steps, as_json=as_json)
    if as_json:
        print_json({"version": number, "done": done})
    else:
        console().print(*plain(f"Version {number} answers."))
