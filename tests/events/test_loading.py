"""What importing `dataworks_ext.events` costs, and when."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from dataworks_ext import events
from dataworks_ext.events import catalog, class_name

_PACKAGE = Path(events.__file__).parent


def _in_a_new_process(code: str) -> object:
    """What the code leaves in `result`."""
    program = f"import json, sys\n{code}\nprint(json.dumps(result))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _anew(programs: Mapping[str, str]) -> dict[str, Any]:
    """What each program leaves in `result`, by name: in one new process, which forgets the framework before each."""
    loop = f"""
results = {{}}
for name, program in {dict(programs)!r}.items():
    for module in [module for module in sys.modules if module.partition(".")[0] == "dataworks_ext"]:
        del sys.modules[module]
    scope = {{"json": json, "sys": sys}}
    exec(program, scope)
    results[name] = scope["result"]
result = results
"""
    found: Any = _in_a_new_process(loop)
    return dict(found)


_MODULES = """
result = sorted(name for name in sys.modules if name.startswith("dataworks_ext.events."))
"""
_ALWAYS = ["dataworks_ext.events.base", "dataworks_ext.events.catalog", "dataworks_ext.events.model"]


def test_the_import_loads_no_event() -> None:
    """Importing the package loads the base and the catalog, and no event module."""
    assert _in_a_new_process("import dataworks_ext.events" + _MODULES) == _ALWAYS


def test_the_framework_loads_no_event() -> None:
    """Nor does importing the framework, with Function Compute's entry."""
    assert _in_a_new_process("import dataworks_ext.function" + _MODULES) == _ALWAYS


def test_a_class_is_loaded_when_it_is_asked_for() -> None:
    code = "from dataworks_ext.events import DownloadResources" + _MODULES
    assert _in_a_new_process(code) == sorted(
        [
            *_ALWAYS,
            "dataworks_ext.events.enumerations",
            "dataworks_ext.events.enumerations.base",
            "dataworks_ext.events.enumerations.upload_and_download",
            "dataworks_ext.events.upload_and_download",
        ]
    )


@pytest.mark.parametrize(
    ("name", "home"), [("WriteType", "upload_and_download"), ("NodeType", "node_type"), ("Severity", "data_quality")]
)
def test_an_enumeration_is_loaded_without_the_events(name: str, home: str) -> None:
    code = f"from dataworks_ext.events import {name}" + _MODULES
    assert _in_a_new_process(code) == sorted(
        [
            *_ALWAYS,
            "dataworks_ext.events.enumerations",
            "dataworks_ext.events.enumerations.base",
            f"dataworks_ext.events.enumerations.{home}",
        ]
    )


_STATE = """
from dataworks_ext.events import model
def state(name):
    cls = getattr(events, name)
    return [cls not in model._declared, cls.__pydantic_complete__]
"""


@pytest.mark.parametrize("registered", ['"upload-data-to-table"', "events.UploadDataToTable"])
@pytest.mark.parametrize("kind", ["policy", "observer"])
def test_a_registration_neither_collects_nor_builds_a_class(kind: str, registered: str) -> None:
    """A function starts for one message, and needs no other class than that message's."""
    code = f"""
from dataworks_ext import Extension, events
{_STATE}
extension = Extension("app")
@extension.{kind}({registered})
def rule(event: events.UploadDataToTable): ...
result = state("UploadDataToTable")
"""
    assert _in_a_new_process(code) == [False, False]


def test_only_the_class_of_the_message_is_collected_and_built() -> None:
    code = f"""
from dataworks_ext import events
from dataworks_ext.testing import sample_payload
{_STATE}
events.read_event(events.DownloadResources, sample_payload("download-resources"))
names = ["Event", "DownloadResources", "DownloadResourcesExecute", "UploadDataToTable"]
result = [state(name) for name in names]
"""
    assert _in_a_new_process(code) == [[True, False], [True, True], [False, False], [False, False]]


