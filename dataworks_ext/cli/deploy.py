"""`dataworks-ext deploy`: create or update the function of Function Compute 2.0."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zipfile import BadZipFile

import typer

from ..deploy.checkup import Finding, examine
from ..deploy.freshness import differences, out_of_date
from ..deploy.layout import PackagingError
from ..deploy.s_yaml import Manifest, SYamlError, read_s_yaml
from ..loading import APP_VARIABLE
from ..testing.discarded import sources_of
from ._output import DEFAULT, App, Json, console, fail, load, plain, print_json, table
from .doctor import UNHEALTHY, print_findings

if TYPE_CHECKING:
    from ..deploy.remote import Remote

ACCOUNT_VARIABLE = "FC_ACCOUNT_ID"
ENDPOINT_VARIABLE = "FC_ENDPOINT"
SYaml = Annotated[Path, typer.Option("--s-yaml", metavar="FILE", help="The file that describes the function.")]
Service = Annotated[str | None, typer.Option(metavar="NAME", help="The service; the function's name by default.")]
Endpoint = Annotated[
    str | None,
    typer.Option(envvar=ENDPOINT_VARIABLE, metavar="URL", help="By default that of FC_ACCOUNT_ID and the region."),
]


def deploy(
    package: Annotated[Path, typer.Option(metavar="FILE", help="The zip that `package` builds.")] = Path(
        "dist/function.zip"
    ),
    s_yaml: SYaml = Path("s.yaml"),
    service: Service = None,
    endpoint: Endpoint = None,
    app: App = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Deploy in spite of problems.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False,
    as_json: Json = False,
) -> None:
    """Create or update the function of Function Compute 2.0.

    s.yaml describes the function, and the changes are shown before they are made. For Function Compute 3.0, which newer
    accounts have, use `s deploy`. Credentials are those of the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.

    Problems that `doctor` finds, and a package that is out of date, stop the deployment.

    Exit status 0: deployed, or nothing to change. 1: stopped by a problem. 2: not deployed.
    """
    manifest = manifest_of(s_yaml)
    if not package.is_file():
        fail(f"there is no package {package}; build it: dataworks-ext package")
    if not force:
        _check(manifest, package, app, stop=not dry_run, as_json=as_json)
    remote = remote_of(manifest, endpoint)
    from ..deploy.remote import RemoteError, wanted_of

    wanted = wanted_of(manifest, package, service)
    try:
        changes = remote.changes(wanted)
        if as_json:
            print_json([change._asdict() for change in changes])
        elif changes:
            shown = table("What", "Before", "After")
            for change in changes:
                shown.add_row(*plain(*change))
            console().print(shown)
        else:
            console().print(*plain(f"{wanted.function} is up to date."))
        if changes and not dry_run:
            remote.apply(wanted)
            if not as_json:
                console().print(*plain(f"Deployed {wanted.function} in service {wanted.service}."))
    except RemoteError as error:
        fail(str(error))


def _check(manifest: Manifest, package: Path, app: str, *, stop: bool, as_json: bool) -> None:
    """Print the problems of what is to be deployed; end the command if there is one."""
    app = manifest.environment.get(APP_VARIABLE, app)
    extension = load(app)
    sources = sources_of(extension, app)
    try:
        stale = differences(package, [source for source in sources if source.is_dir()])
    except (PackagingError, OSError, BadZipFile) as error:
        fail(f"{package} cannot be compared with its sources: {error}")
    # the doctor looks at the folder of s.yaml, and what is deployed here is a file
    findings = [found for found in examine(extension, manifest, sources) if found.check != "package"]
    if stale:
        text = f"{package} is {out_of_date(stale)}; build it again: dataworks-ext package"
        findings.append(Finding("package", "problem", text))
    problems = [found for found in findings if found.level == "problem"]
    if problems:
        print_findings(console(error=True), problems)
    if not problems or not stop:
        return
    text = "not deployed; solve the problems, or deploy in spite of them with --force"
    if as_json:
        print_json({"error": text, "problems": [found._asdict() for found in problems]})
    console(error=True).print(f"dataworks-ext: {text}")
    raise typer.Exit(UNHEALTHY)


def manifest_of(s_yaml: Path) -> Manifest:
    """What s.yaml says; ends the command if it says nothing."""
    try:
        return read_s_yaml(s_yaml, os.environ)
    except SYamlError as error:
        fail(str(error))


def remote_of(manifest: Manifest, endpoint: str | None) -> Remote:
    """Function Compute, with the environment's credentials; ends the command if something is missing."""
    try:
        from ..deploy.remote import Remote, RemoteError
    except ModuleNotFoundError as error:
        fail(f"this needs {error.name}; install it with: pip install 'dataworks-ext[cli]'")
    account, region = os.environ.get(ACCOUNT_VARIABLE, ""), manifest.props.get("region")
    if endpoint is None and not (account and region):
        fail(f"whose Function Compute? Set {ACCOUNT_VARIABLE} to the account's id, or name an --endpoint")
    key_id = os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID", "")
    secret = os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "")
    if not (key_id and secret):
        fail("ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set")
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "")
    try:
        return Remote(endpoint or f"https://{account}.{region}.fc.aliyuncs.com", key_id, secret, token)
    except RemoteError as error:
        fail(str(error))
