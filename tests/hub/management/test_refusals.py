"""Bad input gets a 400 that names the field, in the sentences that clients know; nothing is stored."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.api.management import bodies, fields

from .conftest import PASSWORD, PLACE, Caller

_REQUIRED = ["This field is required."]


async def test_registering_says_what_is_wrong_per_field(
    stranger: Caller, john: Caller
) -> None:
    """All of it at once."""
    good = {"username": "x", "email": "x@example.com", "password": PASSWORD}
    for change, errors in (
        ({"password": None}, {"password": ["This field may not be null."]}),
        ({"email": "x"}, {"email": ["Enter a valid email address."]}),
        (
            {"password": "1"},
            {
                "password": [
                    "This password is too short. It must contain at least 8 characters."
                ]
            },
        ),
        (
            {"username": "johndoe"},
            {"username": ["A user with that username already exists."]},
        ),
        (
            {"email": "johndoe@example.com"},
            {"email": ["A user with that email already exists."]},
        ),
        ({"username": "a b"}, {"username": ["Enter a valid value."]}),
    ):
        assert await stranger("POST", "/auth/register", {**good, **change}) == (
            400,
            errors,
        )
    assert await stranger("POST", "/auth/register", {}) == (
        400,
        {"username": _REQUIRED, "email": _REQUIRED, "password": _REQUIRED},
    )


async def test_a_wrong_password_and_an_unknown_user_get_one_answer(
    stranger: Caller, john: Caller
) -> None:
    """So that nobody finds out who there is."""
    refused = (400, {"non_field_errors": ["Incorrect credentials"]})
    for name in ("johndoe", "nobody"):
        body = {"username": name, "password": "wrong"}
        assert await stranger("POST", "/auth/login", body) == refused


async def test_info_without_a_token_has_a_shape_of_its_own(stranger: Caller) -> None:
    """The contract's."""
    assert await stranger("GET", "/auth/info") == (
        401,
        {"error": "Permission denied"},
    )


@pytest.mark.parametrize(
    ("change", "errors"),
    [
        ({"zip_code": "11420"}, {"zip_code": ["Enter a valid value."]}),
        (
            {"street": "x" * 33},
            {"street": ["Ensure this field has no more than 32 characters."]},
        ),
        ({"street": " "}, {"street": ["This field may not be blank."]}),
        ({"number": ["62"]}, {"number": ["Not a valid string."]}),
        ({"coord_x": "north"}, {"coord_x": ["A valid number is required."]}),
        ({"coord_y": True}, {"coord_y": ["A valid number is required."]}),
        ({"city": "a\x00b"}, {"city": ["Enter a valid value."]}),
    ],
)
async def test_a_location_says_what_is_wrong_with_it(
    john: Caller, change: dict[str, Any], errors: dict[str, Any]
) -> None:
    """And is not stored."""
    body = {"user": john.id, **PLACE, **change}
    assert await john("POST", "/user/locations", body) == (400, errors)
    assert await john.get("/user/locations") == []


async def test_a_place_is_there_once_for_everybody(john: Caller, jane: Caller) -> None:
    """Street, number and city."""
    twin = (
        400,
        {
            "non_field_errors": [
                "The fields street, number, city must make a unique set."
            ]
        },
    )
    await john.add("/user/locations", {"user": john.id, **PLACE})
    assert await jane("POST", "/user/locations", {"user": jane.id, **PLACE}) == twin
    other = await jane.add("/user/locations", {"user": jane.id, **PLACE, "number": 63})
    assert other["number"] == "63"
    path = f"/user/locations/{other['id']}"
    assert await jane("PATCH", path, {"number": "62"}) == twin
    assert (await jane("PATCH", path, {"number": "63"}))[0] == 201


