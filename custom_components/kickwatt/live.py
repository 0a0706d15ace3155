"""The live connection to a hub: everything that changes, and commands.

Knows aiohttp and the contract in docs/api.md, and nothing of Home Assistant.

Once connected it is kept for ever: when it breaks it is opened again after a growing,
jittered delay, and resumed at the last event that was seen. So nothing is lost and
nothing is told twice, however often the line drops.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
import json
import logging
from random import uniform
from typing import Any, Final

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    ClientWSTimeout,
    WSMsgType,
    WSServerHandshakeError,
)
from yarl import URL

from .client import (
    AuthenticationError,
    CannotConnectError,
    CommandError,
    HubTooNewError,
    HubTooOldError,
    KickwattError,
    NotAHubError,
    check_api,
    check_hub_id,
    check_scope,
)
from .happenings import Happening, happening_from_json
from .jsonvalues import Json, object_or_empty, text_or_none, time_or_none
from .meters import Key, MeteringNews, Thing, metering_from_json, things_from_json
from .models import Charger, Scope, chargers_from_json

_LOGGER = logging.getLogger(__name__)

# From opening the socket to the first snapshot.
CONNECT_TIMEOUT_S: Final = 20

# The hub pings every 30 s, whatever else it says. A line is dead after two missed pings.
SILENCE_S: Final = 70

# The hub answers every command in its own time, also when the device does not, and may
# be told to give a device up to an hour; this only guards against one that forgets to.
COMMAND_TIMEOUT_S: Final = 3700

# Delays before reconnecting double from the first to the longest; each is shortened by
# up to half at random, so that many clients do not return at the same instant.
FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 60.0

# A connection that lasts this long was a good one, and the delays start again.
STABLE_S: Final = 30.0

# A hub that is asked to close and does not is left without its word.
CLOSE_TIMEOUT_S: Final = 2.0

# A snapshot holds about 1 kB for each charger.
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024

_CLOSED_UNAUTHORISED: Final = 4401


@dataclass(frozen=True, kw_only=True)
class Line:
    """How the connection is, for a report of a problem; no address is in it."""

    connected: bool
    lasted_s: float | None
    """How long it has lasted, None while there is none."""

    failures: int
    """In a row, of connections that did not last or did not come about."""

    delay_at_most_s: float
    """How long the next attempt would wait."""

    commands_waiting: int
    last_error: str | None
    """What ended the last connection, or kept the next from coming about."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Connected: these are all chargers, meters and sites, and as they are now."""

    chargers: dict[str, Charger]
    things: dict[Key, Thing] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """Connected again: this is what was missed, in its order."""

    missed: tuple[News, ...]


@dataclass(frozen=True, kw_only=True)
class ChargerChanged:
    """Something about a charger changed, or it is new."""

    charger: Charger


@dataclass(frozen=True, kw_only=True)
class ChargerRemoved:
    """A charger is gone."""

    charger_id: str


@dataclass(frozen=True, kw_only=True)
class SessionCorrected:
    """Late readings showed that a charge of the past was another than was told."""

    charger_id: str
    start: datetime


@dataclass(frozen=True, kw_only=True)
class Lost:
    """The connection is gone, and is being opened again."""

    error: KickwattError


type News = (
    Snapshot
    | Resumed
    | ChargerChanged
    | ChargerRemoved
    | SessionCorrected
    | Happening
    | MeteringNews
)
type Message = News | Lost


