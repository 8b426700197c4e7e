"""The API 2016-08-15, called by the real client."""

from __future__ import annotations

import base64
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fc2  # type: ignore[import-untyped]  # there are no stubs
import pytest

from dataworks_ext.deploy.checksum import crc64
from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import ApiError, LocalFunctionCompute

from .functions import COVERAGE

SYNCHRONOUS = {"x-fc-invocation-type": "Sync", "x-fc-log-type": "Tail"}


@pytest.fixture(scope="module")
def compute() -> Iterator[LocalFunctionCompute]:
    with LocalFunctionCompute() as compute:
        yield compute


@pytest.fixture
def client(compute: LocalFunctionCompute) -> Any:
    return fc2.Client(
        endpoint=compute.endpoint, accessKeyID=compute.access_key_id, accessKeySecret=compute.access_key_secret
    )


@pytest.fixture
def service(client: Any, request: pytest.FixtureRequest) -> str:
    """The name of a service of the test's own."""
    name = f"s-{abs(hash(request.node.name))}"
    client.create_service(name, description="of a test")
    return name


@pytest.fixture
def create(client: Any, service: str, code: Path) -> Callable[..., Any]:
    """Creates the function `f` of the service."""

    def create(**settings: object) -> Any:
        arguments = {
            "initializer": "index.initializer",
            "codeDir": str(code),
            "environmentVariables": COVERAGE,
            "timeout": 20,
            **settings,
        }
        return client.create_function(service, "f", RUNNING, "index.handler", **arguments)

    return create


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    """The status and the code of the error that the client raises."""
    with pytest.raises(fc2.FcError) as raised:
        call()
    return raised.value.status_code, raised.value.err_code


def test_the_life_of_a_service(client: Any) -> None:
    created = client.create_service("life", description="first").data
    assert (created["serviceName"], created["description"]) == ("life", "first")
    assert client.update_service("life", description="second").data["description"] == "second"
    assert client.get_service("life").data["description"] == "second"
    client.delete_service("life")
    assert refusal(lambda: client.get_service("life")) == (404, "ServiceNotFound")


def test_the_life_of_a_function(client: Any, service: str, create: Callable[..., Any]) -> None:
    created = create(description="first", memorySize=128).data
    shown = {name: created[name] for name in ("functionName", "runtime", "memorySize", "timeout", "description")}
    assert shown == {
        "functionName": "f",
        "runtime": RUNNING,
        "memorySize": 128,
        "timeout": 20,
        "description": "first",
    }
    assert client.invoke_function(service, "f", payload=b"'one'").data == b"one"
    client.update_function(service, "f", description="second", environmentVariables={**COVERAGE, "NEW": "two"})
    assert client.invoke_function(service, "f", payload=b"os.environ['NEW']").data == b"two"
    assert client.get_function(service, "f").data["description"] == "second"
    client.delete_function(service, "f")
    assert refusal(lambda: client.invoke_function(service, "f")) == (404, "FunctionNotFound")


def test_what_an_invocation_is_told(client: Any, service: str, create: Callable[..., Any]) -> None:
    create()
    event = b"[print('hello'), context.service.name, context.request_id]"
    answer = client.invoke_function(service, "f", payload=event, headers=SYNCHRONOUS)
    request_id = answer.headers["X-Fc-Request-Id"]
    assert json.loads(answer.data) == [None, service, request_id]
    assert b"\nhello\n" in base64.b64decode(answer.headers["X-Fc-Log-Result"])


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client leaves the zip open
def test_the_checksum_is_that_of_the_code(client: Any, service: str, tmp_path: Path) -> None:
    package = tmp_path / "code.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return b'zipped'\n")
    created = client.create_function(service, "z", RUNNING, "index.handler", codeZipFile=str(package)).data
    assert created["codeChecksum"] == str(crc64(package.read_bytes()))
    assert created["codeSize"] == package.stat().st_size
    assert client.invoke_function(service, "z").data == b"zipped"


def test_without_log_type_there_is_no_log(client: Any, service: str, create: Callable[..., Any]) -> None:
    create()
    assert "X-Fc-Log-Result" not in client.invoke_function(service, "f", payload=b"1").headers


def test_a_function_error_is_raised_by_the_client(client: Any, service: str, create: Callable[..., Any]) -> None:
    create()
    with pytest.raises(fc2.FcError) as raised:
        client.invoke_function(service, "f", payload=b"1 / 0")
    assert raised.value.status_code == 200
    assert json.loads(raised.value.message)["errorType"] == "ZeroDivisionError"


def test_a_version_stays_as_it_was_published(client: Any, service: str, create: Callable[..., Any]) -> None:
    create(environmentVariables={**COVERAGE, "COLOUR": "red"})
    version = client.publish_version(service, "the first").data["versionId"]
    client.create_alias(service, "prod", version)
    client.update_function(service, "f", environmentVariables={**COVERAGE, "COLOUR": "blue"})
    event = b"[os.environ['COLOUR'], context.service.qualifier, context.service.version_id]"

    def invoke(qualifier: str | None) -> object:
        return json.loads(client.invoke_function(service, "f", payload=event, qualifier=qualifier).data)

    assert invoke(None) == ["blue", "LATEST", ""]
    assert invoke("LATEST") == ["blue", "LATEST", ""]
    assert invoke("1") == ["red", "1", "1"]
    assert invoke("prod") == ["red", "prod", "1"]
    assert client.get_function(service, "f", qualifier="1").data["environmentVariables"]["COLOUR"] == "red"


