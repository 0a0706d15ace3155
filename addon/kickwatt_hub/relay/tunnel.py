"""A relay's end of one tunnel: what was asked of a hub, and what is still to be answered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .frames import Answer, Ask, encode

ANSWER_S = 25.0
"""How long a hub may take. With the 30 s that a body may take, less than the 60 s of a modem's HTTP client."""
IN_FLIGHT = 64
"""Messages that wait for one hub at a time: a megabyte at most."""


class BusyError(Exception):
    """Too much waits for this hub already."""


class LostError(Exception):
    """The tunnel was cut before the answer came."""


class LateError(Exception):
    """The hub has not answered in time."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A hub that has dialled in: how to send to it, and how to hang up with a code and a reason."""

    hub: str
    token_hash: str
    send: Callable[[bytes], Awaitable[None]]
    close: Callable[[int, str], Awaitable[object]]


class Tunnel:
    """One tunnel, from its welcome to its end."""

    def __init__(self, caller: Caller) -> None:
        """Nothing waits yet."""
        self.caller = caller
        self._last = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._lost = False

    @property
    def in_flight(self) -> int:
        """How many messages wait for an answer."""
        return len(self._waiting)

    async def ask(self, charger: str, body: bytes) -> Answer:
        """Hand the hub a message and return its answer. Raises BusyError, LateError and LostError."""
        if self._lost:
            raise LostError
        if len(self._waiting) >= IN_FLIGHT:
            raise BusyError
        self._last += 1
        number = self._last
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(ANSWER_S):
                # A hub that does not read holds up whoever asks it, and nobody else.
                await self.caller.send(encode(Ask(number, charger, body)))
                return await answer
        except TimeoutError:
            raise LateError from None
        except ConnectionError:
            raise LostError from None
        finally:
            del self._waiting[number]

    def hear(self, answer: Answer) -> None:
        """Take an answer; one that nobody waits for any more is too late."""
        waiting = self._waiting.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def lost(self) -> None:
        """End it: nobody will answer what waits."""
        self._lost = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LostError())
