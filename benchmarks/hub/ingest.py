"""Signed messages of one sample, durable before they are answered.

64 connections; the server has one core, the load generator the other.
The hub checks a signature, stores, thinks and signs its reply. Its peers store one unsigned reading.
"""

from collections.abc import Iterator
from itertools import count, islice
from statistics import median

from .. import hub_process, load, machine, servers
from ..load import Run, post
from ..programs import scratch
from ..report import Report
from ..signed import charging, in_turn

CHARGERS = 2_000
ROUNDS = 3
# Requests per second to have ready: more than will be needed.
HUB, FLASK, INFLUXDB = 25_000, 4_000, 15_000
START_NS = 1_700_000_000_000_000_000
JSON = "Content-Type: application/json\r\n"


def run(report: Report) -> None:
    """Take turns, so that a busy minute of the machine meets all alike."""
    seconds = 1 if report.quick else 4
    with scratch() as folder:
        report.doing("adding chargers")
        boards = charging(folder / "hub", CHARGERS)
        runs: dict[str, list[Run]] = {"hub": [], "flask": [], "influxdb": []}
        cpu_s: list[float] = []
        with hub_process.running(folder / "hub") as hub:
            report.doing("warming up")
            load.fresh(hub.device_url, folder, in_turn(boards, 4 * HUB), 2)
            for index in range(ROUNDS):
                turn = folder / str(index)
                turn.mkdir()
                report.doing(f"round {index + 1} of {ROUNDS}, the hub")
                requests = in_turn(boards, seconds * HUB)
                begun_s = machine.cpu_s(hub.pid)
                runs["hub"].append(load.fresh(hub.device_url, turn, requests, seconds))
                cpu_s.append(machine.cpu_s(hub.pid) - begun_s)
                report.doing(f"round {index + 1} of {ROUNDS}, Flask")
                with servers.peer("flask_sqlite", turn) as url:
                    requests = islice(_plain(), seconds * FLASK)
                    runs["flask"].append(load.fresh(url, turn, requests, seconds))
                report.doing(f"round {index + 1} of {ROUNDS}, InfluxDB")
                with servers.influxdb(turn) as url:
                    requests = islice(_lines(), seconds * INFLUXDB)
                    runs["influxdb"].append(load.fresh(url, turn, requests, seconds))
        disk = machine.write_through_ms(folder)
    _tell(report, runs, sum(cpu_s), disk)


def _tell(
    report: Report, runs: dict[str, list[Run]], cpu_s: float, disk: tuple[float, float]
) -> None:
    rate = {
        name: median(each.per_second for each in some) for name, some in runs.items()
    }
    p99 = median(each.p99_ms for each in runs["hub"])
    report.figure("Kickwatt, signed", rate["hub"], "requests/s", at_least=12_000)
    report.figure("Kickwatt, signed, p99", p99, "ms")
    answered = sum(each.requests for each in runs["hub"])
    report.figure("Kickwatt's processor", 1e6 * cpu_s / answered, "µs/request")
    report.figure("This disk keeps 4 KiB, p50", disk[0], "ms")
    report.figure("This disk keeps 4 KiB, p99", disk[1], "ms")
    report.figure("Flask + SQLite, unsigned", rate["flask"], "requests/s")
    report.figure("InfluxDB 1.6, unsigned", rate["influxdb"], "requests/s")
    report.figure("Kickwatt : Flask", rate["hub"] / rate["flask"], "×", at_least=20)
    report.figure(
        "Kickwatt : InfluxDB", rate["hub"] / rate["influxdb"], "×", at_least=3
    )
    broken = sum(each.broken for each in runs["flask"])
    report.note(
        f"Medians of {len(runs['hub'])} rounds in turn. Flask left {broken} requests without an answer."
    )


def _plain() -> Iterator[bytes]:
    for n in count():
        body = f'{{"msg":[{{"amper":{1200 + n % 100},"data":"22/04/05,11:39:{n % 60:02}","signal":10,"volt":2330}}]}}'
        yield post(f"/devices/{n % CHARGERS}/readings", body.encode(), JSON)


def _lines() -> Iterator[bytes]:
    for n in count():
        body = f"reading,device={n % CHARGERS} amper={1200 + n % 100}i,volt=2330i,signal=10i {START_NS + n * 1_000_000}"
        yield post("/write?db=kickwatt", body.encode())
