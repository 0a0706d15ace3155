"""Real parts for the tests of this folder: a hub in a process of its own, and boards in virtual time.

A board (`kickwatt_sim.Device`) runs in the test's own thread and makes real requests, during which the world stands
still. So an hour takes a fraction of a second, and a test may kill the hub between any two requests.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
import signal
import subprocess
import time
from typing import Any, Final
import urllib.request

from kickwatt_demo.parts import program
from kickwatt_demo.process import free_ports

from kickwatt_sim.board.models import USUAL
from kickwatt_sim.device import Device
from kickwatt_sim.internet import Answer, Request, exchange
from kickwatt_sim.world import World

ID: Final = "scooter"
START_LIMIT_S: Final = 30
START: Final = datetime.now(UTC) - timedelta(hours=24)
"""When the boards' worlds begin; a virtual day later it is still not the future."""


@dataclass
class RunningHub:
    """A hub that can be killed and started again, with its owner's token."""

    data: Path
    port: int
    device_port: int
    token: str = ""
    flags: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def device_url(self) -> str:
        return f"http://127.0.0.1:{self.device_port}"

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def command(self, *words: str, answer: str = "") -> str:
        """Run `kickwatt-hub` on its data."""
        done = subprocess.run(
            [program("kickwatt-hub"), *words, "--data", self.data],
            input=answer,
            capture_output=True,
            text=True,
            timeout=START_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Start it and wait until it can store."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    program("kickwatt-hub"),
                    "serve",
                    *("--data", self.data),
                    *("--port", str(self.port)),
                    *("--device-port", str(self.device_port)),
                    *self.flags,
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(20)
        self.process = None
        return code

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Any:
        """Make a call of the native API and return its JSON."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def charger(self) -> dict[str, Any]:
        """The charger, as the hub knows it."""
        found: dict[str, Any] = self.call("GET", f"/chargers/{ID}")
        return found

    def sessions(self) -> list[dict[str, Any]]:
        """Its charges, newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/chargers/{ID}/sessions")[
            "sessions"
        ]
        return found

    def readings(self) -> list[dict[str, Any]]:
        """Everything that it ever measured, oldest first."""
        found: list[dict[str, Any]] = []
        start = ""
        while True:
            page = self.call("GET", f"/chargers/{ID}/readings?limit=10000{start}")
            found += page["readings"]
            if page["next"] is None:
                return found
            start = f"&start={page['next']}".replace("+", "%2B")

    def switch(self, relay: str) -> None:
        """Ask for the relay to be `on` or `off`."""
        self.call("PUT", f"/chargers/{ID}/desired", {"relay": relay})


@contextmanager
def running_hub(folder: Path, *flags: str) -> Iterator[tuple[RunningHub, str]]:
    """A hub with one simulated charger; yields it with the charger's key. `flags` are added to `serve`."""
    port, device_port = free_ports(2)
    hub = RunningHub(folder / "hub", port, device_port, flags=flags)
    hub.command("user", "add", "owner", "--admin", answer="a long enough password\n")
    hub.token = hub.command("token", "create", "owner", "--scope", "control").split()[
        -1
    ]
    printed = hub.command("charger", "add", ID, "--simulated")
    key = printed.partition('KICKWATT_KEY = "')[2][:64]
    try:
        hub.start()
        yield hub, key
    finally:
        if hub.process:
            hub.kill()


def board(
    url: str,
    key: str,
    *,
    carry: Callable[[Request], Answer] = exchange,
    model: str = USUAL,
    **settings: str | int,
) -> Device:
    """A board in virtual time that reports to `url`."""
    return Device(
        {
            "KICKWATT_ID": ID,
            "KICKWATT_KEY": key,
            "KICKWATT_URL": url,
            "KICKWATT_APN": "internet",
            **settings,
        },
        world=World(start=START),
        carry=carry,
        board=model,
    )


class Wire:
    """The way between a board and its hub: carries requests, and remembers which samples went over it.

    When a sample was measured follows from the board's own uptime, so from the world and not from the modem's clock,
    by which the hub dates it.
    """

    def __init__(self, carry: Callable[[Request], Answer] = exchange) -> None:
        self.measured: dict[tuple[int, int], float] = {}
        self.sent: list[tuple[int, int]] = []
        self.acknowledged: set[tuple[int, int]] = set()
        self._carry = carry

    def __call__(self, request: Request) -> Answer:
        answer = self._carry(request)
        message = json.loads(request.body.partition(b"\n")[2])
        boot = message["boot"]
        for number, age_s, *_ in message["samples"]:
            at = START.timestamp() + message["up"] - age_s
            self.measured.setdefault((boot, number), at)
            self.sent.append((boot, number))
        if answer.status == 200:
            ack = json.loads(answer.body.partition(b"\n")[2])["ack"]
            self.acknowledged |= {
                sample
                for sample in self.measured
                if sample[0] == boot and sample[1] <= ack
            }
        return answer
