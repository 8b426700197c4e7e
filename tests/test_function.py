"""Function Compute's entry: the handler and the initializer, and the guard around the extension's own loading."""

from __future__ import annotations

import io
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from dataworks_ext import Decision, Extension, Outcome, PolicyContext, PolicyPack, deny, warn
from dataworks_ext.events import DownloadResources
from dataworks_ext.function import FIRST_PAUSE, DeployedFunction, Function
from dataworks_ext.testing import NOON, FunctionContext, eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from tests import dataworks as local

CODE = "download-resources"
CONTEXT = FunctionContext(
    request_id="1-6740b2c3",
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN),
)
OK = '{"checkResult": "OK"}'
WriteModule = Callable[[str, str], None]


class Settings(BaseModel):
    max_rows: int = 10


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine reaches the tests."""
    for name in ("APP", "MODES", "LANGUAGE", "RECORD_FIELDS"):
        monkeypatch.delenv(f"DATAWORKS_EXT_{name}", raising=False)
    for name in ("DOWNLOADS_MAX_ROWS", "UPLOADS_MAX_ROWS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True, scope="module")
def _dataworks() -> Iterator[None]:
    """A DataWorks that waits for the answer to any message."""
    with local.holding_everything():
        yield


@pytest.fixture
def write_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteModule]:
    """Writes a module that can be imported, until the test is over."""
    written: list[str] = []

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        written.append(name)

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    for name in written:
        sys.modules.pop(name, None)


def limiting(*packs: str) -> Function:
    """A function with a limit of rows in each of these packs."""
    made = []
    for name in packs:
        pack = PolicyPack(name, settings=Settings)

        @pack.policy(DownloadResources)
        def row_limit(event: DownloadResources, context: PolicyContext[Settings]) -> Outcome | None:
            return deny(f"{event.data_row_size} rows") if event.data_row_size > context.settings.max_rows else None

        made.append(pack)
    return Function(Extension("data-guard", made))


def download(rows: int = 5) -> bytes:
    return function_compute_message(CODE, dataRowSize=rows)


def answer(function: Function | DeployedFunction, data: bytes, context: Any = CONTEXT) -> dict[str, str]:
    parsed: dict[str, str] = json.loads(function.handler(data, context))
    return parsed


def records(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was printed since the last call."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def of_kind(kind: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [record for record in records(capsys) if record["kind"] == kind]


# Replies


def test_no_objection_is_ok_without_a_message() -> None:
    assert limiting("downloads").handler(download(10), CONTEXT) == OK


def test_a_denial_is_fail_with_its_text() -> None:
    assert answer(limiting("downloads"), download(11)) == {"checkResult": "FAIL", "errorMessage": "11 rows"}


def test_a_warning_is_warn_with_its_text() -> None:
    extension = Extension("data-guard")
    extension.policy(CODE, id="rule")(lambda event: warn("数据量较大"))
    assert answer(Function(extension), download()) == {"checkResult": "WARN", "errorMessage": "数据量较大"}


def test_bytes_without_a_message_are_fail_with_the_reason() -> None:
    assert answer(limiting("downloads"), b"[]") == {
        "checkResult": "FAIL",
        "errorMessage": "The extension could not read this message of DataWorks. "
        "An empty array holds no message. "
        "Please tell your administrator this request id: 1-6740b2c3",
    }


def test_observers_are_told_of_what_was_decided_on() -> None:
    told: list[str] = []
    extension = Extension("data-guard")
    extension.observer(CODE, id="watch")(lambda event: told.append(event.event_code))
    assert Function(extension).handler(download(), CONTEXT) == OK
    assert told == [CODE]


def test_a_probe_is_answered_and_recorded_as_one_and_no_observer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`dataworks-ext deploy` sends it. An id of EventBridge is nobody's choice."""
    told: list[str] = []
    extension = Extension("data-guard", default="deny")
    extension.observer(CODE, id="watch")(lambda event: told.append(event.event_code))
    probe = function_compute_message(CODE, message_id="probe-1")
    assert answer(Function(extension), probe)["checkResult"] == "FAIL"
    [record] = records(capsys)
    assert (record["probe"], record["message_id"], record["verdict"], told) == (True, "probe-1", "FAIL", [])
    Function(extension).handler(bridged(message_id="probe-2"), CONTEXT)
    assert "probe" not in records(capsys)[-1]
    assert told == [CODE]


