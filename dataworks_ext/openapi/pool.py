"""The connections to DataWorks: made within a deadline, and kept between calls. Only a call loads this module."""

from __future__ import annotations

import os
import re
import socket
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from ssl import SSLContext, create_default_context, get_default_verify_paths
from typing import Final

from .connection import Connection, Left
from .endpoint import Endpoint, Proxy

_LONGEST_IDLE: Final = 30.0
"""Seconds after which an idle connection is presumed dead: a frozen instance does not see it closed."""
_MOST_IDLE: Final = 16
_MANY_AUTHORITIES: Final = 50
"""With fewer, a folder holds what somebody put there beside the authorities of the machine."""

Address = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""As `socket.getaddrinfo` gives it."""


class Pool:
    """Connections to one endpoint. Threads share it.

    They are closed with `close`, or when nobody has the pool any more.

    Args:
        endpoint: Where they lead.
        proxy: What connects to it.
        clock: Moments in seconds.
    """

    def __init__(self, endpoint: Endpoint, proxy: Proxy | None, clock: Callable[[], float]) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._clock = clock
        self._host = Host(proxy.host, proxy.port) if proxy else Host(endpoint.host.strip("[]"), endpoint.port)
        self._idle: deque[Connection] = deque()
        weakref.finalize(self, _close_all, self._idle)
        self._context: SSLContext | None = None
        self._context_lock = threading.Lock()

    def prepare(self) -> None:
        """Load the authorities' certificates, which takes longer than a connection, unless nothing is encrypted."""
        if self._endpoint.is_secure:
            self._ssl_context()

    def kept(self) -> Connection | None:
        """The connection that was used last and that nothing came over since; no other call has it from now on."""
        while (connection := _pop(self._idle)) is not None:
            if self._clock() - connection.idle_since <= _LONGEST_IDLE and connection.is_unused():
                return connection
            connection.close()
        return None

    def connect(self, left: Left) -> Connection:
        """A new connection. Raises `OSError` if there is none in time."""
        connection = Connection(self._host.connect(left))
        try:
            if self._proxy is not None:
                self._proxy_tunnel(connection, self._proxy, left)
            if self._endpoint.is_secure:
                return connection.secured(self._ssl_context(), self._endpoint.host.strip("[]"), left)
        except BaseException:
            connection.close()
            raise
        return connection

    def keep(self, connection: Connection) -> None:
        """Takes back a connection that has served an exchange."""
        connection.idle_since = self._clock()
        if connection.is_open and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Closes the idle connections. The pool can still be used."""
        _close_all(self._idle)

    def _proxy_tunnel(self, connection: Connection, proxy: Proxy, left: Left) -> None:
        connection.tunnel(f"{self._endpoint.host}:{self._endpoint.port}", proxy.headers, left)

    def _ssl_context(self) -> SSLContext:
        with self._context_lock:
            if self._context is None:
                self._context = tls_context()
            return self._context


def tls_context() -> SSLContext:
    """The context of connections that are encrypted. It trusts what the machine trusts.

    Reading all authorities at once takes 20 ms, most of a start. Where there is a folder of them by the hashes of their
    names, as Debian has it and so the runtimes of Function Compute, the one that is needed is read from there.
    """
    folder = get_default_verify_paths().capath
    if folder is not None and not os.environ.get("SSL_CERT_FILE"):
        with suppress(OSError):
            hashed = sum(re.fullmatch(r"[0-9a-f]{8}\.[0-9]", name) is not None for name in os.listdir(folder))
            if hashed >= _MANY_AUTHORITIES:
                return create_default_context(capath=folder)
    return create_default_context()


class Host:
    """A server's name or address, and its port. Threads share it."""

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._port = port
        self._look_up: _LookUp | None = None

    def connect(self, left: Left) -> socket.socket:
        """A socket that is connected to one of its addresses, which share the time that is left.

        Raises:
            OSError: No address was found, or none answered in time.
        """
        addresses = self.addresses(left)
        failure = OSError(f"{self._name} has no address")
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(left() / (len(addresses) - tried))
                connected.connect(address)
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connected
            except OSError as error:
                connected.close()
                failure = error
            except BaseException:
                connected.close()
                raise
        raise failure

    def addresses(self, left: Left) -> Sequence[Address]:
        """Its addresses. Raises `OSError` if they are not found in time."""
        try:
            return socket.getaddrinfo(self._name, self._port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:  # it is a name
            return self._looking_up().wait(left)

    def _looking_up(self) -> _LookUp:
        """The lookup that runs, or a new one: however often a name is asked for, few threads wait for it."""
        running = self._look_up
        if running is None or running.done.is_set():
            running = _LookUp(self._name, self._port)
            try:
                running.start()
            except RuntimeError as error:  # there are too many threads
                raise OSError(f"{error}") from None
            self._look_up = running
        return running


class _LookUp(threading.Thread):
    """The lookup of a name, which nothing can end: one that is late is left behind, and ends by itself."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(name=f"lookup of {name}", daemon=True)
        self._host = name
        self._port = port
        self._found: Sequence[Address] = ()
        self._failure = ""
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self._found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self._failure = f"{error}"
        finally:
            self.done.set()

    def wait(self, left: Left) -> Sequence[Address]:
        """What it found. Raises `OSError` if that is nothing, or not there in time."""
        try:
            is_done = self.done.wait(left())
        except TimeoutError:  # the time went by while the thread started: what it was spent on is known all the same
            is_done = self.done.is_set()
        if not is_done:
            raise TimeoutError(f"the lookup of {self._host} timed out")
        if self._failure:
            raise OSError(self._failure)
        return self._found


def _pop(connections: deque[Connection]) -> Connection | None:
    try:
        return connections.pop()
    except IndexError:
        return None


def _close_all(connections: deque[Connection]) -> None:
    while (connection := _pop(connections)) is not None:
        connection.close()
