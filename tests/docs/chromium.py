"""A headless Chromium, told what to do over its pipe: the DevTools protocol without a driver or a port."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

import pytest

_SECONDS: Final = 30
"""How long a page may take for what is asked of it."""

_CONNECT: Final = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 5) for end in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes Chromium, which reads from 3 and writes to 4. Neither may be overwritten before it is copied.

A function between fork and exec could do it, but a process with threads may not fork.
"""

Json = dict[str, object]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with one page, which ends with the block; without Chromium the test is skipped."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:  # its processes end one after the other
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={profile}")
        # Whatever is not on this machine has no address.
        alone = (
            "--remote-debugging-pipe",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--disable-background-networking",
        )
        to_read, to_write = os.pipe(), os.pipe()
        ends = (to_write[0], to_read[1])
        with subprocess.Popen(
            [sys.executable, "-c", _CONNECT, *map(str, ends), program, *options, *alone, "about:blank"],
            pass_fds=ends,
            stderr=subprocess.DEVNULL,
        ) as process:
            for end in ends:
                os.close(end)
            with open(to_write[1], "wb", buffering=0) as commands, open(to_read[0], "rb", buffering=0) as answers:
                try:
                    yield Browser(commands, answers)
                finally:
                    process.terminate()


class CommandError(Exception):
    """The browser could not do what it was told; a script ends so where another page is opened meanwhile."""


class Browser:
    """One page. It keeps the address of every request, and every error that the console shows."""

    def __init__(self, commands: IO[bytes], answers: IO[bytes]) -> None:
        self._commands = commands
        self._answers = answers
        self._received = bytearray()
        self._session: str | None = None
        self._last = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Json:
        """What the browser answers to a command."""
        self._last += 1
        command: Json = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        self._commands.write(json.dumps(command).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") == self._last:
                if "error" in message:
                    raise CommandError(f"{method}: {message['error']}")
                result = message["result"]
                assert isinstance(result, dict)
                return result

    def _receive(self) -> Json:
        while (end := self._received.find(b"\0")) < 0:
            more = self._answers.read(1 << 20)  # what is there, unbuffered as it is
            assert more, "chromium ended"
            self._received += more
        message: Json = json.loads(self._received[:end])
        del self._received[: end + 1]
        self._note(message)
        return message

    def _note(self, message: Json) -> None:
        parameters = message.get("params")
        if not isinstance(parameters, dict):
            return
        match message["method"]:
            case "Network.requestWillBeSent":
                self.requests.append(parameters["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(json.dumps(parameters["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if parameters["type"] in ("error", "assert", "warning"):
                self.errors.append(json.dumps(parameters["args"]))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.errors.append(json.dumps(parameters["entry"]))

    def evaluate(self, expression: str) -> object:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self.call("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def wait_for(self, expression: str) -> object:
        """The value of an expression as soon as it is true."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            with suppress(CommandError):
                value = self.evaluate(f"new Promise(done => setTimeout(() => done({expression}), 20))")
                if value:
                    return value
        raise AssertionError(f"never true within {_SECONDS} s: {expression}")

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page the size of a window or of a phone."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def prefer(self, scheme: str) -> None:
        """Prefer `light` or `dark`, as a system does."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def type(self, text: str) -> None:
        """Enter text where the cursor is."""
        self.call("Input.insertText", text=text)

    def save_picture(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        path.write_bytes(base64.b64decode(str(self.call("Page.captureScreenshot")["data"])))