def test_each_message_has_one_record(capsys: pytest.CaptureFixture[str]) -> None:
    function = limiting("downloads")
    for data in (download(10), download(11), b"nonsense"):
        function.handler(data, CONTEXT)
    assert [(record["kind"], record["verdict"], record["request_id"]) for record in records(capsys)] == [
        ("message", "OK", "1-6740b2c3"),
        ("message", "FAIL", "1-6740b2c3"),
        ("message", "FAIL", "1-6740b2c3"),
    ]


def test_lines_of_a_policy_are_records_with_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    extension = Extension("data-guard")

    @extension.policy(DownloadResources)
    def rule(event: DownloadResources, context: PolicyContext[BaseModel]) -> Outcome | None:
        context.log.info("looked", rows=event.data_row_size)
        return None

    Function(extension).handler(download(7), CONTEXT)
    (line,) = of_kind("log", capsys)
    assert (line["event"], line["level"], line["rows"]) == ("looked", "info", 7)
    assert (line["request_id"], line["event_code"], line["policy"]) == ("1-6740b2c3", CODE, "data-guard.rule")


def test_a_clock_says_what_time_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """To policies, and in every record: of messages, of what cannot be read, and of what policies log."""
    told: list[datetime] = []
    extension = Extension("clock")

    @extension.policy(DownloadResources)
    def tell(event: DownloadResources, context: PolicyContext[Any]) -> None:
        told.append(context.now)
        context.log.info("hello")

    function = Function(extension, clock=lambda: NOON)
    answer(function, download())
    answer(function, b"[]")
    assert told == [NOON]
    assert [record["time"] for record in records(capsys)] == ["2026-03-02T04:00:00Z"] * 3


def test_a_context_without_a_request_id_is_good_enough() -> None:
    assert limiting("downloads").handler(download(), None) == OK  # type: ignore[arg-type]


# Messages of EventBridge


def bridged(rows: int = 5, message_id: str = "") -> bytes:
    """A message with an id of its own: one that comes again is not decided again."""
    return eventbridge_message(CODE, message_id=message_id or f"m-{next(_NUMBERS)}", dataRowSize=rows)


_NUMBERS = itertools.count(100)


@pytest.mark.parametrize("rows", [10, 11])
def test_a_message_of_eventbridge_is_decided_like_any_other(rows: int) -> None:
    assert limiting("downloads").handler(bridged(rows), CONTEXT) == limiting("downloads").handler(
        download(rows), CONTEXT
    )


