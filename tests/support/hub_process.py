"""A hub to talk to: inside this process, or as the real program.

    async with running_hub(tmp_path) as hub:
        key = await hub.add_charger("scooter")
        token = await hub.add_token("control")
        …hub.url, hub.device_url…

Both listen on 127.0.0.1 at ports that the system chose, and announce themselves to nobody.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import Any, Self

from kickwatt_hub import onboarding
from kickwatt_hub.app import Hub, now_ms
from kickwatt_hub.model import Kind, LegacyFormat, Scope, Token, User
from kickwatt_hub.security import tokens
from kickwatt_hub.settings import Settings
from kickwatt_hub.store import AlreadyThereError
from tests.support.engine import database_of, environment_for, environment_of

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"


class RunningHub:
    """A hub inside this process."""

    def __init__(self, hub: Hub) -> None:
        """`hub` has started."""
        self.hub = hub

    @property
    def hub_id(self) -> str:
        """The hub's own id."""
        return self.hub.hub_id

    @property
    def url(self) -> str:
        """The main port."""
        return f"http://{HOST}:{self.hub.main_port}"

    @property
    def device_url(self) -> str:
        """The device port."""
        return f"http://{HOST}:{self.hub.device_port}"

    async def add_charger(
        self,
        charger_id: str,
        *,
        name: str | None = None,
        kind: str = "s1",
        simulated: bool = False,
        legacy: LegacyFormat = LegacyFormat(),
    ) -> str:
        """Add a charger and return its key, 64 hexadecimal digits."""
        context = self.hub.context
        added = await onboarding.add_charger(
            context.store,
            context.secret,
            charger_id=charger_id,
            name=name,
            kind=Kind(kind),
            simulated=simulated,
            legacy=legacy,
        )
        await context.fleet.refresh()
        return added.key

    async def add_token(self, scope: str = "control", user: str = "owner") -> str:
        """Return a new token; its user is made when there is none of that name."""
        context = self.hub.context
        who = User(name=user, email=None, scope=Scope[scope], created_ms=now_ms())
        with suppress(AlreadyThereError):
            await context.store.accounts.add_user(who, None)
        secret = tokens.new()
        new = Token(
            id=0,
            user=user,
            name="test",
            scope=Scope[scope],
            created_ms=now_ms(),
            expires_ms=None,
        )
        await context.store.accounts.add_token(user, tokens.digest(secret), new)
        await context.access.load()
        return secret

    async def add_user(self, name: str, password: str, *, admin: bool = False) -> None:
        """Add a user who can log in."""
        context = self.hub.context
        who = User(
            name=name,
            email=None,
            scope=Scope.admin if admin else Scope.control,
            created_ms=now_ms(),
        )
        await context.store.accounts.add_user(
            who, await context.passwords.hash(password)
        )


@asynccontextmanager
async def running_hub(data: Path, **settings: Any) -> AsyncIterator[RunningHub]:
    """Run a hub inside this process on the database in `data`; `settings` are those of kickwatt_hub.settings."""
    wanted = {"host": HOST, "port": 0, "device_port": 0, "zeroconf": False, **settings}
    hub = Hub(Settings(data=data, **{"database": database_of(data), **wanted}))
    await hub.start()
    try:
        yield RunningHub(hub)
    finally:
        await hub.stop()


class HubProcess:
    """The real program, in a process of its own."""

    def __init__(
        self,
        data: Path,
        *flags: str,
        environment: dict[str, str] | None = None,
        through: tuple[str, ...] = (),
    ) -> None:
        """`flags` are added to `kickwatt-hub serve`; `through` is a command that runs another one."""
        self.data = data
        self._through = through
        self._flags = flags
        self._environment = {
            **os.environ,
            **environment_of(data),
            **(environment or {}),
        }
        self._process: subprocess.Popen[str] | None = None
        self.url = self.device_url = ""
        self.output = ""

    def start(self, *, port: int = 0, device_port: int = 0) -> HubProcess:
        """Start it and wait until it listens."""
        command = [
            *self._through,
            sys.executable,
            "-m",
            "kickwatt_hub",
            "serve",
            "--data",
            str(self.data),
        ]
        command += [
            "--host",
            HOST,
            "--port",
            str(port),
            "--device-port",
            str(device_port),
        ]
        log = self.data.with_name(self.data.name + ".log")
        with log.open("a") as errors:
            self._process = subprocess.Popen(
                [*command, "--no-zeroconf", *self._flags],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env=self._environment,
            )
        self.url = self._address("main port")
        self.device_url = self._address("device port")
        return self

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def memory_mib(self) -> float:
        """Return how much memory it holds."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(
            int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")
        )

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> tuple[int, float]:
        """End it with SIGTERM; return its exit code and how many seconds it took."""
        begun = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - begun

    def log(self) -> str:
        """Return what it wrote to standard error so far."""
        return self.data.with_name(self.data.name + ".log").read_text()

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Run another kickwatt-hub command on the same data and return what it printed."""
        flags = ("--data", str(self.data))
        return cli(
            *arguments,
            *flags,
            stdin=stdin,
            environment=self._environment,
            through=self._through,
        ).stdout

    async def acli(self, *arguments: str, stdin: str = "") -> str:
        """Do the same without holding up the event loop."""
        return await asyncio.to_thread(self.cli, *arguments, stdin=stdin)

    def add_charger(self, charger_id: str, *flags: str) -> str:
        """Add a charger and return its key."""
        lines = self.cli("charger", "add", charger_id, *flags)
        match = re.search(
            r'^(?:KICKWATT_KEY|api_key) = "([0-9a-f]{64})"$', lines, re.MULTILINE
        )
        assert match is not None, lines
        return match[1]

    def add_token(self, scope: str = "control", user: str = "owner") -> str:
        """Return a new token of a new user."""
        self.cli("user", "add", user, "--admin", stdin="correct horse\n")
        return self.cli("token", "create", user, "--scope", scope).strip()

    def _address(self, which: str) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.output += line
        assert line.startswith(f"{which}: "), (line, self.log())
        return line.partition(": ")[2].strip()

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        code = process.wait(timeout=60)
        assert process.stdout is not None
        self.output += process.stdout.read()
        process.stdout.close()
        return code

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it however it stands."""
        if self._process is not None:
            self.kill()


def cli(
    *arguments: str,
    stdin: str = "",
    check: bool = True,
    environment: dict[str, str] | None = None,
    through: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """Run kickwatt-hub to its end."""
    done = subprocess.run(
        [*through, sys.executable, "-m", "kickwatt_hub", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment_for(arguments), **(environment or {})},
        timeout=60,
    )
    assert not check or done.returncode == 0, done.stderr
    return done
