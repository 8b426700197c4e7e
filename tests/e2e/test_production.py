"""From nothing to a denied commit, as in production: deployed, called through a bus, changed bit by bit, taken back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from alibabacloud_eventbridge20200401 import models
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.build import Package
from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import LocalFunctionCompute
from dataworks_ext.testing import eventbridge_message
from dataworks_ext.testing.stub import DataWorksStub
from tests.cloud import event_client, without_proxies

BUS: Final = "workspaces"
PATIENCE: Final = 60

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so


@pytest.fixture
def dataworks() -> Iterator[DataWorksStub]:
    with DataWorksStub({"CommittedFile": {"Content": "SELECT MAX_PT('orders')"}}) as running:
        yield running


@pytest.fixture
def compute(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFunctionCompute]:
    without_proxies(monkeypatch)
    with LocalFunctionCompute() as running:
        for name, value in {
            "FC_ENDPOINT": running.endpoint,
            "EVENTBRIDGE_ENDPOINT": running.endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": running.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": running.access_key_secret,
            "FC_ACCOUNT_ID": running.account_id,
            "DATAWORKS_EXT_EVENT_BUS": BUS,
        }.items():
            monkeypatch.setenv(name, value)
        yield running


def write_s_yaml(dataworks: DataWorksStub, **variables: str) -> None:
    function = {
        "functionName": "data-guard",
        "region": "cn-hangzhou",
        "runtime": RUNNING,
        "handler": "index.handler",
        "instanceLifecycleConfig": {"initializer": {"handler": "index.initializer", "timeout": 10}},
        "timeout": 10,
        "cpu": 0.35,
        "memorySize": 512,
        "role": "acs:ram::1234567890980001:role/data-guard",
        "environmentVariables": {**dataworks.environment, **variables},
    }
    Path("s.yaml").write_text(json.dumps({"resources": {"guard": {"component": "fc3", "props": function}}}))


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def commit(client: Any, message_id: str) -> None:
    """Publish a commit to the custom bus, as DataWorks does."""
    whole = json.loads(eventbridge_message("commit-file"))
    event = models.PutEventsRequestEventList(
        id=message_id,
        source=whole["source"],
        type=whole["type"],
        time=whole["time"],
        spec_version="1.0",
        data_content_type=whole["datacontenttype"],
        data=json.dumps(whole["data"]),
    )
    assert client.put_events(models.PutEventsRequest(event_bus_name=BUS, event_list=[event])).body.code == "Success"


@pytest.mark.parametrize("api", ["3.0", "2.0"])
def test_a_commit_is_denied_and_the_rule_is_changed_bit_by_bit(
    packaged: Package,
    compute: LocalFunctionCompute,
    dataworks: DataWorksStub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    api: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "policies:extension")
    client = event_client(compute)

    def deploy(*options: str) -> str:
        return run("deploy", "--force", "--yes", "--api", api, "--package", str(packaged.zip), *options).stdout

    def verdicts(*message_ids: str) -> Counter[str]:
        """What DataWorks is told of commits; an instance takes one after the other."""
        for message_id in message_ids:
            commit(client, message_id)
            assert compute.events.wait_until_idle(PATIENCE)
        told = {reply["MessageId"]: reply["CheckResult"] for reply in dataworks.replies}
        return Counter(told[message_id] for message_id in message_ids)

    write_s_yaml(dataworks)
    shown = deploy()
    assert "Event bus of the OpenEvent channel: workspaces" in shown
    assert verdicts("m-1") == {"FAIL": 1}
    assert dataworks.replies[-1]["CheckResultTip"].startswith("The code calls a forbidden function")

    write_s_yaml(dataworks, SQL_FORBIDDEN_FUNCTIONS="pg_sleep")
    deploy("--canary", "40")
    shares = verdicts(*(f"canary-{number}" for number in range(40)))
    assert 4 <= shares["OK"] <= 28  # of 16 on average, four standard deviations around
    assert shares["OK"] + shares["FAIL"] == 40

    run("promote", "--api", api)
    assert verdicts(*(f"promoted-{number}" for number in range(5))) == {"OK": 5}

    run("rollback", "--api", api)
    assert verdicts(*(f"back-{number}" for number in range(5))) == {"FAIL": 5}
    assert "as it should be" not in deploy("--dry-run")
    assert compute.events.dead_letters == []


def test_what_comes_by_both_buses_has_one_verdict(
    packaged: Package,
    compute: LocalFunctionCompute,
    dataworks: DataWorksStub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An event of the tenant is delivered twice and answered once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "policies:extension")
    write_s_yaml(dataworks, WORKSPACES_PROTECTED_WORKSPACES="1", WORKSPACES_DELETERS="2")
    run("deploy", "--force", "--yes", "--package", str(packaged.zip))
    event = json.loads(eventbridge_message("delete-project", message_id="m-1"))
    compute.events.publish(event, BUS)
    compute.events.publish(event, "default")
    assert compute.events.wait_until_idle(PATIENCE)
    assert len({reply["CheckResult"] for reply in dataworks.replies}) == 1
    assert {reply["MessageId"] for reply in dataworks.replies} == {"m-1"}


def test_an_extension_that_cannot_be_loaded_is_not_published(
    packaged: Package,
    compute: LocalFunctionCompute,
    dataworks: DataWorksStub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The function would answer, and deny everything."""
    monkeypatch.chdir(tmp_path)
    write_s_yaml(dataworks, DATAWORKS_EXT_APP="nothing:extension")
    arguments = ("deploy", "--force", "--yes", "--no-rules", "--package", str(packaged.zip))
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 2
    assert "the new code does not answer: the extension cannot be loaded" in " ".join(result.stderr.split())
    assert json.loads(run("versions", "--json").stdout) == []