@pytest.mark.parametrize(
    ("data", "channel", "blocking", "delivery"),
    [
        (function_compute_message(CODE), "function-compute", True, "returned"),
        (function_compute_message("freeze-instance"), "function-compute", False, "returned"),
        (eventbridge_message(CODE), "eventbridge", True, "delivered"),
        (eventbridge_message("commit-file"), "eventbridge", True, "delivered"),
        (eventbridge_message("commit-file", eventCode="of-tomorrow"), "eventbridge", True, "delivered"),
        (eventbridge_message("commit-file", blockBusiness=False), "eventbridge", False, "none"),
        (eventbridge_message("freeze-instance"), "eventbridge", False, "none"),
        (eventbridge_message("node-change-created"), "eventbridge", False, "none"),
    ],
)
@pytest.mark.parametrize("form", [b"%b", b"[%b]"], ids=["by itself", "in an array"])
def test_the_record_says_what_becomes_of_the_reply(
    data: bytes, channel: str, blocking: bool, delivery: str, form: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody may wait for the reply to a message of EventBridge, which is a call."""
    limiting("downloads").handler(form % data, CONTEXT)
    [record] = records(capsys)
    assert (record["channel"], record["blocking"], record["delivery"]) == (channel, blocking, delivery)


@pytest.mark.parametrize(
    "data",
    [
        eventbridge_message("freeze-instance"),
        eventbridge_message("commit-file", blockBusiness=False),
        function_compute_message("freeze-instance"),
    ],
)
@pytest.mark.parametrize(("form", "expected"), [(b"%b", OK), (b"[%b]", f"[{OK}]")])
def test_a_message_that_nobody_waits_for_reaches_observers_only(data: bytes, form: bytes, expected: str) -> None:
    told: list[str] = []
    extension = Extension("data-guard", default="deny")
    extension.policy("*", id="rule")(lambda event: deny("never"))
    extension.observer("*", id="watch")(lambda event: told.append(event.event_code))
    assert Function(extension).handler(form % data, CONTEXT) == expected
    assert len(told) == 1


def test_a_message_of_eventbridge_that_holds_no_event_is_refused_with_its_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reply = answer(limiting("downloads"), b'{"specversion": "1.0", "id": "m-1", "data": 5}')
    assert reply["errorMessage"].startswith(
        "The extension could not read this message of DataWorks. Data should be an object, got a number; "
    )
    [record] = records(capsys)
    assert (record["verdict"], record["message_id"], record["message"]) == ("FAIL", "m-1", reply["errorMessage"])


# Arrays of messages


def array(*elements: bytes) -> bytes:
    return b"[" + b", ".join(elements) + b"]"


def answers(function: Function | DeployedFunction, *elements: bytes) -> list[dict[str, str]]:
    parsed: list[dict[str, str]] = json.loads(function.handler(array(*elements), CONTEXT))
    return parsed


def verdicts(function: Function | DeployedFunction, *elements: bytes) -> list[str]:
    return [reply["checkResult"] for reply in answers(function, *elements)]


def test_an_array_has_one_reply_an_element_in_order() -> None:
    """Whatever envelope an element has; nonsense is refused in its place."""
    replies = answers(limiting("downloads"), bridged(11), b"5", download(10), bridged(12), b"{}", download(13))
    texts = [reply.get("errorMessage", "").partition(" Please")[0] for reply in replies]
    unreadable = "The extension could not read this message of DataWorks."
    assert [reply["checkResult"] for reply in replies] == ["FAIL", "FAIL", "OK", "FAIL", "FAIL", "FAIL"]
    assert texts == [
        "11 rows",
        f"{unreadable} Expected a message (a JSON object), got a number.",
        "",
        "12 rows",
        f"{unreadable} The object has neither messageBody (Function Compute) nor data (EventBridge), "
        "so it is no message of DataWorks.",
        "13 rows",
    ]


@pytest.mark.parametrize("element", [bridged(11), download(10), b"null"])
def test_an_array_of_one_has_an_array_of_one_reply(element: bytes) -> None:
    assert len(answers(limiting("downloads"), element)) == 1


def test_an_empty_array_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(limiting("downloads"), array())["checkResult"] == "FAIL"
    assert len(records(capsys)) == 1


def test_an_array_has_one_record_an_element_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    limiting("downloads").handler(
        array(
            bridged(11, message_id="m-1"),
            b'{"data": [], "id": "m-2"}',
            function_compute_message(CODE, message_id="m-3", dataRowSize=5),
            b"5",
        ),
        CONTEXT,
    )
    found = records(capsys)
    assert [(record["message_id"], record["verdict"], record.get("delivery")) for record in found] == [
        ("m-1", "FAIL", "delivered"),
        ("m-2", "FAIL", None),
        ("m-3", "OK", "returned"),
        (None, "FAIL", None),
    ]
    assert {(record["kind"], record["request_id"]) for record in found} == {("message", "1-6740b2c3")}


def test_a_policy_that_fails_on_one_element_fails_on_no_other() -> None:
    extension = Extension("data-guard")

    @extension.policy(DownloadResources)
    def rule(event: DownloadResources) -> Outcome | None:
        if event.data_row_size == 6:
            raise SystemExit
        return None

    assert verdicts(Function(extension), bridged(5), bridged(6), bridged(7)) == ["OK", "FAIL", "OK"]


def test_an_element_that_the_framework_fails_on_costs_no_other_its_reply(capsys: pytest.CaptureFixture[str]) -> None:
    class Failing(Extension):
        def decide(self, subject: Any, request: Any = None) -> Decision:
            if subject.message.message_id == "m-1":
                raise KeyboardInterrupt
            return super().decide(subject)

    function = Function(Failing("data-guard"))
    assert verdicts(function, bridged(), bridged(message_id="m-1"), bridged()) == ["OK", "FAIL", "OK"]
    assert [(record["verdict"], record["message_id"] == "m-1") for record in records(capsys)] == [
        ("OK", False),
        ("FAIL", True),
        ("OK", False),
    ]


def test_a_closed_stdout_costs_no_element_its_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    close_stdout(monkeypatch)
    assert verdicts(limiting("downloads"), bridged(5), b"5", download(11)) == ["FAIL"] * 3


def test_the_elements_of_an_array_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its share of what is left; one that takes more than all leaves the next none."""
    now = 1_000.0
    left: list[float] = []
    extension = Extension("data-guard")

    @extension.policy(DownloadResources)
    def rule(event: DownloadResources, context: PolicyContext[BaseModel]) -> Outcome | None:
        nonlocal now
        left.append(context.remaining)
        now += event.data_row_size
        return None

    monkeypatch.setattr(time, "monotonic", lambda: now)
    context = FunctionContext(function=FunctionMeta(timeout=60))
    replies = json.loads(Function(extension).handler(array(*map(download, (1, 2, 100, 4))), context))
    assert left == pytest.approx([59.5 / 4, 58.5 / 3, 56.5 / 2])
    assert [reply["checkResult"] for reply in replies[:2] + replies[3:]] == ["OK", "OK", "FAIL"]
    assert replies[3]["errorMessage"].startswith("The rule data-guard.rule could not be checked.")


# The time that policies have


def remaining(context: Any) -> float:
    """What a policy sees as its remaining time under this context."""
    found: list[float] = []
    extension = Extension("data-guard")

    @extension.policy(DownloadResources)
    def rule(event: DownloadResources, context: PolicyContext[BaseModel]) -> Outcome | None:
        found.append(context.remaining)
        return None

    assert Function(extension).handler(download(), context) == OK
    return found[0]


def with_timeout(timeout: Any) -> Any:
    return SimpleNamespace(request_id="", function=SimpleNamespace(timeout=timeout))


NONSENSE: list[Any] = ["", "soon", "nan", "inf", "-1", "1e999", 0, -5, None, []]


@pytest.mark.parametrize(
    ("context", "seconds"),
    [
        pytest.param(FunctionContext(function=FunctionMeta(timeout=60)), 59.5, id="a timeout less half a second"),
        pytest.param(with_timeout("60"), 59.5, id="a timeout in words"),
        pytest.param(with_timeout(" 60 "), 59.5, id="a timeout in words and spaces"),
        pytest.param(with_timeout(2), 1.6, id="a short timeout less a fifth"),
        *(pytest.param(with_timeout(timeout), 2.5, id=f"three seconds for {timeout!r}") for timeout in NONSENSE),
        pytest.param(SimpleNamespace(function=None), 2.5, id="three seconds without a timeout"),
        pytest.param(None, 2.5, id="three seconds without a context"),
    ],
)
def test_policies_have_the_functions_timeout_less_a_margin(
    context: Any, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1_000.0)
    assert remaining(context) == pytest.approx(seconds)


# The initializer


def test_the_handler_works_without_the_initializer() -> None:
    assert answer(limiting("downloads"), download(11))["checkResult"] == "FAIL"


def test_the_initializer_records_nothing_where_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    limiting("downloads").initializer(CONTEXT)
    assert records(capsys) == []


def test_each_problem_is_recorded_once_whatever_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "many")
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "fr")
    function = limiting("downloads")
    for _ in range(2):
        function.initializer(CONTEXT)
        function.handler(download(), CONTEXT)
    problems = of_kind("configuration", capsys)
    assert [problem["problem"].split(" ")[0] for problem in problems] == [
        "DOWNLOADS_MAX_ROWS:",
        "DATAWORKS_EXT_LANGUAGE",
    ]
    assert {problem["extension"] for problem in problems} == {"data-guard"}


