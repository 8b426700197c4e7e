"""What importing `dataworks_ext.events` costs, and when."""

from __future__ import annotations

import json
import subprocess
import sys
from operator import attrgetter

import pytest

from dataworks_ext import events

_CLASSES = ("DownloadResources", "DownloadResourcesExecute", "UploadDataToTable")
_ENUMERATIONS = ("ConflictMode", "ModuleType", "OptTableType", "TargetEngineType", "UploadSourceType", "WriteType")


def _in_a_new_process(code: str) -> object:
    """What the code leaves in `result`."""
    program = f"import json, sys\n{code}\nprint(json.dumps(result))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


_MODULES = """
result = sorted(name for name in sys.modules if name.startswith("dataworks_ext.events."))
"""
_ALWAYS = ["dataworks_ext.events.base", "dataworks_ext.events.catalog"]


def test_the_import_loads_no_event() -> None:
    """Importing the package loads the base and the catalog, and no event module."""
    assert _in_a_new_process("import dataworks_ext.events" + _MODULES) == _ALWAYS


def test_the_framework_loads_no_event() -> None:
    """Nor does importing the framework, with Function Compute's entry."""
    assert _in_a_new_process("import dataworks_ext.function" + _MODULES) == _ALWAYS


def test_a_class_is_loaded_when_it_is_asked_for() -> None:
    code = "from dataworks_ext.events import DownloadResources" + _MODULES
    assert _in_a_new_process(code) == [
        *_ALWAYS,
        "dataworks_ext.events.enumerations",
        "dataworks_ext.events.upload_and_download",
    ]


def test_an_enumeration_is_loaded_without_the_events() -> None:
    code = "from dataworks_ext.events import WriteType" + _MODULES
    assert _in_a_new_process(code) == [*_ALWAYS, "dataworks_ext.events.enumerations"]


def test_a_class_is_built_at_its_registration() -> None:
    """An imported class is not built; registering a policy builds it, before any message comes."""
    code = """
from dataworks_ext import Extension
from dataworks_ext.events import DownloadResources
result = [DownloadResources.__pydantic_complete__]
extension = Extension("app")
@extension.policy(DownloadResources)
def rule(event): ...
result.append(DownloadResources.__pydantic_complete__)
"""
    assert _in_a_new_process(code) == [False, True]


@pytest.mark.parametrize("registered", ['"upload-data-to-table"', "events.UploadDataToTable"])
@pytest.mark.parametrize("kind", ["policy", "observer"])
def test_only_what_is_registered_is_built(kind: str, registered: str) -> None:
    """A code builds its class as the class itself does, for policies and observers alike, and no other."""
    code = f"""
from dataworks_ext import Extension, events
extension = Extension("app")
@extension.{kind}({registered})
def rule(event): ...
result = [events.UploadDataToTable.__pydantic_complete__, events.DownloadResources.__pydantic_complete__]
"""
    assert _in_a_new_process(code) == [True, False]


def test_a_class_that_nobody_registered_is_built_when_it_is_read() -> None:
    code = """
from dataworks_ext.events import DownloadResources, read_event
from dataworks_ext.testing import sample_payload
result = read_event(DownloadResources, sample_payload("download-resources")).data_row_size
"""
    assert _in_a_new_process(code) == 123456


def test_a_registration_by_code_loads_the_class() -> None:
    """A policy that names a code gets the class of that code without importing it."""
    code = """
from dataworks_ext import Extension
extension = Extension("app")
@extension.policy("download-resources")
def rule(event): ...
"""
    assert "dataworks_ext.events.upload_and_download" in str(_in_a_new_process(code + _MODULES))


def test_dir_shows_what_is_not_loaded_yet() -> None:
    names = _in_a_new_process("import dataworks_ext.events\nresult = dir(dataworks_ext.events)")
    assert isinstance(names, list)
    assert {*_CLASSES, *_ENUMERATIONS} <= set(names)


def test_everything_in_all_is_there() -> None:
    assert [name for name in events.__all__ if not hasattr(events, name)] == []


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


@pytest.mark.parametrize("code", ["commit-file", "start-diJob", "a-code-of-tomorrow", "download_resources", ""])
def test_a_code_without_a_class_is_a_plain_event(code: str) -> None:
    assert events.event_class(code) is events.Event


@pytest.mark.parametrize("code", ["download-resources", "download-resources-execute", "upload-data-to-table"])
def test_a_class_knows_its_code(code: str) -> None:
    assert events.code_of(events.event_class(code)) == code


def test_the_base_has_no_code() -> None:
    assert events.code_of(events.Event) is None


def test_a_class_made_elsewhere_has_no_code() -> None:
    """A subclass inherits the default of `event_code`, but stands for no event of its own."""

    class WideDownload(events.DownloadResources):
        pass

    assert events.code_of(WideDownload) is None
