# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A proxy on loopback that can reset all connections that go through it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, with a reset


class CutProxy:
    """Takes CONNECT. While it is cut, each connection is reset, old and new."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._is_cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def cut(self) -> None:
        """Reset what is open, and what comes."""
        self._is_cut = True
        for one in list(self._open):
            _reset(one)

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def close(self) -> None:
        """End it."""
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _address = self._server.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self._is_cut:
            _reset(client)
            return
        with contextlib.suppress(OSError):
            host, port = _read_request(client).split()[1].rsplit(":", 1)
            server = socket.create_connection((host, int(port)))
            self._open |= {client, server}
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=[server, client], daemon=True)
            back.start()
            _pump(client, server)
            back.join()
            self._open -= {client, server}


def _read_request(client: socket.socket) -> str:
    request = b""
    while not request.endswith(b"\r\n\r\n"):
        request += client.recv(1)
    return request.decode()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        one.shutdown(socket.SHUT_RDWR)
    one.close()