@pytest.mark.parametrize(
    "use",
    [
        "list(events.StartSetting.model_fields)",
        "list(events.StartSetting.model_json_schema()['properties'])",
        "list(events.StartSetting(time_zone='UTC').model_dump())",
        "list(events.StartSetting.model_validate({}).model_dump())",
        "list(pydantic.TypeAdapter(events.StartSetting).validate_python({}).model_dump())",
        "list(typing.get_type_hints((events.StartSetting.model_fields, events.StartSetting)[1]))[-3:]",
    ],
)
def test_whoever_needs_the_fields_of_a_class_first_gets_them(use: str) -> None:
    fields = _in_a_new_process(f"import typing, pydantic\nfrom dataworks_ext import events\nresult = {use}")
    assert fields in (
        ["time_zone", "start_date_time", "last_start_position"],
        ["timeZone", "startDateTime", "lastStartPosition"],
    )


def test_a_subclass_made_elsewhere_has_the_fields_of_its_base_and_its_own() -> None:
    """In a process in which nobody has needed the base's."""
    code = """
from dataworks_ext import events
class Wide(events.DownloadResources):
    risk: int = 3
wide = events.read_event(Wide, {"dataRowSize": 5, "risk": "7"}, event_code="download-resources")
result = [list(Wide.model_fields)[-2:], wide.data_row_size, wide.risk, wide.unread_fields[0]]
"""
    assert _in_a_new_process(code) == [["sql_text", "risk"], 5, 7, "moduleType"]


def test_a_class_that_nobody_registered_is_built_when_it_is_read() -> None:
    code = """
from dataworks_ext.events import DownloadResources, read_event
from dataworks_ext.testing import sample_payload
result = read_event(DownloadResources, sample_payload("download-resources")).data_row_size
"""
    assert _in_a_new_process(code) == 123456


# Which files a registration loads

_FILES: dict[str, str] = {
    "DataStudio": "data_studio",
    "Data Integration": "data_integration",
    "Operation Center": "operation_center",
    "Security Center": "security_center",
    "Data Quality": "data_quality",
    "Console": "console",
    "Upload and Download": "upload_and_download",
}
_ONE_OF_EACH: dict[str, str] = {entry.module: entry.code for entry in catalog.values() if entry.extension_point}


def test_there_are_seven_modules() -> None:
    assert {entry.module for entry in catalog.values()} == _FILES.keys()


@pytest.mark.parametrize("by", ["code", "class"])
def test_a_registration_loads_the_file_of_its_module_and_no_other(by: str) -> None:
    """A policy that names a code gets the class of that code without importing it."""

    def program(code: str) -> str:
        registered = repr(code) if by == "code" else f"events.{class_name(code)}"
        return f"""
from dataworks_ext import Extension, events
extension = Extension("app")
@extension.policy({registered})
def rule(event): ...
"""

    loaded = _anew({module: program(code) + _MODULES for module, code in _ONE_OF_EACH.items()})
    homes = {module: {name.removeprefix("dataworks_ext.events.") for name in names} for module, names in loaded.items()}
    files = {*_FILES.values()}
    assert {module: names & files for module, names in homes.items()} == {name: {home} for name, home in _FILES.items()}
    for module, names in homes.items():
        enumerations = {name.removeprefix("enumerations.") for name in names if name.startswith("enumerations.")}
        assert enumerations <= {"base", "node_type", "shared", _FILES[module]}


# Names


