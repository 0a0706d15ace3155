"""Whose turn it is with a charger: one message, order or change at a time, each upon what the one before has stored."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

from .store import SupersededError


class Turn:
    """A lock that sees to it that whoever gets it finds the charger as it is stored.

    Several hubs may share a database. Then another one may have heard from the charger meanwhile: it told so, or this
    one's own work was refused as superseded. The next turn begins with reading the charger anew.
    """

    def __init__(self) -> None:
        """Nobody has it."""
        self._lock = asyncio.Lock()
        self.stale = False
        self.reread: Callable[[], Awaitable[None]] | None = None

    async def __aenter__(self) -> None:
        """Wait for the turn."""
        await self._lock.acquire()
        if not self.stale or self.reread is None:
            return
        try:
            await self.reread()
        except BaseException:
            self._lock.release()
            raise
        self.stale = False

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        """Give it to the next."""
        if isinstance(error, SupersededError):
            self.stale = True
        self._lock.release()


async def upon_the_newest[T](work: Callable[[], Awaitable[T]], attempts: int = 5) -> T:
    """Do something that takes a turn, again where another hub was first. Raises SupersededError if it always is."""
    for _ in range(attempts - 1):
        try:
            return await work()
        except SupersededError:
            continue
    return await work()
