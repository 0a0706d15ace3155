"""Waiting for what happens, not for a time."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENT_S = 60.0


async def until[T](look: Callable[[], Awaitable[T]]) -> T:
    """Look again and again until what is seen is true, and return it; a minute at most."""
    async with asyncio.timeout(PATIENT_S):
        while not (seen := await look()):
            await asyncio.sleep(0.02)
        return seen
