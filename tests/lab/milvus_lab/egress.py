# SPDX-FileCopyrightText: 2026 milvus.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only way out of the API server: a CONNECT proxy on a socket of the lab's own.

The API server sends here what it would send to nodes, pods and webhooks. One address is let through, that of the
lab's own kubelet endpoint; all others are refused, because simulated pods have addresses but no network.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import typing as t
from pathlib import Path

BLOCK = 65536


class EgressGate:
    """Listens on the Unix socket ``socket`` in a thread of its own and lets through ``allowed`` (``host:port``)."""

    def __init__(self, socket: Path, *, allowed: str) -> None:
        self._socket = socket
        self._allowed = allowed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="egress", daemon=True)

    def start(self) -> None:
        """Listen; returns once the socket exists."""
        self._thread.start()
        serving = asyncio.start_unix_server(self._serve, path=str(self._socket))
        asyncio.run_coroutine_threadsafe(serving, self._loop).result(timeout=10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode("latin-1")
            if target != self._allowed:
                writer.write(f"HTTP/1.1 403 {refusal(target)}\r\n\r\n".encode())
                await writer.drain()
                return
            host, port = target.rsplit(":", 1)
            upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.closing(upstream_writer):
                await _tunnel((reader, upstream_writer), (upstream_reader, writer))


def selector(socket: Path) -> dict[str, t.Any]:
    """The API server's configuration that sends all its requests here but those to etcd."""
    connection = {"proxyProtocol": "HTTPConnect", "transport": {"uds": {"udsName": str(socket)}}}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        # "controlplane" is what webhooks given by URL are called through, "cluster" is all else but etcd.
        "egressSelections": [{"name": name, "connection": connection} for name in ("cluster", "controlplane")],
    }


def refusal(target: str) -> str:
    """The words that a client reads when it asks for the address of a simulated pod."""
    return f"refused by the lab: {target} is simulated and has no network"


async def _tunnel(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    tasks = [asyncio.ensure_future(_pump(reader, writer)) for reader, writer in ways]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*done, *pending, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
