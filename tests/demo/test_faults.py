"""The demo says which faults strike, as the simulator's log tells them."""

import asyncio
from pathlib import Path
import sys

from kickwatt_demo.faults import hear, news
from kickwatt_demo.process import Process
import pytest


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "Nov 21 18:00:05Z  fault: hub_slow strikes (seconds 30)\n",
            "fault: hub_slow strikes (seconds 30), Nov 21 18:00:05Z for the scooter",
        ),
        ("Nov 21 18:00:05Z  relay on   charging  95.0 W  fault: no_network", None),
        ("upload failed: modem: HTTP 601, network; again in 5 s", None),
        ("", None),
    ],
)
def test_only_a_fault_is_news(line: str, said: str | None) -> None:
    assert news(line) == said


async def test_each_fault_is_said_once_until_the_scooter_is_gone(
    tmp_path: Path,
) -> None:
    lines = ["Nov 21 18:00:05Z  fault: no_network strikes", "charging"]
    lines.append("Nov 21 18:05:05Z  fault: no_network is over")
    program = f"import time\nfor line in {lines}: print(line); time.sleep(0.4)"
    scooter = await Process.start(
        "the scooter", sys.executable, "-c", program, log=tmp_path / "simulator.log"
    )
    said: list[str] = []
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(hear(scooter, said.append))
        group.create_task(scooter.wait())
    assert [text.partition(",")[0] for text in said] == [
        "fault: no_network strikes",
        "fault: no_network is over",
    ]
