"""An imaginary quarter of a data platform: what two hundred people downloaded, uploaded, committed and deployed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

from dataworks_ext.testing import eventbridge_message, function_compute_message

SEED: Final = 20261121
DAYS: Final = 91
FIRST: Final = datetime(2026, 8, 1, tzinfo=timezone.utc)
PEOPLE: Final = 200
WORKSPACES: Final = (90004, 90005, 90017, 90123)
_SHARES: Final = {
    "download-resources": 34,
    "download-resources-execute": 14,
    "upload-data-to-table": 10,
    "commit-file": 18,
    "deploy-file": 9,
    "backfill-data": 5,
    "freeze-node": 2,
    "undeploy-node": 1,
    "approval-change-before-create": 4,
    "delete-project": 1,
    "commit-table": 1,
    "deploy-table": 1,
}
"""How many of a hundred messages have that code."""
_TABLES: Final = ("dwd_orders", "dim_sku", "ads_sales_1d", "ods_clicks", "dws_users_7d")
_HOURS: Final = (1, 2, 2, 3, 3, 3, 2, 3, 3, 3, 2, 1, 1, 1)
"""How busy the hours from 8 to 22 are, in Shanghai."""


class Sent(NamedTuple):
    """A message, and what DataWorks keeps of the file that it is about."""

    moment: datetime
    message: bytes
    snapshot: Mapping[str, object] | None


def messages(count: int, seed: int = SEED) -> Iterator[Sent]:
    """Messages in the order of time. The same seed makes the same ones."""
    chance = random.Random(seed)
    people = [f"19{chance.randrange(10**12, 10**13)}" for _ in range(PEOPLE)]
    moments = sorted(_moment(chance) for _ in range(count))
    codes = chance.choices(list(_SHARES), list(_SHARES.values()), k=count)
    for number, (moment, code) in enumerate(zip(moments, codes, strict=True)):
        person = people[int(chance.paretovariate(0.9)) % PEOPLE]
        yield _sent(chance, number, moment, code, person)


def _sent(chance: random.Random, number: int, moment: datetime, code: str, person: str) -> Sent:
    message_id = f"{chance.getrandbits(64):016x}-{number:08}"
    workspace = chance.choice(WORKSPACES)
    table = chance.choice(_TABLES)
    if code in ("download-resources", "download-resources-execute", "upload-data-to-table"):
        changes: dict[str, Any] = {
            "operatorUid": person,
            "queryDwProjectId": str(workspace),
            "fileSize": int(chance.lognormvariate(15, 2.2)),
            "fileName": f"{table}_{number}.csv",
        }
        if code == "upload-data-to-table":
            changes["optTableType"] = chance.choices(["CREATE", "IMPORT"], [9, 1])[0]
        else:
            columns = ", ".join(f"c{column}" for column in range(chance.randrange(2, 30)))
            changes["dataRowSize"] = str(int(chance.lognormvariate(9.5, 2)))
            changes["sqlText"] = f"select {columns} from {table} where ds = '{moment:%Y%m%d}'"
            changes["moduleType"] = chance.choices(["sqlx_query", "dw_excel"], [12, 1])[0]
        if code == "download-resources-execute":
            changes["ip"] = chance.choices(["198.51.100.7", "203.0.113.9"], [30, 1])[0]
        return Sent(moment, function_compute_message(code, message_id=message_id, **changes), None)
    changes = {"operator": person, "projectId": workspace}
    snapshot = None
    if code in ("commit-file", "deploy-file"):
        owner = person if chance.random() < 0.7 else f"19{chance.randrange(10**12, 10**13)}"
        changes |= {"fileName": f"{table}.sql", "fileOwner": owner, "fileId": chance.randrange(10**8, 10**9)}
        source = "where ds = max_pt('ods')" if chance.random() < 0.02 else f"where ds = '{moment:%Y%m%d}'"
        lines = "\n".join(f"  , sum(c{line}) as c{line}" for line in range(chance.randrange(1, 25)))
        code_text = f"insert overwrite table {table}\nselect id\n{lines}\nfrom ods {source}\n"
        snapshot = {"CommittedFile": {"FileName": f"{table}.sql", "Content": code_text, "Committor": person}}
    elif code in ("freeze-node", "undeploy-node"):
        changes["nodeIds"] = [chance.randrange(1, 5_000) for _ in range(chance.randrange(1, 9))]
    elif code == "backfill-data":
        changes["includeNodeIds"] = [chance.randrange(1, 5_000) for _ in range(chance.randrange(1, 40))]
    envelope = json.loads(eventbridge_message(code, message_id=message_id, **changes))
    envelope["time"] = moment.isoformat()
    return Sent(moment, json.dumps(envelope).encode(), snapshot)


def _moment(chance: random.Random) -> datetime:
    """In working hours mostly, and seldom at the weekend."""
    while True:
        day = chance.randrange(DAYS)
        if (FIRST + timedelta(days=day)).weekday() < 5 or chance.random() < 0.12:
            break
    hour = chance.choices(range(8, 22), _HOURS)[0] if chance.random() < 0.96 else chance.randrange(24)
    return FIRST + timedelta(
        days=day, hours=hour - 8, seconds=chance.randrange(3600), microseconds=chance.randrange(10**6)
    )
