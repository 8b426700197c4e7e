"""Ctrl-C, and what a test ends with, go through to whoever runs the policies; the deployed function keeps them."""

from __future__ import annotations

import asyncio
import json

import pytest

from dataworks_ext import Extension, PolicyPack
from dataworks_ext.events import Event
from dataworks_ext.function import Function
from dataworks_ext.testing import DataWorks, FunctionContext, decide, function_compute_message, sample

from .projects import INI, run

CODE = "download-resources"
OF_THE_RUNNER = [
    KeyboardInterrupt(),
    pytest.fail.Exception("no"),
    pytest.skip.Exception("not today"),
    pytest.xfail.Exception("known"),
]
OF_THE_POLICY = [ValueError("no"), RecursionError(), SystemExit(3), GeneratorExit(), asyncio.CancelledError()]


def raising(error: BaseException, *, is_async: bool = False) -> Extension:
    """An extension whose first policy raises the error, and whose second one denies."""
    pack = PolicyPack("rules")

    def immediate(_: Event) -> None:
        raise error

    async def awaited(_: Event) -> None:
        raise error

    pack.policy(CODE)(awaited if is_async else immediate)
    return Extension("guard", packs=[pack])


@pytest.mark.parametrize("is_async", [False, True], ids=["def", "async def"])
@pytest.mark.parametrize("error", OF_THE_RUNNER, ids=lambda error: type(error).__name__)
def test_what_is_of_the_runner_goes_through(error: BaseException, is_async: bool) -> None:
    extension = raising(error, is_async=is_async)
    with pytest.raises(type(error)) as raised:
        decide(extension, sample(CODE))
    assert raised.value is error
    with pytest.raises(type(error)), DataWorks(extension) as dataworks:
        dataworks.send(CODE)
    with pytest.raises(type(error)):
        extension.decide(sample(CODE))


@pytest.mark.parametrize("error", OF_THE_POLICY, ids=lambda error: type(error).__name__)
def test_what_is_of_the_policy_is_its_failure(error: BaseException) -> None:
    [reason] = decide(raising(error), sample(CODE)).reasons
    assert reason.error is error


@pytest.mark.parametrize("error", OF_THE_RUNNER, ids=lambda error: type(error).__name__)
def test_the_deployed_function_lets_nothing_through(error: BaseException) -> None:
    reply = Function(raising(error), environment={}).handler(function_compute_message(CODE), FunctionContext())
    assert json.loads(reply)["checkResult"] == "FAIL"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project whose policy does what the file name of a download says."""
    pytester.makeini(INI)
    pytester.makepyfile(
        rules="""
        import pytest
        from dataworks_ext import Extension

        extension = Extension("guard")

        @extension.policy("download-resources")
        def ends_the_test(event):
            if event.file_name == "hang":
                while True:
                    pass
            getattr(pytest, event.file_name)("it ends here")
        """,
        test_rules="""
        import pytest
        from dataworks_ext.testing import decide, sample
        from rules import extension

        @pytest.mark.parametrize(
            "end", ["fail", "skip", "xfail", pytest.param("hang", marks=pytest.mark.timeout(0.2))]
        )
        def test_kit(end):
            decide(extension, sample("download-resources", file_name=end))

        @pytest.mark.parametrize("end", ["fail", "skip", "xfail"])
        def test_function(end, dataworks):
            dataworks.send("download-resources", file_name=end)
        """,
    )
    return pytester


def test_a_policy_can_end_a_test_as_the_test_itself_can(project: pytest.Pytester) -> None:
    result = run(project, "-rA")
    result.assert_outcomes(failed=3, skipped=2, xfailed=2)
    result.stdout.fnmatch_lines(["FAILED *test_kit[[]hang[]] - Failed: Timeout*"])


def test_a_policy_can_end_a_case(project: pytest.Pytester) -> None:
    project.mkdir("cases")
    (project.path / "cases" / "ends.yaml").write_text(
        "".join(
            f"- {{name: {end}, event: {CODE}, with: {{file_name: {end}}}, expect: FAIL}}\n"
            for end in ("fail", "skip", "xfail")
        )
    )
    run(project, "cases").assert_outcomes(failed=1, skipped=1, xfailed=1)
