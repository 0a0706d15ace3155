"""Reading: a few threads, so that a long question holds up neither the event loop nor the next question."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import sqlalchemy as sa

from .errors import UnavailableError

AT_ONCE = 4
ATTEMPTS = 5
_NO_TABLE = "42P01"


class Reader:
    """Answers questions that change nothing, each on a connection of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        """`engine` makes connections that cannot write."""
        self._engine = engine
        self._threads = ThreadPoolExecutor(AT_ONCE, "store-reader")

    async def ask[T](self, question: Callable[[sa.Connection], T]) -> T:
        """Return what the question returned; it sees all that was committed before."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, partial(self._answer, question)
        )

    async def close(self) -> None:
        """Wait for what is being answered and close."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _answer[T](self, question: Callable[[sa.Connection], T]) -> T:
        for _ in range(ATTEMPTS):
            try:
                with self._engine.connect() as connection:
                    return question(connection)
            except sa.exc.ProgrammingError as error:
                # PostgreSQL drops a table also under a reader that has seen it listed: what was in it has moved.
                if getattr(error.orig, "sqlstate", None) != _NO_TABLE:
                    raise
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                raise UnavailableError(
                    "The hub cannot read its database now."
                ) from error
        raise UnavailableError("The database is being changed too fast to read it.")
