"""What the function itself archives: one object for each invocation, by its deadline, and never at a reply's cost."""

from __future__ import annotations

import os
import re
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from ..context import MessageScope
from ..decision import Decision
from ..extension import Extension
from ..lookup import Lookups
from ..message import Message
from ..openapi.api import OpenApi
from ..record import Archived
from .consulted import Consulted
from .digests import code_digest, settings_digests
from .line import LineTooLongError, LineWriter
from .options import ArchiveError, ArchiveOptions, address_of, read_options
from .storage import PutError, Storage

TIME_LIMIT: Final = 0.5
"""Seconds that storing may take, of the time that is left."""
LEAST_TIME: Final = 0.01
"""Seconds below which storing is not tried."""
FAILURES: Final = 2
"""Failures in a row after which the instance pauses."""
FIRST_PAUSE: Final = 30.0
"""Seconds of the first pause; twice as long after each try that fails."""
LONGEST_PAUSE: Final = 300.0
_NOT_SELECTED: Final = Archived("skipped", "its event is not archived")
_REPEATED: Final = Archived("skipped", "it is a duplicate")


class ArchiveWriter:
    """Archives the messages of a function. Threads share it. None of its methods raises.

    Args:
        extension: What decided.
        api: Knows credentials and region.
        environment: The variables of the archive.
        clock: Moments in seconds, those of the deadlines.
    """

    def __init__(
        self,
        extension: Extension,
        api: OpenApi,
        environment: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._extension = extension
        self._api = api
        self._clock = clock
        self.problem: str | None = None
        """Why nothing can be archived."""
        self._options: ArchiveOptions | None = None
        try:
            self._options = read_options(environment, (*extension.packs, extension))
        except ArchiveError as error:
            self.problem = str(error)
        self._storage: Storage | None = None
        self._lines: LineWriter | None = None
        self._making = threading.Lock()
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._paused_until = 0.0

    def prepare(self) -> None:
        """Make ready what every message needs, while nobody waits for an answer."""
        try:
            _, storage = self._made()
            storage.prepare()
        except ArchiveError as error:
            self.problem = str(error)
        except BaseException as error:
            self.problem = type(error).__name__

    @staticmethod
    def noting(source: Lookups) -> Lookups:
        """A source for one message, which notes what it answers for the line."""
        return Consulted(source)

    def line(self, scope: MessageScope, decision: Decision, *, is_first: bool) -> bytes | Archived:
        """The line of a message, or why there is none."""
        try:
            if self._options is not None and not _is_selected(self._options, scope.message):
                return _NOT_SELECTED
            if not is_first:
                return _REPEATED
            lines, _ = self._made()
            return lines.line(scope, decision)
        except (ArchiveError, LineTooLongError) as error:
            return Archived("lost", str(error))
        except BaseException as error:  # what could not be redacted is not stored
            return Archived("lost", f"its line could not be written ({type(error).__name__})")

    def store(self, lines: Sequence[bytes], request_id: str, now: datetime, end: float, attempts: int) -> Archived:
        """Store lines as one object.

        Args:
            lines: A line for each message.
            request_id: The invocation's.
            now: When the messages came.
            end: The moment at which the function's reply is due.
            attempts: How often it is tried, at most.
        """
        moment = self._clock()
        until = min(moment + TIME_LIMIT, end)
        if until - moment < LEAST_TIME:
            return Archived("lost", "no time was left")
        if moment < self._paused_until:
            return Archived("lost", f"the instance pauses after {self._failures} failures")
        try:
            _, storage = self._made()
            self._put(storage, _key(request_id, now), _compressed(lines), until, attempts)
        except BaseException as error:
            self._note_failure()
            return Archived("lost", str(error) if isinstance(error, (PutError, ArchiveError)) else type(error).__name__)
        self._failures, self._pause = 0, FIRST_PAUSE
        return Archived("stored")

    def _put(self, storage: Storage, name: str, body: bytes, until: float, attempts: int) -> None:
        assert self._options is not None
        key = self._options.location.key(name)
        for left in range(attempts, 0, -1):
            now = self._clock()
            try:
                storage.put(key, body, now + (until - now) / left)
                break
            except PutError as error:
                if left == 1 or not error.retryable or self._clock() + LEAST_TIME > until:
                    raise

    def _note_failure(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            self._paused_until = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _made(self) -> tuple[LineWriter, Storage]:
        """What writes lines and what stores them. Raises `ArchiveError`."""
        if self._options is None:
            raise ArchiveError(self.problem or "the archive is not configured")
        if self._lines is None or self._storage is None:
            with self._making:
                address = address_of(self._options.location, self._options.endpoint, self._api.region)
                self._storage = Storage(address, self._api.credentials)
                names = (self._extension.name, self._extension.version)
                digests = code_digest(self._extension), settings_digests(self._extension)
                self._lines = LineWriter(self._options, names, *digests)
                self.problem = None
        return self._lines, self._storage


def _is_selected(options: ArchiveOptions, message: Message) -> bool:
    if options.events is not None:
        return message.event_code in options.events
    return options.all_events or message.blocking


def _key(request_id: str, now: datetime) -> str:
    """A key that no other object has: UTC day, time and request."""
    request = re.sub(r"[^\w-]", "", request_id, flags=re.ASCII)[:100] or os.urandom(8).hex()
    return f"raw/v1/day={now:%Y-%m-%d}/{now:%Y%m%dT%H%M%S}.{now.microsecond:06}Z-{request}.ndjson.gz"


def _compressed(lines: Sequence[bytes]) -> bytes:
    """The lines as a gzip file; the module `gzip` would load more than it saves."""
    compressor = zlib.compressobj(wbits=31)
    return b"".join((*map(compressor.compress, lines), compressor.flush()))
