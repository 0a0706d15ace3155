"""Through the relay: real boards' messages, real hubs, a real TLS WebSocket between."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.model import Reading
from kickwatt_hub.relay import client as client_module, doors, tunnel
from kickwatt_hub.relay.frames import PROTOCOL, Answer, Ask, encode, for_hub
from kickwatt_hub.sources import gsm
from kickwatt_hub.store import UnavailableError
from tests.integration.tcp_proxy import Wire
from tests.support.hub_process import RunningHub, running_hub
from tests.support.relay_process import RunningRelay, running_relay
from tests.support.s1_device import Reply, S1Device, request_body

pytestmark = pytest.mark.once  # the way to a hub, not its store


async def readings(hub: RunningHub, charger_id: str = "scooter") -> list[Reading]:
    context = hub.hub.context
    entry = context.fleet.find(charger_id)
    assert entry is not None
    return (await context.store.history.readings(entry.pk, -(2**60), 2**60, 10_000))[0]


def is_unsigned(reply: Reply, status: int) -> None:
    assert (reply.status, reply.json) == (status, None)
    assert len(reply.body.splitlines()) == 1
    assert len(reply.body) < 80


async def test_a_message_gets_its_signed_reply_and_an_order_comes_back(
    home: RunningHub, scooter: S1Device
) -> None:
    reply = await scooter.report(91.2, state="charging")
    assert reply.json is not None
    assert (reply.status, reply.json["ack"], reply.json["relay"]) == (200, 1, 0)
    entry = home.hub.context.fleet.find("scooter")
    assert entry is not None
    await home.hub.context.control.order(entry, True)
    reply = await scooter.report(0.0)
    assert reply.json is not None
    assert reply.json["relay"] == scooter.relay == 1
    assert [each.power_w for each in await readings(home)] == [91.2, 0.0]


async def test_a_signed_refusal_passes_as_it_is(scooter: S1Device) -> None:
    await scooter.report(1.0)
    scooter.seq = 0
    reply = await scooter.send()
    assert (reply.status, reply.json) == (409, {"v": 1, "error": "boot", "boot": 1})
    reply = await scooter.send(csq=100)
    assert reply.json is not None
    assert (reply.status, reply.json["field"]) == (422, "csq")


async def test_what_is_replayed_or_forged_at_the_relay_changes_nothing(
    home: RunningHub, scooter: S1Device
) -> None:
    scooter.measure(50.0)
    first = scooter.body()
    stored = await scooter.post(first)
    scooter.obey(stored)
    await scooter.report(51.0)
    before = await readings(home)
    # An old one gets a signed 409 for its own MAC; the newest gets its stored reply once more.
    assert (await scooter.post(first)).status == 409
    forged = bytearray(first)
    forged[-2] ^= 1
    is_unsigned(await scooter.post(bytes(forged)), 401)
    other = request_body("scooter", "00" * 32, first.partition(b"\n")[2].decode())
    is_unsigned(await scooter.post(other), 401)
    # The same message under another charger's address.
    await home.add_charger("bike")
    is_unsigned(
        await scooter.post(first, path="/s1/bike"),
        401,
    )
    assert await readings(home) == before
    assert await readings(home, "bike") == []


async def test_what_the_relay_refuses_by_itself_is_one_line(
    relay: RunningRelay, scooter: S1Device
) -> None:
    await scooter.report(1.0)
    scooter.measure(2.0)
    body = scooter.body()
    is_unsigned(await scooter.post(body, path="/s1/nobody"), 401)
    is_unsigned(await scooter.post(body, path="/s1/NO"), 401)
    is_unsigned(await scooter.post(b"hello"), 400)
    is_unsigned(await scooter.post(b"x" * (gsm.MAX_BODY + 1)), 413)
    url, scooter.url = scooter.url, relay.device_url("elsewhere")
    is_unsigned(await scooter.post(body), 401)
    scooter.url = url.removesuffix("/h/home")
    for path in ("/", "/s1/scooter", "/h/home", "/h/home/s1/scooter/"):
        is_unsigned(await scooter.post(body, path=path), 404)
    counted = await relay.metrics()
    name = 'kickwatt_relay_messages_total{{outcome="{}"}}'
    assert counted[name.format("unknown")] == 2
    assert counted[name.format("refused")] == 1
    assert counted[name.format("not_s1")] == 1
    assert counted[name.format("answered")] == 1


async def test_only_a_post_is_taken(
    relay: RunningRelay, home: RunningHub, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{relay.device_url('home')}/s1/scooter") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


async def test_the_largest_message_passes(home: RunningHub, scooter: S1Device) -> None:
    scooter.measure(1.0)
    message = json.dumps(scooter.message(), separators=(",", ":"))
    room = gsm.MAX_JSON - len(message)
    reply = await scooter.post(
        request_body(scooter.charger_id, scooter.key, message[:-1] + " " * room + "}")
    )
    assert reply.status == 200
    assert len(await readings(home)) == 1


async def test_a_hub_that_has_not_dialled_in_is_a_503_that_says_when_to_come_back(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    relay.token("away")
    board = S1Device(relay.device_url("away"), "scooter", "11" * 32, session=http)
    reply = await board.report(1.0)
    is_unsigned(reply, 503)
    assert int(reply.headers["Retry-After"]) == doors.RETRY_AFTER_S
    assert len(board.queue) == 1


async def test_a_store_that_cannot_write_is_a_503_too(
    home: RunningHub, scooter: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise UnavailableError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(home.hub.context.ingest, "s1", full)
        is_unsigned(await scooter.report(1.0), 503)
    assert (await scooter.send()).status == 200
    assert len(await readings(home)) == 1


async def test_what_nobody_expected_is_a_500_and_the_tunnel_holds(
    home: RunningHub,
    scooter: S1Device,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(home.hub.context.ingest, "s1", broken)
        is_unsigned(await scooter.report(1.0), 500)
    assert "Unexpected error" in caplog.text
    assert (await scooter.send()).status == 200


async def test_two_hubs_have_a_charger_of_the_same_name_and_neither_hears_the_others(
    tmp_path: Path,
    relay: RunningRelay,
    home: RunningHub,
    scooter: S1Device,
    http: aiohttp.ClientSession,
) -> None:
    async with running_hub(tmp_path / "work", **relay.hub("work")) as work:
        await relay.connected("work")
        theirs = S1Device(
            relay.device_url("work"),
            "scooter",
            await work.add_charger("scooter"),
            session=http,
        )
        await scooter.report(10.0)
        await theirs.report(20.0)
        # With the right key, but at the wrong hub.
        scooter.url, ours = relay.device_url("work"), scooter.url
        is_unsigned(await scooter.report(30.0), 401)
        scooter.url = ours
        assert [each.power_w for each in await readings(home)] == [10.0]
        assert [each.power_w for each in await readings(work)] == [20.0]


async def test_fifty_boards_at_once_are_all_served(
    relay: RunningRelay, home: RunningHub, http: aiohttp.ClientSession
) -> None:
    boards = [
        S1Device(
            relay.device_url("home"),
            f"b{n}",
            await home.add_charger(f"b{n}"),
            session=http,
        )
        for n in range(50)
    ]
    for _ in range(4):
        replies = await asyncio.gather(*(board.report(5.0) for board in boards))
        assert {reply.status for reply in replies} == {200}
    for board in boards:
        assert len(await readings(home, board.charger_id)) == 4


# --- a tunnel that is cut ------------------------------------------------------------------------------------------------


async def test_a_board_loses_nothing_while_the_tunnel_is_cut_and_stores_nothing_twice(
    tmp_path: Path,
    relay: RunningRelay,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kickwatt_hub.relay.backoff.LONGEST_S", 0.1)
    async with Wire(relay.relay.tunnel_port) as wire:
        settings = relay.hub("home", relay=f"wss://127.0.0.1:{wire.port}")
        async with running_hub(tmp_path / "home", **settings) as home:
            await relay.connected("home")
            board = S1Device(
                relay.device_url("home"),
                "scooter",
                await home.add_charger("scooter"),
                session=http,
            )
            await board.report(1.0)
            for _ in range(3):
                await wire.cut()
                await relay.connected("home", connected=False)
                is_unsigned(await board.report(2.0), 503)
                await wire.mend()
                await relay.connected("home")
                assert (await board.report(3.0)).status == 200
            assert board.queue == []
            assert len(await readings(home)) == 7


async def test_a_reply_that_the_cut_swallowed_is_repeated_and_its_samples_counted_once(
    relay: RunningRelay,
    home: RunningHub,
    scooter: S1Device,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = home.hub.context.relay
    assert client is not None
    stored = asyncio.Event()

    async def swallowed(ws: Any, ask: Ask) -> None:
        await client._status_and_body(ask)
        stored.set()

    with monkeypatch.context() as cut:
        cut.setattr(tunnel, "ANSWER_S", 0.3)
        cut.setattr(client, "_answer", swallowed)
        late = await scooter.report(5.0)
        is_unsigned(late, 503)
        await stored.wait()
        assert len(await readings(home)) == 1
    assert (await scooter.report(6.0)).status == 200
    assert [each.power_w for each in await readings(home)] == [5.0, 6.0]


async def test_a_hub_that_stops_answers_what_it_has_begun(
    tmp_path: Path,
    relay: RunningRelay,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "STOP_S", 60.0)
    async with running_hub(tmp_path / "home", **relay.hub("home")) as home:
        await relay.connected("home")
        board = S1Device(
            relay.device_url("home"),
            "scooter",
            await home.add_charger("scooter"),
            session=http,
        )
        begun = asyncio.Event()
        real = home.hub.context.ingest.s1

        async def slow(charger_id: str, body: bytes) -> Any:
            begun.set()
            await asyncio.sleep(0.2)
            return await real(charger_id, body)

        monkeypatch.setattr(home.hub.context.ingest, "s1", slow)
        waiting = asyncio.create_task(board.report(1.0))
        await begun.wait()
    assert (await waiting).status == 200


# --- a hub that is slow --------------------------------------------------------------------------------------------------


async def dial(
    http: aiohttp.ClientSession, relay: RunningRelay, token: str
) -> aiohttp.ClientWebSocketResponse:
    """A hub by hand, that does only what the test does; its welcome is read."""
    ws = await http.ws_connect(
        f"{relay.tunnel_url}/tunnel",
        headers={"Authorization": f"Bearer {token}"},
        protocols=(PROTOCOL,),
        ssl=False,
    )
    await ws.receive_bytes()
    return ws


async def test_a_hub_that_does_not_answer_stalls_nobody_else(
    relay: RunningRelay,
    scooter: S1Device,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Long enough for all of them to be under way on a busy machine.
    monkeypatch.setattr(tunnel, "ANSWER_S", 5.0)
    slow = await dial(http, relay, relay.token("slow"))
    boards = [
        S1Device(relay.device_url("slow"), f"b{n}", "11" * 32, session=http)
        for n in range(tunnel.IN_FLIGHT + 6)
    ]
    waiting = [asyncio.create_task(board.report(1.0)) for board in boards]
    async with asyncio.timeout(60):
        while (await relay.metrics())["kickwatt_relay_in_flight"] < tunnel.IN_FLIGHT:
            await asyncio.sleep(0.01)
    assert (await scooter.report(91.0)).status == 200
    assert not all(task.done() for task in waiting)
    said = [reply.body for reply in await asyncio.gather(*waiting)]
    assert said.count(b"Not now") == 6
    assert said.count(b"The hub does not answer") == tunnel.IN_FLIGHT
    assert (await relay.metrics())["kickwatt_relay_in_flight"] == 0
    await slow.close()


async def test_one_charger_waits_twice_at_most(
    relay: RunningRelay, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its repeated message, but not a hundred, which would leave no room for others."""
    monkeypatch.setattr(tunnel, "ANSWER_S", 3.0)
    slow = await dial(http, relay, relay.token("slow"))
    board = S1Device(relay.device_url("slow"), "scooter", "11" * 32, session=http)
    replies = await asyncio.gather(*(board.report(1.0) for _ in range(5)))
    assert sorted(reply.body for reply in replies) == [
        b"Not now",
        b"Not now",
        b"Not now",
        b"The hub does not answer",
        b"The hub does not answer",
    ]
    await slow.close()


