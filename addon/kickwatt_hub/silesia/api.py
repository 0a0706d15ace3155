"""The old system's API, with an administrator's token."""

import re

import aiohttp

from .estate import Estate, EstateError, Row

TIMEOUT = aiohttp.ClientTimeout(total=60)
_TOKEN = re.compile(r"[!-~]+")


async def read(url: str, token: str) -> Estate:
    """Return what the API shows. Raises EstateError."""
    if not _TOKEN.fullmatch(token.strip()):
        raise EstateError("A token has letters and digits, and no blanks.")
    headers = {"Authorization": f"Token {token.strip()}"}
    base = url.rstrip("/")
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=TIMEOUT) as session:
            whole = {
                what: await _list(session, f"{base}/admin/{what}")
                for what in (
                    "users",
                    "locations",
                    "meters",
                    "measurements",
                    "registers",
                    "hosts",
                )
            }
            assignments, unread = await _assigned(session, base, whole["hosts"])
    except (aiohttp.ClientError, TimeoutError) as error:
        raise EstateError(
            f"{base} cannot be asked: {error or 'it does not answer'}."
        ) from None
    return Estate(**whole, assignments=assignments, unread_hosts=unread)


async def _assigned(
    session: aiohttp.ClientSession, base: str, hosts: list[Row]
) -> tuple[list[Row], frozenset[str]]:
    """Return what is read from each host; the old API tells its owner only."""
    found: list[Row] = []
    unread = set()
    for host in hosts:
        path = f"{base}/user/hosts/{host.get('id')}/measurements"
        async with session.get(path) as response:
            if response.status != 200:
                unread.add(str(host.get("id")))
                continue
            found += await _rows(response, path)
    return found, frozenset(unread)


async def _list(session: aiohttp.ClientSession, url: str) -> list[Row]:
    async with session.get(url) as response:
        if response.status in (401, 403):
            raise EstateError("This is not the token of one of its administrators.")
        if response.status != 200:
            raise EstateError(
                f"{url} answers {response.status}: is this the old system's API?"
            )
        return await _rows(response, url)


async def _rows(response: aiohttp.ClientResponse, url: str) -> list[Row]:
    try:
        answer = await response.json()
    except aiohttp.ContentTypeError, ValueError, RecursionError:
        raise EstateError(f"{url} does not answer with JSON.") from None
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise EstateError(f"{url} does not answer with a list.")
    return answer
