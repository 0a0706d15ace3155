"""Meters over the native API: who may, what is refused and how."""

from typing import Any

import aiohttp

from kickwatt_hub.api import meters, sites
from kickwatt_hub.meters.model import MeterRound
from kickwatt_sim.energy_meter import SimulatedMeter
from tests.hub.management.conftest import PASSWORD, Caller
from tests.support.hub_process import RunningHub

from .conftest import new

MODEL = """
title = "Acme 1"
source = "its manual"
bidirectional = false
longest_read = 20
[defaults]
kind = "int16"
[instantaneous]
active_power = { address = 1, unit = "W", scale = 0.1 }
[cumulative]
energy_import = { address = 2, unit = "kWh", kind = "long32", signed = false }
"""


def _path(route: Any) -> str:
    path: str = route.path
    for name in ("id", "charger", "name"):
        path = path.replace(f"{{{name}}}", "1")
    return path


CALLS = sorted(
    (route.method, _path(route)) for route in [*meters.routes(), *sites.routes()]
)


async def test_who_may_only_look_changes_nothing(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """Nobody does anything without a token, nor with one for one's own meters."""
    own = Caller(hub, http, await hub.add_token("own", user="own"))
    lookers = [
        Caller(hub, http, await hub.add_token(scope, user=scope))
        for scope in ("read", "control")
    ]
    for method, path in CALLS:
        assert (await Caller(hub, http)(method, path, {}))[0] == 401
        assert (await own(method, path, {}))[0] == 403
        for caller in lookers:
            status, _ = await caller(method, path, {})
            assert (status == 403) is (method != "GET")


WRONG: tuple[tuple[str, object], ...] = (
    ("host", ""),
    ("host", "a b"),
    ("port", 0),
    ("port", "502"),
    ("unit", 256),
    ("model", "sdm9000"),
    ("model", "../x"),
    ("name", " "),
    ("site", 99),
    ("site", 10**30),
    ("interval_s", 0.5),
    ("interval_s", 3601),
    ("raw_days", 0),
    ("measurements", ["moon"]),
    ("measurements", "voltage"),
    ("colour", "red"),
)


async def test_what_is_wrong_is_named(owner: Caller, sdm630: SimulatedMeter) -> None:
    """When a meter is added, and when it is changed."""
    added = await owner.add("/api/v1/meters", new(sdm630))
    other = new(sdm630, unit=2)
    for field, value in WRONG:
        for method, path, body in (
            ("POST", "/api/v1/meters", other | {field: value}),
            ("PATCH", f"/api/v1/meters/{added['id']}", {field: value}),
        ):
            status, refused = await owner(method, path, body)
            named = refused["error"]["field"].partition("[")[0]
            assert (status, named) == (422, field), value
    (left,) = await owner.get("/api/v1/meters")
    assert left["name"] == added["name"]


async def test_two_meters_cannot_be_at_one_place(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """Host, port and unit together are what a meter is found by."""
    await owner.add("/api/v1/meters", new(sdm630))
    status, refused = await owner("POST", "/api/v1/meters", new(sdm630))
    assert (status, refused["error"]["code"]) == (409, "conflict")
    other = await owner.add("/api/v1/meters", new(sdm630, unit=2))
    path = f"/api/v1/meters/{other['id']}"
    assert (await owner("PATCH", path, {"unit": 1}))[0] == 409


async def test_a_question_about_the_past_that_makes_no_sense_is_refused(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """With the field."""
    added = await owner.add("/api/v1/meters", new(sdm630))
    path = f"/api/v1/meters/{added['id']}/history"
    for query, status, field in (
        ("", 422, "measurement"),
        ("?measurement=moon", 404, "measurement"),
        ("?measurement=voltage&from=yesterday", 422, "from"),
        ("?measurement=voltage&to=1", 422, "to"),
        ("?measurement=voltage&points=1", 422, "points"),
        ("?measurement=voltage&limit=0", 422, "limit"),
    ):
        answered, refused = await owner("GET", path + query)
        assert (answered, refused["error"]["field"]) == (status, field)
    for meter_id in ("99", "x", "9" * 40):
        assert (await owner("GET", f"/api/v1/meters/{meter_id}"))[0] == 404


async def test_a_person_can_add_a_meter_model(owner: Caller) -> None:
    """As a file or as JSON; it is there for whoever manages over the old API, too."""
    path = owner.hub.url + "/api/v1/meter-models/"
    headers = {
        "Authorization": f"Bearer {owner.token}",
        "Content-Type": "application/toml",
    }
    async with owner.http.post(path + "acme-1", data=MODEL, headers=headers) as said:
        assert said.status == 201, await said.text()
    async with owner.http.post(path + "acme-1", data=MODEL, headers=headers) as said:
        assert said.status == 409
    for text in ("title = ", MODEL.replace("20", "999"), MODEL.replace("= 2,", "= 1,")):
        async with owner.http.post(path + "acme-2", data=text, headers=headers) as said:
            refused = await said.json()
            assert (said.status, refused["error"]["field"]) == (422, "model")
    as_json = {
        "title": "Acme 2",
        "source": "its manual",
        "bidirectional": True,
        "longest_read": 20,
        "defaults": {},
        "instantaneous": {"active_power": {"address": 1, "unit": "W"}},
        "cumulative": {},
    }
    added = await owner.add("/api/v1/meter-models/acme-2", as_json)
    assert added["measurements"] == ["active_power"]
    status, refused = await owner("POST", "/api/v1/meter-models/a%20b", as_json)
    assert (status, refused["error"]["field"]) == (422, "name")
    found = [each["name"] for each in await owner.get("/api/v1/meter-models")]
    assert found[:2] == ["acme-1", "acme-2"]
    assert "sdm630" in found
    measured = await owner.get("/meters/acme-1/measurements")
    assert [(each["name"], each["type"]) for each in measured] == [
        ("active_power", 1),
        ("energy_import", 2),
    ]
    meter = {"host": "127.0.0.1", "port": 1, "model": "acme-1"}
    live = await owner.add("/api/v1/meters", meter)
    assert live["values"]["energy_import"] == {
        "value": None,
        "unit": "kWh",
        "cumulative": True,
    }


async def test_a_meter_without_a_site_stands_where_its_owner_does(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """At the first location, which is made where there is none."""
    one = await owner.add("/api/v1/meters", new(sdm630))
    two = await owner.add("/api/v1/meters", new(sdm630, unit=2))
    (place,) = await owner.get("/user/locations")
    assert one["site"] == two["site"] == place["id"]
    three = await owner.add("/api/v1/meters", new(sdm630, unit=3, site=place["id"]))
    assert three["site"] == place["id"]


async def test_an_owner_reads_back_what_their_host_was(
    owner: Caller, hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """Paged, in steps, and nothing of it is anybody else's; an administrator sees everybody's."""
    person = {"username": "john", "email": "j@example.com", "password": PASSWORD}
    john = Caller(hub, http)
    login = await john.add("/auth/register", person, status=200)
    john = Caller(hub, http, login["token"], login["user"]["id"])
    place = {"street": "A", "number": "1", "city": "B", "zip_code": "00-000"}
    place = await john.add("/user/locations", place)
    host = {"ip": "127.0.0.1", "port": 1, "slave_address": 1, "meter": "sdm630"}
    host = await john.add("/user/hosts", {**host, "location": place["id"]})
    rounds = [
        MeterRound(host["id"], 1_700_000_000_000 + number * 1000, {"frequency": 50.0})
        for number in range(150)
    ]
    await hub.hub.context.store.meter_log.append(rounds)
    path = f"hosts/{host['id']}/measurements/frequency/readings"
    page = await john.get(f"/user/{path}?limit=100")
    assert len(page["readings"]) == 100
    rest = await john.get(f"/user/{path}?from={page['next']}")
    assert (len(rest["readings"]), rest["next"]) == (50, None)
    steps = await john.get(f"/user/{path}?points=3")
    assert sum(each["count"] for each in steps["points"]) == 150
    assert await owner.get(f"/admin/{path}?limit=100") == page
    for query, field in (
        ("from=x", "from"),
        ("points=1", "points"),
        ("limit=x", "limit"),
    ):
        status, refused = await john("GET", f"/user/{path}?{query}")
        assert (status, list(refused)) == (400, [field])
    polling = f"/user/hosts/{host['id']}/polling"
    usual = {"interval_s": 10, "raw_days": 30, "site_meter": False}
    assert await john.get(polling) == usual
    changed = await john("PATCH", polling, {"raw_days": None, "interval_s": 60})
    assert changed == (200, {"interval_s": 60, "raw_days": None, "site_meter": False})
    for field, value in (
        ("interval_s", 0.5),
        ("interval_s", "x"),
        ("raw_days", 0),
        ("site_meter", 1),
    ):
        status, refused = await john("PATCH", polling, {field: value})
        assert (status, list(refused)) == (400, [field])
