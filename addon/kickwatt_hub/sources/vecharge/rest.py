"""Calls to a veCharge-style server."""

import asyncio

import aiohttp

from .address import Address

CALL_S = 10.0


class UnreachableError(Exception):
    """The call did not get through, or not in time."""


class RejectedError(Exception):
    """The server understood, and says no; the text is its reason, in its own words where it has any."""


async def switch(http: aiohttp.ClientSession, address: Address, on: bool) -> None:
    """Order power on or off. Raises UnreachableError and RejectedError."""
    body = {"status": "ON" if on else "OFF", "chargerId": address.remote_id}
    url = address.rest("charger/chargerDesiredState")
    await _call(http, "PATCH", url, address, body)


async def let_go(http: aiohttp.ClientSession, address: Address) -> None:
    """Switch off and release. A server of today takes a POST, one of the old kind a GET only.

    Raises UnreachableError and RejectedError.
    """
    try:
        await _call(http, "POST", address.release, address, None)
    except RejectedError:
        await _call(http, "GET", address.release, address, None)


async def _call(
    http: aiohttp.ClientSession,
    method: str,
    url: object,
    address: Address,
    body: dict[str, str] | None,
) -> None:
    try:
        async with (
            asyncio.timeout(CALL_S),
            http.request(
                method,
                url,  # type: ignore[arg-type]
                json=body,
                headers=address.headers,
                allow_redirects=False,
            ) as answer,
        ):
            if answer.status < 300:
                return
            if answer.status >= 500:
                raise UnreachableError(f"the server answers with status {answer.status}")  # fmt: skip
            raise RejectedError(await _words(answer))
    except (aiohttp.ClientError, OSError) as error:
        raise UnreachableError("the server does not answer") from error


async def _words(answer: aiohttp.ClientResponse) -> str:
    if answer.status in (401, 403):
        return "the server does not accept the token"
    try:
        said = await answer.json(content_type=None)
        words = said["message"]
    except ValueError, TypeError, KeyError, aiohttp.ClientError:
        words = None
    if not isinstance(words, str) or not words.strip():
        return f"the server answers with status {answer.status}"
    return " ".join(words.split())[:200]
