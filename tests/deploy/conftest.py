"""What the tests of deployments share: a project, the cloud on this machine, and a gateway before it."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import LocalFunctionCompute
from tests.cloud import without_proxies

from .gateway import Gateway

SECRET = "swordfish-4711"
INDEX = """
import json
import os


def initializer(context):
    print("started with", os.environ.get("SECRET_OF_MINE"))


def handler(event, context):
    if os.environ.get("BROKEN") or "BROKEN" == "VERDICT":
        raise ValueError("not today")
    return json.dumps({"checkResult": "VERDICT", "errorMessage": os.environ.get("LIMIT", "")})
"""
POLICIES = """
from dataworks_ext import Extension

extension = Extension("guard")


@extension.policy(EVENTS)
def rule(event):
    return None
"""
EVENTS = ("commit-file", "deploy-file", "delete-file", "backfill-data", "freeze-node", "undeploy-node", "run-file")


class Project:
    """The current folder, with s.yaml, a package and an extension for the rules."""

    def write_s_yaml(self, variables: Mapping[str, str], **props: Any) -> None:
        function = {
            "functionName": "guard",
            "region": "cn-hangzhou",
            "runtime": RUNNING,
            "handler": "index.handler",
            "instanceLifecycleConfig": {"initializer": {"handler": "index.initializer", "timeout": 5}},
            "timeout": 10,
            "cpu": 0.35,
            "memorySize": 512,
            "role": "acs:ram::1:role/guard",
            "environmentVariables": dict(variables),
            **props,
        }
        Path("s.yaml").write_text(json.dumps({"resources": {"guard": {"component": "fc3", "props": function}}}))

    def write_package(self, verdict: str) -> None:
        Path("dist").mkdir(exist_ok=True)
        with zipfile.ZipFile("dist/function.zip", "w") as package:
            package.writestr(zipfile.ZipInfo("index.py"), INDEX.replace("VERDICT", verdict))

    def write_extension(self, *events: str) -> None:
        sys.modules.pop("guarding", None)
        named = ", ".join(repr(event) for event in events)
        Path("guarding.py").write_text(POLICIES.replace("EVENTS", named), encoding="utf-8")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def said(result: Result) -> str:
    """What a command printed as errors, whatever the lines."""
    return " ".join(result.stderr.split())


@pytest.fixture(params=["3.0", "2.0"])
def api(request: pytest.FixtureRequest) -> str:
    """The version of Function Compute."""
    return str(request.param)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose extension handles more events than one rule has, as the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a module is written anew within a second
    monkeypatch.setenv("DATAWORKS_EXT_APP", "guarding:extension")
    project = Project()
    project.write_s_yaml({"SECRET_OF_MINE": SECRET})
    project.write_package("OK")
    project.write_extension(*EVENTS)
    yield project
    sys.modules.pop("guarding", None)


@pytest.fixture
def compute(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFunctionCompute]:
    """The cloud, whose credentials the environment has."""
    without_proxies(monkeypatch)
    with LocalFunctionCompute() as running:
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", running.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", running.access_key_secret)
        monkeypatch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN", raising=False)
        yield running


@pytest.fixture
def gateway(compute: LocalFunctionCompute, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway, which the environment names as the endpoint of both services."""
    with Gateway(compute.endpoint) as gateway:
        monkeypatch.setenv("FC_ENDPOINT", gateway.endpoint)
        monkeypatch.setenv("EVENTBRIDGE_ENDPOINT", gateway.endpoint)
        monkeypatch.setenv("DATAWORKS_EXT_EVENT_BUS", "workspaces")
        yield gateway
