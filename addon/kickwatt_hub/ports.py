"""Listening: sockets that are taken before anything else starts, and servers behind them."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
import socket
import ssl
from typing import Any

from aiohttp import web

from .api.idle import Idlers

STOP_S = 1.0  # for requests that are being answered


class PortError(Exception):
    """A port cannot be listened on; the text is one sentence for the owner."""


def listen(host: str, port: int) -> socket.socket:
    """Take a port; 0 lets the system choose one. Raises PortError."""
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        raise PortError(f"Cannot listen on {host}:{port}: {error.strerror}.") from None


async def serve(
    stack: AsyncExitStack,
    runner: web.AppRunner,
    idlers: Idlers,
    listening: socket.socket,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve until the stack is unwound, and close connections that never ask for anything."""
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    assert runner.server is not None
    watch(stack, idlers.watch(runner.server))
    await web.SockSite(runner, listening, ssl_context=tls).start()


def watch(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run something beside the rest until the stack is unwound."""
    stack.push_async_callback(cancel, asyncio.create_task(work))


async def cancel(task: asyncio.Task[None]) -> None:
    """End a task and wait until it has."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
