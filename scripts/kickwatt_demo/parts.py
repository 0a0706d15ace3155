"""The parts of Kickwatt as their owner would run them: through their command lines."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re
import sys
from typing import Any

import aiohttp

from .process import PartDiedError, Process

CHARGER_ID = "scooter"
CHARGER_NAME = "Garage scooter"
PRICE_PER_KWH = 0.31
CURRENCY = "EUR"

YESTERDAY_H = 24
"""When the scooter's world begins, in hours before now: it is always yesterday there."""

CHARGE_YESTERDAY_H = 7
"""For a whole charge of the default scenario, and what follows it."""


class CommandError(Exception):
    """A command of Kickwatt failed; the text is what it said."""


def program(name: str) -> Path:
    """A console script of this environment."""
    return Path(sys.executable).with_name(name)


async def run(*command: str | Path, answer: str = "") -> str:
    """Run a command to its end, with `answer` on its standard input; return what it printed.

    Raises:
        CommandError: its exit code was not 0.

    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate(answer.encode())
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        said = (
            errors.decode(errors="replace").strip()
            or output.decode(errors="replace").strip()
        )
        shown = " ".join(Path(word).name for word in map(str, command[:3]))
        raise CommandError(
            f"{shown} failed with exit code {process.returncode}: {said}"
        )
    return output.decode()


@dataclass(frozen=True)
class Hub:
    """A hub and its data folder."""

    data: Path
    port: int
    device_port: int
    control_port: int
    """Where the simulated scooter lets itself be looked at."""

    @property
    def url(self) -> str:
        """Where people and Home Assistant find it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def device_url(self) -> str:
        """Where boards find it."""
        return f"http://127.0.0.1:{self.device_port}"

    async def command(self, *words: str, answer: str = "") -> str:
        """Run `kickwatt-hub` on this hub's data."""
        return await run(
            program("kickwatt-hub"), *words, "--data", self.data, answer=answer
        )

    async def add_user(self, name: str, password: str) -> str:
        """Add an administrator; return a token that may switch chargers."""
        await self.command("user", "add", name, "--admin", answer=f"{password}\n")
        return await self.add_token(name, "control")

    async def add_token(self, name: str, scope: str) -> str:
        """Return a token of a user's."""
        printed = await self.command("token", "create", name, "--scope", scope)
        return printed.split()[-1]

    async def add_charger(self, id_: str, name: str) -> str:
        """Add a simulated charger; return its key."""
        printed = await self.command(
            "charger", "add", id_, "--name", name, "--simulated"
        )
        if not (
            key := re.search(
                r'^\s*KICKWATT_KEY\s*=\s*"([0-9a-f]{64})"', printed, re.MULTILINE
            )
        ):
            raise CommandError(
                f"kickwatt-hub charger add printed no KICKWATT_KEY: {printed}"
            )
        return key[1]

    async def set_price(self, per_kwh: float, currency: str) -> None:
        """Say what a kilowatt-hour costs."""
        await self.command(
            "tariff", "set", "fixed", str(per_kwh), "--currency", currency
        )

    async def start(
        self, log: Path, environment: Mapping[str, str] | None = None
    ) -> Process:
        """Start it."""
        return await Process.start(
            "the hub",
            program("kickwatt-hub"),
            *("serve", "--data", self.data, "--host", "127.0.0.1", "--no-zeroconf"),
            *("--port", str(self.port), "--device-port", str(self.device_port)),
            *("--simulator-control", str(self.control_port)),
            log=log,
            environment=environment,
        )

    async def is_healthy(self, session: aiohttp.ClientSession) -> None:
        """Wait until it says that it can store what it is told."""
        while True:
            try:
                async with session.get(f"{self.url}/healthz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)

    async def charger(
        self, session: aiohttp.ClientSession, token: str, id_: str
    ) -> dict[str, Any]:
        """What it knows of a charger, by its native API."""
        return await self.call(session, token, "GET", f"chargers/{id_}")

    async def switch_on(
        self, session: aiohttp.ClientSession, token: str, id_: str
    ) -> None:
        """Order a charger on; it hears of that when it next reports."""
        await self.call(
            session, token, "PUT", f"chargers/{id_}/desired", {"relay": "on"}
        )

    async def call(
        self,
        session: aiohttp.ClientSession,
        token: str,
        method: str,
        path: str,
        json: object = None,
    ) -> dict[str, Any]:
        """Call its native API; return what it answers."""
        async with session.request(
            method,
            f"{self.url}/api/v1/{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=json,
        ) as response:
            response.raise_for_status()
            answer: dict[str, Any] = (
                {} if response.status == 204 else await response.json()
            )
            return answer


@dataclass(frozen=True)
class Scooter:
    """A simulated scooter. Its board's memory is a file, so that a later run is the same board's next start.

    Its owner allows that a safety stop is cleared from afar.
    """

    hub: Hub
    key: str
    memory: Path

    async def charge_yesterday(self, log: Path) -> None:
        """Let it live through the hours from a day ago, with a whole charge, as fast as this machine can.

        Raises:
            PartDiedError: it could not.

        """
        living = await Process.start(
            "the simulated scooter of yesterday",
            *self._command(f"-{YESTERDAY_H}h"),
            *("--scenario", "already_plugged", "--virtual"),
            *("--duration", f"{CHARGE_YESTERDAY_H}h", "--quiet"),
            log=log,
            environment=self._environment,
        )
        try:
            if await living.wait() != 0:
                raise PartDiedError(living)
        finally:
            await living.stop()

    async def start(self, log: Path, *, speed: float, scenario: str | None) -> Process:
        """Start it in the hour after that charge; from there its world catches up with ours."""
        return await Process.start(
            "the simulated scooter",
            *self._command(f"-{YESTERDAY_H - CHARGE_YESTERDAY_H - 1}h"),
            *("--speed", f"{speed:g}", "--control", str(self.hub.control_port)),
            *(("--scenario", scenario) if scenario else ()),
            log=log,
            environment=self._environment,
        )

    def _command(self, start: str) -> tuple[str | Path, ...]:
        settings = self.memory.with_suffix(".toml")
        settings.write_text("KICKWATT_REMOTE_CLEAR = 1\n")
        return (
            *(program("kickwatt-sim"), "run", "--hub", self.hub.device_url),
            *("--settings", settings),
            *("--start", start, "--nvm", self.memory),
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {"KICKWATT_ID": CHARGER_ID, "KICKWATT_KEY": self.key}
