"""The control of a simulation that runs beside the hub (`kickwatt-sim run --control`), passed on to the hub's page."""

from typing import Any, Self

import aiohttp
import msgspec

ANSWER_S = 15.0
_ANSWER = msgspec.json.Decoder(dict[str, Any])


class SilentError(Exception):
    """Nobody answers there."""


class RefusedError(Exception):
    """The simulation will not, or cannot."""

    def __init__(self, status: int, message: str, field: str | None) -> None:
        """What it answered: an HTTP status, one sentence, and the field that is wrong."""
        super().__init__(message)
        self.status = status
        self.field = field


class Simulator:
    """Asks the control. `close` it at the end."""

    def __init__(self, address: str) -> None:
        """`address` is `[HOST:]PORT`."""
        self._url = f"http://{address if ':' in address else f'127.0.0.1:{address}'}"
        self._http: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, address: str | None) -> Self | None:
        """Return it where one is set."""
        return None if address is None else cls(address)

    async def close(self) -> None:
        """Hang up."""
        if self._http is not None:
            await self._http.close()

    async def ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: object = None,
    ) -> dict[str, Any]:
        """Return what it answers. Raises SilentError and RefusedError."""
        if self._http is None:
            self._http = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_S)
            )
        try:
            async with self._http.request(
                method, self._url + path, params=query, json=body
            ) as response:
                answer = _ANSWER.decode(await response.read())
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            raise SilentError(f"The simulator does not answer at {self._url}.") from error  # fmt: skip
        if response.status == 200:
            return answer
        told = answer.get("error")
        told = told if isinstance(told, dict) else {}
        raise RefusedError(
            response.status, str(told.get("message", "It refused.")), told.get("field")
        )
