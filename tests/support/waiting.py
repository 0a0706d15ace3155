"""Waiting for what happens in the background, for as long as it takes."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Return once the condition holds. Raises TimeoutError, long after any machine should have got there."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
