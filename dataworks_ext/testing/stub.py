"""A stub of DataWorks' OpenAPI on loopback: it takes every reply, and answers lookups."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from ..deadline import NO_LIMIT
from ..snapshots import Snapshot
from .canned import CannedLookups

if TYPE_CHECKING:
    from typing_extensions import Self

EXTENSION_CODE: Final = "local"
_REPLIES: Final = ("UpdateIDEEventResult", "UpdateWorkbenchEventResult", "CallbackExtension")
_REFUSED: Final = 422
"""A status for which the function has no advice: why a question has no answer is in the text."""
_POLL_INTERVAL: Final = 0.005
"""Seconds until the server notices at the latest that it should stop."""


class DataWorksStub:
    """A context in which replies are taken at `endpoint`, whoever signs them.

    Args:
        snapshot: `EventDetail`, for whoever asks; None for none.
        told: Called with the parameters of each reply, on any thread.
    """

    def __init__(
        self, snapshot: Mapping[str, object] | None = None, told: Callable[[Mapping[str, str]], None] | None = None
    ) -> None:
        self._told = told
        self.replies: list[dict[str, str]] = []
        """The parameters of each reply that came, in order."""
        self.snapshot: Snapshot | Mapping[str, object] | Exception = snapshot or {}
        """`EventDetail` of every message. An exception stands for what DataWorks refuses to say, here and below."""
        self.parameters: Mapping[str, str] | Exception = {}
        """The extension's parameters."""
        self.options: Mapping[str, object] | Exception = {}
        """What every workspace chose of the extension's options."""
        stub = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True  # or an answer may wait for the client's delayed acknowledgement

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["content-length"] or 0)).decode()
                parameters = urlsplit(self.path).query or form  # some operations have theirs in the query
                status, answer = stub.answer(self.headers.get("x-acs-action", ""), parameters)
                body = json.dumps({"RequestId": "local", **answer}).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing: the function's own log says what happened."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_POLL_INTERVAL,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What a function needs to call it."""
        return {
            "DATAWORKS_EXT_CODE": EXTENSION_CODE,
            "DATAWORKS_EXT_ENDPOINT": f"http://127.0.0.1:{self._server.server_address[1]}",
        }

    def answer(self, action: str, parameters: str) -> tuple[int, Mapping[str, object]]:
        """The HTTP status and the answer to an operation; a reply is kept."""
        if action in _REPLIES:
            self.replies.append({name: values[-1] for name, values in parse_qs(parameters).items()})
            if self._told is not None:
                self._told(self.replies[-1])
        try:
            if action in _REPLIES:
                return 200, {"Success": True}
            return 200, CannedLookups(self.snapshot, self.parameters, self.options).ask(action, {}, NO_LIMIT)
        except Exception as error:
            return _REFUSED, {"Code": "Refused", "Message": str(error)}
