"""A fleet against hubs that keep their word, and against some that do not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import json
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from kickwatt_sim.fleet import Fleet, Plan, Tally
from kickwatt_sim.fleet.load import read_keys

from .s1_hub import KEY, S1Hub
from .test_command_line import sim

IDS = ("load-1", "load-2", "load-3")
KEYS = dict.fromkeys(IDS, bytes.fromhex(KEY))

type Bend = Callable[[int, bytes], tuple[int, bytes]]


class Hubs:
    """One S1 hub per charger behind one port. `repeats` keeps the reply of each newest message, as the real hub does."""

    def __init__(self, *, repeats: bool, bend: Bend) -> None:
        self.by_path = {f"/s1/{each}": S1Hub() for each in IDS}
        self.connections: set[Any] = set()
        self._repeats = repeats
        self._bend = bend
        self._newest: dict[str, tuple[bytes, tuple[int, bytes]]] = {}

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.connections.add(request.transport)
        before, answer = self._newest.get(request.path, (b"", (0, b"")))
        if not self._repeats or body != before:
            answer = self._bend(*self.by_path[request.path].answer(request.path, body))
            if answer[0] == 200:
                self._newest[request.path] = body, answer
        return web.Response(status=answer[0], body=answer[1])


@asynccontextmanager
async def hubs(
    *, repeats: bool = True, bend: Bend = lambda status, body: (status, body)
) -> AsyncIterator[tuple[Hubs, str]]:
    served = Hubs(repeats=repeats, bend=bend)
    app = web.Application()
    app.router.add_post("/s1/{id}", served.handle)
    async with TestServer(app) as server:
        yield served, str(server.make_url("")).rstrip("/")


async def until(condition: Callable[[Tally], bool], plan: Plan) -> Tally:
    """Run a fleet until it has counted enough."""
    stop = asyncio.Event()

    def tell(tally: Tally) -> None:
        if condition(tally):
            stop.set()

    return await Fleet(plan, KEYS).run(stop, tell, 0.02)


def plan(url: str, **changes: Any) -> Plan:
    return Plan(
        url, **{"interval_s": 0.02, "ramp_s": 0.05, "duration_s": 60, **changes}
    )


async def test_every_sample_arrives_once_whatever_is_repeated_overtaken_or_restarted() -> (
    None
):
    faults = {"duplicates": 0.2, "reordered": 0.2, "reboots": 0.1}
    async with hubs() as (served, url):
        tally = await until(
            lambda tally: len(tally.faults) == 3 and tally.messages > 200,
            plan(url, batch=3, **faults),
        )
    assert tally.broken == {}
    assert set(tally.statuses) == {200, 409}
    assert not tally.failures
    hubs_ = served.by_path.values()
    assert sum(hub.doubled + hub.forged for hub in hubs_) == 0
    # What was under way at the end may be stored without having been counted.
    assert 0 <= sum(len(hub.samples) for hub in hubs_) - tally.samples <= 3 * 40
    assert 0 < tally.latency_ms(0.5) <= tally.latency_ms(1.0)


@pytest.mark.parametrize(
    ("repeats", "bend", "faults", "promise"),
    [
        (True, lambda status, body: (status, b"OK"), {}, "unsigned answer"),
        (False, lambda *answer: answer, {"duplicates": 1.0}, "repeat refused"),
    ],
)
async def test_a_broken_promise_is_counted(
    repeats: bool, bend: Bend, faults: dict[str, float], promise: str
) -> None:
    async with hubs(repeats=repeats, bend=bend) as (_, url):
        tally = await until(lambda tally: bool(tally.broken), plan(url, **faults))
    assert set(tally.broken) == {promise}
    assert "BROKEN PROMISES" in tally.line()


async def test_a_hub_that_forgets_samples_is_found_out() -> None:
    async with hubs() as (served, url):
        for hub in served.by_path.values():
            hub.wish["ack"] = 0
        tally = await until(lambda tally: bool(tally.broken), plan(url))
    assert set(tally.broken) == {"sample not acknowledged"}


async def test_a_hub_that_is_away_costs_failures_and_no_promise() -> None:
    async with hubs() as (_, url):
        pass
    tally = await until(lambda tally: bool(tally.failures), plan(url))
    assert tally.broken == {}
    assert tally.samples == 0


@pytest.mark.parametrize("keep_alive", [True, False])
async def test_connections_are_kept_or_made_anew(keep_alive: bool) -> None:
    async with hubs() as (served, url):
        tally = await until(
            lambda tally: tally.statuses[200] > 60, plan(url, keep_alive=keep_alive)
        )
    assert (len(served.connections) <= len(IDS)) == keep_alive
    assert tally.broken == {}


def test_a_fleet_from_the_command_line_prints_a_summary(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"scooter-1": KEY}))
    with S1Hub() as hub:
        done = sim(
            *("fleet", "1", "--hub", hub.url, "--keys", str(keys), "--json"),
            *("--interval", "0.05", "--duration", "2", "--ramp", "0"),
        )
    summary = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert summary["devices"] == 1
    answered = summary["statuses"]["200"]
    # One may have been under way at the end.
    assert 0 < answered <= len(hub.messages) <= answered + 1
    assert summary["broken_promises"] == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file or directory"),
        ("[]", "it must be a JSON object of ids and keys"),
        ('{"a": "12"}', "the key of 'a' must be 64 hexadecimal digits"),
        ('{"a": 12}', "the key of 'a' must be 64 hexadecimal digits"),
        (f'{{"a": "{KEY}"}}', "has 1 chargers; add more with"),
        ("what", "Expecting value"),
    ],
)
def test_a_wrong_file_of_keys_is_one_sentence(
    content: str | None, complaint: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    if content is not None:
        keys.write_text(content)
    done = sim("fleet", "2", "--hub", "http://h", "--keys", str(keys))
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fleet_needs_a_hub_without_tls() -> None:
    done = sim("fleet", "2", "--hub", "https://h", "--keys", "k.json")
    assert (done.returncode, "must be an address" in done.stderr) == (2, True)


def test_keys_are_read_as_the_hub_prints_them() -> None:
    assert read_keys({"a": KEY}) == {"a": bytes.fromhex(KEY)}