def _starred() -> list[str]:
    """The files that type checkers import everything from."""
    tree = ast.parse((_PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    assert all([alias.name for alias in node.names] == ["*"] and node.level == 1 for node in imports)
    return [str(node.module) for node in imports]


def _public_classes(home: str) -> list[str]:
    path = _PACKAGE.joinpath(*home.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


_SEEN = [(home, name) for home in _starred() for name in _public_classes(home)]
_ALIASES = {"AnyContent", "SqlDialect"}  # public names that are no classes


def test_type_checkers_see_every_file_of_events() -> None:
    unseen = {"base", "catalog", "field_names", "forms", "model", "unread", "values", "enumerations.base"}
    files = {str(path.relative_to(_PACKAGE).with_suffix("")).replace("/", ".") for path in _PACKAGE.rglob("*.py")}
    files = {name for name in files if not name.endswith("__init__")}
    assert set(_starred()) == files - unseen


def test_no_two_files_have_a_class_of_the_same_name() -> None:
    assert len({name for _, name in _SEEN}) == len(_SEEN)


def test_type_checkers_see_exactly_what_there_is_at_run_time() -> None:
    """The names that load when they are asked for are the public classes of the files."""
    names = _in_a_new_process("import dataworks_ext.events as e\nresult = sorted({*dir(e)} - vars(e).keys())")
    assert names == sorted({name for _, name in _SEEN} | _ALIASES)


def test_every_name_loads_from_its_file() -> None:
    found = {name: getattr(events, name) for _, name in _SEEN}
    assert [name for name, value in found.items() if not isinstance(value, type)] == []
    homes = {name: (value.__module__, value.__name__) for name, value in found.items()}
    assert homes == {name: (f"dataworks_ext.events.{home}", name) for home, name in _SEEN}


def test_every_name_that_dir_shows_is_there() -> None:
    assert [name for name in dir(events) if not hasattr(events, name)] == []


def test_every_file_can_be_imported_first() -> None:
    """None depends on another one being loaded before it."""
    homes = [*_starred(), "base", "catalog", "model", "unread", "values", "enumerations.base"]
    program = """
try:
    import dataworks_ext.events.{}
    result = ""
except Exception as error:
    result = repr(error)
"""
    assert _anew({home: program.format(home) for home in homes}) == dict.fromkeys(homes, "")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'dataworks_ext\.events' has no attribute 'CommitFiel'$"):
        attrgetter("CommitFiel")(events)


def test_an_unknown_name_cannot_be_imported() -> None:
    with pytest.raises(ImportError, match="cannot import name 'CommitFiel'"):
        exec("from dataworks_ext.events import CommitFiel", {})


def test_a_class_is_the_same_however_it_is_reached() -> None:
    from dataworks_ext.events.upload_and_download import DownloadResources

    assert events.DownloadResources is DownloadResources
    assert events.event_class("download-resources") is DownloadResources


@pytest.mark.parametrize(
    "code", ["commit_file", "start-dijob", "a-code-of-tomorrow", "download_resources", "Event", ""]
)
def test_a_code_that_nobody_knew_yet_is_a_plain_event(code: str) -> None:
    assert events.event_class(code) is events.Event


def test_every_code_has_a_class_of_its_own() -> None:
    """It is named after the code, and in the file of its DataWorks module."""
    found = {code: events.event_class(code) for code in catalog}
    names = {code: (cls.__name__, cls.__module__) for code, cls in found.items()}
    homes = {code: f"dataworks_ext.events.{_FILES[entry.module]}" for code, entry in catalog.items()}
    assert names == {code: (class_name(code), home) for code, home in homes.items()}
    assert {code: cls.model_fields["event_code"].default for code, cls in found.items()} == {
        code: code for code in catalog
    }


def test_a_class_knows_its_code() -> None:
    assert {code: events.code_of(events.event_class(code)) for code in catalog} == {code: code for code in catalog}


@pytest.mark.parametrize("name", ["StartDiJobV2", "NodeAlert", "NodeChange", "ApprovalChange", "DataQualityOperation"])
def test_a_form_and_a_shared_base_have_no_code(name: str) -> None:
    """A policy is registered on the code, never on a form of it."""
    assert events.code_of(getattr(events, name)) is None


def test_the_base_has_no_code() -> None:
    assert events.code_of(events.Event) is None


def test_a_class_made_elsewhere_has_no_code() -> None:
    """A subclass inherits the default of `event_code`, but stands for no event of its own."""

    class WideDownload(events.DownloadResources):
        pass

    assert events.code_of(WideDownload) is None
