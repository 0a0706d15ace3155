"""What a charger measured and charged, for pictures, spreadsheets and bills."""

import csv
from datetime import datetime

import aiohttp
import pytest

from kickwatt_hub.app import now_ms
from kickwatt_hub.costing import Costing
from kickwatt_hub.pricing import BandPrice, TimeOfUseTable
from tests.support.api import Api
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

SCOOTER = "/api/v1/chargers/scooter"
NIGHT = TimeOfUseTable(
    currency="PLN",
    zone="Europe/Warsaw",
    otherwise=1.0,
    bands=[BandPrice(start="22:00", end="06:00", per_kwh=0.5)],
)


@pytest.fixture
async def reader(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May see."""
    return Api(hub, http, await hub.add_token("read"))


@pytest.fixture
async def charged(hub: RunningHub, http: aiohttp.ClientSession) -> None:
    """Two hours at 60 W from eight in the evening of a Wednesday, at a tariff with cheap nights."""
    await hub.hub.context.tariffs.choose(NIGHT, None)
    key = await hub.add_charger("scooter", simulated=True)
    board = S1Device(hub.device_url, "scooter", key, session=http)
    begun = datetime.fromisoformat("2026-11-18T20:00:00+01:00")
    board.clock = round(begun.timestamp())
    board.relay, board.why = 1, "button"
    for minute in range(124):
        board.clock += 60
        board.up += 60
        if minute < 120:
            board.energy_wh += 1
            await board.report(60)
        else:
            board.relay = 0
            await board.report(0)
    context = hub.hub.context
    await Costing(context.fleet, context.store, context.tariffs, now_ms).look()


@pytest.mark.usefixtures("charged")
async def test_energy_and_cost_are_told_by_the_week(reader: Api) -> None:
    """Of the hub's calendar or another one."""
    query = f"{SCOOTER}/energy?by=week&zone=Europe/Warsaw"
    found = await reader.ok("GET", query)
    assert (found["by"], found["zone"]) == ("week", "Europe/Warsaw")
    (week,) = found["periods"]
    assert week["start"] == "2026-11-15T23:00:00Z"
    assert week["end"] == "2026-11-22T23:00:00Z"
    assert week["sessions"] == 1
    assert week["energy_wh"] == pytest.approx(119, abs=2)
    (cost,) = week["costs"]
    assert cost["currency"] == "PLN"
    assert cost["amount"] == pytest.approx(0.119, abs=0.002)
    later = f"{SCOOTER}/energy?by=day&start=2026-11-19T00:00:00Z"
    assert (await reader.ok("GET", later))["periods"] == []
    for query, field in (("by=decade", "by"), ("zone=Mars", "zone"), ("start=x", "start")):  # fmt: skip
        error = await reader.refused(422, "GET", f"{SCOOTER}/energy?{query}")
        assert error["field"] == field


@pytest.mark.usefixtures("charged")
async def test_what_a_charge_would_have_cost_at_another_time_is_told(
    reader: Api,
) -> None:
    """Half an hour by half an hour: two hours later it would have been half the price."""
    (session,) = (await reader.ok("GET", f"{SCOOTER}/sessions"))["sessions"]
    found = await reader.ok("GET", f"{SCOOTER}/sessions/{session['id']}/cost")
    assert found["cost"] == session["cost"]
    assert found["currency"] == "PLN"
    costs = [each["cost"] for each in found["began"]]
    assert len(costs) == 49
    assert costs[24] == pytest.approx(session["cost"], abs=1e-4)
    assert costs[24 + 5] == pytest.approx(session["cost"] / 2, abs=1e-3)
    await reader.refused(404, "GET", f"{SCOOTER}/sessions/999/cost")
    await reader.refused(404, "GET", f"{SCOOTER}/sessions/x/cost")


@pytest.mark.usefixtures("charged")
async def test_what_charges_would_have_cost_under_another_tariff_is_told(
    reader: Api,
) -> None:
    """Nothing is changed by asking."""
    tariff = {"kind": "fixed", "currency": "EUR", "per_kwh": 0.3}
    found = await reader.ok("POST", f"{SCOOTER}/cost", {"tariff": tariff})
    assert found["sessions"] == 1
    assert found["held"]["currency"] == "PLN"
    assert found["otherwise"]["cost"] == pytest.approx(found["energy_wh"] * 0.0003)
    assert found["otherwise"]["currency"] == "EUR"
    later = {"tariff": tariff, "start": "2026-11-19T00:00:00Z"}
    assert (await reader.ok("POST", f"{SCOOTER}/cost", later))["sessions"] == 0
    now = await reader.ok("GET", "/api/v1/tariff")
    assert now["tariff"]["kind"] == "time_of_use"
    wrong = {"tariff": {**tariff, "zone": "Mars"}}
    error = await reader.refused(422, "POST", f"{SCOOTER}/cost", wrong)
    assert error["field"] == "tariff.zone"
    error = await reader.refused(422, "POST", f"{SCOOTER}/cost", {**later, "end": "x"})
    assert error["field"] == "end"


@pytest.mark.usefixtures("charged")
async def test_readings_and_sessions_are_downloaded_as_csv(reader: Api) -> None:
    """Every row of the time that was asked for, under the columns of `kickwatt-hub export`."""
    status, text = await reader.raw("GET", f"{SCOOTER}/readings.csv")
    assert status == 200
    rows = list(csv.DictReader(text.decode().splitlines()))
    assert len(rows) == 124
    assert rows[0]["time"] == "2026-11-18T19:01:00.000Z"
    assert (rows[0]["charger"], rows[0]["power_w"]) == ("scooter", "60.0")
    span = "start=2026-11-18T19:01:00Z&end=2026-11-18T19:03:00Z"
    _, text = await reader.raw("GET", f"{SCOOTER}/readings.csv?{span}")
    assert len(text.decode().splitlines()) == 3
    _, text = await reader.raw("GET", f"{SCOOTER}/sessions.csv")
    (session,) = csv.DictReader(text.decode().splitlines())
    assert session["currency"] == "PLN"
    assert float(session["cost"]) == pytest.approx(0.119, abs=0.002)
    await reader.refused(404, "GET", "/api/v1/chargers/nobody/readings.csv")
    await reader.refused(422, "GET", f"{SCOOTER}/readings.csv?start=x")