def test_the_handler_records_the_problems_if_there_was_no_initializer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "fr")
    function = limiting("downloads")
    function.handler(download(), CONTEXT)
    function.handler(download(), CONTEXT)
    assert len(of_kind("configuration", capsys)) == 1


def test_the_initializer_does_not_raise_where_even_the_record_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "fr")
    function = limiting("downloads")
    close_stdout(monkeypatch)
    function.initializer(CONTEXT)


# What the environment says


def test_broken_settings_deny_by_the_policies_of_their_pack_and_the_record_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "many")
    function = limiting("downloads", "uploads")
    assert answer(function, download(5)) == {
        "checkResult": "FAIL",
        "errorMessage": "The rule downloads.row_limit could not be checked. "
        "Please tell your administrator this request id: 1-6740b2c3",
    }
    broken, working = of_kind("message", capsys)[0]["reasons"]
    assert broken["error"].startswith("SettingsError: DOWNLOADS_MAX_ROWS: ")
    assert (working["policy"], working["verdict"]) == ("uploads.row_limit", "OK")


def test_broken_settings_leave_events_of_other_packs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "many")
    assert limiting("downloads").handler(function_compute_message("commit-file"), CONTEXT) == OK


def test_the_environment_sets_the_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "downloads.row_limit=warn")
    assert answer(limiting("downloads"), download(11)) == {"checkResult": "WARN", "errorMessage": "11 rows"}