class KickwattLive:
    """The live connection to one hub."""

    def __init__(
        self, session: ClientSession, url: URL, token: str, hub_id: str
    ) -> None:
        """Prepare a connection to the hub with that id; connect() opens it."""
        self._session = session
        self._url = url.joinpath("api/v1/live")
        self._token = token
        self._hub_id = hub_id
        self._ws: ClientWebSocketResponse | None = None
        self._ids = count(1)
        self._pending: dict[int, asyncio.Future[Json]] = {}
        self._failures = 0
        self._connected_at = 0.0
        self._error: KickwattError | None = None
        self.scope: Scope | None = None
        """What the token may do, as the hub said last."""
        self.version: str | None = None
        """The hub's version, as it greeted us last."""
        self.firmware: str | None = None
        """The newest firmware that the hub knows."""
        self.run: str | None = None
        """Which life of the hub `number` counts in."""
        self.number: int | None = None
        """The last event that was seen, None while a snapshot is awaited."""

    @property
    def connected(self) -> bool:
        """Whether the hub is there and has let us in."""
        return self._ws is not None

    @property
    def line(self) -> Line:
        """How the connection is."""
        lasted_s = asyncio.get_running_loop().time() - self._connected_at
        return Line(
            connected=self.connected,
            lasted_s=round(lasted_s, 1) if self.connected else None,
            failures=self._failures,
            delay_at_most_s=longest_delay(self._failures),
            commands_waiting=len(self._pending),
            last_error=None if self._error is None else _kind(self._error),
        )

    async def connect(self) -> Snapshot | Resumed:
        """Open the connection and say where it starts.

        Raises CannotConnectError, NotAHubError, WrongHubError, HubTooOldError,
        HubTooNewError, AuthenticationError and ScopeTooSmallError.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                ws = await self._session.ws_connect(
                    self._url,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                )
                place = self.run, self.number
                try:
                    start = await self._enter(ws)
                except BaseException:
                    # What was read so far has been told to nobody.
                    self.run, self.number = place
                    await ws.close()
                    raise
        except WSServerHandshakeError as err:
            # A hub that is starting hides behind its proxy's 5xx.
            if err.status >= 500:
                raise CannotConnectError(f"Answered with status {err.status}") from err
            raise NotAHubError("There is no live API at this address") from err
        except TimeoutError as err:
            raise CannotConnectError("The hub did not answer in time") from err
        except ClientError as err:
            raise CannotConnectError(str(err)) from err
        self._ws = ws
        self._connected_at = asyncio.get_running_loop().time()
        return start

    async def messages(self) -> AsyncGenerator[Message]:
        """Yield what happens, for ever.

        After Lost comes Snapshot or Resumed, however long it takes. Ends only with an
        error that waiting does not mend: AuthenticationError, HubTooOldError,
        HubTooNewError.
        """
        while True:
            if self._ws is None:
                yield await self._reconnect()
                continue
            try:
                message = await self._next(self._ws)
            except KickwattError as err:
                await self._drop(err)
                yield Lost(error=err)
            else:
                if message is not None:
                    yield message

    async def close(self) -> None:
        """Close the connection. Whoever iterates messages() has to stop first."""
        await self._drop(CannotConnectError("The connection is closed"))

    async def set_relay(self, charger_id: str, *, on: bool) -> None:
        """Switch a charger and wait until the device says that it has.

        Raises CommandError when it does not, CannotConnectError when the hub is away.
        """
        await self._command(
            "set_relay", charger=charger_id, relay="on" if on else "off"
        )

    async def set_settings(self, charger_id: str, **settings: float) -> None:
        """Change when a charger ends a charge; the hub passes it on to the device.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("set_settings", charger=charger_id, settings=settings)

    async def set_mode(self, charger_id: str, **mode: str | float | None) -> None:
        """Change when a charger gives power by itself; None takes back what was set.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("set_mode", charger=charger_id, mode=mode)

    async def charge_once(self, charger_id: str) -> None:
        """Charge until full, now, whatever the mode.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("charge_once", charger=charger_id)

    async def clear_trip(self, charger_id: str) -> None:
        """Clear a latched safety stop and wait until the device says that it has.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("clear_trip", charger=charger_id)

    async def restart(self, charger_id: str) -> None:
        """Restart a board, its relay open before and after.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("restart", charger=charger_id)

    async def rename(self, charger_id: str, name: str) -> None:
        """Give a charger another name.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("rename", charger=charger_id, name=name)

    async def set_tariff(self, tariff: Json) -> None:
        """Say what a kilowatt-hour costs from now on.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("set_tariff", tariff=tariff)

    async def post_prices(self, prices: list[Json]) -> None:
        """Hand over prices of a feed, at most 1,000.

        Raises CommandError, and CannotConnectError when the hub is away.
        """
        await self._command("post_prices", prices=prices)

    async def _command(self, command: str, **fields: Any) -> None:
        """Send a command and wait for its result."""
        if self._ws is None:
            raise CannotConnectError("There is no connection to the hub")
        command_id = next(self._ids)
        result: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._pending[command_id] = result
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                await self._ws.send_json(
                    {"type": "command", "id": command_id, "command": command, **fields}
                )
                answer = await result
        except TimeoutError as err:
            raise CannotConnectError("The hub did not answer in time") from err
        except ClientError as err:
            raise CannotConnectError(str(err)) from err
        finally:
            del self._pending[command_id]
        if answer.get("ok") is not True:
            raise _command_error(answer.get("error"))

    async def _enter(self, ws: ClientWebSocketResponse) -> Snapshot | Resumed:
        """Check who is there, prove who we are, and subscribe.

        The token is sent only to the hub that it belongs to: an address may have become
        another machine's.
        """
        hello = await self._receive(ws)
        if hello.get("type") != "hello" or hello.get("product") != "kickwatt":
            raise NotAHubError("There is no Kickwatt hub at this address")
        check_api(hello.get("api"))
        check_hub_id(hello.get("hub_id"), self._hub_id)
        self.version = str(hello.get("version"))
        self.firmware = text_or_none(hello.get("firmware"))

        await ws.send_json({"type": "auth", "token": self._token})
        answer = await self._receive(ws)
        if answer.get("type") != "auth_ok":
            raise AuthenticationError("The hub does not know the token")
        self.scope = check_scope(answer.get("scope"))

        await self._subscribe(ws)
        while True:
            data = await self._receive(ws)
            if data.get("type") == "resumed":
                return Resumed(missed=await self._catch_up(ws, data.get("to")))
            if isinstance(message := self._read(data), Snapshot):
                return message

    async def _catch_up(
        self, ws: ClientWebSocketResponse, to: object
    ) -> tuple[News, ...]:
        """Take in what was missed, so that no state of the past is shown as today's."""
        missed: list[News] = []
        while self.number is not None and isinstance(to, int) and self.number < to:
            if (message := self._read(await self._receive(ws))) is not None:
                missed.append(message)
        return tuple(missed)

    async def _subscribe(self, ws: ClientWebSocketResponse) -> None:
        """Ask for events, from the last one on if there is one."""
        request: dict[str, Any] = {"type": "subscribe", "id": next(self._ids)}
        if self.number is not None:
            request["resume"] = {"run": self.run, "number": self.number}
        await ws.send_json(request)

    async def _next(self, ws: ClientWebSocketResponse) -> News | None:
        """Wait for one message and say what it means, None if nothing for us."""
        try:
            data = await self._receive(ws, SILENCE_S)
        except TimeoutError as err:
            raise CannotConnectError("The hub has fallen silent") from err
        if data.get("type") == "event" and self.number is not None:
            number = data.get("number")
            if isinstance(number, int) and number > self.number + 1:
                # Never by the contract. A fresh start costs one snapshot.
                before, self.number = self.number, None
                raise CannotConnectError(f"Event {number} came after {before}")
        return self._read(data)

    def _read(self, data: Json) -> News | None:
        """Say what a message means, None if nothing for us."""
        match data:
            case {"type": "event", "number": int(number)}:
                # Told twice, or before the snapshot.
                if self.number is None or number <= self.number:
                    return None
                self.number = number
                return _event(data)
            case {"type": "snapshot", "run": str(run), "number": int(number)}:
                self.run, self.number = run, number
                return Snapshot(
                    chargers=chargers_from_json(data.get("chargers")),
                    things=things_from_json(data),
                )
            case {"type": "result", "id": int(command_id)}:
                result = self._pending.get(command_id)
                if result is not None and not result.done():
                    result.set_result(data)
        return None

    async def _receive(
        self, ws: ClientWebSocketResponse, timeout_s: float | None = None
    ) -> Json:
        """Wait for one JSON object; what is none is an empty one."""
        message = await ws.receive(timeout=timeout_s)
        if message.type is WSMsgType.TEXT:
            try:
                data = json.loads(message.data)
            except ValueError:
                data = None
            return data if isinstance(data, dict) else {}
        if ws.close_code == _CLOSED_UNAUTHORISED:
            raise AuthenticationError("The hub does not know the token any more")
        raise CannotConnectError(f"The connection was closed ({ws.close_code})")

    async def _reconnect(self) -> Snapshot | Resumed:
        """Open the connection again, for as long as it takes."""
        while True:
            await asyncio.sleep(reconnect_delay(self._failures))
            try:
                return await self.connect()
            except AuthenticationError, HubTooOldError, HubTooNewError:
                raise
            except KickwattError as err:
                _LOGGER.debug("Still no connection to %s: %s", self._url, err)
                self._failures += 1
                self._error = err

    async def _drop(self, error: KickwattError) -> None:
        """Give the connection up, and everything that waits for it."""
        if self._ws is None:
            return
        ws, self._ws = self._ws, None
        self._error = error
        lasted = asyncio.get_running_loop().time() - self._connected_at
        self._failures = 0 if lasted >= STABLE_S else self._failures + 1
        for result in self._pending.values():
            if not result.done():
                result.set_exception(error)
        await ws.close()


