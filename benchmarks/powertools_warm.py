"""The same work with Powertools for AWS Lambda: its parser with an equal model, its Logger writing one line."""

from __future__ import annotations

import json
import time
from typing import TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import parse
from pydantic import BaseModel

from dataworks_ext.events import DownloadResources, ModuleType


class Envelope(BaseModel):
    """The message, with the same event class as ours."""

    blockBusiness: bool  # noqa: N815
    eventType: str  # noqa: N815
    extensionBizId: str  # noqa: N815
    messageId: str  # noqa: N815
    messageBody: DownloadResources  # noqa: N815


logger = Logger(service="bench", level="INFO")


def log_to(stream: TextIO) -> None:
    """Log to the same stream as the other handlers."""
    logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # it is declared as any Handler


def row_limit(event: DownloadResources) -> str:
    """Nobody downloads more rows than the limit."""
    return "Too many rows." if event.data_row_size > 1_000_000 else ""


def size_limit(event: DownloadResources) -> str:
    """Nobody downloads a larger file than the limit."""
    return "Too large a file." if event.file_size > 1_000_000_000 else ""


def source(event: DownloadResources) -> str:
    """Nothing is downloaded from a spreadsheet."""
    return "Not from a spreadsheet." if event.module_type == ModuleType.DW_EXCEL else ""


def handler(event: bytes, context: object) -> str:
    """Answer a download by its row count, its size and its source."""
    started = time.monotonic()
    envelope = parse(event=json.loads(event), model=Envelope)
    download = envelope.messageBody
    reasons = []
    for policy in (row_limit, size_limit, source):
        asked = time.monotonic()
        problem = policy(download)
        elapsed_ms = round((time.monotonic() - asked) * 1000, 3)
        verdict = "FAIL" if problem else "OK"
        reasons.append({"policy": policy.__name__, "verdict": verdict, "message": problem, "elapsed_ms": elapsed_ms})
    problems = [reason["message"] for reason in reasons if reason["message"]]
    verdict = "FAIL" if problems else "OK"
    logger.info(
        "message",
        extra={
            "request_id": getattr(context, "request_id", ""),
            "message_id": envelope.messageId,
            "blocking": envelope.blockBusiness,
            "event_code": download.event_code,
            "tenant_id": download.tenant_id,
            "workspace_id": download.workspace_id,
            "operator": download.operator,
            "verdict": verdict,
            "reasons": reasons,
            "elapsed_ms": round((time.monotonic() - started) * 1000, 3),
        },
    )
    if not problems:
        return json.dumps({"checkResult": verdict})
    return json.dumps({"checkResult": verdict, "errorMessage": "\n".join(map(str, problems))})
