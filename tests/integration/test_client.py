"""Asking a hub who it is, over REST."""

from typing import Any

from aiohttp import ClientSession
import pytest
from yarl import URL

from custom_components.kickwatt.client import (
    AuthenticationError,
    CannotConnectError,
    HubTooNewError,
    HubTooOldError,
    KickwattClient,
    KickwattError,
    NotAHubError,
    ScopeTooSmallError,
    TooManyAttemptsError,
    WrongHubError,
    check_hub_id,
    check_scope,
    parse_address,
)
from custom_components.kickwatt.models import HubInfo, Scope
from tests.integration.scripted_hub import HUB_ID, TOKEN, ScriptedHub


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("192.168.1.5", "http://192.168.1.5:8421/"),
        ("  garage.local ", "http://garage.local:8421/"),
        ("garage.local:9000", "http://garage.local:9000/"),
        ("garage.local:80", "http://garage.local/"),
        ("fd00::5", "http://[fd00::5]:8421/"),
        ("[fd00::5]", "http://[fd00::5]:8421/"),
        ("[fd00::5]:9000", "http://[fd00::5]:9000/"),
        ("http://192.168.1.5:8421", "http://192.168.1.5:8421/"),
        ("http://192.168.1.5:8421/", "http://192.168.1.5:8421/"),
        ("http://192.168.1.5:8421/#chargers", "http://192.168.1.5:8421/"),
        ("https://kickwatt.example", "https://kickwatt.example/"),
        ("https://home.example/kickwatt/?x=1", "https://home.example/kickwatt"),
        ("garage.local/kickwatt", "http://garage.local:8421/kickwatt"),
    ],
)
def test_an_address_is_understood_as_people_write_it(typed: str, url: str) -> None:
    assert str(parse_address(typed)) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "/",
        "http://",
        "ftp://192.168.1.5",
        "file:///etc/hostname",
        "192.168.1.5:port",
        "192.168.1.5:99999",
        "http://owner:secret@192.168.1.5",
        "owner@garage.local",
        "http://[fd00::5",
        "not an address",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_address(typed)
    assert "secret" not in str(refused.value)


async def test_a_hub_says_who_it_is(
    session: ClientSession, scripted: ScriptedHub
) -> None:
    info = await KickwattClient(session, scripted.url).info()
    assert info == HubInfo(hub_id=HUB_ID, name="Kickwatt", version="0.1.0", api=1)


async def test_a_hub_is_found_below_a_path(
    session: ClientSession, scripted: ScriptedHub
) -> None:
    with pytest.raises(NotAHubError):
        await KickwattClient(session, scripted.url / "elsewhere").info()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, "<html>A router</html>"),
        (404, "Not found"),
        (301, "Moved"),
        (500, {"error": {}}),
        (200, ["kickwatt"]),
        (200, {"product": "toaster", "hub_id": HUB_ID, "api": 1}),
        (200, {"product": "kickwatt", "api": 1}),
        (200, {"product": "kickwatt", "hub_id": HUB_ID}),
        (200, {"product": "kickwatt", "hub_id": HUB_ID, "api": "1"}),
    ],
)
async def test_something_else_is_no_hub(
    session: ClientSession, scripted: ScriptedHub, status: int, answer: Any
) -> None:
    scripted.info_status, scripted.info = status, answer
    with pytest.raises(NotAHubError):
        await KickwattClient(session, scripted.url).info()


@pytest.mark.parametrize(("api", "error"), [(0, HubTooOldError), (2, HubTooNewError)])
async def test_a_hub_of_another_time_is_refused(
    session: ClientSession,
    scripted: ScriptedHub,
    api: int,
    error: type[KickwattError],
) -> None:
    scripted.info["api"] = api
    with pytest.raises(error):
        await KickwattClient(session, scripted.url).info()


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_hub_that_is_not_ready_cannot_be_connected_to(
    session: ClientSession, scripted: ScriptedHub, status: int
) -> None:
    scripted.info_status = status
    with pytest.raises(CannotConnectError):
        await KickwattClient(session, scripted.url).info()


async def test_where_nothing_answers_there_is_nothing(
    session: ClientSession, scripted: ScriptedHub
) -> None:
    await scripted.stop()
    with pytest.raises(CannotConnectError):
        await KickwattClient(session, scripted.url).info()
    await scripted.start()


async def test_a_redirect_is_not_followed(
    session: ClientSession, scripted: ScriptedHub
) -> None:
    scripted.me_status, scripted.me = 302, "elsewhere"
    with pytest.raises(CannotConnectError):
        await KickwattClient(session, scripted.url).authenticate(TOKEN)


@pytest.mark.parametrize("scope", [Scope.CONTROL, Scope.ADMIN])
async def test_a_token_that_may_switch_is_enough(
    session: ClientSession, scripted: ScriptedHub, scope: Scope
) -> None:
    scripted.me["scope"] = scope
    assert await KickwattClient(session, scripted.url).authenticate(TOKEN) is scope
    assert scripted.tokens_seen == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (200, {"scope": "read"}, ScopeTooSmallError),
        (200, {"scope": "everything"}, ScopeTooSmallError),
        (200, "hello", ScopeTooSmallError),
        (401, {"error": {"code": "unauthorized"}}, AuthenticationError),
        (403, {"error": {"code": "forbidden"}}, AuthenticationError),
        (429, {"error": {"code": "too_many"}}, TooManyAttemptsError),
        (500, {"error": {"code": "internal"}}, CannotConnectError),
    ],
)
async def test_any_other_token_is_refused(
    session: ClientSession,
    scripted: ScriptedHub,
    status: int,
    answer: Any,
    error: type[KickwattError],
) -> None:
    scripted.me_status, scripted.me = status, answer
    with pytest.raises(KickwattError) as refused:
        await KickwattClient(session, scripted.url).authenticate(TOKEN)
    assert type(refused.value) is error
    assert TOKEN not in str(refused.value)


async def test_what_calls_itself_json_but_is_none_is_no_hub(
    session: ClientSession, scripted: ScriptedHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.info = "{"
    monkeypatch.setattr(scripted, "content_type", "application/json")
    with pytest.raises(NotAHubError):
        await KickwattClient(session, scripted.url).info()


def test_only_the_known_hub_gets_on() -> None:
    check_hub_id(HUB_ID, None)
    check_hub_id(HUB_ID, HUB_ID)
    with pytest.raises(WrongHubError):
        check_hub_id("f" * 32, HUB_ID)
    with pytest.raises(WrongHubError):
        check_hub_id(None, HUB_ID)


def test_a_scope_that_is_no_word_is_too_small() -> None:
    with pytest.raises(ScopeTooSmallError):
        check_scope(None)


def test_the_url_of_a_hub_keeps_its_path() -> None:
    assert parse_address("https://home.example/kickwatt/").joinpath(
        "api/v1/info"
    ) == URL("https://home.example/kickwatt/api/v1/info")
