"""The live connection, over a real WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest

from kickwatt_hub import bus as bus_module, entry as entry_module
from kickwatt_hub.api.live import CONNECTIONS, connection as one_client
from kickwatt_hub.api.live.topics import TOPICS
from kickwatt_hub.store import UnavailableError
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device
from tests.support.waiting import until


class Client:
    """A client that keeps results apart from events."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """`socket` is connected."""
        self.socket = socket

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        message: dict[str, Any] = await self.socket.receive_json(timeout=60)
        return message

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next message that is wanted."""
        while True:
            message = await self.receive()
            if wanted(message):
                return message

    async def result(self, command_id: int) -> dict[str, Any]:
        """Return the result of a command."""
        return await self.until(
            lambda message: message["type"] == "result" and message["id"] == command_id
        )

    async def event(self, name: str) -> dict[str, Any]:
        """Return the next event of this name."""
        return await self.until(lambda message: message.get("event") == name)

    async def command(self, command: str, **fields: Any) -> None:
        """Send a command on the charger `scooter`, with the id 5."""
        await self.socket.send_json(
            {
                "type": "command",
                "id": 5,
                "command": command,
                "charger": "scooter",
                **fields,
            }
        )


@pytest.fixture
async def connect(hub: RunningHub, http: aiohttp.ClientSession) -> Any:
    """Connect, authenticate, and leave the greeting behind."""

    async def connecting(scope: str = "control", **options: Any) -> Client:
        socket = await http.ws_connect(f"{hub.url}/api/v1/live", **options)
        await socket.receive_json(timeout=60)
        await socket.send_json({"type": "auth", "token": await hub.add_token(scope)})
        assert (await socket.receive_json(timeout=60))["type"] == "auth_ok"
        return Client(socket)

    return connecting


@pytest.fixture
async def client(connect: Any, board: S1Device) -> AsyncIterator[Client]:
    """A client that may control and has its snapshot; the board is online."""
    await board.report(state="off")
    client = await connect()
    await client.socket.send_json({"type": "subscribe", "id": 1})
    assert (await client.receive())["type"] == "snapshot"
    yield client
    await client.socket.close()


# --- greeting and authentication -----------------------------------------------------------------------------------


