"""Resident memory of a hub with 50 chargers and a year of history, while it is asked and told things."""

import asyncio
from pathlib import Path
import time

import aiohttp
import sqlalchemy as sa

from kickwatt_hub.store.engines import FILE
from kickwatt_hub.store.schema import charger
from tests.support.hub_process import HubProcess

from .. import fill, hub_process
from ..programs import scratch
from ..report import Report
from ..signed import Board, charging

CHARGERS = 50
DAYS = 365
EACH = 500  # readings a day: four hours of charging at 30 s
DAY_MS = 86_400_000


def run(report: Report) -> None:
    """Look after the start, and after questions and messages."""
    days = 30 if report.quick else DAYS
    with scratch() as folder:
        data = folder / "hub"
        report.doing("filling in a year")
        boards = charging(data, CHARGERS)
        token = HubProcess(data).add_token("read")
        _fill(data, days)
        with hub_process.running(data) as hub:
            report.doing("asking and telling")
            at_start = hub.memory_mib()
            asyncio.run(_use(hub, token, boards))
            used = hub.memory_mib()
    report.figure("Readings stored", CHARGERS * days * EACH, "")
    report.figure("After the start", at_start, "MiB")
    report.figure("After some use", used, "MiB", at_most=120)
    report.note("The use: 500 messages, and every charger's last day as readings.")


def _fill(data: Path, days: int) -> None:
    today_ms = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
    engine = sa.create_engine(f"sqlite:///{data / FILE}", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        pks = list(connection.execute(sa.select(charger.c.pk)).scalars())
    for ago in range(days, 0, -1):
        end_ms = today_ms - (ago - 1) * DAY_MS - 3_600_000
        readings = fill.course(EACH, end_ms, 30, ago, 1_000 + (days - ago) * EACH)
        fill.insert(data / FILE, fill.chunks_for(pks, [readings]))


async def _use(hub: HubProcess, token: str, boards: list[Board]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400))
    async with aiohttp.ClientSession(headers=headers) as session:
        for board in boards:
            for _ in range(10):
                url = f"{hub.device_url}/s1/{board.charger_id}"
                async with session.post(url, data=board.body()) as response:
                    assert response.status == 200
            url = f"{hub.url}/api/v1/chargers/{board.charger_id}/readings"
            parameters = {"start": day, "end": end, "limit": "10000"}
            async with session.get(url, params=parameters) as response:
                assert response.status == 200
                await response.read()
