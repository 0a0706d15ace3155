"""The live connection: nothing lost, nothing twice, for ever."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
import logging
from typing import Any

from aiohttp import ClientConnectionResetError, ClientSession
import pytest

from custom_components.kickwatt import live as live_module
from custom_components.kickwatt.client import (
    AuthenticationError,
    CannotConnectError,
    CommandError,
    HubTooNewError,
    HubTooOldError,
    KickwattError,
    NotAHubError,
    ScopeTooSmallError,
    WrongHubError,
)
from custom_components.kickwatt.live import (
    ChargerChanged,
    ChargerRemoved,
    KickwattLive,
    Lost,
    Message,
    Resumed,
    Snapshot,
)
from tests.integration.scripted_hub import (
    CHARGER,
    HUB_ID,
    PATIENCE_S,
    TOKEN,
    Line,
    ScriptedHub,
    gone,
)
from tests.support.waiting import until


@dataclass
class Followed:
    """A live connection that is being followed, and what it said."""

    live: KickwattLive
    said: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Take down all messages."""
        async for message in self.live.messages():
            self.said.put_nowait(message)

    async def next(self) -> Message:
        """Wait for the next message."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.said.get()

    async def name(self) -> str:
        """Wait for the next message, which has to be a change; return the new name."""
        message = await self.next()
        assert isinstance(message, ChargerChanged), message
        return message.charger.name


@pytest.fixture
async def followed(
    session: ClientSession, scripted: ScriptedHub, hurried: None
) -> AsyncGenerator[Followed]:
    """Return a connection to the scripted hub, not yet opened."""
    followed = Followed(KickwattLive(session, scripted.url, TOKEN, HUB_ID))
    yield followed
    if followed.task:
        followed.task.cancel()
        await asyncio.wait([followed.task])
    await followed.live.close()


async def connect(followed: Followed, hub: ScriptedHub) -> Line:
    """Open the connection and follow it from the first snapshot on."""
    opening = asyncio.create_task(followed.live.connect())
    line = await hub.accept()
    request = await line.welcome()
    assert "resume" not in request
    assert isinstance(await opening, Snapshot)
    followed.task = asyncio.create_task(followed.follow())
    return line


async def test_a_connection_starts_with_all_chargers(
    followed: Followed, scripted: ScriptedHub
) -> None:
    assert not followed.live.connected
    opening = asyncio.create_task(followed.live.connect())
    await (await scripted.accept()).welcome(CHARGER, {"id": "bike"})
    start = await opening
    assert isinstance(start, Snapshot)
    assert list(start.chargers) == ["scooter", "bike"]
    assert followed.live.connected
    assert (followed.live.version, followed.live.run, followed.live.number) == (
        "0.1.0",
        "a",
        10,
    )


async def test_every_event_is_told_once_and_in_order(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    for number in (11, 11, 12, 10, 12, 13):
        await line.change(number, name=str(number))
    await line.say("event", number=14, event="charger_removed", charger_id="scooter")
    assert [await followed.name() for _ in range(3)] == ["11", "12", "13"]
    assert await followed.next() == ChargerRemoved(charger_id="scooter")
    assert followed.said.empty()


async def test_events_that_change_nothing_are_counted_but_not_told(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.say("event", number=11, event="session_started", charger_id=7)
    await line.say("event", number=12, event="charger", charger={"name": "no id"})
    await line.say("event", number=13, event="parade")
    await line.say("news", text="unknown to us")
    await line.ws.send_str("[]")
    await line.ws.send_str("{")
    await line.change(14, name="after")
    assert await followed.name() == "after"
    assert followed.said.empty()


async def test_a_lost_connection_is_resumed_where_it_broke(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.change(11, name="before")
    assert await followed.name() == "before"
    await line.hang_up()
    lost = await followed.next()
    assert isinstance(lost, Lost)
    assert isinstance(lost.error, CannotConnectError)
    assert not followed.live.connected

    line = await scripted.accept()
    request = await line.greet()
    assert request["resume"] == {"run": "a", "number": 11}
    await line.say("resumed", id=request["id"], run="a", number=11, to=13)
    await line.change(11, name="again")
    await line.change(12, name="missed")
    await line.change(13, name="too")
    resumed = await followed.next()
    assert isinstance(resumed, Resumed)
    assert followed.live.connected
    assert [
        message.charger.name
        for message in resumed.missed
        if isinstance(message, ChargerChanged)
    ] == ["missed", "too"]
    await line.change(14, name="after")
    assert await followed.name() == "after"


async def test_a_line_that_breaks_while_catching_up_loses_nothing(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    for end in (True, False):
        line = await scripted.accept()
        request = await line.greet()
        assert request["resume"] == {"run": "a", "number": 10}
        await line.say("resumed", id=request["id"], run="a", number=10, to=12)
        await line.change(11, name="missed")
        if end:
            await line.hang_up()
    await line.change(12, name="missed too")
    resumed = await followed.next()
    assert isinstance(resumed, Resumed)
    assert len(resumed.missed) == 2
    assert followed.live.number == 12


async def test_catching_up_ends_where_the_hub_said_it_would(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    line = await scripted.accept()
    request = await line.greet()
    await line.say("resumed", id=request["id"], run="a", number=10, to=20)
    for number in range(11, 41):
        await line.change(number, name=str(number))
    resumed = await followed.next()
    assert isinstance(resumed, Resumed)
    names = [
        message.charger.name
        for message in resumed.missed
        if isinstance(message, ChargerChanged)
    ]
    assert names == [str(number) for number in range(11, 21)]
    assert [await followed.name() for _ in range(20)] == [
        str(number) for number in range(21, 41)
    ]


async def test_a_resume_with_nothing_missed_goes_on_at_once(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    line = await scripted.accept()
    request = await line.greet()
    await line.say("resumed", id=request["id"], run="a", number=10, to=10)
    resumed = await followed.next()
    assert isinstance(resumed, Resumed)
    assert resumed.missed == ()


async def test_a_restarted_hub_answers_with_a_snapshot(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    line = await scripted.accept()
    request = await line.welcome(CHARGER | {"name": "anew"}, run="b", number=3)
    assert request["resume"] == {"run": "a", "number": 10}
    start = await followed.next()
    assert isinstance(start, Snapshot)
    assert start.chargers["scooter"].name == "anew"
    await line.change(4, name="counted in the new run")
    assert await followed.name() == "counted in the new run"


async def test_a_snapshot_that_was_not_asked_for_replaces_what_was_missed(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.say("snapshot", run="a", number=500, chargers=[CHARGER])
    await line.change(501, name="after")
    assert isinstance(await followed.next(), Snapshot)
    assert await followed.name() == "after"


async def test_a_gap_between_events_is_closed_with_a_snapshot(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.change(13, name="two are missing")
    lost = await followed.next()
    assert isinstance(lost, Lost)
    assert str(lost.error) == "Event 13 came after 10"
    line = await scripted.accept()
    request = await line.greet()
    assert "resume" not in request
    await line.change(14, name="from before the snapshot")
    await line.say("snapshot", id=request["id"], run="a", number=14, chargers=[CHARGER])
    await line.change(15, name="after")
    assert isinstance(await followed.next(), Snapshot)
    assert await followed.name() == "after"


@pytest.mark.parametrize(
    ("failures", "longest"),
    [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (7, 60), (10**6, 60)],
)
def test_delays_double_up_to_the_longest_and_no_two_are_the_same(
    failures: int, longest: float
) -> None:
    delays = {live_module.reconnect_delay(failures) for _ in range(100)}
    assert longest / 2 <= min(delays)
    assert max(delays) <= longest
    assert len(delays) > 90


async def test_it_is_tried_again_for_ever(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await connect(followed, scripted)
    asked: list[int] = []
    enough = asyncio.Event()

    def at_once(failures: int) -> float:
        asked.append(failures)
        if len(asked) == 100:
            enough.set()
        return 0

    monkeypatch.setattr(live_module, "reconnect_delay", at_once)
    line.over.set()
    await scripted.stop()
    assert isinstance(await followed.next(), Lost)
    await asyncio.wait_for(enough.wait(), PATIENCE_S)
    # It broke soon after it was opened, which counts as the first failure.
    assert asked[:100] == list(range(1, 101))
    assert followed.said.empty()
    await scripted.start()
    await (await scripted.accept()).welcome()
    assert isinstance(await followed.next(), Snapshot)


async def test_delays_start_again_after_a_good_connection(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await connect(followed, scripted)
    monkeypatch.setattr(live_module, "STABLE_S", 0.0)
    followed.live._failures = 9
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    assert followed.live._failures == 0
    await (await scripted.accept()).welcome()
    assert isinstance(await followed.next(), Snapshot)


async def test_what_waiting_does_not_mend_ends_it(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up(4401)
    assert isinstance(await followed.next(), Lost)
    line = await scripted.accept()
    await line.say("hello", **scripted.info)
    await line.hear("auth")
    await line.say("auth_failed", message="Unknown token")
    assert followed.task is not None
    with pytest.raises(AuthenticationError):
        await asyncio.wait_for(followed.task, PATIENCE_S)


async def test_another_hub_at_the_address_never_sees_the_token(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    stranger = await scripted.accept()
    await stranger.say("hello", **(scripted.info | {"hub_id": "f" * 32}))
    assert await gone(stranger)
    # It goes on trying: the address may return to its owner.
    await (await scripted.accept()).welcome()
    assert isinstance(await followed.next(), Snapshot)


@pytest.mark.parametrize(
    ("hello", "error"),
    [
        ({"product": "toaster"}, NotAHubError),
        ({"type": "welcome"}, NotAHubError),
        ({"api": None}, NotAHubError),
        ({"api": 0}, HubTooOldError),
        ({"api": 2}, HubTooNewError),
        ({"hub_id": "f" * 32}, WrongHubError),
    ],
)
async def test_the_token_is_kept_from_what_is_not_our_hub(
    followed: Followed,
    scripted: ScriptedHub,
    hello: dict[str, Any],
    error: type[KickwattError],
) -> None:
    opening = asyncio.create_task(followed.live.connect())
    line = await scripted.accept()
    await line.ws.send_json({"type": "hello"} | scripted.info | hello)
    with pytest.raises(error):
        await opening
    assert await gone(line)
    assert not followed.live.connected


async def test_a_token_that_may_only_read_is_too_small(
    followed: Followed, scripted: ScriptedHub
) -> None:
    opening = asyncio.create_task(followed.live.connect())
    line = await scripted.accept()
    await line.say("hello", **scripted.info)
    await line.hear("auth")
    await line.say("auth_ok", scope="read")
    with pytest.raises(ScopeTooSmallError):
        await opening


async def test_a_line_that_is_cut_in_the_handshake_cannot_be_connected_to(
    followed: Followed, scripted: ScriptedHub
) -> None:
    opening = asyncio.create_task(followed.live.connect())
    await (await scripted.accept()).hang_up()
    with pytest.raises(CannotConnectError):
        await opening


@pytest.mark.parametrize(
    ("status", "error"),
    [(200, NotAHubError), (404, NotAHubError), (502, CannotConnectError)],
)
async def test_a_server_without_the_live_api_is_refused(
    followed: Followed,
    scripted: ScriptedHub,
    status: int,
    error: type[KickwattError],
) -> None:
    scripted.live_status = status
    with pytest.raises(error):
        await followed.live.connect()


async def test_a_hub_that_says_nothing_is_given_up(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "CONNECT_TIMEOUT_S", 0.1)
    with pytest.raises(CannotConnectError, match="in time"):
        await followed.live.connect()
    assert await gone(await scripted.accept())


async def test_a_line_without_pings_is_found_dead(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = await connect(followed, scripted)
    loop, passed_s, answered = asyncio.get_running_loop(), 0.0, 0
    clock, ws = loop.time, followed.live._ws
    assert ws is not None
    pong = ws.pong

    async def answer(message: bytes = b"") -> None:
        nonlocal answered
        await pong(message)
        answered += 1

    # Time passes when the test says so, however busy the machine is.
    monkeypatch.setattr(loop, "time", lambda: clock() + passed_s)
    monkeypatch.setattr(ws, "pong", answer)
    for pings in range(1, 5):
        passed_s += live_module.SILENCE_S * 0.6
        await line.ws.ping()
        await until(lambda pings=pings: answered == pings)
    assert followed.live.connected
    assert followed.said.empty()
    passed_s += live_module.SILENCE_S * 1.1
    lost = await followed.next()
    assert isinstance(lost, Lost)
    assert "silent" in str(lost.error)


async def test_commands_are_answered_in_any_order(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    live = followed.live
    on = asyncio.create_task(live.set_relay("scooter", on=True))
    off = asyncio.create_task(live.set_relay("bike", on=False))
    cutoff = asyncio.create_task(live.set_settings("scooter", cutoff_w=15.5))
    heard = [await line.hear("command") for _ in range(3)]
    ids = [command.pop("id") for command in heard]
    assert len(set(ids)) == 3
    assert heard == [
        {
            "type": "command",
            "command": "set_relay",
            "charger": "scooter",
            "relay": "on",
        },
        {"type": "command", "command": "set_relay", "charger": "bike", "relay": "off"},
        {
            "type": "command",
            "command": "set_settings",
            "charger": "scooter",
            "settings": {"cutoff_w": 15.5},
        },
    ]
    await line.say("result", id=ids[2], ok=True, result={})
    await line.say("result", id=999, ok=True, result={})
    await cutoff
    error = {"code": "refused", "message": "No.", "reason": "trip", "field": None}
    await line.say("result", id=ids[1], ok=False, error=error)
    with pytest.raises(CommandError, match=r"No\.") as refused:
        await off
    assert (refused.value.code, refused.value.reason) == ("refused", "trip")
    assert not on.done()
    # Answered twice: the second one is nobody's.
    await line.say("result", id=ids[0], ok=True, result={})
    await line.say("result", id=ids[0], ok=False, error=error)
    await on


async def test_a_refusal_without_words_is_still_one(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    on = asyncio.create_task(followed.live.set_relay("scooter", on=True))
    command = await line.hear("command")
    await line.say("result", id=command["id"], ok=False)
    with pytest.raises(CommandError) as refused:
        await on
    assert refused.value.reason is None


async def test_a_command_fails_when_the_line_breaks(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    on = asyncio.create_task(followed.live.set_relay("scooter", on=True))
    await line.hear("command")
    await line.hang_up()
    with pytest.raises(CannotConnectError):
        await on
    assert isinstance(await followed.next(), Lost)
    with pytest.raises(CannotConnectError):
        await followed.live.set_relay("scooter", on=True)
    await (await scripted.accept()).welcome()
    assert isinstance(await followed.next(), Snapshot)


async def test_a_command_that_is_never_answered_is_given_up(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "COMMAND_TIMEOUT_S", 0.1)
    line = await connect(followed, scripted)
    with pytest.raises(CannotConnectError, match="in time"):
        await followed.live.set_relay("scooter", on=True)
    # A late answer harms nobody.
    await line.say("result", id=2, ok=True, result={})
    await line.change(11, name="after")
    assert await followed.name() == "after"


async def test_closing_twice_is_closing_once(
    followed: Followed, scripted: ScriptedHub
) -> None:
    opening = asyncio.create_task(followed.live.connect())
    line = await scripted.accept()
    await line.welcome()
    await opening
    await followed.live.close()
    await followed.live.close()
    assert await gone(line)


async def test_the_token_is_in_no_log(
    followed: Followed, scripted: ScriptedHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    line = await connect(followed, scripted)
    await line.hang_up()
    assert isinstance(await followed.next(), Lost)
    await (await scripted.accept()).welcome()
    assert isinstance(await followed.next(), Snapshot)
    assert TOKEN not in caplog.text


async def test_a_line_that_is_gone_before_it_is_noticed_fails_the_command(
    followed: Followed, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(followed, scripted)

    async def reset(*_: Any) -> None:
        raise ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(followed.live._ws, "send_json", reset)
    with pytest.raises(CannotConnectError, match="closing"):
        await followed.live.set_relay("scooter", on=True)


async def test_a_result_that_came_before_the_connection_broke_counts(
    followed: Followed, scripted: ScriptedHub
) -> None:
    line = await connect(followed, scripted)
    order = asyncio.create_task(followed.live.set_relay("scooter", on=True))
    command = await line.hear("command")
    # Answered, and given up before whoever ordered has had its turn.
    followed.live._pending[command["id"]].set_result({"ok": True})
    await followed.live.close()
    await order
