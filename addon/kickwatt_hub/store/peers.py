"""Other hubs on the same PostgreSQL: what they tell, and which of them does what only one may do.

A hub with SQLite is alone and does everything.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
import logging
from typing import TYPE_CHECKING, Any
import uuid

from .engines import CHANNEL, LEADER_LOCK, Engines
from .parts import Joiner, Splitter

if TYPE_CHECKING:
    import psycopg

_LOGGER = logging.getLogger(__name__)

LOOK_S = 2.0  # how often the leader shows that it is alive, and the others try to take its place
MOST = 7_900  # bytes that a notification of PostgreSQL's can carry, nearly
QUEUE = 10_000  # notifications that wait while the server is away; then the oldest go

# Where the leader's machine vanishes, the server must notice before long.
_SESSION = (
    "SET tcp_keepalives_idle=3",
    "SET tcp_keepalives_interval=1",
    "SET tcp_keepalives_count=3",
)


class Peers:
    """The other hubs. `leads` says whether this one does what only one may do."""

    def __init__(self, engines: Engines) -> None:
        """Nothing happens before `start`."""
        self.shared = engines.shared
        """Whether there may be others."""
        self._url = engines.writing.url
        self._run = uuid.uuid4().hex[:12]
        self._splitter = Splitter(MOST)
        self._joiner = Joiner()
        self._waiting: asyncio.Queue[str] = asyncio.Queue(QUEUE)
        self._heard: Callable[[str], None] = lambda _text: None
        self._tasks: list[asyncio.Task[None]] = []
        self._tried = asyncio.Event()
        self.leads = not engines.shared

    async def start(self) -> None:
        """Connect, and find out who leads; waits for the server for a moment at most."""
        if not self.shared:
            return
        self._tasks = [
            asyncio.create_task(self._for_ever(each))
            for each in (self._lead, self._listen)
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._tried.wait()

    async def stop(self) -> None:
        """Disconnect; another hub takes the lead at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, heard: Callable[[str], None]) -> None:
        """Call `heard` with what other hubs tell from now on."""
        self._heard = heard

    def tell(self, text: str) -> None:
        """Tell the other hubs a text of ASCII, of whatever length."""
        if not self.shared:
            return
        for part in self._splitter.split(text):
            if self._waiting.full():
                self._waiting.get_nowait()
            self._waiting.put_nowait(part)

    async def _for_ever(
        self, work: Callable[[psycopg.AsyncConnection[Any]], Any]
    ) -> None:
        import psycopg  # noqa: PLC0415 -- an extra

        url = self._url.set(drivername="postgresql")
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    url.render_as_string(hide_password=False), autocommit=True
                ) as connection:
                    for each in _SESSION:
                        await connection.execute(each)
                    await work(connection)
            except (psycopg.Error, OSError) as error:
                _LOGGER.warning(
                    "The database cannot be reached: %s", " ".join(str(error).split())
                )
            finally:
                if work == self._lead:
                    self.leads = False
            await asyncio.sleep(LOOK_S / 2)

    async def _lead(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Take the lead as soon as nobody has it, keep it as long as the connection lasts; send what there is to tell."""
        loop = asyncio.get_running_loop()
        while True:
            cursor = await connection.execute(
                "SELECT 1"
                if self.leads
                else f"SELECT pg_try_advisory_lock({LEADER_LOCK})"
            )
            row = await cursor.fetchone()
            if not self.leads and row is not None and row[0]:
                self.leads = True
                _LOGGER.info("This hub leads now")
            self._tried.set()
            until = loop.time() + LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    while True:
                        await self._send(connection, await self._waiting.get())

    async def _send(self, connection: psycopg.AsyncConnection[Any], text: str) -> None:
        await connection.execute(
            "SELECT pg_notify(%s, %s)", (CHANNEL, f"{self._run}{text}")
        )

    async def _listen(self, connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async for notification in connection.notifies():
            length = len(self._run)
            teller, part = notification.payload[:length], notification.payload[length:]
            if teller == self._run:
                continue
            text = self._joiner.join(teller, part)
            if text is not None:
                self._heard(text)
