"""A hub that dies while somebody looks at its page, and comes back at the same address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kickwatt_demo.process import free_ports

from tests.support.hub_process import HubProcess
from tests.support.s1_device import S1Device


@dataclass(frozen=True)
class Mortal:
    """The hub as a process of its own, and the board of its charger `scooter`, which is off."""

    process: HubProcess
    ports: tuple[int, int]
    token: str
    """An administrator's."""
    board: S1Device

    @property
    def url(self) -> str:
        """The main port."""
        return self.process.url

    def dies(self) -> None:
        """End it as a power cut does."""
        self.process.kill()

    def comes_back(self) -> None:
        """Start it again, or for the first time."""
        port, device_port = self.ports
        self.process.start(port=port, device_port=device_port)


@asynccontextmanager
async def mortal_hub(data: Path) -> AsyncIterator[Mortal]:
    """Run such a hub."""
    process = HubProcess(data)
    key = process.add_charger("scooter", "--name", "Garage scooter")
    port, device_port = free_ports(2)
    board = S1Device(f"http://127.0.0.1:{device_port}", "scooter", key)
    hub = Mortal(process, (port, device_port), process.add_token("admin"), board)
    hub.comes_back()
    try:
        async with board:
            await board.report(0.0, state="off")
            yield hub
    finally:
        hub.dies()