def test_the_environment_sets_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "zh")
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "many")
    text = answer(limiting("downloads"), download())["errorMessage"]
    assert text == "规则 downloads.row_limit 未能完成检查。请将此请求 ID 告知管理员：1-6740b2c3"


def test_the_environment_sets_the_language_of_what_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "zh")
    text = "扩展程序无法读取这条 DataWorks 消息。请将此请求 ID 告知管理员：1-6740b2c3"
    assert answer(limiting("downloads"), b"")["errorMessage"] == text


def test_a_failure_of_the_framework_is_told_in_the_language_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "zh")
    function = limiting("downloads")
    monkeypatch.setattr(function.extension, "decide", lambda _scope: 1 / 0)
    text = "扩展程序出错，未检查任何规则。请将此请求 ID 告知管理员：1-6740b2c3"
    assert answer(function, download()) == {"checkResult": "FAIL", "errorMessage": text}


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "11")
    assert limiting("downloads").handler(download(11), CONTEXT) == OK


# Where there is nothing to write to


def close_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)


@pytest.mark.parametrize("data", [download(5), download(11), b"nonsense"], ids=["allowed", "denied", "no message"])
def test_a_closed_stdout_costs_no_reply(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    close_stdout(monkeypatch)
    assert answer(limiting("downloads"), data)["checkResult"] in ("OK", "FAIL")


def test_a_denial_stays_one_where_it_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    close_stdout(monkeypatch)
    assert answer(limiting("downloads"), download(11))["checkResult"] == "FAIL"


def test_what_cannot_be_recorded_is_not_called_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person would look for the mistake in the wrong place."""
    close_stdout(monkeypatch)
    assert "could not read" not in answer(limiting("downloads"), download(5)).get("errorMessage", "")


def test_without_any_stdout_there_is_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert answer(limiting("downloads"), download(11))["checkResult"] == "FAIL"


# The extension that the environment names

WORKING = """
from dataworks_ext import Extension, deny

extension = Extension("data-guard")
other = Extension("other")
number = 5


@extension.policy("download-resources")
def rule(event):
    return deny("no downloads")
"""


def test_the_deployed_function_is_that_of_the_extension_that_the_environment_names(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module("our_rules", WORKING)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "our_rules:extension")
    assert answer(DeployedFunction(), download()) == {"checkResult": "FAIL", "errorMessage": "no downloads"}
    monkeypatch.setenv("DATAWORKS_EXT_APP", "our_rules:other")
    assert DeployedFunction().handler(download(), CONTEXT) == OK


def test_the_deployed_function_is_policies_extension_by_default(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loaded in [name for name in sys.modules if name.split(".")[0] == "policies"]:
        monkeypatch.delitem(sys.modules, loaded)
    write_module("policies", WORKING)
    assert answer(DeployedFunction(), download())["errorMessage"] == "no downloads"


def test_the_extension_is_loaded_at_the_first_call(write_module: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    write_module("our_rules", WORKING)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "our_rules:extension")
    deployed = DeployedFunction()
    assert "our_rules" not in sys.modules
    deployed.initializer(CONTEXT)
    assert "our_rules" in sys.modules


BROKEN: dict[str, tuple[str, str, str]] = {
    "no such module": (
        "no_such_rules:extension",
        "",
        "LoadingError: there is no module no_such_rules to load no_such_rules:extension from",
    ),
    "no such package": (
        "no_such_package.rules:extension",
        "",
        "LoadingError: there is no module no_such_package to load no_such_package.rules:extension from",
    ),
    "no such attribute": (
        "broken_rules:extension",
        "",
        "LoadingError: module broken_rules has no extension; write extension = Extension(…) there",
    ),
    "no extension": (
        "broken_rules:extension",
        "extension = 5",
        "LoadingError: broken_rules:extension is a int, expected an Extension",
    ),
    "the class instead": (
        "broken_rules:Extension",
        "from dataworks_ext import Extension",
        "LoadingError: broken_rules:Extension is a type, expected an Extension",
    ),
    "no attribute named": (
        "broken_rules",
        "",
        "LoadingError: an extension is named module:attribute, such as policies:extension; got 'broken_rules'",
    ),
    "an exception at import": ("broken_rules:extension", "1 / 0", "ZeroDivisionError: division by zero"),
    "a slip of syntax": ("broken_rules:extension", "def", "SyntaxError: invalid syntax"),
    "an import that is missing": (
        "broken_rules:extension",
        "import no_such_library",
        "ModuleNotFoundError: No module named 'no_such_library'",
    ),
    "the end at import": ("broken_rules:extension", "raise SystemExit(3)", "SystemExit: 3"),
    "an interruption at import": ("broken_rules:extension", "raise KeyboardInterrupt", "KeyboardInterrupt"),
    "a mistake of registration": (
        "broken_rules:extension",
        "from dataworks_ext import Extension\nextension = Extension('Data Guard')",
        "RegistrationError: a pack cannot be called 'Data Guard'; "
        "use lower-case letters, digits, - and _, beginning with a letter",
    ),
}


@pytest.fixture(params=list(BROKEN.values()), ids=list(BROKEN))
def broken(
    request: pytest.FixtureRequest, write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> tuple[DeployedFunction, str]:
    """A deployed function whose extension cannot be loaded, and the last line of the traceback."""
    app, text, error = request.param
    write_module("broken_rules", text)
    monkeypatch.setenv("DATAWORKS_EXT_APP", app)
    return DeployedFunction(), error


def test_an_extension_that_cannot_be_loaded_denies_every_message(
    broken: tuple[DeployedFunction, str], capsys: pytest.CaptureFixture[str]
) -> None:
    deployed, _ = broken
    for code in (CODE, "commit-file", "brand-new-event"):
        data = function_compute_message(CODE, eventCode=code)
        assert answer(deployed, data) == {
            "checkResult": "FAIL",
            "errorMessage": "The extension could not be loaded, so no rule was checked. "
            "Please tell your administrator this request id: 1-6740b2c3",
        }
    assert [record["verdict"] for record in of_kind("message", capsys)] == ["FAIL", "FAIL", "FAIL"]


def test_an_extension_that_cannot_be_loaded_has_its_traceback_in_the_record_once(
    broken: tuple[DeployedFunction, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed, error = broken
    deployed.initializer(CONTEXT)
    deployed.handler(download(), CONTEXT)
    deployed.handler(download(), CONTEXT)
    (record,) = of_kind("loading", capsys)
    *_, last = record["traceback"].strip().split("\n")
    assert last.removeprefix("dataworks_ext.loading.").removeprefix("dataworks_ext.errors.") == error
    assert record["traceback"].startswith("Traceback (most recent call last):\n")
    assert record["app"].startswith(("broken_rules", "no_such_"))


def test_an_extension_that_cannot_be_loaded_answers_what_holds_no_message(
    broken: tuple[DeployedFunction, str],
) -> None:
    deployed, _ = broken
    assert answer(deployed, b"nonsense")["checkResult"] == "FAIL"


def test_an_extension_that_cannot_be_loaded_says_so_in_the_environments_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_APP", "no_such_rules:extension")
    monkeypatch.setenv("DATAWORKS_EXT_LANGUAGE", "zh")
    text = answer(DeployedFunction(), download())["errorMessage"]
    assert text == "扩展程序加载失败，未检查任何规则。请将此请求 ID 告知管理员：1-6740b2c3"


def test_an_error_that_cannot_even_be_printed_denies_like_any_other(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_module("broken_rules", "class Bad(Exception):\n    def __str__(self):\n        1 / 0\nraise Bad")
    monkeypatch.setenv("DATAWORKS_EXT_APP", "broken_rules:extension")
    deployed = DeployedFunction()
    deployed.initializer(CONTEXT)
    assert answer(deployed, download())["checkResult"] == "FAIL"


def test_an_extension_that_cannot_be_loaded_denies_where_nothing_can_be_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_APP", "no_such_rules:extension")
    close_stdout(monkeypatch)
    deployed = DeployedFunction()
    deployed.initializer(CONTEXT)
    assert answer(deployed, download())["checkResult"] == "FAIL"


def test_an_extension_that_cannot_be_loaded_denies_every_element(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_APP", "no_such_rules:extension")
    assert verdicts(DeployedFunction(), bridged(), b"5", download()) == ["FAIL"] * 3


def test_an_extension_is_loaded_again_after_a_pause(
    write_module: WriteModule, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An import may fail for a reason that passes, such as a full disk."""
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "late_rules:extension")
    deployed = DeployedFunction()
    assert answer(deployed, download())["checkResult"] == "FAIL"
    write_module("late_rules", "from dataworks_ext import Extension\nextension = Extension('late')\n")
    assert answer(deployed, download())["checkResult"] == "FAIL"
    now += FIRST_PAUSE
    assert deployed.handler(download(), CONTEXT) == OK
    assert len(of_kind("loading", capsys)) == 1


