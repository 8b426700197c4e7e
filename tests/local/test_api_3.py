"""The API 2023-03-30, called by the official client."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alibabacloud_fc20230330 import models
from alibabacloud_tea_openapi.exceptions import ClientException  # type: ignore[import-untyped]  # there are no stubs
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]  # there are no stubs

from dataworks_ext.deploy.checksum import crc64
from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import LocalFunctionCompute
from tests.cloud import function_client, without_proxies

from .functions import COVERAGE

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so

_SOURCE = """
import json
import os


def initializer(context):
    global started
    started = "started"


def handler(event, context):
    if event == b"fail":
        raise ValueError("not today")
    print("hello")
    return json.dumps([os.environ.get("COLOUR"), started, context.service.qualifier])
"""


def zipped(source: str = _SOURCE) -> bytes:
    """A package with that module as its index."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(zipfile.ZipInfo("index.py"), source)  # of a fixed time, so that equal code has equal bytes
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)


@pytest.fixture(scope="module")
def compute() -> Iterator[LocalFunctionCompute]:
    with LocalFunctionCompute() as compute:
        yield compute


@pytest.fixture
def client(compute: LocalFunctionCompute) -> Any:
    return function_client(compute)


@pytest.fixture
def name(client: Any, request: pytest.FixtureRequest) -> str:
    """A function of the test's own."""
    name = f"f-{abs(hash(request.node.name))}"
    create(client, name)
    return name


def create(client: Any, name: str, **settings: object) -> Any:
    fields: dict[str, Any] = {
        "function_name": name,
        "runtime": RUNNING,
        "handler": "index.handler",
        "timeout": 20,
        "cpu": 0.35,
        "memory_size": 512,
        "disk_size": 512,
        "role": "acs:ram::1:role/guard",
        "code": models.InputCodeLocation(zip_file=base64.b64encode(zipped()).decode()),
        "environment_variables": {**COVERAGE, "COLOUR": "red"},
        "instance_lifecycle_config": models.InstanceLifecycleConfig(
            initializer=models.LifecycleHook(handler="index.initializer", timeout=7)
        ),
        **settings,
    }
    return client.create_function(models.CreateFunctionRequest(body=models.CreateFunctionInput(**fields))).body


def paint(client: Any, name: str, colour: str) -> None:
    """Change the function's variable, and publish it."""
    variables = {**COVERAGE, "COLOUR": colour}
    body = models.UpdateFunctionInput(environment_variables=variables)
    client.update_function(name, models.UpdateFunctionRequest(body=body))


def state(client: Any, name: str) -> str:
    return str(client.get_function(name, models.GetFunctionRequest()).body.last_update_status)


def publish(client: Any, name: str, description: str = "") -> str:
    body = models.PublishVersionInput(description=description)
    return str(client.publish_function_version(name, models.PublishFunctionVersionRequest(body=body)).body.version_id)


def alias(client: Any, name: str, version: str, weights: dict[str, float] | None = None, *, new: bool = False) -> Any:
    if new:
        created = models.CreateAliasInput(alias_name="live", version_id=version, additional_version_weight=weights)
        return client.create_alias(name, models.CreateAliasRequest(body=created)).body
    changed = models.UpdateAliasInput(version_id=version, additional_version_weight=weights)
    return client.update_alias(name, "live", models.UpdateAliasRequest(body=changed)).body


def invoke(client: Any, name: str, qualifier: str | None = None, event: bytes = b"") -> Any:
    headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Sync", x_fc_log_type="Tail")
    request = models.InvokeFunctionRequest(qualifier=qualifier, body=event)
    return client.invoke_function_with_options(name, request, headers, RuntimeOptions())


def answered(client: Any, name: str, qualifier: str | None = None) -> Any:
    return json.loads(invoke(client, name, qualifier).body.read())


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientException) as raised:
        call()
    return raised.value.status_code, raised.value.code


def test_a_function_is_shown_as_it_was_created(client: Any, name: str) -> None:
    shown = client.get_function(name, models.GetFunctionRequest()).body
    assert (shown.runtime, shown.timeout, shown.cpu, shown.role) == (RUNNING, 20, 0.35, "acs:ram::1:role/guard")
    assert (shown.instance_lifecycle_config.initializer.handler, shown.memory_size) == ("index.initializer", 512)
    assert shown.instance_lifecycle_config.initializer.timeout == 7
    assert shown.code_checksum == str(crc64(zipped()))
    assert shown.function_arn.endswith(f":functions/{name}")


def test_a_change_is_in_progress_before_it_is_successful(client: Any, name: str) -> None:
    """So that a client that does not wait is noticed."""
    states = [state(client, name), state(client, name)]
    paint(client, name, "blue")
    states += [state(client, name), state(client, name)]
    assert states == ["InProgress", "Successful"] * 2


def test_the_answer_and_the_log_of_an_invocation(client: Any, name: str) -> None:
    response = invoke(client, name)
    assert json.loads(response.body.read()) == ["red", "started", "LATEST"]
    assert b"\nhello\n" in base64.b64decode(response.headers["x-fc-log-result"])