async def test_meters_measurements_and_registers_say_what_is_wrong(
    admin: Caller, sdm630: dict[str, Any]
) -> None:
    """In the contract's words."""
    register = {
        "address": 12,
        "measurement": "voltage_ac",
        "unit": "A",
        "type": 1,
        "function_code": 3,
        "meter": sdm630["id"],
    }
    not_there = 'Invalid pk "{}" - object does not exist.'
    for path, body, errors in (
        (
            "/admin/meters",
            {"name": "sdm630", "type": 2},
            {"name": ["meter with this name already exists."]},
        ),
        (
            "/admin/meters",
            {"name": "sdm72", "type": 3},
            {"type": ['"3" is not a valid choice.']},
        ),
        (
            "/admin/measurements",
            {"measurement": "voltage_ac", "type": 1},
            {"measurement": ["measurement with this measurement already exists."]},
        ),
        (
            "/admin/registers",
            register,
            {
                "non_field_errors": [
                    "The fields meter, measurement must make a unique set."
                ]
            },
        ),
        (
            "/admin/registers",
            {**register, "function_code": 1},
            {"function_code": ['"1" is not a valid choice.']},
        ),
        (
            "/admin/registers",
            {**register, "measurement": "nope"},
            {"measurement": [not_there.format("nope")]},
        ),
        (
            "/admin/registers",
            {**register, "meter": 99},
            {"meter": [not_there.format(99)]},
        ),
        (
            "/admin/registers",
            {**register, "meter": "nope", "address": 65_536},
            {
                "address": ["Ensure this value is less than or equal to 65535."],
                "meter": [not_there.format("nope")],
            },
        ),
    ):
        assert await admin("POST", path, body) == (400, errors)


async def test_assigning_is_all_or_nothing_and_answers_with_a_list(
    john: Caller, sdm630: dict[str, Any]
) -> None:
    """Twice in one body is twice too."""
    location = await john.add("/user/locations", {"user": john.id, **PLACE})
    host = {"ip": "10.0.0.1", "port": 502, "slave_address": 1}
    host |= {"location": location["id"], "meter": "sdm630"}
    added = await john.add("/user/hosts", host)
    assert await john("POST", "/user/hosts", host) == (
        400,
        {
            "non_field_errors": [
                "The fields ip, port, slave_address must make a unique set."
            ]
        },
    )
    path = f"/user/hosts/{added['id']}/measurements"
    twice = [
        {"non_field_errors": ["The fields host, measurement must make a unique set."]}
    ]
    unknown = 'Invalid pk "zzz" - object does not exist.'
    for names, errors in (
        (["voltage_ac", "zzz"], [{"measurement": [unknown]}]),
        (["voltage_ac", "voltage_ac"], twice),
        ("voltage_ac", {"measurements": ["Expected a list of names of measurements."]}),
    ):
        assert await john("POST", path, {"measurements": names}) == (400, errors)
    assert await john("POST", path, {}) == (400, {"measurements": _REQUIRED})
    assert await john.get(path) == []
    both = ["voltage_ac", "active_power"]
    await john.add(path, {"measurements": both})
    assert await john("POST", path, {"measurements": ["voltage_ac"]}) == (400, twice)
    assert await john("DELETE", path, {"measurements": ["voltage_ac"]}) == (200, None)
    assert [each["measurement"] for each in await john.get(path)] == ["active_power"]
    assert await john("DELETE", path) == (200, None)
    assert await john.get(path) == []


async def test_what_is_not_there_is_named(john: Caller, admin: Caller) -> None:
    """404, whatever is asked for."""
    for asked in ("999", "0", "x", "9" * 40, "%00", "-1"):
        for path in ("locations", "hosts", "users", "meters", "registers"):
            for method in ("GET", "DELETE"):
                status, data = await admin(method, f"/admin/{path}/{asked}")
                assert (status, list(data)) == (404, ["error"])
        status, data = await john("GET", f"/user/hosts/{asked}/measurements")
        assert (status, list(data)) == (404, ["error"])
    assert await admin("GET", "/admin/locations/999") == (
        404,
        {"error": "Location with id 999 does not exist"},
    )
    assert await john("GET", "/meters/99/measurements") == (
        404,
        {"error": "Cannot find measurements for meter with id 99"},
    )
    assert await john("GET", "/auth/nothing") == (404, {"detail": "Not found."})
    assert await john("GET", "/auth/info/") == (404, {"detail": "Not found."})
    assert await john("PUT", "/user/locations", {}) == (
        405,
        {"detail": 'Method "PUT" not allowed.'},
    )


