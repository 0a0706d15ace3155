"""A walk through every call that the published text prints, in its order, with its bodies: at the real program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hub_process import HubProcess

from .conftest import PLACE, Caller


class Program:
    """The hub in a process of its own."""

    def __init__(self, process: HubProcess) -> None:
        """It has started."""
        self._process = process
        self.url = process.url

    async def add_user(self, name: str, password: str, *, admin: bool = False) -> None:
        """Add a user on the command line."""
        flags = ["--admin"] if admin else []
        await self._process.acli("user", "add", name, *flags, stdin=f"{password}\n")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Program]:
    """A hub at which anybody may register."""
    with HubProcess(tmp_path / "data", "--open-registration") as process:
        yield Program(process)
        assert "Traceback" not in process.log()


async def test_registering_logging_in_and_out(stranger: Caller) -> None:
    """AuthAPI."""
    registered = await stranger.add(
        "/auth/register",
        {
            "username": "johndoe",
            "email": "johndoe@example.com",
            "password": "strong-password",
        },
        status=200,
    )
    user = registered["user"]
    assert list(registered) == ["user", "token"]
    assert user == {
        "id": user["id"],
        "username": "johndoe",
        "email": "johndoe@example.com",
    }
    assert len(registered["token"]) == 64
    credentials = {"username": "johndoe", "password": "strong-password"}
    again = await stranger.add("/auth/login", credentials, status=200)
    assert again["user"] == user
    assert again["token"] != registered["token"]
    john = Caller(stranger.hub, stranger.http, again["token"])
    assert await john.get("/auth/info") == user
    assert await john("POST", "/auth/logout") == (204, None)
    assert await john("GET", "/auth/info") == (401, {"detail": "Invalid token."})


async def test_a_new_login_ends_the_old_token(stranger: Caller, john: Caller) -> None:
    """As the text promises: "old one is no longer valid"."""
    credentials = {"username": "johndoe", "password": "strong-password"}
    await stranger.add("/auth/login", credentials, status=200)
    assert await john("GET", "/user/locations") == (401, {"detail": "Invalid token."})


async def test_what_a_user_manages(
    john: Caller, admin: Caller, sdm630: dict[str, Any]
) -> None:
    """ManagementAPI."""
    assert await john.get("/user/locations") == []
    location = await john.add("/user/locations", {"user": john.id, **PLACE})
    assert location == {
        "id": location["id"],
        **PLACE,
        "coord_x": None,
        "coord_y": None,
        "user": john.id,
    }
    assert list(location)[0] == "id"
    assert list(location)[-1] == "user"
    assert await john.get("/user/locations") == [location]

    host = {
        "ip": "127.0.0.1",
        "port": 2137,
        "slave_address": 1,
        "description": "blah",
        "user": john.id,
        "location": location["id"],
        "meter": sdm630["id"],
    }
    added = await admin.add("/admin/hosts", host, status=200)
    assert added == {"id": added["id"], **host}
    assert await john.get("/user/hosts") == [added]
    assert await john.get("/meters") == [
        {"id": sdm630["id"], "name": "sdm630", "type": 2}
    ]
    measured = await john.get(f"/meters/{sdm630['id']}/measurements")
    assert [(each["measurement"], each["type"]) for each in measured] == [
        ("active_power", 1),
        ("voltage_ac", 1),
    ]
    path = f"/user/hosts/{added['id']}/measurements"
    assert await john.get(path) == []
    names = ["voltage_ac", "active_power"]
    assigned = await john.add(path, {"measurements": names})
    assert [list(each) for each in assigned] == [["id", "host", "measurement"]] * 2
    assert [each["measurement"] for each in assigned] == names
    assert {each["host"] for each in assigned} == {added["id"]}
    assert await john.get(path) == sorted(
        assigned, key=lambda each: each["measurement"]
    )


async def test_what_the_administrator_manages(admin: Caller, john: Caller) -> None:
    """AdminManagementAPI."""
    place = {**PLACE, "user": john.id}
    location = await admin.add("/admin/locations", place)
    assert await admin.get("/admin/locations") == [location]
    assert await admin.get(f"/admin/locations/{location['id']}") == location

    meter = await admin.add("/admin/meters", {"name": "sdm330", "type": 2})
    assert meter == {"id": meter["id"], "name": "sdm330", "type": 2}
    assert await admin.get("/admin/meters") == [meter]
    current = await admin.add(
        "/admin/measurements", {"measurement": "current", "type": 1}
    )
    assert (current["measurement"], current["type"]) == ("current", 1)
    assert await admin.get("/admin/measurements") == [current]
    register = {
        "address": 12,
        "measurement": "current",
        "unit": "A",
        "type": 1,
        "function_code": 3,
        "meter": meter["id"],
    }
    added = await admin.add("/admin/registers", register)
    assert {name: added[name] for name in register} == register
    assert list(added)[:7] == [
        "id",
        "address",
        "unit",
        "type",
        "function_code",
        "meter",
        "measurement",
    ]
    assert await admin.get("/admin/registers") == [added]

    host = {
        "ip": "127.0.0.1",
        "port": 2282,
        "slave_address": 1,
        "description": "test",
        "user": john.id,
        "location": location["id"],
        "meter": meter["id"],
    }
    stored = await admin.add("/admin/hosts", host, status=200)
    assert await admin.get("/admin/hosts") == [stored]
    assert await admin.get(f"/admin/hosts/{stored['id']}") == stored

    users = await admin.get("/admin/users")
    assert {user["username"] for user in users} == {"chief", "johndoe"}
    assert await admin.get(f"/admin/users/{john.id}") == {
        "id": john.id,
        "username": "johndoe",
        "email": "johndoe@example.com",
    }


async def test_both_generations_of_clients_are_understood(
    admin: Caller, john: Caller, sdm630: dict[str, Any]
) -> None:
    """A measurement's key is `measurement` or `name`, a meter goes by its id or its name."""
    added = await admin.add("/admin/measurements", {"name": "current", "type": 1})
    assert added == {"measurement": "current", "type": 1, "name": "current"}
    register = {
        "address": 6,
        "measurement": "current",
        "unit": "A",
        "type": 3,
        "function_code": 4,
        "meter": "sdm630",
    }
    assert (await admin.add("/admin/registers", register))["meter"] == sdm630["id"]
    by_name = await john.get("/meters/sdm630/measurements")
    assert by_name == await john.get(f"/meters/{sdm630['id']}/measurements")
    assert [each["name"] for each in by_name] == [
        "active_power",
        "current",
        "voltage_ac",
    ]
    location = await john.add("/user/locations", {"user": john.id, **PLACE})
    path = f"/user/locations/{location['id']}"
    assert await john.get(path) == location
    status, changed = await john("PATCH", path, {"number": "64a"})
    assert status == 201
    assert changed == {**PLACE, "number": "64a", "coord_x": None, "coord_y": None}
    assert await john("DELETE", path) == (
        200,
        {"info": f"Location with id {location['id']} has been deleted"},
    )
    assert await john.get("/user/locations") == []


async def test_whoever_asks_whether_anybody_is_there_is_greeted(
    stranger: Caller,
) -> None:
    """Without a token."""
    assert await stranger.get("/influx_api/hello") == {
        "message": "Hello from influx API!"
    }
