"""What a DataWorks can do wrong, as faults for the local one, and what a caller makes of it."""

from __future__ import annotations

import json
import time
from typing import Final, Literal, NamedTuple
from zlib import compress

from .dataworks import Fault, _Handler, half, hang_up, no_json, reset, silence, stall, status

OutcomeOfCall = Literal["answered", "tried again", "refused", "late"]
"""`answered`: it does no harm. `tried again`: the next attempt has the answer. `refused`: another attempt would get the
same. `late`: nothing came of it until the deadline."""

SUCCESS: Final = b'{"RequestId": "r-1", "Success": true}'
_PATIENCE: Final = 10
"""Seconds after which an answer without an end has one, so that a caller without a deadline fails a test, not hangs
it."""
_STEP: Final = 0.02
_PIECE: Final = 16 * 1024


class Misbehaviour(NamedTuple):
    """What a server does to one request."""

    name: str
    fault: Fault
    outcome: OutcomeOfCall


def raw(content: bytes, *, closes: bool = True) -> Fault:
    """An answer byte for byte."""

    def answer(handler: _Handler) -> None:
        handler.wfile.write(content)
        handler.close_connection = closes

    return answer


def endless(start: bytes, piece: bytes, *, every: float = 0) -> Fault:
    """An answer that goes on, a piece every so many seconds, until the client has gone."""

    def answer(handler: _Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(start)
        over = handler.server.dataworks.allow_answers
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and not over.wait(every):
            handler.wfile.write(piece)

    return answer


def _trickle(start: bytes, piece: bytes) -> Fault:
    return endless(start, piece, every=_STEP)


def _held(content: bytes) -> Fault:
    """An answer after which nothing comes, not even its end."""

    def answer(handler: _Handler) -> None:
        raw(content)(handler)
        silence(handler)

    return answer


def _pieces(content: bytes) -> Fault:
    """An answer whose bytes come one by one."""

    def answer(handler: _Handler) -> None:
        for index in range(len(content)):
            handler.wfile.write(content[index : index + 1])

    return answer


def _answer(content: bytes, *headers: str, line: str = "HTTP/1.1 200 OK") -> bytes:
    return "".join(f"{text}\r\n" for text in (line, *headers, "")).encode() + content


def _whole(content: bytes = SUCCESS, *headers: str) -> bytes:
    return _answer(content, f"Content-Length: {len(content)}", *headers)


def _chunked(content: bytes) -> bytes:
    return _answer(content, "Transfer-Encoding: chunked")


def _json(**fields: object) -> Fault:
    return raw(_whole(json.dumps(fields).encode()), closes=False)


_HEAD: Final = b"HTTP/1.1 200 OK\r\n"
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CHUNKS: Final = _chunked(b"")
_ONE_CHUNK: Final = b"%x\r\n%s\r\n" % (len(SUCCESS), SUCCESS)

MISBEHAVIOURS: Final = [
    # Whoever waits for one of these waits for ever.
    Misbehaviour("says nothing", silence, "late"),
    Misbehaviour("stalls in the body", stall, "late"),
    Misbehaviour("stalls in the status", _held(b"HTTP/1."), "late"),
    Misbehaviour("stalls in the headers", _held(_HEAD + b"Content-Type: app"), "late"),
    Misbehaviour("stalls before a chunk", _held(_CHUNKS), "late"),
    Misbehaviour("stalls before the last chunk", _held(_CHUNKS + _ONE_CHUNK), "late"),
    Misbehaviour("has a negative length and no end", _held(_answer(SUCCESS, "Content-Length: -1")), "late"),
    Misbehaviour("has a length that is none and no end", _held(_answer(SUCCESS, "Content-Length: many")), "late"),
    Misbehaviour("has no length and no end", _held(_answer(SUCCESS)), "late"),
    Misbehaviour("trickles its status", _trickle(b"HTTP/1.1 200 ", b"O"), "late"),
    Misbehaviour("trickles a header", _trickle(_HEAD + b"X-Slow: ", b"x"), "late"),
    Misbehaviour("trickles headers", _trickle(_HEAD, b"X-Slow: x\r\n"), "late"),
    Misbehaviour("trickles its body", _trickle(_answer(b"", "Content-Length: 1000"), b" "), "late"),
    Misbehaviour("trickles a body without an end", _trickle(_answer(b""), b" "), "late"),
    Misbehaviour("trickles chunks", _trickle(_CHUNKS, b"1\r\n \r\n"), "late"),
    Misbehaviour("trickles the length of a chunk", _trickle(_CHUNKS, b"0"), "late"),
    Misbehaviour("trickles trailers", _trickle(_CHUNKS + _ONE_CHUNK + b"0\r\n", b"X-Slow: x\r\n"), "late"),
    Misbehaviour("trickles 100 Continue", _trickle(b"", _CONTINUE), "late"),
    Misbehaviour("trickles the headers of 100 Continue", _trickle(_CONTINUE[:-2], b"X-Slow: x\r\n"), "late"),
    Misbehaviour("trickles 103 Early Hints", _trickle(b"", _answer(b"", line="HTTP/1.1 103 Hints")), "late"),
    # These are cut off, or no HTTP.
    Misbehaviour("resets", reset, "tried again"),
    Misbehaviour("hangs up", hang_up, "tried again"),
    Misbehaviour("ends in the status", raw(b"HTTP/1.1 2"), "tried again"),
    Misbehaviour("ends after the status", raw(_HEAD), "tried again"),
    Misbehaviour("ends in a header", raw(_HEAD + b"Content-Le"), "tried again"),
    Misbehaviour("ends after a header", raw(_HEAD + b"Content-Type: application/json\r\n"), "tried again"),
    Misbehaviour("ends before the body", raw(_answer(b"", "Content-Length: 37")), "tried again"),
    Misbehaviour("ends in the body", half, "tried again"),
    Misbehaviour("ends in a body without a length", raw(_answer(SUCCESS[:-3])), "tried again"),
    Misbehaviour("ends before a body without a length", raw(_answer(b"")), "tried again"),
    Misbehaviour("ends in the length of a chunk", raw(_chunked(b"2")), "tried again"),
    Misbehaviour("ends in a chunk", raw(_CHUNKS + _ONE_CHUNK[:20]), "tried again"),
    Misbehaviour("ends before the last chunk", raw(_CHUNKS + _ONE_CHUNK), "tried again"),
    Misbehaviour("ends after 100 Continue", raw(_CONTINUE), "tried again"),
    Misbehaviour("has chunks without lengths", raw(_chunked(SUCCESS)), "tried again"),
    Misbehaviour("speaks another protocol", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "tried again"),
    Misbehaviour("speaks another version", raw(_whole().replace(b"HTTP/1.1", b"HTTP/9.9")), "tried again"),
    Misbehaviour("sends rubbish", raw(b"\x00\xff\r\n" * 100), "tried again"),
    Misbehaviour("has a status that is no number", raw(_answer(b"", line="HTTP/1.1 OK 200")), "tried again"),
    Misbehaviour("has too many headers", raw(_whole(SUCCESS, *["X-Many: x"] * 200)), "tried again"),
    Misbehaviour("throttles", status(429, "Throttling.User"), "tried again"),
    Misbehaviour("fails", status(500, "InternalError.System"), "tried again"),
    Misbehaviour("fails behind a gateway", raw(_answer(b"<html>", line="HTTP/1.1 502 Bad")), "tried again"),
    # These are answers, and none that the caller can use.
    Misbehaviour("redirects for good", raw(_answer(b"", "Location: /", line="HTTP/1.1 301 Gone")), "refused"),
    Misbehaviour("redirects for now", raw(_answer(b"", "Location: /", line="HTTP/1.1 307 Gone")), "refused"),
    Misbehaviour("redirects with an answer", raw(_answer(SUCCESS, line="HTTP/1.1 302 Found")), "refused"),
    Misbehaviour("switches protocols", raw(_answer(b"", line="HTTP/1.1 101 Switching")), "refused"),
    Misbehaviour("answers without content", raw(_answer(b"", line="HTTP/1.1 204 Nothing")), "refused"),
    Misbehaviour("refuses", status(403, "Forbidden.Access"), "refused"),
    Misbehaviour("shows a page", no_json, "refused"),
    Misbehaviour("shows a page without an end", raw(_answer(b"<html>Welcome</html>")), "refused"),
    Misbehaviour("sends nothing", raw(_whole(b"")), "refused"),
    Misbehaviour("compresses", raw(_whole(compress(SUCCESS), "Content-Encoding: deflate")), "refused"),
    Misbehaviour("says less than there is", raw(_answer(SUCCESS, "Content-Length: 20")), "refused"),
    Misbehaviour("has a header that is too long", raw(_whole(SUCCESS, "X-Long: " + "x" * 66_000)), "refused"),
    Misbehaviour("floods with 100 Continue", endless(b"", _CONTINUE * 600), "refused"),
    Misbehaviour("floods with 103 Early Hints", endless(b"", _answer(b"", line="HTTP/1.1 103 Hints") * 600), "refused"),
    Misbehaviour("floods with a body", endless(_answer(b""), b" " * _PIECE), "refused"),
    Misbehaviour(
        "floods with a long body", endless(_answer(b"", f"Content-Length: {10**15}"), b" " * _PIECE), "refused"
    ),
    Misbehaviour("floods with chunks", endless(_CHUNKS, b"1000\r\n%s\r\n" % (b" " * 0x1000)), "refused"),
    Misbehaviour("floods with small chunks", endless(_CHUNKS, (b"40\r\n%s\r\n" % (b" " * 64)) * 200), "refused"),
    Misbehaviour("floods with a huge chunk", endless(_chunked(b"f" * 12 + b"\r\n"), b" " * _PIECE), "refused"),
    Misbehaviour("floods with a negative chunk", endless(_chunked(b"-1\r\n"), b" " * _PIECE), "refused"),
    Misbehaviour("floods with trailers", endless(_CHUNKS + b"0\r\n", b"X-More: x\r\n" * 1_000), "refused"),
    Misbehaviour("nests without an end", raw(_whole(b"[" * 200_000)), "refused"),
    Misbehaviour("has too many parts", raw(_whole(b"[%s0]" % (b"[]," * 200_000))), "refused"),
    # These lie.
    Misbehaviour("denies success", _json(RequestId="r-1", Success=False), "refused"),
    Misbehaviour("denies success in a text", _json(RequestId="r-1", Success="false"), "refused"),
    Misbehaviour("has success that is 0", _json(RequestId="r-1", Success=0), "refused"),
    Misbehaviour("has success that is 1", _json(RequestId="r-1", Success=1), "refused"),
    Misbehaviour("has success that is null", _json(RequestId="r-1", Success=None), "refused"),
    Misbehaviour("has success that is an object", _json(RequestId="r-1", Success={}), "refused"),
    Misbehaviour("says null", raw(_whole(b"null")), "refused"),
    Misbehaviour("says true", raw(_whole(b"true")), "refused"),
    Misbehaviour("says nothing of it", _json(), "refused"),
    Misbehaviour("has an id and no success", _json(RequestId="r-1"), "refused"),
    Misbehaviour("has a code and no success", _json(RequestId="r-1", Code="InternalError"), "refused"),
    # These are odd, and right.
    Misbehaviour("continues first", raw(_CONTINUE + _whole()), "answered"),
    Misbehaviour("hints first", raw(_answer(b"", "Link: </>", line="HTTP/1.1 103 Hints") + _whole()), "answered"),
    Misbehaviour("is in pieces", _pieces(_whole()), "answered"),
    Misbehaviour("has no length and ends", raw(_answer(SUCCESS)), "answered"),
    Misbehaviour("is as old as HTTP/1.0", raw(_answer(SUCCESS, line="HTTP/1.0 200 OK")), "answered"),
    Misbehaviour("has success in a text", _json(RequestId="r-1", Success="true"), "answered"),
    Misbehaviour(
        "has chunks with extensions and trailers",
        raw(_CHUNKS + _ONE_CHUNK.replace(b"\r\n", b";a=b\r\n", 1) + b"0\r\nX-Trailer: x\r\n\r\n", closes=False),
        "answered",
    ),
]
