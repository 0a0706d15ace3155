"""veCharge's REST calls."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.hub_process import RunningHub, running_hub

from .conftest import Outlet

_DESIRED = "/charger/chargerDesiredState"


async def test_switching_says_what_is_wanted_and_what_is(outlet: Outlet) -> None:
    """Desired against reported."""
    code, answer = await outlet.call(
        "PATCH", _DESIRED, {"status": "ON", "chargerId": "test"}
    )
    assert (code, answer["status"]) == (200, "success")
    assert answer["data"] == {
        "chargerId": "test",
        "desiredState": "ON",
        "reportedState": "OFF",
        "order": 1,
    }


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        ({"status": "on", "chargerId": "test"}, 422, "status: "),
        ({"status": "ON"}, 422, "chargerId: "),
        ({"status": "ON", "chargerId": 7}, 422, "chargerId: "),
        ({"status": "ON", "chargerId": "other"}, 404, "Invalid Charger ID"),
        ("{", 422, "Expected"),
    ],
)
async def test_switching_refuses_what_it_does_not_understand(
    outlet: Outlet, body: Any, code: int, says: str
) -> None:
    """And names the field."""
    answered, answer = await outlet.call("PATCH", _DESIRED, body)
    assert (answered, answer["status"]) == (code, "fail")
    assert answer["message"].startswith(says)
    assert outlet.hub.hub.context.fleet.snapshot()[0].order is None


async def test_every_call_needs_a_token_that_may_control(outlet: Outlet) -> None:
    """One that may only read, or a person who registered, is not enough."""
    for scope, code in (("read", 403), ("own", 403), (None, 401)):
        token = await outlet.hub.add_token(scope, user=scope) if scope else "0" * 64
        for method, path, body in (
            ("PATCH", _DESIRED, {"status": "ON", "chargerId": "test"}),
            ("GET", "/charger/check/test", None),
            ("POST", "/charger/removeChargerFromUser/test", None),
            ("POST", "/charger/nearestChargers", {"coordinates": [0, 0]}),
            ("GET", "/users/me", None),
        ):
            answered, answer = await outlet.call(method, path, body, token)
            assert (answered, answer["status"]) == (code, "fail")
    assert outlet.hub.hub.context.fleet.snapshot()[0].order is None


async def test_a_charger_is_checked_by_its_id(outlet: Outlet) -> None:
    """As after the scan of its code."""
    assert await outlet.call("GET", "/charger/check/test") == (
        200,
        {"status": "success", "data": {"_id": "test"}},
    )
    assert await outlet.call("GET", "/charger/check/other") == (
        404,
        {"status": "fail", "message": "Invalid Charger ID"},
    )


async def test_a_get_switches_nothing_off_unless_the_owner_allows_it(
    outlet: Outlet, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """The old app's disconnect call was a GET."""
    path = "/charger/removeChargerFromUser/test"
    code, answer = await outlet.call("GET", path)
    assert (code, answer["status"]) == (405, "fail")
    token = {"Authorization": f"Bearer {outlet.token}"}
    async with http.get(f"{outlet.hub.url}/api/v1{path}", headers=token) as response:
        assert response.headers["Allow"] == "POST"
    assert outlet.hub.hub.context.fleet.snapshot()[0].order is None
    async with running_hub(tmp_path / "other", vecharge_get_disconnect=True) as hub:
        await hub.add_charger("test")
        headers = {"Authorization": f"Bearer {await hub.add_token()}"}
        async with http.get(f"{hub.url}/api/v1{path}", headers=headers) as response:
            assert (response.status, (await response.json())["status"]) == (
                200,
                "success",
            )
        assert hub.hub.context.fleet.snapshot()[0].desired_on is False


async def test_the_nearest_chargers_come_first(hub: RunningHub, outlet: Outlet) -> None:
    """Those of which somebody has said where they stand, with metres."""
    places = {
        "test": (77.0608, 28.7186, "Rohini Sector 22"),
        "far": (77.2090, 28.6139, "New Delhi"),
        "nowhere": None,
    }
    for charger_id, place in places.items():
        if charger_id != "test":
            await hub.add_charger(charger_id)
        if place is not None:
            longitude, latitude, address = place
            body = {"longitude": longitude, "latitude": latitude, "address": address}
            code, _ = await outlet.call("PUT", f"/chargers/{charger_id}/place", body)
            assert code == 200
    near = {"coordinates": [77.2, 28.6]}
    code, answer = await outlet.call("POST", "/charger/nearestChargers", near)
    found = answer["data"]["nearestChargers"]
    assert [each["_id"] for each in found] == ["far", "test"]
    # 0.0090° of longitude at 28.6° and 0.0139° of latitude; 0.1392° and 0.1186° (111.195 km each, times cos 28.6°).
    assert found[0]["distance"] == pytest.approx(1_777, rel=0.01)
    assert found[1]["distance"] == pytest.approx(18_930, rel=0.01)
    assert found[1]["location"] == {"type": "Point", "coordinates": [77.0608, 28.7186]}
    assert found[1]["address"] == "Rohini Sector 22"
    path = "/charger/nearestChargers/?page=2&limit=1"
    _, answer = await outlet.call("POST", path, near)
    assert [each["_id"] for each in answer["data"]["nearestChargers"]] == ["test"]
    _, answer = await outlet.call(
        "POST", "/charger/nearestChargers", {**near, "isActive": True}
    )
    assert [each["_id"] for each in answer["data"]["nearestChargers"]] == ["test"]
    for wrong in ([200, 0], [0], "x"):
        code, answer = await outlet.call(
            "POST", "/charger/nearestChargers", {"coordinates": wrong}
        )
        assert (code, answer["message"].partition(":")[0].partition("[")[0]) == (
            422,
            "coordinates",
        )
    code, answer = await outlet.call("POST", path.replace("=2", "=x"), near)
    assert (code, answer["message"][:5]) == (422, "page:")


async def test_where_a_charger_stands_is_set_read_and_forgotten(
    outlet: Outlet,
) -> None:
    """Over the native API."""
    path = "/chargers/test/place"
    assert (await outlet.call("GET", path))[0] == 404
    place = {"address": "", "longitude": 12.5, "latitude": -41.9}
    assert await outlet.call("PUT", path, place) == (200, place)
    assert await outlet.call("GET", path) == (200, place)
    code, answer = await outlet.call("PUT", path, {**place, "latitude": 91})
    assert (code, answer["error"]["field"]) == (422, "latitude")


async def test_what_is_elsewhere_says_so(outlet: Outlet) -> None:
    """Payment, e-mail and Google's accounts."""
    for method, path in (
        ("POST", "/payment/instantiatePayment"),
        ("GET", "/payment/unpaid"),
        ("GET", "/payment/?page=1"),
        ("GET", "/payment/a%3Fb/%0A"),
        ("POST", "/email/feedback/app"),
        ("POST", "/users/loginWithGoogle"),
        ("POST", "/users/signupWithGoogle"),
        ("PATCH", "/users/me"),
    ):
        code, answer = await outlet.call(method, path)
        assert (code, answer["status"]) == (501, "fail")
        assert answer["message"].endswith(".")
