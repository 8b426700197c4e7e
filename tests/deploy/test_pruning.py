"""What is left out of the wheels, and the proof that the function does not miss it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dataworks_ext.deploy.layout import protect, unprotect
from dataworks_ext.deploy.pruning import RULES, TESTS, lifted_by, prune
from dataworks_ext.local.process import FunctionProcess
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message
from tests.deploy.real import Real, real_package

_SPECIFIC = [rule for rule in RULES if not rule.pattern.startswith("*")]
_USES = {
    "pydantic/v1/*": ["from pydantic.v1 import BaseModel", "from pydantic import v1", "def __get_validators__(cls):"],
    "pydantic/mypy.py": ["import pydantic.mypy"],
    "annotated_types/test_cases.py": ["from annotated_types.test_cases import cases"],
    "tzdata/zoneinfo/tzdata.zi": ["read_text('tzdata.zi')"],
    "tzdata/zoneinfo/leapseconds": ["open(zones / 'leapseconds')"],
    "tzdata/zoneinfo/*.tab": ["open_text('tzdata.zoneinfo', 'zone1970.tab')"],
}


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    return real_package(tmp_path_factory)


def _ask(real: Real, code: str) -> Any:
    """What an expression gives in a process of the function's Python that has the package and nothing else."""
    source = f"import json, sys; sys.path[0] = {str(real.unpacked)!r}; sys.dont_write_bytecode = True\n{code}"
    done = subprocess.run([real.python, "-W", "error", "-c", source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _plant(directory: Path, *names: str) -> None:
    for name in names:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text("")


# What goes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.pattern))
def test_every_rule_says_why(rule: Any) -> None:
    assert rule.reason.endswith(".")


@pytest.mark.parametrize("rule", _SPECIFIC, ids=lambda rule: str(rule.pattern))
def test_what_a_rule_names_is_in_the_wheels_that_are_locked(rule: Any, real: Real) -> None:
    """A rule that matches nothing is none; each saves kilobytes."""
    assert real.package.pruned[rule.pattern] > 1000


@pytest.mark.parametrize(
    "name",
    [
        "six/__init__.pyi",
        "six/py.typed",
        "six/inner/py.typed",
        "six-1.dist-info/INSTALLER",
        "six-1.dist-info/uv_cache.json",
        "six-1.dist-info/direct_url.json",
        "six-1.dist-info/sboms/auditwheel.cdx.json",
        "six/tests/test_six.py",
        "six/inner/tests/data.json",
    ],
)
def test_what_no_function_reads_goes_with_its_empty_folder(tmp_path: Path, name: str) -> None:
    _plant(tmp_path, "six/__init__.py", name)
    prune(tmp_path)
    assert not (tmp_path / name).exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_dir() and not any(path.iterdir())]


@pytest.mark.parametrize(
    "name",
    [
        "certifi/cacert.pem",
        "six/tests.py",
        "six/testing/__init__.py",
        "bin/__init__.py",
        "six/.env",
        "a/b.key",
        "six-1.dist-info/WHEEL",
        "six-1.dist-info/top_level.txt",
        "six-1.dist-info/LICENSE.txt",
        "six-1.dist-info/licenses/LICENSE",
        "six-1.dist-info/entry_points.txt",
    ],
)
def test_what_a_library_may_read_stays(tmp_path: Path, name: str) -> None:
    """Certificates of a library are no secrets of ours."""
    _plant(tmp_path, name)
    prune(tmp_path)
    assert (tmp_path / name).exists()


@pytest.mark.parametrize(
    "code",
    [
        "from six.tests import cases",
        "    import six.tests",
        "from .tests import x",
        "data = Path(__file__).parent / 'tests' / 'data.json'",
        'data = files("six.tests") / "data.json"',
        'open(HERE + "/tests/data.json")',
    ],
)
def test_tests_that_a_library_reads_stay(tmp_path: Path, code: str) -> None:
    _plant(tmp_path, "six/tests/__init__.py", "other/__init__.py", "other/tests/__init__.py")
    (tmp_path / "six" / "__init__.py").write_text(f"{code}\n")
    prune(tmp_path)
    assert (tmp_path / "six" / "tests" / "__init__.py").exists()
    assert not (tmp_path / "other" / "tests").exists()


def test_tests_that_another_library_reads_stay(tmp_path: Path) -> None:
    _plant(tmp_path, "six/tests/__init__.py")
    (tmp_path / "other.py").write_text("from six.tests import cases\n")
    prune(tmp_path)
    assert (tmp_path / "six" / "tests" / "__init__.py").exists()


def test_stubs_stay_for_code_that_loads_by_them(tmp_path: Path) -> None:
    _plant(tmp_path, "six/__init__.pyi")
    (tmp_path / "six" / "__init__.py").write_text("__getattr__, __dir__, _ = lazy.attach_stub(__name__, __file__)\n")
    prune(tmp_path)
    assert (tmp_path / "six" / "__init__.pyi").exists()


@pytest.mark.parametrize(("pattern", "code"), [(name, code) for name, codes in _USES.items() for code in codes])
@pytest.mark.parametrize("place", ["policies/rules.py", "wheels/other/__init__.py"])
def test_what_policies_or_libraries_name_stays(tmp_path: Path, pattern: str, code: str, place: str) -> None:
    name = pattern.replace("*", "zone1970")
    _plant(tmp_path / "wheels", name, name.partition("/")[0] + "/__init__.py")
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(code)
    prune(tmp_path / "wheels", lifted_by([tmp_path / "policies"]) if place.startswith("policies") else ())
    assert (tmp_path / "wheels" / name).exists()


def test_every_rule_that_may_be_lifted_is_tried() -> None:
    assert {rule.pattern for rule in _SPECIFIC} == _USES.keys()


@pytest.mark.parametrize("code", ["from six.tests import cases", "open('six/tests/data.json')"])
def test_tests_that_policies_read_stay(tmp_path: Path, code: str) -> None:
    _plant(tmp_path / "wheels", "six/tests/__init__.py")
    (tmp_path / "rules.py").write_text(code)
    assert lifted_by([tmp_path]) == {TESTS.pattern}
    prune(tmp_path / "wheels", lifted_by([tmp_path]))
    assert (tmp_path / "wheels" / "six" / "tests" / "__init__.py").exists()


def test_scripts_go_for_they_name_a_python_of_this_machine(tmp_path: Path) -> None:
    _plant(tmp_path, "six.py", "bin/data.txt", "six-1.dist-info/METADATA", "six-1.dist-info/INSTALLER")
    (tmp_path / "bin" / "six").write_text("#!/usr/bin/python3\n")
    listed = ["six.py,sha256=y,1", "../../bin/six,sha256=x,1", "six-1.dist-info/INSTALLER,,"]
    (tmp_path / "six-1.dist-info" / "RECORD").write_text("\n".join(listed) + "\n")
    prune(tmp_path)
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["data.txt"]
    assert (tmp_path / "six-1.dist-info" / "RECORD").read_text() == "six.py,sha256=y,1\n"


# The proof


@pytest.mark.parametrize("event", ["download-resources", "download-resources-execute", "upload-data-to-table"])
def test_the_packaged_function_answers_a_message_of_function_compute(real: Real, tmp_path: Path, event: str) -> None:
    assert _reply(real, tmp_path, function_compute_message(event)) == {"checkResult": "OK"}


def test_the_packaged_function_answers_a_message_of_eventbridge(real: Real, tmp_path: Path) -> None:
    assert _reply(real, tmp_path, eventbridge_message("freeze-instance")) == {"checkResult": "OK"}


def _reply(real: Real, tmp_path: Path, message: bytes) -> object:
    """The answer where the code directory cannot be written, as on Function Compute."""
    code = tmp_path / "code"
    shutil.copytree(real.unpacked, code)
    protect(code)
    try:
        with FunctionProcess(code, {"DATAWORKS_EXT_LANGUAGE": "zh"}, python=real.python) as function:
            invocation = function.invoke(message, FunctionContext())
            assert "Traceback" not in "\n".join(function.log())
    finally:
        unprotect(code)
    assert invocation.error is None
    return json.loads(invocation.body)


def test_every_policy_module_and_every_event_loads(real: Real) -> None:
    code = """
import pkgutil, importlib, dataworks_ext, policies
for package in (dataworks_ext, policies):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:  # the example does not require the extra `sql`
            assert error.name.startswith("sqlglot"), error
from dataworks_ext.events import catalog, event_class
print(json.dumps(len([event_class(code) for code in catalog])))
"""
    assert _ask(real, code) > 30


def test_all_of_pydantic_can_be_imported(real: Real) -> None:
    """Policies may use any name of its."""
    code = """
import pydantic, warnings
warnings.simplefilter("ignore")
print(json.dumps([name for name in pydantic.__all__ if getattr(pydantic, name, None) is None]))
"""
    assert _ask(real, code) == []


def test_every_kind_of_field_and_a_schema_work(real: Real) -> None:
    code = """
import datetime, decimal, enum, ipaddress, pathlib, typing, uuid
from pydantic import *
class Kind(enum.Enum):
    A = "a"
class Model(BaseModel):
    at: AwareDatetime; amount: decimal.Decimal; kind: Kind; network: ipaddress.IPv4Network; path: pathlib.Path
    id: uuid.UUID; url: HttpUrl; secret: SecretStr; size: ByteSize
    limits: dict[str, typing.Annotated[int, Field(gt=0)]]
    text: typing.Annotated[str, StringConstraints(pattern="^a")]; json_: Json[list[int]]
given = dict(at="2024-01-01T00:00:00Z", amount="1.5", kind="a", network="10.0.0.0/8", path="/a", id="0" * 32,
    url="https://example.com", secret="s", size="1MB", limits={"a": 1}, text="abc", json_="[1]")
model = Model(**given)
print(json.dumps([model.json_, len(Model.model_json_schema()["properties"]), len(model.model_dump_json()) > 100]))
"""
    assert _ask(real, code) == [[1], 12, True]


def test_a_time_zone_is_found_without_those_of_the_machine(real: Real) -> None:
    code = """
import zoneinfo
zoneinfo.reset_tzpath(to=[])
names = sorted(zoneinfo.available_timezones())
print(json.dumps([len([zoneinfo.ZoneInfo(name) for name in names]) > 400, "Asia/Shanghai" in names]))
"""
    assert _ask(real, code) == [True, True]


def test_holidays_are_known(real: Real) -> None:
    code = (
        "import chinese_calendar, datetime; print(json.dumps(chinese_calendar.is_holiday(datetime.date(2025, 10, 1))))"
    )
    assert _ask(real, code) is True


def test_every_distribution_still_tells_its_version(real: Real) -> None:
    code = """
import importlib.metadata as metadata, structlog, pydantic.version
found = {one.metadata["Name"]: one.version for one in metadata.distributions(path=sys.path[:1])}
info = pydantic.version.version_info()
print(json.dumps([found["pydantic"] == pydantic.VERSION, found["structlog"] == structlog.__version__, len(found)]))
"""
    assert _ask(real, code) == [True, True, 11]


def test_every_distribution_lists_the_files_that_are_there(real: Real) -> None:
    """Who asks importlib.metadata for them, such as a library for its plugins, gets what it gets elsewhere."""
    code = """
import importlib.metadata as metadata
found = metadata.distribution("pydantic")
there = [file.locate().is_file() for file in found.files]
print(json.dumps([all(there), len(there) > 50]))
"""
    assert _ask(real, code) == [True, True]


def test_what_structlog_may_import_still_fails_cleanly(real: Real) -> None:
    """It makes do without rich and better_exceptions, as it does where they are not installed."""
    code = """
import structlog
structlog.configure(processors=[structlog.dev.ConsoleRenderer()])
try:
    1 / 0
except ZeroDivisionError:
    lines = structlog.dev.ConsoleRenderer(colors=False)(None, "", {"event": "it", "exc_info": sys.exc_info()})
print(json.dumps([structlog.dev.rich, structlog.dev.better_exceptions, lines.splitlines()[-1]]))
"""
    assert _ask(real, code) == [None, None, "ZeroDivisionError: division by zero"]