def test_an_extension_that_goes_on_failing_is_loaded_ever_more_rarely(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setenv("DATAWORKS_EXT_APP", "no_such_rules:extension")
    deployed = DeployedFunction()
    loads = []
    for _ in range(100):
        deployed.handler(download(), CONTEXT)
        loads.append(len(of_kind("loading", capsys)))
        now += FIRST_PAUSE
    assert [second for second, times in enumerate(loads) if times] == [0, 1, 3, 7, 15, 31, 63]


def test_two_threads_that_load_at_once_load_once(write_module: WriteModule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module makes its extension when asked, at a barrier that only two loads at once would pass quickly."""
    write_module(
        "lazy_rules",
        "from threading import Barrier, BrokenBarrierError\n"
        "from dataworks_ext import Extension\n"
        "loads = []\n"
        "both = Barrier(2)\n"
        "def __getattr__(name):\n"
        "    loads.append(name)\n"
        "    try:\n"
        "        both.wait(0.2)\n"
        "    except BrokenBarrierError:\n"
        "        pass\n"
        "    return Extension('data-guard')\n",
    )
    monkeypatch.setenv("DATAWORKS_EXT_APP", "lazy_rules:extension")
    deployed = DeployedFunction()
    replies: list[str] = []
    threads = [threading.Thread(target=lambda: replies.append(deployed.handler(download(), CONTEXT))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [OK, OK]
    assert sys.modules["lazy_rules"].loads == ["extension"]


def test_many_threads_are_answered_each_by_its_own_message() -> None:
    function = limiting("downloads")
    replies: dict[int, str] = {}

    def ask(rows: int) -> None:
        replies[rows] = answer(function, download(rows)).get("errorMessage", "")

    threads = [threading.Thread(target=ask, args=(rows,)) for rows in range(5, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == {rows: f"{rows} rows" if rows > 10 else "" for rows in range(5, 17)}