def reconnect_delay(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row."""
    return longest_delay(failures) * uniform(0.5, 1)


def longest_delay(failures: int) -> float:
    """Return the seconds to wait at most after so many failures in a row."""
    # Sixteen doublings are beyond any longest delay, and no number grows for ever.
    return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures, 16))


def _kind(err: KickwattError) -> str:
    """Say what kind of error it was, and of its cause: their words may hold an address."""
    kinds = [type(each).__name__ for each in (err, err.__cause__) if each is not None]
    return ": ".join(kinds)


def _event(data: Json) -> News | None:
    """Say what an event means, None for those that change nothing we show."""
    match data:
        case {"event": "charger", "charger": dict(charger)}:
            changed = Charger.from_json(charger)
            return None if changed is None else ChargerChanged(charger=changed)
        case {"event": "charger_removed", "charger_id": str(charger_id)}:
            return ChargerRemoved(charger_id=charger_id)
        case {"event": "session_corrected", "charger_id": str(charger_id)}:
            session = object_or_empty(data.get("session"))
            start = time_or_none(session.get("start"))
            if start is None:
                return None
            return SessionCorrected(charger_id=charger_id, start=start)
    return happening_from_json(data) or metering_from_json(data)


def _command_error(error: object) -> CommandError:
    """Read why the hub did not do it."""
    data = error if isinstance(error, dict) else {}
    return CommandError(
        str(data.get("code")),
        str(data.get("message")),
        data.get("reason"),
        data.get("field"),
    )
