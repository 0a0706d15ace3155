"""Boards, a network and a hub on which everything goes wrong that may: repeats, reordering, reboots.

What is stored in the end must be what was measured, each sample once.
"""

from dataclasses import dataclass, field
from random import Random

from kickwatt_hub.ingest import Reply
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device, open_reply

SAMPLES = 40  # in one message, as a board sends them
DUPLICATES = 0.35  # of those that are not held back: 30 % of all
HELD_BACK = 0.1  # of the messages come when a later one has been answered
REBOOTS = 0.02  # of the messages are a board's last before it starts anew

type Sample = tuple[str, int, int, int]
"""Charger, boot, number, meter_wh."""


@dataclass(slots=True)
class Outcome:
    """What was measured, what is stored, and what the network did meanwhile."""

    measured: set[Sample] = field(default_factory=set)
    stored: list[Sample] = field(default_factory=list)
    messages: int = 0
    repeated: int = 0
    late: int = 0
    reboots: int = 0


@dataclass(slots=True)
class _Board:
    device: S1Device
    held_back: list[bytes] = field(default_factory=list)


async def deliver(hub: RunningHub, count: int, boards: int, seed: int) -> Outcome:
    """Let so many boards measure `count` samples and send them over a bad network, and return how it ended."""
    random, outcome = Random(seed), Outcome()
    fleet = [
        _Board(S1Device("http://unused", charger_id, await hub.add_charger(charger_id)))
        for charger_id in (f"board-{n}" for n in range(boards))
    ]
    while len(outcome.measured) < count:
        await _talk(hub, random.choice(fleet), random, outcome)
    for board in fleet:
        await _finish(hub, board, outcome)
        outcome.stored += await _stored(hub, board.device.charger_id)
    return outcome


async def _talk(
    hub: RunningHub, board: _Board, random: Random, outcome: Outcome
) -> None:
    """Measure, and send what is queued: once, twice, or too late."""
    device = board.device
    for _ in range(random.randint(1, SAMPLES - len(device.queue) % SAMPLES)):
        device.energy_wh += random.randint(0, 3)
        number = device.measure(90.0)[0]
        key = (device.charger_id, device.boot, number, device.energy_wh)
        outcome.measured.add(key)
    body = device.body()
    device.up += 30
    if random.random() < HELD_BACK:
        board.held_back.append(body)
        return
    await _send(hub, device, body, outcome)
    if random.random() < DUPLICATES:
        outcome.repeated += 1
        await _send(hub, device, body, outcome)
    while board.held_back and random.random() < 0.5:
        late = board.held_back.pop(random.randrange(len(board.held_back)))
        outcome.late += 1
        await _send(hub, device, late, outcome)
    if random.random() < REBOOTS:
        await _finish(hub, board, outcome)
        outcome.reboots += 1
        device.reboot()


async def _finish(hub: RunningHub, board: _Board, outcome: Outcome) -> None:
    """Send until nothing is queued."""
    while board.device.queue:
        await _send(hub, board.device, board.device.body(), outcome)


async def _send(
    hub: RunningHub, device: S1Device, body: bytes, outcome: Outcome
) -> None:
    outcome.messages += 1
    reply: Reply = await hub.hub.context.ingest.s1(device.charger_id, body)
    json = open_reply(device.charger_id, device.key, body, reply.body)
    assert json is not None
    if reply.status == 200:
        device.queue = [each for each in device.queue if each[0] > json["ack"]]
    else:
        assert (reply.status, json["error"]) == (409, "boot")


async def _stored(hub: RunningHub, charger_id: str) -> list[Sample]:
    context = hub.hub.context
    entry = context.fleet.find(charger_id)
    assert entry is not None
    readings = await context.store.history.replay(entry.pk, None, 10**9)
    return [
        (charger_id, each.position.boot, each.position.number, each.meter_wh or 0)
        for each in readings
    ]
