"""Readings in batches of 100, unsigned, in the seed's format.

64 connections; the server has one core, the load generator the other. The hub leaves out what it has already, counts
energy and thinks; FastAPI validates and stores.
"""

from collections.abc import Iterator
from itertools import islice
from statistics import median

from kickwatt_hub.model import Kind

from .. import hub_process, load, servers
from ..load import Run, post
from ..programs import scratch
from ..report import Report

CHARGERS = 200
BATCH = 100
ROUNDS = 3
# Requests per second to have ready: more than will be needed.
HUB, FASTAPI = 5_000, 3_000
JSON = "Content-Type: application/json\r\n"


def run(report: Report) -> None:
    """Take turns, so that a busy minute of the machine meets all alike."""
    seconds = 1 if report.quick else 4
    runs: dict[str, list[Run]] = {"hub": [], "fastapi": []}
    with scratch() as folder:
        report.doing("adding chargers")
        keys = hub_process.add_chargers(folder / "hub", CHARGERS, Kind.legacy)
        mine = batches([("/", f"{JSON}api_key: {key}\r\n") for key in keys.values()])
        theirs = batches([(f"/devices/{n}/readings", JSON) for n in range(CHARGERS)])
        with hub_process.running(folder / "hub") as hub:
            load.fresh(hub.device_url, folder, islice(mine, HUB), 1)
            for index in range(ROUNDS):
                report.doing(f"round {index + 1} of {ROUNDS}, the hub")
                requests = islice(mine, seconds * HUB)
                runs["hub"].append(
                    load.fresh(hub.device_url, folder, requests, seconds)
                )
                turn = folder / str(index)
                turn.mkdir()
                report.doing(f"round {index + 1} of {ROUNDS}, FastAPI")
                with servers.peer("fastapi_sqlite", turn) as url:
                    requests = islice(theirs, seconds * FASTAPI)
                    runs["fastapi"].append(load.fresh(url, turn, requests, seconds))
    hub_rate, fastapi_rate = (
        BATCH * median(each.per_second for each in some) for some in runs.values()
    )
    report.figure("Kickwatt, batches of 100", hub_rate, "readings/s", at_least=300_000)
    report.figure("FastAPI + SQLite, batches of 100", fastapi_rate, "readings/s")
    report.figure("Kickwatt : FastAPI", hub_rate / fastapi_rate, "×", at_least=2)
    report.note(f"Medians of {ROUNDS} rounds in turn.")


def batches(ways: list[tuple[str, str]]) -> Iterator[bytes]:
    """Yield requests for ever, each with the next 100 rows of the next device, a second apart."""
    times = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(86_400)]
    number = 0
    while True:
        first = number * BATCH
        day = f"24/{first // 86_400 // 28 % 12 + 1:02}/{first // 86_400 % 28 + 1:02}"
        rows = ",".join(
            f'{{"amper":{600 + n % 40},"data":"{day},{times[n % 86_400]}","signal":17,"volt":{2290 + n % 30}}}'
            for n in range(first, first + BATCH)
        )
        body = f'{{"msg":[{rows}]}}'.encode()
        for path, headers in ways:
            yield post(path, body, headers)
        number += 1