async def test_answers_may_come_in_any_order_and_one_that_nobody_wants_is_dropped(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    ws = await dial(http, relay, relay.token("slow"))
    boards = [
        S1Device(relay.device_url("slow"), name, "11" * 32, session=http)
        for name in ("a", "b")
    ]
    waiting = [asyncio.create_task(board.report(1.0)) for board in boards]
    asks = [for_hub(await ws.receive_bytes()) for _ in boards]
    await ws.send_bytes(encode(Answer(999, 200, b"for nobody")))
    for ask in reversed(asks):
        assert isinstance(ask, Ask)
        await ws.send_bytes(encode(Answer(ask.number, 200, ask.charger.encode())))
        await ws.send_bytes(encode(Answer(ask.number, 200, b"once more")))
    assert [reply.body for reply in await asyncio.gather(*waiting)] == [b"a", b"b"]
    await ws.close()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff" * 50,
        encode(Ask(1, "scooter", b"a relay's own frame")),
        encode(Answer(1, 302, b"https://elsewhere.example")),
        "text",
    ],
)
async def test_a_hub_that_sends_no_frame_is_hung_up_on(
    relay: RunningRelay, http: aiohttp.ClientSession, frame: bytes | str
) -> None:
    ws = await dial(http, relay, relay.token("odd"))
    await (ws.send_str(frame) if isinstance(frame, str) else ws.send_bytes(frame))
    message = await asyncio.wait_for(ws.receive(), 60)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4400)
    await relay.connected("odd", connected=False)


