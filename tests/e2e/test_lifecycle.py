"""From policies to a running function and on: packaged, created, called, changed and deleted by the real client."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import fc2  # type: ignore[import-untyped]  # it has no types
import pytest

from dataworks_ext.deploy.build import Package, build
from dataworks_ext.local import LocalFunctionCompute
from dataworks_ext.testing import eventbridge_message, function_compute_message
from dataworks_ext.testing.stub import DataWorksStub

pytestmark = pytest.mark.every_python

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
_SERVICE, _FUNCTION = "governance", "data-guard"
_DIRECT = ["download-resources", "download-resources-execute", "upload-data-to-table"]


@pytest.fixture
def compute() -> Iterator[LocalFunctionCompute]:
    with LocalFunctionCompute() as running:
        yield running


@pytest.fixture
def client(compute: LocalFunctionCompute) -> fc2.Client:
    return fc2.Client(
        endpoint=compute.endpoint, accessKeyID=compute.access_key_id, accessKeySecret=compute.access_key_secret
    )


@pytest.fixture
def dataworks() -> Iterator[DataWorksStub]:
    with DataWorksStub({"CommittedFile": {"Content": "SELECT MAX_PT('orders')"}}) as running:
        yield running


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client leaves the zip open
def test_the_whole_life_of_a_function(
    packaged: Package, client: fc2.Client, dataworks: DataWorksStub, tmp_path: Path
) -> None:
    """Every upload and download, and a commit through EventBridge; then stricter code, and the end."""
    settings = {
        "initializer": "index.initializer",
        "timeout": 10,
        "memorySize": 512,
        "environmentVariables": dataworks.environment,
    }
    client.create_service(_SERVICE)
    client.create_function(
        _SERVICE, _FUNCTION, f"python{PYTHON}", "index.handler", codeZipFile=str(packaged.zip), **settings
    )
    assert [verdict(client, function_compute_message(code)) for code in _DIRECT] == ["OK"] * 3
    assert verdict(client, eventbridge_message("commit-file", message_id="m-1")) == "FAIL"
    [reply] = dataworks.replies
    assert (reply["MessageId"], reply["CheckResult"]) == ("m-1", "FAIL")
    assert reply["CheckResultTip"] == "The code calls a forbidden function, first in line 1: MAX_PT. Replace the calls."

    client.update_function(_SERVICE, _FUNCTION, codeZipFile=str(stricter(packaged, tmp_path)))
    assert verdict(client, function_compute_message("download-resources")) == "FAIL"

    client.delete_function(_SERVICE, _FUNCTION)
    client.delete_service(_SERVICE)
    with pytest.raises(fc2.FcError) as gone:
        client.get_service(_SERVICE)
    assert gone.value.status_code == 404


def verdict(client: fc2.Client, message: bytes) -> str:
    """What the function says of a message."""
    said: str = json.loads(client.invoke_function(_SERVICE, _FUNCTION, payload=message).data)["checkResult"]
    return said


def stricter(packaged: Package, folder: Path) -> Path:
    """A package of the example with a limit of ten rows in its code, and the dependencies that are built."""
    dist = folder / "dist"
    shutil.copytree(packaged.zip.parent, dist)
    policies = folder / "policies"
    shutil.copytree(ROOT / "policies", policies, ignore=shutil.ignore_patterns("__pycache__"))
    downloads = policies / "downloads.py"
    source = downloads.read_text(encoding="utf-8")
    changed = source.replace(" = 1_000_000", " = 10")
    assert changed != source
    downloads.write_text(changed, encoding="utf-8")
    return build([policies], PYTHON, dist).zip
