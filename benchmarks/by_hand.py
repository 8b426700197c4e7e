"""A handler with pydantic, one hand-written model, and a line of log."""

from __future__ import annotations

import json

from pydantic import BaseModel


class Download(BaseModel):
    eventCode: str  # noqa: N815
    moduleType: str  # noqa: N815
    operatorBaseId: str  # noqa: N815
    operatorUid: str  # noqa: N815
    fileName: str  # noqa: N815
    fileSize: int  # noqa: N815
    datasourceId: str  # noqa: N815
    datasourceName: str  # noqa: N815
    queryDwProjectId: int  # noqa: N815
    queryDwProjectName: str  # noqa: N815
    dataRowSize: int  # noqa: N815
    sqlText: str  # noqa: N815


def handler(event: bytes, context: object) -> str:
    """Answer a download by its row count."""
    download = Download.model_validate(json.loads(event)["messageBody"])
    verdict = "FAIL" if download.dataRowSize > 1_000_000 else "OK"
    print(json.dumps({"verdict": verdict, "request_id": getattr(context, "request_id", "")}), flush=True)
    return json.dumps({"checkResult": verdict})