async def test_a_frame_that_is_too_large_ends_the_tunnel(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    ws = await dial(http, relay, relay.token("odd"))
    await ws.send_bytes(b"\0" * 100_000)
    message = await asyncio.wait_for(ws.receive(), 60)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1009)
    await relay.connected("odd", connected=False)


# --- who sends too much --------------------------------------------------------------------------------------------------


async def test_an_address_that_sends_too_much_is_told_so(tmp_path: Path) -> None:
    async with (
        running_relay(tmp_path, address_rate="5/minute") as relay,
        aiohttp.ClientSession() as http,
    ):
        relay.token("away")
        board = S1Device(relay.device_url("away"), "scooter", "11" * 32, session=http)
        replies = [await board.report(1.0) for _ in range(7)]
        assert [reply.status for reply in replies] == [503] * 5 + [429] * 2
        assert int(replies[-1].headers["Retry-After"]) == doors.RETRY_AFTER_S


async def test_one_hubs_boards_cannot_take_more_than_their_share(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with (
        running_relay(tmp_path, hub_rate="5/minute") as relay,
        running_hub(tmp_path / "home", **relay.hub("home")) as home,
        running_hub(tmp_path / "work", **relay.hub("work")) as work,
    ):
        for name in ("home", "work"):
            await relay.connected(name)
        board = S1Device(
            relay.device_url("home"),
            "scooter",
            await home.add_charger("scooter"),
            session=http,
        )
        other = S1Device(
            relay.device_url("work"),
            "scooter",
            await work.add_charger("scooter"),
            session=http,
        )
        statuses = [(await board.report(1.0)).status for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert len(board.queue) == 2
        assert (await other.report(1.0)).status == 200


async def test_a_stranger_is_silenced_but_the_board_behind_the_same_address_is_served(
    scooter: S1Device,
) -> None:
    await scooter.report(1.0)
    forged = request_body("bike", "22" * 32, "{}")
    statuses = [(await scooter.post(forged, path="/s1/bike")).status for _ in range(62)]
    assert statuses == [401] * 60 + [429] * 2
    assert (await scooter.report(2.0)).status == 200


async def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_has_seen(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """And only the proxy's own word counts: what came before it may be anybody's."""
    async with running_relay(
        tmp_path, proxy="127.0.0.1", address_rate="1/minute"
    ) as relay:
        relay.token("away")
        url = f"{relay.device_url('away')}/s1/scooter"
        body = request_body("scooter", "11" * 32, "{}")
        statuses = []
        for chain in ("198.51.100.1", "198.51.100.2, 198.51.100.1", "198.51.100.2"):
            async with http.post(
                url, data=body, headers={"X-Forwarded-For": chain}
            ) as response:
                statuses.append(response.status)
    assert statuses == [503, 429, 503]


async def test_a_body_that_never_ends_is_given_up(
    relay: RunningRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, "BODY_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.relay.device_port)
    writer.write(
        b"POST /h/home/s1/scooter HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
    )
    assert b" 400 " in await asyncio.wait_for(reader.readline(), 60)
    writer.close()


async def test_a_modem_waits_longer_than_the_relay() -> None:
    """firmware/kickwatt/sim800.py gives up after 60 s; before that it must have an answer."""
    assert doors.BODY_S + tunnel.ANSWER_S < 60