def test_the_life_of_versions_and_aliases(client: Any, service: str, create: Callable[..., Any]) -> None:
    create()
    client.publish_version(service, "the first")
    assert refusal(lambda: client.publish_version(service)) == (400, "VersionPublishError")
    client.update_service(service, description="changed")
    client.publish_version(service)
    client.create_alias(service, "prod", "1")
    assert refusal(lambda: client.create_alias(service, "prod", "2")) == (409, "AliasAlreadyExists")
    assert client.update_alias(service, "prod", "2", description="d").data["versionId"] == "2"
    assert client.get_alias(service, "prod").data["description"] == "d"
    assert refusal(lambda: client.delete_version(service, "2")) == (409, "VersionInUse")
    client.delete_alias(service, "prod")
    assert refusal(lambda: client.get_alias(service, "prod")) == (404, "AliasNotFound")
    client.delete_version(service, "2")
    assert refusal(lambda: client.invoke_function(service, "f", qualifier="2")) == (404, "VersionNotFound")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda client: client.create_service("no name"), (400, "InvalidArgument")),
        (lambda client: client.create_service("default"), (409, "ServiceAlreadyExists")),
        (lambda client: client.update_service("nowhere"), (404, "ServiceNotFound")),
        (lambda client: client.delete_service("nowhere"), (404, "ServiceNotFound")),
        (lambda client: client.get_function("default", "nothing"), (404, "FunctionNotFound")),
        (lambda client: client.delete_function("default", "nothing"), (404, "FunctionNotFound")),
        (lambda client: client.invoke_function("default", "f", qualifier="7"), (404, "VersionNotFound")),
        (lambda client: client.invoke_function("default", "f", qualifier="prod"), (404, "AliasNotFound")),
        (lambda client: client.create_alias("default", "prod", "7"), (404, "VersionNotFound")),
        (lambda client: client.create_alias("default", "prod", ""), (404, "VersionNotFound")),
        (lambda client: client.delete_version("default", "7"), (404, "VersionNotFound")),
        (lambda client: client.list_triggers("default", "f"), (404, "PathNotSupported")),
        (
            lambda client: client.invoke_function("default", "f", headers={"x-fc-invocation-type": "Async"}),
            (400, "InvalidArgument"),
        ),
    ],
)
def test_what_cannot_be_done_is_told(client: Any, call: Callable[[Any], object], expected: tuple[int, str]) -> None:
    assert refusal(lambda: call(client)) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"timeout": 100_000},
        {"memorySize": 1},
        {"instanceConcurrency": 0},
        {"environmentVariables": {"A": 1}},
        {"environmentVariables": {"FC_REGION": "mine"}},
        {"initializer": "index"},
        {"codeDir": None, "codeOSSBucket": "bucket", "codeOSSObject": "object"},
    ],
)
def test_a_function_that_cannot_be_is_refused(create: Callable[..., Any], settings: dict[str, object]) -> None:
    assert refusal(lambda: create(**settings)) == (400, "InvalidArgument")


@pytest.mark.parametrize("runtime", ["python3.99", "python2.7", "nodejs12"])
def test_a_runtime_that_is_not_here_is_refused(client: Any, service: str, code: Path, runtime: str) -> None:
    create = lambda: client.create_function(service, "f", runtime, "index.handler", codeDir=str(code))  # noqa: E731
    assert refusal(create) == (400, "InvalidArgument")


def test_a_function_cannot_be_created_twice(create: Callable[..., Any]) -> None:
    create()
    assert refusal(create) == (409, "FunctionAlreadyExists")


def test_a_service_with_functions_is_not_deleted(client: Any, service: str, create: Callable[..., Any]) -> None:
    create()
    assert refusal(lambda: client.delete_service(service)) == (409, "ServiceNotEmpty")


def test_a_body_that_is_no_object_is_refused(client: Any) -> None:
    path = "/2016-08-15/services"
    headers = client._build_common_headers("POST", path)
    for body in (b"[]", b"{"):
        assert refusal(lambda body=body: client._do_request("POST", path, headers, body=body)) == (  # type: ignore[misc]  # its type is plain
            400,
            "InvalidArgument",
        )


def test_the_python_api_says_what_was_refused(compute: LocalFunctionCompute, code: Path) -> None:
    with pytest.raises(ApiError, match="function 'nothing' does not exist") as raised:
        compute.invoke("nothing")
    assert (raised.value.status, raised.value.code) == (404, "FunctionNotFound")
    with pytest.raises(ApiError, match="timeout is 0: Input should be greater than or equal to 1"):
        compute.create_function("nothing", code, timeout=0)
    with pytest.raises(FileNotFoundError):
        compute.create_function("nothing", code / "nowhere")
