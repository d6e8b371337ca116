# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: 2026 milvus.cluster contributors

"""A reverse proxy on loopback that counts what passes between clients and an API server."""

from __future__ import annotations

import asyncio
import ssl
import threading
import typing as t
from dataclasses import dataclass

PIECE = 64 * 1024
HEAD_LIMIT = 1024 * 1024


@dataclass
class Traffic:
    """HTTP requests, and the bytes of both directions with their headers."""

    requests: int = 0
    bytes: int = 0


class CountingProxy:
    """Takes plain HTTP/1.1 on ``url`` and passes it on to ``host``:``port``, over TLS where ``tls`` is given.

    Each connection has one of its own behind the proxy, so that keep-alive, watches, and upgrades to other protocols
    work as without it. Requests are parsed as far as counting them needs, answers are not. A context manager.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self.traffic = Traffic()
        self._upstream = (host, port)
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="counting-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> t.Self:
        self._thread.start()
        serving = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("a counting proxy has a URL only within its with statement")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on, both ways, until either end closes it."""
        ends = [writer]
        tasks: list[asyncio.Task[None]] = []
        try:
            answers, upstream = await asyncio.open_connection(*self._upstream, ssl=self._tls)
            ends.append(upstream)
            there, back = _Pipe(reader, upstream, self.traffic), _Pipe(answers, writer, self.traffic)
            tasks += [asyncio.create_task(there.pass_requests()), asyncio.create_task(back.pass_rest())]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                end.close()


@dataclass(frozen=True)
class _Pipe:
    """One direction of a connection; what passes is counted in ``traffic``."""

    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    traffic: Traffic

    async def pass_requests(self) -> None:
        while head := await self._read_head():
            self.traffic.requests += 1
            await self._send(head)
            headers = _headers(head)
            if "upgrade" in headers:
                await self.pass_rest()
            elif headers.get("transfer-encoding", "").lower() == "chunked":
                await self._pass_chunks()
            else:
                await self._pass_exactly(int(headers.get("content-length", 0)))

    async def pass_rest(self) -> None:
        while piece := await self.source.read(PIECE):
            await self._send(piece)

    async def _read_head(self) -> bytes:
        """The next request's line and headers, or nothing where the client sends no more."""
        try:
            return await self.source.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def _pass_chunks(self) -> None:
        """Pass a chunked body on: chunks up to the empty one, then trailers up to an empty line."""
        size = -1
        while size:
            line = await self.source.readline()
            await self._send(line)
            size = int(line.partition(b";")[0], 16)
            await self._pass_exactly(size + len(b"\r\n") if size else 0)
        while (line := await self.source.readline()).strip():
            await self._send(line)
        await self._send(line)

    async def _pass_exactly(self, size: int) -> None:
        while size:
            piece = await self.source.readexactly(min(size, PIECE))
            await self._send(piece)
            size -= len(piece)

    async def _send(self, data: bytes) -> None:
        self.traffic.bytes += len(data)
        self.sink.write(data)
        await self.sink.drain()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}
