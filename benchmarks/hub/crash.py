"""SIGKILL at random moments under load: nothing acknowledged is lost, nothing is stored twice."""

import asyncio

from tests.support.hub_process import HubProcess
from tests.support.kills import kill_under_load

from ..programs import scratch
from ..report import Report


def run(report: Report) -> None:
    """Count what was lost and what is there twice."""
    kills = 5 if report.quick else 200
    report.doing(f"{kills} kills")
    with scratch() as folder:
        data = folder / "hub"
        courses = asyncio.run(
            kill_under_load(HubProcess(data), data, kills, boards=8, seed=2)
        )
    stored = [[number for number, *_ in course.stored] for course in courses]
    lost = sum(
        len(course.acknowledged - set(numbers))
        for course, numbers in zip(courses, stored, strict=True)
    )
    twice = sum(len(numbers) - len(set(numbers)) for numbers in stored)
    report.figure("Kills", kills, "")
    report.figure("Samples stored", sum(map(len, stored)), "")
    report.figure("Acknowledged and lost", lost, "samples", at_most=0)
    report.figure("Stored twice", twice, "samples", at_most=0)
