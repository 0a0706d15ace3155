"""The hub's native API, as far as the integration calls it over REST.

Knows aiohttp and the contract in docs/api.md, and nothing of Home Assistant. The live
connection is in live.py; both raise the errors that are defined here.
"""

from contextlib import suppress
from ipaddress import IPv6Address
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .jsonvalues import Json
from .models import HubInfo, Scope

DEFAULT_PORT: Final = 8421
API_VERSION: Final = 1

_TIMEOUT: Final = ClientTimeout(total=10)


class KickwattError(Exception):
    """Something is wrong between us and the hub."""


class CannotConnectError(KickwattError):
    """Nothing answered, or what answered was lost again."""


class NotAHubError(KickwattError):
    """Something answers at that address, but it is no Kickwatt hub."""


class WrongHubError(KickwattError):
    """A Kickwatt hub answers at that address, but not the one we know."""


class HubTooOldError(KickwattError):
    """The hub speaks an older API than this integration."""


class HubTooNewError(KickwattError):
    """The hub speaks a newer API than this integration."""


class AuthenticationError(KickwattError):
    """The hub does not know the token."""


class ScopeTooSmallError(AuthenticationError):
    """The hub knows the token, but it may only read."""


class TooManyAttemptsError(KickwattError):
    """The hub wants a pause before it looks at another token."""


class CommandError(KickwattError):
    """The hub answered a command with no.

    `code` is one of the API's, such as `refused` or `timeout`; `reason` is the device's
    own, in the words of S1, and `field` what was wrong with the command; or None.
    """

    def __init__(
        self, code: str, message: str, reason: str | None, field: str | None = None
    ) -> None:
        """Keep what the hub said."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field


def parse_address(text: str) -> URL:
    """Turn what a person types into the hub's base URL.

    `192.168.1.5`, `garage.local:8421`, `[fd00::5]:8421` and a whole URL are understood.
    A whole URL is taken at its word, so that a hub behind a proxy on port 443 can be
    given; a bare host gets the hub's own port. Raises ValueError.
    """
    text = text.strip()
    if len(text.split()) != 1:
        raise ValueError("An address has no spaces")
    if "://" in text:
        url = URL(text)
    else:
        with suppress(ValueError):
            text = f"[{IPv6Address(text)}]"
        url = URL(f"http://{text}")
        if url.explicit_port is None:
            url = url.with_port(DEFAULT_PORT)
    if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
        raise ValueError(f"Not the address of a hub: {url.with_user(None)}")
    return (
        url.with_query(None).with_fragment(None).with_path(url.path.rstrip("/") or "/")
    )


def check_api(version: object) -> int:
    """Return the hub's API version when this integration speaks it."""
    if not isinstance(version, int):
        raise NotAHubError("It does not say which API it speaks")
    if version < API_VERSION:
        raise HubTooOldError(f"The hub speaks API {version}, {API_VERSION} is needed")
    if version > API_VERSION:
        raise HubTooNewError(f"The hub speaks API {version}, {API_VERSION} is known")
    return version


def check_scope(scope: object) -> Scope:
    """Return a token's scope when it is enough to switch chargers."""
    for enough in (Scope.CONTROL, Scope.ADMIN):
        if scope == enough:
            return enough
    raise ScopeTooSmallError(f"The token's scope is {scope}, control is needed")


def check_hub_id(found: object, known: str | None) -> None:
    """Let no other hub see the token of the one that we know."""
    if known not in (None, found):
        raise WrongHubError("Another hub answers at this address")


class KickwattClient:
    """Ask a hub what it does not push."""

    def __init__(self, session: ClientSession, url: URL) -> None:
        """Talk to the hub at a base URL, over somebody else's session."""
        self._session = session
        self._url = url

    async def info(self) -> HubInfo:
        """Ask who the hub is. Nothing secret is sent.

        Raises CannotConnectError, NotAHubError, HubTooOldError, HubTooNewError.
        """
        status, data = await self._get("api/v1/info")
        if status != 200 or data.get("product") != "kickwatt" or not data.get("hub_id"):
            raise NotAHubError(f"No Kickwatt hub answers at {self._url}")
        return HubInfo(
            hub_id=str(data["hub_id"]),
            name=str(data.get("name") or "Kickwatt"),
            version=str(data.get("version")),
            api=check_api(data.get("api")),
        )

    async def authenticate(self, token: str) -> Scope:
        """Ask what a token may do.

        Raises AuthenticationError, ScopeTooSmallError, TooManyAttemptsError and
        CannotConnectError.
        """
        status, data = await self._get("api/v1/me", token)
        match status:
            case 200:
                return check_scope(data.get("scope"))
            case 401 | 403:
                raise AuthenticationError("The hub does not know the token")
            case 429:
                raise TooManyAttemptsError("The hub wants a pause")
            case _:
                raise CannotConnectError(f"The hub answered with status {status}")

    async def _get(self, path: str, token: str | None = None) -> tuple[int, Json]:
        """Return status and JSON object; what is no JSON object is an empty one.

        Redirects are not followed: the hub sends none, and the token is for it alone.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._session.get(
                self._url.joinpath(path),
                headers=headers,
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as response:
                if response.status in (502, 503, 504):
                    raise CannotConnectError(f"The hub answered {response.status}")
                data: Any = None
                if response.content_type == "application/json":
                    data = await response.json()
        except (ClientError, TimeoutError) as err:
            raise CannotConnectError(_reason(err)) from err
        except ValueError:
            data = None
        return response.status, data if isinstance(data, dict) else {}


def _reason(err: Exception) -> str:
    """Say what went wrong; a timeout has no words of its own."""
    return str(err) or "The hub did not answer in time"
