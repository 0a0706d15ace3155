"""What a hub does for whoever holds a token, over REST.

Knows aiohttp and the contract in docs/api.md, and nothing of Home Assistant.
"""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .client import CannotConnectError, CommandError
from .jsonvalues import Json, list_or_empty, object_or_empty, text_or_none
from .models import Health

_TIMEOUT: Final = ClientTimeout(total=30)

# What the statuses of docs/api.md mean, in the words of the live connection.
_CODES: Final = {401: "forbidden", 403: "forbidden", 404: "not_found", 422: "invalid"}


class KickwattRest:
    """Ask a hub for what it does not push, and manage its chargers.

    Every call raises CannotConnectError when the hub is away and CommandError when it
    says no.
    """

    def __init__(self, session: ClientSession, url: URL, token: str) -> None:
        """Talk to the hub at a base URL, over somebody else's session."""
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def health(self, charger_id: str) -> Health:
        """Ask how a charger's battery ages."""
        return Health.from_json(
            await self._call("GET", f"chargers/{charger_id}/health")
        )

    async def sessions(
        self, charger_id: str, start: datetime, end: datetime, limit: int
    ) -> list[Json]:
        """Ask for the charges of a time, newest first."""
        answer = await self._call(
            "GET",
            f"chargers/{charger_id}/sessions",
            params={**_span(start, end), "limit": str(limit)},
        )
        return [object_or_empty(each) for each in list_or_empty(answer.get("sessions"))]

    async def points(
        self, charger_id: str, start: datetime, end: datetime, most: int
    ) -> tuple[list[Json], float]:
        """Ask for spans of readings, oldest first, and how many seconds each is long."""
        answer = await self._call(
            "GET",
            f"chargers/{charger_id}/readings",
            params={**_span(start, end), "points": str(most)},
        )
        points = [object_or_empty(each) for each in list_or_empty(answer.get("points"))]
        return points, float(answer.get("step_s") or 0)

    async def prices(self, start: datetime, end: datetime) -> list[Json]:
        """Ask what a kilowatt-hour costs at each time."""
        answer = await self._call("GET", "tariff/prices", params=_span(start, end))
        return [object_or_empty(each) for each in list_or_empty(answer.get("prices"))]

    async def tariff(self) -> Json:
        """Ask which tariff holds, an empty one without any."""
        answer = await self._call("GET", "tariff")
        return object_or_empty(answer.get("tariff"))

    async def plan(self, charger_id: str, wanted: Json) -> Json:
        """Ask when a charger would charge; nothing is changed."""
        return await self._call("POST", f"chargers/{charger_id}/plan", json=wanted)

    async def add_charger(
        self, name: str, url: str | None, *, simulated: bool
    ) -> tuple[str, str]:
        """Add a charger; return its id, and the lines for its board, told this once.

        `url` is the device port as the board reaches it; without one the hub suggests it.
        """
        wanted: dict[str, Any] = {"name": name, "simulated": simulated}
        if url:
            wanted["url"] = url
        answer = await self._call("POST", "chargers", json=wanted)
        charger = object_or_empty(answer.get("charger"))
        return str(charger.get("id")), str(answer.get("settings_toml"))

    async def remove_charger(self, charger_id: str, *, keep_history: bool) -> None:
        """Remove a charger, with what it measured or without."""
        params = {"history": "keep"} if keep_history else {}
        await self._call("DELETE", f"chargers/{charger_id}", params=params)

    async def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        json: Json | None = None,
    ) -> Json:
        """Return the JSON object of a call; what is none is an empty one."""
        try:
            async with self._session.request(
                method,
                self._url.joinpath("api/v1", path),
                params=params,
                json=json,
                headers=self._headers,
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as response:
                status = response.status
                data: Any = None
                if response.content_type == "application/json":
                    data = await response.json()
        except (ClientError, TimeoutError) as err:
            raise CannotConnectError(str(err) or "No answer in time") from err
        except ValueError:
            data = None
        if status in (502, 503, 504):
            raise CannotConnectError(f"The hub answered {status}")
        if status >= 300:
            raise _refusal(status, object_or_empty(data))
        return object_or_empty(data)


def _span(start: datetime, end: datetime) -> dict[str, str]:
    """Return the parameters for a time."""
    return {
        "start": start.astimezone(UTC).isoformat(),
        "end": end.astimezone(UTC).isoformat(),
    }


def _refusal(status: int, data: Json) -> CommandError:
    """Read why the hub did not do it."""
    error = object_or_empty(data.get("error"))
    return CommandError(
        _CODES.get(status, "failed"),
        text_or_none(error.get("message")) or f"The hub answered {status}.",
        None,
        text_or_none(error.get("field")),
    )
