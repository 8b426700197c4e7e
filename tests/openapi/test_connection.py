"""A connection that its user was torn away from."""

from __future__ import annotations

import gc
import socket

import pytest

from dataworks_ext.openapi.connection import Connection


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # it is left behind on purpose
def test_a_connection_that_is_left_behind_ends_at_once() -> None:
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    del ours
    gc.disable()
    try:
        del connection
        theirs.setblocking(False)
        assert theirs.recv(1) == b""
    finally:
        gc.enable()
        theirs.close()