async def test_the_hub_greets_and_takes_a_token(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """As docs/api.md shows it."""
    async with http.ws_connect(f"{hub.url}/api/v1/live") as socket:
        assert await socket.receive_json() == {
            "type": "hello",
            "product": "kickwatt",
            "hub_id": hub.hub_id,
            "name": "Kickwatt",
            "version": "0.1.0",
            "api": 1,
            "firmware": "0.1.0",
        }
        await socket.send_json({"type": "auth", "token": await hub.add_token("read")})
        assert await socket.receive_json() == {"type": "auth_ok", "scope": "read"}


@pytest.mark.parametrize(
    "first",
    [
        '{"type":"auth","token":"' + "0" * 64 + '"}',
        '{"type":"auth","token":"short"}',
        '{"type":"auth"}',
        '{"type":"auth","token":5}',
        '{"type":"subscribe","id":1}',
        '{"type":"command","id":1,"command":"rename","charger":"x","name":"y"}',
        "hello",
        "[" * 60_000,
    ],
    ids=range(8),
)
async def test_whoever_does_not_prove_to_be_somebody_is_sent_away(
    hub: RunningHub, http: aiohttp.ClientSession, first: str
) -> None:
    """auth_failed, then close code 4401."""
    async with http.ws_connect(f"{hub.url}/api/v1/live") as socket:
        await socket.receive_json()
        await socket.send_str(first)
        failed = await socket.receive_json()
        assert failed["type"] == "auth_failed"
        assert failed["message"]
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4401


async def test_binary_and_silence_are_sent_away_and_leaving_is_no_error(
    hub: RunningHub, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything was proved."""
    monkeypatch.setattr(one_client, "AUTH_S", 0.1)
    for first in (b"binary", None):
        async with http.ws_connect(f"{hub.url}/api/v1/live") as socket:
            await socket.receive_json()
            if first is not None:
                await socket.send_bytes(first)
            assert (await socket.receive_json(timeout=60))["type"] == "auth_failed"
            await socket.receive()
            assert socket.close_code == 4401
    async with http.ws_connect(f"{hub.url}/api/v1/live") as socket:
        await socket.receive_json()
    await until(lambda: not _connections(hub))


async def test_guessing_tokens_is_slowed_down(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """By the same limit as on REST."""
    messages = set()
    for _ in range(65):
        async with http.ws_connect(f"{hub.url}/api/v1/live") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "token": "0" * 64})
            messages.add((await socket.receive_json())["message"])
    assert len(messages) == 2


async def test_a_revoked_token_ends_the_connection(
    hub: RunningHub, client: Client, connect: Any
) -> None:
    """And nobody else's."""
    other = await connect("read")
    context = hub.hub.context
    first, *_ = await context.store.accounts.tokens()
    await context.store.accounts.remove_token(first.token.id)
    await context.access.load()
    assert (await client.until(lambda m: m["type"] == "auth_failed"))["message"]
    await client.socket.receive()
    assert client.socket.close_code == 4401
    await other.socket.send_json({"type": "subscribe", "id": 2})
    assert (await other.receive())["type"] == "snapshot"


# --- snapshot, events, resume ----------------------------------------------------------------------------------------


async def test_a_snapshot_and_then_every_event_by_number(
    hub: RunningHub, connect: Any, board: S1Device
) -> None:
    """Numbers rise by one."""
    client = await connect("read")
    await client.socket.send_json({"type": "subscribe", "id": 3})
    snapshot = await client.receive()
    assert (snapshot["type"], snapshot["id"]) == ("snapshot", 3)
    assert [charger["id"] for charger in snapshot["chargers"]] == ["scooter"]
    assert snapshot["chargers"][0]["state"] == "unknown"
    number = snapshot["number"]
    for n in range(1, 4):
        await board.report(float(n))
        event = await client.receive()
        assert (event["type"], event["event"], event["number"]) == (
            "event",
            "charger",
            number + n,
        )
        assert event["charger"]["reading"]["power_w"] == float(n)
    await hub.add_charger("other")
    assert (await client.receive())["charger"]["id"] == "other"
    await hub.hub.context.store.chargers.remove("other")
    await hub.hub.context.fleet.refresh()
    gone = await client.receive()
    assert (gone["event"], gone["charger_id"]) == ("charger_removed", "other")


async def test_sessions_and_trips_are_told(client: Client, board: S1Device) -> None:
    """Each once, after the charger's new state."""
    board.relay, board.why = 1, "order"
    for minute in range(20, 10, -1):
        board.measure(90.0, age_s=minute * 30, energy_wh=100 - minute)
    await board.send(state="charging")
    started = await client.event("session_started")
    assert started["charger_id"] == "scooter"
    assert started["time"] == started["session"]["start"]
    assert started["session"]["end"] is None
    board.relay, board.why, board.trips = 0, "trip", ["over_current"]
    board.measure(0.0, energy_wh=100, age_s=290)
    await board.send(state="tripped")
    ended = await client.event("session_ended")
    assert ended["session"]["id"] == started["session"]["id"]
    assert ended["session"]["end_reason"] == "trip"
    tripped = await client.event("tripped")
    assert (tripped["charger_id"], tripped["trips"]) == ("scooter", ["over_current"])
    await board.report(state="tripped")
    event = await client.receive()
    assert event["event"] == "charger"
    assert event["charger"]["state"] == "tripped"
    await board.report(state="tripped")
    assert (await client.receive())["event"] == "charger"


async def test_a_client_that_was_away_resumes_where_it_left(
    client: Client, connect: Any, board: S1Device
) -> None:
    """It gets what it missed, and then what is new."""
    await board.report(1.0)
    last = await client.receive()
    await client.socket.send_json({"type": "subscribe", "id": 9})
    run = (await client.receive())["run"]
    await client.socket.close()
    await board.report(2.0)
    await board.report(3.0)
    again = await connect("read")
    resume = {"run": run, "number": last["number"]}
    await again.socket.send_json({"type": "subscribe", "id": 2, "resume": resume})
    assert await again.receive() == {
        "type": "resumed",
        "id": 2,
        **resume,
        "to": last["number"] + 2,
    }
    await board.report(4.0)
    events = [await again.receive() for _ in range(3)]
    assert [event["charger"]["reading"]["power_w"] for event in events] == [
        2.0,
        3.0,
        4.0,
    ]
    assert [event["number"] for event in events] == [
        last["number"] + n for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    "resume", [{"run": "other", "number": 1}, {"number": 10**6}, {"number": -1}]
)
async def test_a_resume_that_cannot_be_served_gets_a_snapshot(
    hub: RunningHub, connect: Any, resume: dict[str, Any]
) -> None:
    """Another run, from the future, or too far back."""
    client = await connect("read")
    resume = {"run": hub.hub.context.bus.run, **resume}
    await client.socket.send_json({"type": "subscribe", "id": 2, "resume": resume})
    assert (await client.receive())["type"] == "snapshot"


async def test_a_client_that_reads_too_slowly_gets_the_present_instead(
    hub: RunningHub, connect: Any, board: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds nobody up, and the hub keeps no more than a bounded queue for it."""
    monkeypatch.setattr(bus_module.Bus.listen, "__defaults__", (8,))
    slow = await connect("read")
    await slow.socket.send_json({"type": "subscribe", "id": 1})
    await slow.receive()
    (connection,) = _connections(hub)
    writing = asyncio.Event()
    send_str = connection._socket.send_str

    async def wait(frame: str) -> None:
        await writing.wait()
        await send_str(frame)

    connection._socket.send_str = wait  # type: ignore[method-assign, assignment]
    quick = await connect("read")
    await quick.socket.send_json({"type": "subscribe", "id": 1})
    await quick.receive()
    for n in range(20):
        await board.report(float(n))
        assert (await quick.receive())["charger"]["reading"]["power_w"] == float(n)
    writing.set()
    first = await slow.receive()  # was on its way already
    assert first["charger"]["reading"]["power_w"] == 0.0
    snapshot = await slow.receive()
    assert (snapshot["type"], "id" in snapshot) == ("snapshot", False)
    assert snapshot["chargers"][0]["reading"]["power_w"] == 19.0
    await board.report(20.0)
    event = await slow.receive()
    assert (event["number"], event["charger"]["reading"]["power_w"]) == (
        snapshot["number"] + 1,
        20.0,
    )


async def test_a_client_that_stops_reading_stalls_no_board(
    hub: RunningHub, connect: Any, board: S1Device
) -> None:
    """A real socket whose buffers are full."""
    stuck = await connect("read")
    await stuck.socket.send_json({"type": "subscribe", "id": 1})
    transport = stuck.socket._response.connection.transport
    transport.pause_reading()
    (connection,) = _connections(hub)
    for n in range(30_000):  # 25 MB, more than the buffers of two sockets hold
        hub.hub.context.bus.publish(
            bus_module.ChargerChanged(hub.hub.context.fleet.snapshot()[0])
        )
        if n % 50 == 0:
            await asyncio.sleep(0)
    async with asyncio.timeout(one_client.SEND_S / 2):
        assert (await board.report()).status == 200
    assert connection._listener is not None
    assert len(connection._listener._events) <= bus_module.QUEUE
    transport.resume_reading()
    snapshot = await stuck.until(lambda m: m["type"] == "snapshot" and "id" not in m)
    assert snapshot["chargers"][0]["online"] is True


async def test_a_client_that_takes_nothing_for_a_minute_is_gone(
    hub: RunningHub, connect: Any, board: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that has asked too much to be listened to."""
    monkeypatch.setattr(one_client, "SEND_S", 0.2)
    client = await connect("read")
    await client.socket.send_json({"type": "subscribe", "id": 1})
    await client.receive()
    (connection,) = _connections(hub)
    never = asyncio.Event()
    connection._socket.send_str = lambda _: never.wait()  # type: ignore[method-assign, assignment, return-value]
    for number in range(200):
        await client.socket.send_json({"type": "command", "id": number, "command": "x"})
    await until(lambda: not _connections(hub))
    assert (await board.report()).status == 200


async def test_a_client_that_asks_and_never_listens_is_not_asked_for_more(
    hub: RunningHub, connect: Any
) -> None:
    """Its answers wait in a bounded queue; when it listens again it gets every one."""
    client = await connect("read")
    (connection,) = _connections(hub)
    listening = asyncio.Event()
    send_str = connection._socket.send_str

    async def wait(frame: str) -> None:
        await listening.wait()
        await send_str(frame)

    connection._socket.send_str = wait  # type: ignore[method-assign, assignment]
    for number in range(500):
        await client.socket.send_json({"type": "command", "id": number, "command": "x"})
    await asyncio.sleep(0.2)
    assert len(connection._results) <= one_client.RESULTS
    listening.set()
    answered = [(await client.receive())["id"] for _ in range(500)]
    assert answered == list(range(500))


async def test_silence_is_told_when_it_is_noticed(
    hub: RunningHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sends anything then, so the hub must look."""
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    assert entry.charger.online
    monkeypatch.setattr(entry_module, "SILENT_S", 0)
    monkeypatch.setattr(entry_module, "SILENT_INTERVALS", 0)
    event = await client.event("charger")
    assert event["charger"]["online"] is False


# --- commands ----------------------------------------------------------------------------------------------------------


async def test_switching_is_answered_when_the_board_has_reported_it(
    client: Client, board: S1Device
) -> None:
    """Not when the order was taken, and not when the board was told."""
    await client.command("set_relay", relay="on")
    assert (await client.event("charger"))["charger"]["relay"]["pending"] is True
    await board.report()
    assert (await client.event("charger"))["charger"]["relay"]["reported"] == "off"
    await board.report()
    result = await client.result(5)
    assert result["ok"] is True
    assert (result["result"]["relay"], result["result"]["state"]) == ("on", "done")
    await client.command("set_relay", relay="on")
    assert (await client.result(5))["result"]["state"] == "done"
    await client.command("set_relay", relay="off")
    await client.until(
        lambda m: m.get("charger", {}).get("relay", {}).get("desired") == "off"
    )
    await board.report()
    assert board.relay == 0
    await board.report()
    assert (await client.result(5))["result"]["relay"] == "off"


async def test_a_refusal_carries_the_boards_reason(
    client: Client, board: S1Device
) -> None:
    """And is not sent again."""
    board.refuse_next = "sensor"
    await client.command("set_relay", relay="on")
    await client.event("charger")
    await board.report()
    reply = await board.report()
    assert reply.json is not None
    assert reply.json["relay"] == 0
    result = await client.result(5)
    assert result["ok"] is False
    assert result["error"]["code"] == "refused"
    assert result["error"]["reason"] == "sensor"


async def test_a_board_that_begins_and_ends_at_once_has_refused(
    client: Client, board: S1Device
) -> None:
    """It never reported what was wanted."""
    await client.command("set_relay", relay="on")
    order = (await client.event("charger"))["charger"]
    assert order["relay"]["pending"] is True
    await board.report()
    board.relay, board.why = 0, "button"
    await board.report()
    assert (await client.result(5))["error"]["reason"] == "ended"


async def test_a_trip_is_cleared_when_the_board_says_that_it_is(
    client: Client, board: S1Device
) -> None:
    """The order goes out until the board has seen it, and then no more."""
    board.trips, board.state, board.remote_clear = ["over_current"], "tripped", True
    await board.report()
    await client.event("charger")
    await client.command("clear_trip")
    await client.until(lambda m: m.get("charger", {}).get("relay", {}).get("pending"))
    reply = await board.report()
    assert reply.json is not None
    assert (reply.json["do"], reply.json["relay"]) == ("clear", 0)
    after = await board.report()
    assert after.json is not None
    assert "do" not in after.json
    assert (await client.result(5))["result"]["state"] == "done"


async def test_a_board_that_must_not_clear_from_afar_says_so(
    client: Client, board: S1Device
) -> None:
    """It is the owner's word in settings.toml that counts."""
    board.trips, board.state = ["over_current"], "tripped"
    await board.report()
    await client.command("clear_trip")
    await client.until(lambda m: m.get("charger", {}).get("relay", {}).get("pending"))
    await board.report()
    await board.report()
    error = (await client.result(5))["error"]
    assert (error["code"], error["reason"]) == ("refused", "remote")
    assert board.trips == ["over_current"]


async def test_a_board_restarts_once(client: Client, board: S1Device) -> None:
    """And starts with its relay open."""
    await client.command("set_relay", relay="on")
    await client.until(lambda m: m.get("charger", {}).get("relay", {}).get("pending"))
    await board.report()
    await board.report()
    assert (await client.result(5))["ok"] is True
    await client.command("restart")
    await client.until(lambda m: m.get("charger", {}).get("relay", {}).get("pending"))
    await board.report()
    assert (board.boot, board.relay) == (2, 0)
    for _ in range(3):
        await board.report()
    assert (await client.result(5))["ok"] is True
    assert (board.boot, board.relay) == (2, 0)


@pytest.mark.parametrize("command", ["clear_trip", "restart"])
async def test_what_nobody_answers_is_withdrawn(
    tmp_path: Path, http: aiohttp.ClientSession, command: str
) -> None:
    """A board must not restart when nobody expects it any more."""
    async with running_hub(tmp_path / "brief", order_s=0.2) as hub:
        key = await hub.add_charger("scooter")
        token = await hub.add_token("control")
        async with (
            S1Device(hub.device_url, "scooter", key) as board,
            http.ws_connect(f"{hub.url}/api/v1/live") as socket,
        ):
            await board.report()
            await socket.send_json({"type": "auth", "token": token})
            client = Client(socket)
            await client.command(command)
            assert (await client.result(5))["error"]["code"] == "timeout"
            reply = await board.report()
            assert reply.json is not None
            assert "do" not in reply.json
            assert (reply.json["order"], reply.json["relay"]) == (1, 0)


async def test_a_silent_board_is_not_restarted_later(
    client: Client, hub: RunningHub
) -> None:
    """Nobody would expect it any more."""
    await hub.add_charger("quiet")
    await client.event("charger")
    await client.command("restart", charger="quiet")
    assert (await client.result(5))["error"]["code"] == "offline"


async def test_a_newer_order_takes_the_place_of_one_that_waits(
    client: Client, connect: Any, board: S1Device
) -> None:
    """Whoever waits for the older one is told."""
    await client.command("set_relay", relay="on")
    await client.event("charger")
    other = await connect()
    await other.command("set_relay", relay="off")
    assert (await client.result(5))["error"]["code"] == "superseded"
    await board.report()
    assert (await other.result(5))["ok"] is True
    assert board.relay == 0


async def test_an_unanswered_on_is_withdrawn_and_an_unanswered_off_stands(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """A relay must not close when nobody expects it any more."""
    async with running_hub(tmp_path / "data", order_s=0.3) as hub:
        board = S1Device(
            hub.device_url, "scooter", await hub.add_charger("scooter"), session=http
        )
        await board.report()
        socket = await http.ws_connect(f"{hub.url}/api/v1/live")
        await socket.receive_json()
        await socket.send_json({"type": "auth", "token": await hub.add_token()})
        await socket.receive_json()
        client = Client(socket)
        await client.command("set_relay", relay="on")
        assert (await client.result(5))["error"]["code"] == "timeout"
        entry = hub.hub.context.fleet.find("scooter")
        assert entry is not None
        assert entry.charger.order is not None
        assert (entry.charger.order.state, entry.charger.desired_on) == (
            "expired",
            False,
        )
        board.relay, board.why = 1, "button"
        board.order = entry.charger.order.id
        await board.report()
        assert entry.charger.desired_on is True
        await client.command("set_relay", relay="off")
        assert (await client.result(5))["error"]["code"] == "timeout"
        assert (entry.charger.order.state, entry.charger.desired_on) == (
            "pending",
            False,
        )
        await board.report()
        assert board.relay == 0


async def test_a_silent_charger_is_not_switched_on_and_will_be_switched_off(
    hub: RunningHub, connect: Any, board: S1Device
) -> None:
    """Never heard of, here."""
    client = await connect()
    entry = hub.hub.context.fleet.find("scooter")
    assert entry is not None
    await client.command("set_relay", relay="on")
    assert (await client.result(5))["error"]["code"] == "offline"
    assert entry.charger.order is None
    await client.command("set_relay", relay="off")
    assert (await client.result(5))["error"]["code"] == "offline"
    assert entry.charger.order is not None
    board.relay = 1
    await board.report()
    assert board.relay == 0


async def test_a_charger_that_is_removed_while_a_command_waits(
    hub: RunningHub, client: Client
) -> None:
    """The command is answered all the same."""
    await client.command("set_relay", relay="on")
    await client.event("charger")
    await hub.hub.context.store.chargers.remove("scooter")
    await hub.hub.context.fleet.refresh()
    assert (await client.result(5))["error"]["code"] == "not_found"


async def test_a_charger_that_was_removed_a_moment_ago_cannot_be_renamed(
    hub: RunningHub, client: Client
) -> None:
    """Also before the hub has noticed."""
    await hub.hub.context.store.chargers.remove("scooter")
    await client.command("rename", name="x")
    assert (await client.result(5))["error"]["code"] == "not_found"


async def test_settings_and_names_are_changed(client: Client) -> None:
    """The answer is the charger; the board gets the settings later."""
    await client.command("set_settings", settings={"cutoff_w": 15, "hold_s": 60})
    charger = (await client.result(5))["result"]
    assert charger["settings"] == {
        "cutoff_w": 15.0,
        "hold_s": 60,
        "max_hours": 12.0,
        "max_wh": 2000,
        "max_a": 3.0,
        "rule": "robust",
        "balance_min": 0,
        "pending": True,
    }
    await client.command("rename", name="Garage")
    assert (await client.result(5))["result"]["name"] == "Garage"


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        ({"command": "set_relay"}, "invalid", "relay"),
        ({"command": "set_relay", "relay": "maybe"}, "invalid", "relay"),
        ({"command": "set_settings"}, "invalid", "settings"),
        (
            {"command": "set_settings", "settings": {"cutoff_w": -1}},
            "invalid",
            "settings.cutoff_w",
        ),
        (
            {"command": "set_settings", "settings": {"cutof": 1}},
            "invalid",
            "settings.cutof",
        ),
        ({"command": "rename"}, "invalid", "name"),
        ({"command": "rename", "name": " "}, "invalid", "name"),
        ({"command": "explode"}, "invalid", "command"),
        (
            {"command": "set_relay", "relay": "on", "charger": "nobody"},
            "not_found",
            None,
        ),
        ({"command": "set_relay", "relay": "on", "charger": 5}, "invalid", "charger"),
    ],
)
async def test_a_command_that_is_wrong_names_the_field(
    client: Client, command: dict[str, Any], code: str, field: str | None
) -> None:
    """And has its own id in the answer."""
    await client.socket.send_json(
        {"type": "command", "id": 7, "charger": "scooter", **command}
    )
    error = (await client.result(7))["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"]


async def test_whoever_may_only_read_cannot_command(
    connect: Any, board: S1Device
) -> None:
    """The code is forbidden."""
    client = await connect("read")
    await client.command("set_relay", relay="off")
    assert (await client.result(5))["error"]["code"] == "forbidden"


async def test_a_legacy_charger_cannot_be_switched(
    hub: RunningHub, connect: Any
) -> None:
    """It has no way to take an order."""
    await hub.add_charger("old", kind="legacy")
    client = await connect()
    await client.command("set_relay", relay="on", charger="old")
    assert (await client.result(5))["error"]["code"] == "invalid"


async def test_what_makes_no_sense_is_answered_and_the_connection_stays(
    client: Client,
) -> None:
    """With the id null where there was none."""
    for text in (
        "hello",
        "[]",
        '{"type":"x"}',
        '{"type":"auth","token":"x"}',
        '{"type":"command"}',
        "[" * 60_000,
        '{"x":' * 13_000,
        '{"type":"command","command":"set_relay","relay":' + "[" * 60_000,
        '{"type":"command","command":"set_relay","relay":' + "9" * 60_000 + "}",
    ):
        await client.socket.send_str(text)
        result = await client.receive()
        assert (result["type"], result["id"], result["ok"]) == ("result", None, False)
        assert result["error"]["code"] == "invalid"
    await client.socket.send_json({"type": "subscribe", "id": 2})
    assert (await client.receive())["type"] == "snapshot"


async def test_binary_and_too_much_at_once_end_the_connection(connect: Any) -> None:
    """1003 and 1009."""
    for send, code in (
        (lambda socket: socket.send_bytes(b"x"), 1003),
        (lambda socket: socket.send_str("x" * 70_000), 1009),
    ):
        client = await connect("read")
        await send(client.socket)
        await client.socket.receive(timeout=60)
        assert client.socket.close_code == code


async def test_commands_that_wait_are_bounded(
    hub: RunningHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client cannot pile them up."""
    monkeypatch.setattr(one_client, "COMMANDS_AT_ONCE", 1)
    await client.command("set_relay", relay="on")
    await client.event("charger")
    await client.socket.send_json(
        {
            "type": "command",
            "id": 6,
            "command": "rename",
            "charger": "scooter",
            "name": "x",
        }
    )
    assert (await client.result(6))["error"]["code"] == "busy"


async def test_a_command_that_the_disk_or_a_bug_prevents_is_answered(
    hub: RunningHub, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the detail."""
    for error, code in (
        (UnavailableError("full"), "unavailable"),
        (RuntimeError("bug"), "internal"),
    ):

        async def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(hub.hub.context.store.chargers, "change", fail)
        await client.command("rename", name="x")
        result = await client.result(5)
        assert result["error"]["code"] == code
        assert "bug" not in result["error"]["message"]


def _connections(hub: RunningHub) -> list[one_client.Connection]:
    """The open connections."""
    for resource in hub.hub._stack._exit_callbacks:  # type: ignore[attr-defined]
        runner = getattr(resource[1], "__wrapped__", None) or resource[1]
        owner = getattr(runner, "__self__", None)
        app = getattr(owner, "app", None)
        if app is not None and CONNECTIONS in app:
            return list(app[CONNECTIONS])
    return []


def test_everything_that_can_happen_is_told() -> None:
    """A new kind of event needs its line in the table."""
    assert set(TOPICS) == set(get_args(bus_module.Happening.__value__))
