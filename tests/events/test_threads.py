"""Every kind of event, read by many threads at once in a process that has just begun."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from dataworks_ext.events import catalog, class_name, event_class, read_event
from dataworks_ext.testing import sample_payload

from .shapes import forms

_PAYLOADS: dict[str, dict[str, Any]] = {
    **{code: sample_payload(code) for code in catalog},
    **{name: form.payload for name, form in forms().items()},
}
_THREADS = 32

_PROGRAM = """
import json, random, sys, threading

import {first}

sys.setswitchinterval(1e-5)  # threads take turns as often as they can
payloads = json.load(sys.stdin)
start = threading.Barrier({threads})
seen = [{{}} for _ in range({threads})]
errors = []


def read_all(number):
    order = random.Random(number)
    names = list(payloads)
    together = {together}
    try:
        start.wait()
        from dataworks_ext import events
        for _ in range(2):
            if not together:
                order.shuffle(names)
            for name in names:
                if together:
                    start.wait()
                code = payloads[name]["eventCode"]
                if number % 2:
                    cls = events.event_class(code)
                else:  # not built before it is read
                    cls = getattr(events, events.class_name(code))
                event = events.read_event(cls, payloads[name])
                text = type(event).__name__ + event.model_dump_json(by_alias=True)
                seen[number].setdefault(name, set()).add(text)
            together = False
    except BaseException as error:
        errors.append(f"{{type(error).__name__}}: {{error}}")
        start.abort()


threads = [threading.Thread(target=read_all, args=(number,)) for number in range({threads})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
texts = {{name: sorted(set().union(*(each.get(name, ()) for each in seen))) for name in payloads}}
print(json.dumps({{"errors": errors, "texts": texts, "read": [len(each) for each in seen]}}))
"""


def _read_by_one_thread() -> dict[str, list[str]]:
    texts = {}
    for name, payload in _PAYLOADS.items():
        event = read_event(event_class(payload["eventCode"]), payload)
        texts[name] = [type(event).__name__ + event.model_dump_json(by_alias=True)]
    return texts


def _read_by_many_threads(first: str, together: bool) -> Any:
    program = _PROGRAM.format(first=first, threads=_THREADS, together=together)
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(_PAYLOADS), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_payloads_are_of_every_code() -> None:
    assert {payload["eventCode"] for payload in _PAYLOADS.values()} == catalog.keys()
    assert {class_name(code) for code in catalog} >= {"StartDiJob", "WorkbenchMonitorAlert"}


@pytest.mark.parametrize("together", [True, False], ids=["one-kind-at-a-time", "every-kind-at-once"])
@pytest.mark.parametrize("first", ["dataworks_ext.function", "dataworks_ext.events", "sys"])
def test_many_threads_read_what_one_does(first: str, together: bool) -> None:
    """Whatever was imported before they start. They meet at each kind of event, or begin with another one each."""
    result = _read_by_many_threads(first, together)
    assert result["errors"] == []
    assert result["read"] == [len(_PAYLOADS)] * _THREADS
    assert result["texts"] == _read_by_one_thread()
