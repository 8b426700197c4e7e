"""What the archive costs a function: CPU of a message, with a server beside it, and of a start."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Final

from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, function_compute_message
from policies import extension

MESSAGES: Final = 3_000
STARTS: Final = 15
_START: Final = """
import time
before = time.process_time()
from dataworks_ext.function import Function
from policies import extension
from dataworks_ext.testing.contexts import FunctionContext
function = Function(extension)
function.initializer(FunctionContext())
import sys
sys.stderr.write(str(time.process_time() - before))
"""


def main() -> None:
    """Print both costs: medians of differences in turns."""
    print(f"a message: {cost_of_a_message() * 1e3:.2f} ms of CPU (at most 0.6)")
    print(f"a start: {cost_of_a_start() * 1e3:.1f} ms of CPU (at most 25)")


def cost_of_a_message() -> float:
    """Seconds of this thread's CPU that storing adds to a message."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listening,), daemon=True).start()
    environment = {
        "DATAWORKS_EXT_ARCHIVE": "oss://bucket/guard",
        "DATAWORKS_EXT_ARCHIVE_ENDPOINT": f"http://127.0.0.1:{listening.getsockname()[1]}",
    }
    functions = [Function(extension, environment={}), Function(extension, environment=environment)]
    message, context = function_compute_message("download-resources"), FunctionContext()
    times: list[list[float]] = [[], []]
    out, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        for number in range(MESSAGES):
            for function, taken in zip(functions, times, strict=True):
                before = time.thread_time()
                function.handler(message, context)
                if number > MESSAGES / 10:
                    taken.append(time.thread_time() - before)
    finally:
        sys.stdout, _ = out, sys.stdout.close()
    listening.close()
    return statistics.median(times[1]) - statistics.median(times[0])


def cost_of_a_start() -> float:
    """Seconds of CPU that an archive over TLS adds to a start, before the first message."""
    archive = {"DATAWORKS_EXT_ARCHIVE": "oss://bucket/guard", "DATAWORKS_EXT_REGION": "cn-hangzhou"}
    differences = []
    own = {name: value for name, value in os.environ.items() if name not in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    for _ in range(STARTS):
        without, with_archive = (_start({**own, **added}) for added in ({}, archive))
        differences.append(with_archive - without)
    return statistics.median(differences)


def _start(environment: dict[str, str]) -> float:
    done = subprocess.run([sys.executable, "-c", _START], env=environment, capture_output=True, text=True, check=True)
    return float(done.stderr)


def _serve(listening: socket.socket) -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    with suppress(OSError):
        while True:
            connected, _ = listening.accept()
            while head := connected.recv(65536):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                body = len(head.partition(b"\r\n\r\n")[2])
                while body < length:
                    body += len(connected.recv(65536))
                connected.sendall(answer)


if __name__ == "__main__":
    main()