async def test_what_is_in_use_is_not_removed(
    john: Caller, admin: Caller, sdm630: dict[str, Any]
) -> None:
    """409, until nothing needs it any more."""
    location = await john.add("/user/locations", {"user": john.id, **PLACE})
    host = {"ip": "10.0.0.1", "port": 502, "slave_address": 1}
    host |= {"location": location["id"], "meter": sdm630["id"]}
    added = await john.add("/user/hosts", host)
    place = f"/user/locations/{location['id']}"
    assert await john("DELETE", place) == (
        409,
        {"error": "It is in use by a host: remove that first."},
    )
    assert (await admin("DELETE", f"/admin/meters/{sdm630['id']}"))[0] == 409
    assert (await admin("DELETE", "/admin/measurements/voltage_ac"))[0] == 409
    assert (await john("DELETE", f"/user/hosts/{added['id']}"))[0] == 200
    assert (await john("DELETE", place))[0] == 200
    assert (await admin("DELETE", f"/admin/meters/{sdm630['id']}"))[0] == 200
    assert await admin.get("/admin/registers") == []
    assert (await admin("DELETE", "/admin/measurements/voltage_ac"))[0] == 200


async def test_a_user_is_changed_and_removed_with_all_that_is_theirs(
    admin: Caller, john: Caller, jane: Caller, sdm630: dict[str, Any]
) -> None:
    """Another password ends what the old one has opened."""
    path = f"/admin/users/{john.id}"
    assert await admin("PATCH", path, {"email": "jane@example.com"}) == (
        400,
        {"email": ["A user with that email already exists."]},
    )
    status, changed = await admin("PATCH", path, {"email": "j@example.com"})
    assert (status, changed["email"]) == (200, "j@example.com")
    await john.add("/user/locations", {"user": john.id, **PLACE})
    assert (await admin("PATCH", path, {"password": "another-one"}))[0] == 200
    assert (await john("GET", "/auth/info"))[0] == 401
    credentials = {"username": "johndoe", "password": "another-one"}
    assert (await john("POST", "/auth/login", credentials))[0] == 200
    assert await admin("DELETE", path) == (
        200,
        {"info": f"User with id {john.id} has been deleted"},
    )
    assert await admin.get("/admin/locations") == []
    assert (await admin("DELETE", f"/admin/users/{admin.id}"))[0] == 409


async def test_long_lists_come_in_pages(admin: Caller) -> None:
    """Where they are asked for."""
    for number in range(5):
        await admin.add("/admin/meters", {"name": f"m{number}", "type": 1})
    names = [each["name"] for each in await admin.get("/admin/meters?limit=2&offset=3")]
    assert names == ["m3", "m4"]
    assert len(await admin.get("/admin/meters")) == 5
    assert await admin("GET", "/admin/meters?limit=0&offset=x") == (
        400,
        {
            "limit": ["Ensure this value is greater than or equal to 1."],
            "offset": ["A valid integer is required."],
        },
    )


async def test_a_body_that_is_no_json_object_is_refused(
    john: Caller, stranger: Caller
) -> None:
    """With what is wrong, and never a 500."""
    url = john.hub.url + "/user/locations"
    headers = {"Authorization": f"Token {john.token}"}
    for data, kind, status in (
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 20_000, "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b" " * 70_000, "application/json", 413),
    ):
        async with john.http.post(
            url, data=data, headers={**headers, "Content-Type": kind}
        ) as response:
            assert response.status == status
            assert isinstance(json.loads(await response.text()), dict)


@given(
    st.dictionaries(
        st.sampled_from([*bodies.HOST, *bodies.REGISTER_OF_METER, *bodies.REGISTER]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    ),
    st.booleans(),
)
def test_whatever_a_body_holds_each_field_is_read_or_named(
    body: dict[str, Any], partial: bool
) -> None:
    """And a number that is read fits its column."""
    for wanted in (bodies.HOST, bodies.REGISTER_OF_METER, bodies.REGISTER):
        values, errors = fields.read(wanted, body, partial=partial)
        named = set(values) | set(errors)
        assert named == (set(wanted) & set(body) if partial else set(wanted))
        for value in values.values():
            key = value.key if isinstance(value, fields.Reference) else value
            assert not isinstance(key, int) or -(2**63) <= key < 2**63
