"""A start with Powertools for AWS Lambda: its parser with the model by hand, its Logger with one line."""

from __future__ import annotations

import json

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import parse
from pydantic import BaseModel

from by_hand import Download


class Envelope(BaseModel):
    """The message."""

    blockBusiness: bool  # noqa: N815
    eventType: str  # noqa: N815
    extensionBizId: str  # noqa: N815
    messageId: str  # noqa: N815
    messageBody: Download  # noqa: N815


logger = Logger(service="bench", level="INFO")


def handler(event: bytes, context: object) -> str:
    """Answer a download by its row count."""
    envelope = parse(event=json.loads(event), model=Envelope)
    verdict = "FAIL" if envelope.messageBody.dataRowSize > 1_000_000 else "OK"
    logger.info("message", extra={"verdict": verdict, "request_id": getattr(context, "request_id", "")})
    return json.dumps({"checkResult": verdict})
