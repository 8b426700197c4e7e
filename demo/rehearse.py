"""Archives an imaginary quarter in a real S3 server, and rehearses stricter rules of the example on it."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import boto3
from moto.server import ThreadedMotoServer

from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext
from dataworks_ext.testing.stub import DataWorksStub
from demo.quarter import Sent, messages
from policies import extension

ROOT: Final = Path(__file__).parent.parent
COUNT: Final = 20_000
BUCKET: Final = "the-archive"
PAGE: Final = ROOT / "dist" / "rehearsal.html"
STRICTER: Final = ("--set", "downloads.max_rows=400000", "--set", "downloads.working_hours=08:00-21:00")
KEYS: Final = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "demo", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "demo"}


class Platform(DataWorksStub):
    """A DataWorks that knows the snapshot of each message."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshots: dict[str, Mapping[str, object]] = {}

    def keep(self, batch: Iterable[Sent]) -> None:
        """Know the snapshots of these messages."""
        self._snapshots = {json.loads(sent.message)["id"]: sent.snapshot for sent in batch if sent.snapshot}

    def answer(self, action: str, parameters: str) -> tuple[int, Mapping[str, object]]:
        """The snapshot of the message that is asked for."""
        if action == "GetIDEEventDetail":
            message_id = parse_qs(parameters)["MessageId"][0]
            return 200, {"EventDetail": self._snapshots.get(message_id, {})}
        return super().answer(action, parameters)


def main() -> int:
    """Print the table, write the page, and return the command's exit status."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each of thousands of requests
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {
            **KEYS,
            "DATAWORKS_EXT_ARCHIVE": f"oss://{BUCKET}/data-guard",
            "DATAWORKS_EXT_ARCHIVE_ENDPOINT": f"http://{host}:{port}",
            "DATAWORKS_EXT_REGION": "cn-hangzhou",
        }
        started = time.monotonic()
        objects = archive_quarter(environment)
        print(
            f"{COUNT:,} messages of a quarter archived as {objects:,} objects in {time.monotonic() - started:.0f} s.\n"
        )
        return rehearse(environment)
    finally:
        server.stop()


def archive_quarter(environment: Mapping[str, str], count: int = COUNT) -> int:
    """Let the function archive a quarter: messages of an hour come as an array. Returns how many objects there are."""
    _s3(environment).create_bucket(Bucket=BUCKET)
    moments: list[datetime] = []

    def clock() -> datetime:
        return moments.pop(0) if len(moments) > 1 else moments[0]

    dataworks = Platform()
    with dataworks, redirect_stdout(io.StringIO()):
        extension.configure({})
        function = Function(extension, environment={**environment, **dataworks.environment}, clock=clock)
        hours = groupby(messages(count), key=lambda sent: f"{sent.moment:%Y%m%d%H}")
        for number, (_, hour) in enumerate(hours):
            batch = list(hour)
            dataworks.keep(batch)
            moments[:] = [sent.moment for sent in batch] + [batch[-1].moment]
            array = b"[" + b",".join(sent.message for sent in batch) + b"]"
            function.handler(array, FunctionContext(request_id=f"1-{number:08x}"))
    pages = _s3(environment).get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return sum(page["KeyCount"] for page in pages)


def rehearse(environment: Mapping[str, str]) -> int:
    """The example with stricter settings, against its last version, as a table and as a page."""
    command = [sys.executable, "-m", "dataworks_ext", "rehearse", environment["DATAWORKS_EXT_ARCHIVE"], *STRICTER]
    command += ["--against", _last_version()]
    given = {**os.environ, **environment}
    table = subprocess.run(command, env=given, cwd=ROOT, check=False)
    page = subprocess.run([*command, "--format", "html", "--output", str(PAGE)], env=given, cwd=ROOT, check=False)
    return max(table.returncode, page.returncode)


def _last_version() -> str:
    """The newest commit, if this is a checkout; else what was decided then is what there is to compare with."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else "recorded"


def _s3(environment: Mapping[str, str]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=environment["DATAWORKS_EXT_ARCHIVE_ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id="demo",
        aws_secret_access_key="demo",
    )


if __name__ == "__main__":
    sys.exit(main())
