"""What a start loads and a warm message calls, in a process without anything else: no site, no coverage, no pytest.

Started with `-I -S` by counts.py, which gives it JSON: `path` to import from, `messages`, and what to count.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from types import SimpleNamespace

_SETUP = json.loads(sys.argv[1])
sys.path[:0] = _SETUP["path"]

from pydantic import BaseModel  # noqa: E402

_CONTEXT = SimpleNamespace(
    request_id="1-abc",
    function=SimpleNamespace(timeout=10),
    region="cn-hangzhou",
    credentials=SimpleNamespace(access_key_id="id", access_key_secret="secret", security_token="token"),
)
_REPEATED = 20
"""Messages before the one whose calls are counted."""


def started() -> dict[str, object]:
    """Start the deployed extension with one message, beside what pydantic with one model has loaded already."""

    class Model(BaseModel):
        number: int

    before = {*sys.modules, "__main__"}
    from dataworks_ext.function import handler, initializer

    initializer(_CONTEXT)
    reply = handler(_SETUP["message"].encode(), _CONTEXT)
    assert json.loads(reply)["checkResult"] == "OK", reply
    loaded = sorted(set(sys.modules) - before)
    ours = [name for name in loaded if name.partition(".")[0] in ("dataworks_ext", "policies")]
    built = [one.__name__ for one in _models(BaseModel) if one is not Model and one.__pydantic_complete__]
    return {"ours": ours, "others": [name for name in loaded if name not in ours], "built": sorted(built)}


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for found in base.__subclasses__():
        if not found.__module__.startswith("pydantic."):
            yield found
        yield from _models(found)


def called() -> dict[str, object]:
    """Count the calls of a warm message with three policies."""
    from ours import handler

    message = _SETUP["message"].encode()
    for _ in range(_REPEATED):
        handler(message, _CONTEXT)
    calls: dict[str, int] = {"call": 0, "c_call": 0}

    def count(_frame: object, kind: str, _argument: object) -> None:
        if kind in calls:
            calls[kind] += 1

    sys.setprofile(count)
    handler(message, _CONTEXT)
    sys.setprofile(None)
    return {"python": calls["call"], "c": calls["c_call"] - 1}  # the last is that of sys.setprofile


answers = os.fdopen(os.dup(1), "w")
sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - where the records go
json.dump(started() if _SETUP["count"] == "start" else called(), answers)