def test_a_function_error_is_named_and_does_not_raise(client: Any, name: str) -> None:
    response = invoke(client, name, event=b"fail")
    assert (response.status_code, response.headers["x-fc-error-type"]) == (200, "UnhandledInvocationError")
    assert json.loads(response.body.read())["errorMessage"] == "not today"


def test_a_version_stays_as_it_was_published(client: Any, name: str) -> None:
    number = publish(client, name, "the first")
    paint(client, name, "blue")
    assert answered(client, name, number)[0] == "red"
    assert answered(client, name)[0] == "blue"
    published = client.get_function(name, models.GetFunctionRequest(qualifier=number)).body
    assert published.environment_variables["COLOUR"] == "red"


def test_versions_are_listed_with_the_newest_first(client: Any, name: str) -> None:
    for number, colour in enumerate(("green", "blue", "white"), 1):
        paint(client, name, colour)
        assert publish(client, name, colour) == str(number)
    first = client.list_function_versions(name, models.ListFunctionVersionsRequest(limit=2)).body
    assert [(one.version_id, one.description) for one in first.versions] == [("3", "white"), ("2", "blue")]
    request = models.ListFunctionVersionsRequest(limit=2, next_token=first.next_token)
    rest = client.list_function_versions(name, request).body
    assert [one.version_id for one in rest.versions] == ["1"]
    assert rest.versions[0].created_time
    client.delete_function_version(name, "1")
    listed = client.list_function_versions(name, models.ListFunctionVersionsRequest()).body
    assert [one.version_id for one in listed.versions] == ["3", "2"]


def test_an_alias_shares_out_requests_by_weight(client: Any, name: str) -> None:
    """Of 200 requests with a weight of 0.3, 30 to 90 are more than four standard deviations around."""
    publish(client, name)
    paint(client, name, "blue")
    publish(client, name)
    alias(client, name, "1", {"2": 0.3}, new=True)
    colours = [answered(client, name, "live")[0] for _ in range(200)]
    assert 30 <= colours.count("blue") <= 90
    assert alias(client, name, "2", {}).additional_version_weight == {}
    assert {answered(client, name, "live")[0] for _ in range(10)} == {"blue"}


def test_the_code_of_a_version_can_be_got_without_a_signature(client: Any, name: str) -> None:
    number = publish(client, name)
    code = models.InputCodeLocation(zip_file=base64.b64encode(zipped("def handler(e, c): return b'2'")).decode())
    client.update_function(name, models.UpdateFunctionRequest(body=models.UpdateFunctionInput(code=code)))
    found = client.get_function_code(name, models.GetFunctionCodeRequest(qualifier=number)).body
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(found.url, timeout=5) as response:
        assert response.read() == zipped()
    assert found.checksum == str(crc64(zipped()))


def test_concurrency_is_kept(client: Any, name: str) -> None:
    body = models.PutConcurrencyInput(reserved_concurrency=5)
    client.put_concurrency_config(name, models.PutConcurrencyConfigRequest(body=body))
    assert client.get_concurrency_config(name).body.reserved_concurrency == 5


def test_functions_are_listed_by_name(client: Any) -> None:
    for letter in "abc":
        create(client, f"listed-{letter}")
    listed = client.list_functions(models.ListFunctionsRequest(prefix="listed-")).body.functions
    assert [one.function_name for one in listed] == ["listed-a", "listed-b", "listed-c"]


def test_what_is_deleted_is_gone_with_its_versions(client: Any, name: str) -> None:
    publish(client, name)
    client.delete_function(name)
    create(client, name)
    assert client.list_function_versions(name, models.ListFunctionVersionsRequest()).body.versions in (None, [])


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda client, name: create(client, name), (409, "FunctionAlreadyExists")),
        (lambda client, name: publish(client, "nothing"), (404, "FunctionNotFound")),
        (lambda client, name: answered(client, "nothing"), (404, "FunctionNotFound")),
        (lambda client, name: answered(client, name, "7"), (404, "VersionNotFound")),
        (lambda client, name: answered(client, name, "prod"), (404, "AliasNotFound")),
        (lambda client, name: client.get_alias(name, "prod"), (404, "AliasNotFound")),
        (lambda client, name: alias(client, name, "7", new=True), (404, "VersionNotFound")),
        (lambda client, name: client.list_triggers(name, models.ListTriggersRequest()), (404, "PathNotSupported")),
    ],
)
def test_what_cannot_be_done_is_told(client: Any, name: str, call: Any, expected: tuple[int, str]) -> None:
    assert refusal(lambda: call(client, name)) == expected


def test_a_weight_that_cannot_be_is_refused(client: Any, name: str) -> None:
    publish(client, name)
    alias(client, name, "1", new=True)
    assert refusal(lambda: alias(client, name, "1", {"1": 1.5})) == (400, "InvalidArgument")
    assert refusal(lambda: alias(client, name, "1", {"2": 0.5})) == (404, "VersionNotFound")


def test_a_wrong_secret_is_refused(compute: LocalFunctionCompute, name: str) -> None:
    client = function_client(compute, "wrong")
    assert refusal(lambda: client.get_alias(name, "live")) == (403, "SignatureNotMatch")
