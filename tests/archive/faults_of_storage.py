"""What object storage, and what is before it, can do wrong: servers on loopback that do just that."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

Conversation = Callable[[socket.socket, threading.Event], None]
_PATIENCE: Final = 10
_LINGER: Final = struct.pack("ii", 1, 0)
"""Closing sends a reset."""


def resets_at_once(connected: socket.socket, _: threading.Event) -> None:
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


def resets_after_the_request(connected: socket.socket, _: threading.Event) -> None:
    _read_request(connected)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)


def says_nothing(connected: socket.socket, over: threading.Event) -> None:
    _read_request(connected)
    over.wait(_PATIENCE)


def refuses(connected: socket.socket, _: threading.Event) -> None:
    _answer(connected, "403 Forbidden", "<Error><Code>AccessDenied</Code></Error>")


def finds_the_token_expired(connected: socket.socket, _: threading.Event) -> None:
    _answer(connected, "400 Bad Request", "<Error><Code>ExpiredToken</Code></Error>")


def is_overloaded(connected: socket.socket, _: threading.Event) -> None:
    _answer(connected, "503 Slow Down", "<Error><Code>SlowDown</Code></Error>")


def trickles(connected: socket.socket, over: threading.Event) -> None:
    _read_request(connected)
    connected.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and not over.wait(0.02):
        connected.sendall(b"x")


def says_nonsense(connected: socket.socket, _: threading.Event) -> None:
    _read_request(connected)
    connected.sendall(b"220 mail.example.com ESMTP\r\n")


CONVERSATIONS: Final = {
    "reset before the request": (resets_at_once, "Connection reset by peer"),
    "reset after the request": (resets_after_the_request, "Connection reset by peer"),
    "silence": (says_nothing, "timed out"),
    "403": (refuses, "HTTP 403 AccessDenied"),
    "an expired token": (finds_the_token_expired, "HTTP 400 ExpiredToken"),
    "503": (is_overloaded, "HTTP 503 SlowDown"),
    "a body that trickles": (trickles, ("timed out", "there was no answer in time")),
    "no HTTP": (says_nonsense, "220 mail.example.com"),
}
"""By name: what the server does with a connection, and how the record's cause begins."""


@contextmanager
def server_that(conversation: Conversation, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[int]]]:
    """The URL of a server, and the ports that have connected to it."""
    over = threading.Event()
    seen: list[int] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connected: socket.socket) -> None:
        with connected, suppress(OSError):
            connected.settimeout(_PATIENCE)
            conversation(connected if tls is None else tls.wrap_socket(connected, server_side=True), over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connected, address = listening.accept()
                seen.append(address[1])
                threads.append(threading.Thread(target=serve, args=(connected,), daemon=True))
                threads[-1].start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        scheme, host = ("http", "127.0.0.1") if tls is None else ("https", "localhost")
        yield f"{scheme}://{host}:{listening.getsockname()[1]}", seen
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in threads:
            thread.join(_PATIENCE)


def _read_request(connected: socket.socket) -> None:
    """Head and body: what is left unread would turn a close into a reset."""
    head = b""
    while b"\r\n\r\n" not in head:
        if not (chunk := connected.recv(65536)):
            return
        head += chunk
    head, _, body = head.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connected.recv(65536)


def _answer(connected: socket.socket, status: str, body: str) -> None:
    _read_request(connected)
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    connected.sendall(f"{head}{body}".encode())
