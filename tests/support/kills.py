"""The real program under load, killed again and again on one database."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from tests.support.hub_process import HubProcess, running_hub
from tests.support.s1_device import S1Device
from tests.support.stored import stored_readings

type Sample = tuple[int, int]
"""Boot and number."""


@dataclass(slots=True)
class Course:
    """One board, what the hub told it was stored, and what is stored in the end."""

    board: S1Device
    acknowledged: set[Sample] = field(default_factory=set)
    stored: list[tuple[Sample, int | None, float | None]] = field(default_factory=list)
    """With the meter's count and the lifetime energy, in their order."""


async def kill_under_load(
    process: HubProcess, data: Path, kills: int, boards: int, seed: int
) -> list[Course]:
    """Kill `process` so often at random moments while so many boards report as fast as they can.

    In the end every board reports once more, and the hub is stopped.
    """
    random = Random(seed)
    async with running_hub(data) as hub:
        courses = [
            Course(S1Device("", f"scooter-{n}", await hub.add_charger(f"scooter-{n}")))
            for n in range(boards)
        ]
    for course in courses:
        board = course.board
        board.relay, board.why, board.state = 1, "button", "charging"
    for _ in range(kills):
        process.start()
        reporting = [
            asyncio.create_task(_report_until_the_hub_is_gone(course, process))
            for course in courses
        ]
        # However fast the machine is, the hub has had something to lose.
        more = _acknowledged(courses) + random.randint(60, 300)
        async with asyncio.timeout(60):
            while _acknowledged(courses) < more:
                if any(each.done() for each in reporting):
                    break  # it is said below why
                await asyncio.sleep(0.005)
        process.kill()
        await asyncio.gather(*reporting)
    process.start()
    for course in courses:
        await _report_once_more(course, process)
    process.stop()
    for course in courses:
        found = await stored_readings(data, course.board.charger_id)
        found.sort(key=lambda each: each.position)
        course.stored = [
            ((each.position.boot, each.position.number), each.meter_wh, each.energy_wh)
            for each in found
        ]
    return courses


def _acknowledged(courses: list[Course]) -> int:
    return sum(len(course.acknowledged) for course in courses)


async def _report_until_the_hub_is_gone(course: Course, process: HubProcess) -> None:
    """Measure and send as fast as it goes; note what the hub says is stored."""
    board = course.board
    board.url = process.device_url
    while True:
        board.energy_wh += 1
        board.measure(90.0)
        sent = [(board.boot, sample[0]) for sample in board.queue[:40]]
        try:
            reply = await board.post(board.body())
        except aiohttp.ClientError, TimeoutError:
            return
        board.obey(reply)
        assert reply.status == 200, reply
        assert reply.json is not None
        course.acknowledged.update(
            each for each in sent if each[1] <= reply.json["ack"]
        )


async def _report_once_more(course: Course, process: HubProcess) -> None:
    """The board still holds what it got no answer for; it goes on as if nothing had been."""
    board = course.board
    board.url = process.device_url
    while board.queue:
        unsure = [(board.boot, sample[0]) for sample in board.queue[:40]]
        reply = await board.send()
        assert reply.status == 200
        course.acknowledged.update(unsure)
    await board.close()
