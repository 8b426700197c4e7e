"""The instances of one function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from .errors import ApiError
from .instances import Instance, NotTakenError
from .invocation import Outcome, Request

_ATTEMPTS: Final = 5
"""Instances that may end under a request before it is given up."""


class RetiredError(Exception):
    """The pool takes no more requests: the function has been replaced or deleted."""


class _Seat:
    """An instance, or one that is being started, and how many requests it has."""

    def __init__(self) -> None:
        self.taken = 1
        self.ready = threading.Event()
        """Set when the instance has started and is initialized, or could not be."""
        self.instance: Instance | None = None
        self.failure: Outcome | ApiError | None = None

    @property
    def is_open(self) -> bool:
        if not self.ready.is_set():
            return True
        return self.instance is not None and self.failure is None and self.instance.is_open

    @property
    def is_empty(self) -> bool:
        """Whether the instance has ended by itself, and nobody waits for it."""
        return not self.taken and self.instance is not None and self.instance.has_ended


class Pool:
    """Starts instances as requests need them, and keeps those that are idle.

    Args:
        start: Starts an instance.
        concurrency: Requests that an instance takes at once.
        limit: Instances that there may be.
        retired: Called once, when the last instance has ended after `retire`.
    """

    def __init__(
        self, start: Callable[[], Instance], *, concurrency: int, limit: int, retired: Callable[[], None]
    ) -> None:
        self._start = start
        self._concurrency = concurrency
        self._limit = limit
        self._on_retired = retired
        self._seats: list[_Seat] = []
        self._lock = threading.Lock()
        self._retired = False
        self._told = False

    def run(self, request: Request) -> Outcome:
        """Let an instance serve the request.

        Raises:
            ApiError: 429 ResourceExhausted, all instances are busy and there are as many as there may be; 503
                ServiceUnavailable, no instance could be started.
            RetiredError: The pool has retired.
        """
        for _ in range(_ATTEMPTS):
            seat, is_new = self._take_seat()
            try:
                return self._serve(seat, is_new, request)
            except NotTakenError:
                continue
            finally:
                self._leave(seat)
        raise ApiError(503, "ServiceUnavailable", "instances end before they take the request; look at the log")

    def retire(self) -> None:
        """Take no more requests. Idle instances end now, the others when their requests have."""
        with self._lock:
            self._retired = True
            idle = [seat for seat in self._seats if not seat.taken]
        for seat in idle:
            self._remove(seat)
        self._tell()

    def close(self) -> None:
        """Take no more requests, and end all instances; requests that run end with a function error."""
        with self._lock:
            self._retired = True
            seats = list(self._seats)
        for seat in seats:
            if seat.instance is not None:
                seat.instance.stop()

    def _serve(self, seat: _Seat, is_new: bool, request: Request) -> Outcome:
        if is_new:
            self._open(seat, request)
        seat.ready.wait()
        if isinstance(seat.failure, ApiError):
            raise seat.failure
        if seat.failure is not None:
            return seat.failure
        assert seat.instance is not None
        return seat.instance.invoke(request)

    def _open(self, seat: _Seat, request: Request) -> None:
        try:
            instance = seat.instance = self._start()
            if self._retired:  # `close` may have come before there was an instance
                instance.stop()
            initialized = instance.initialize(request)
            seat.failure = initialized if initialized.error else None
        except OSError as error:
            text = f"no instance could be started: {error.strerror or error}; end other processes, or try again"
            seat.failure = ApiError(503, "ServiceUnavailable", text)
        except NotTakenError:
            seat.failure = ApiError(503, "ServiceUnavailable", "the instance ended before it was initialized")
        except BaseException as error:
            seat.failure = ApiError(503, "ServiceUnavailable", f"no instance could be started: {error}")
            raise
        finally:
            seat.ready.set()

    def _take_seat(self) -> tuple[_Seat, bool]:
        with self._lock:
            if self._retired:
                raise RetiredError
            self._seats = [seat for seat in self._seats if not seat.is_empty]
            for seat in self._seats:
                if seat.taken < self._concurrency and seat.is_open:
                    seat.taken += 1
                    return seat, False
            if sum(seat.is_open or seat.taken > 0 for seat in self._seats) >= self._limit:
                text = f"all {self._limit} instances are busy with {self._concurrency} requests each; try again later"
                raise ApiError(429, "ResourceExhausted", text)
            seat = _Seat()
            self._seats.append(seat)
            return seat, True

    def _leave(self, seat: _Seat) -> None:
        with self._lock:
            seat.taken -= 1
            is_over = not seat.taken and (self._retired or not seat.is_open)
        if is_over:
            self._remove(seat)
            self._tell()

    def _remove(self, seat: _Seat) -> None:
        if seat.instance is not None:
            seat.instance.stop()
        with self._lock:
            if seat in self._seats:
                self._seats.remove(seat)

    def _tell(self) -> None:
        with self._lock:
            is_first = self._retired and not self._seats and not self._told
            self._told = self._told or is_first
        if is_first:
            self._on_retired()
