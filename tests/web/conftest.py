"""A hub, boards that report to it, and a real browser that looks at the hub's page."""

from collections.abc import AsyncIterator
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory

from kickwatt_demo.process import free_ports
from playwright.async_api import Browser, async_playwright
import pytest

from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device

from .ingress import ingress
from .looking import PHONE, Looker
from .mortal import Mortal, mortal_hub

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say what is missing where there is no browser."""
    if CHROMIUM is None:
        missing = pytest.mark.skip(reason="apt-get install chromium fonts-noto-core")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(missing)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub with an administrator, which believes this machine who somebody is."""
    async with running_hub(tmp_path / "data", ingress_from="127.0.0.1") as running:
        await running.add_user("owner", "a long enough password", admin=True)
        yield running


@pytest.fixture
async def board(hub: RunningHub) -> AsyncIterator[S1Device]:
    """The board of the charger `scooter`."""
    key = await hub.add_charger("scooter", name="Garage scooter")
    async with S1Device(hub.device_url, "scooter", key) as device:
        yield device


@pytest.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    """A hub that can die and come back."""
    async with mortal_hub(tmp_path / "data") as hub:
        yield hub


@pytest.fixture
async def browser(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    """Debian's chromium."""
    # Chromium makes a socket there, and a socket's path has at most 108 bytes (unix(7)).
    with TemporaryDirectory(prefix="kickwatt-", dir="/tmp") as scratch:
        monkeypatch.setenv("TMPDIR", scratch)
        async with async_playwright() as playwright:
            running = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            yield running
            await running.close()


@pytest.fixture
async def looker(browser: Browser, hub: RunningHub) -> Looker:
    """An administrator's browser at a desk."""
    return await Looker.open(browser, hub.url, await hub.add_token("admin"))


@pytest.fixture
async def sidebar(browser: Browser, hub: RunningHub) -> AsyncIterator[Looker]:
    """An administrator's browser in Home Assistant's sidebar: below a path, without a token."""
    (port,) = free_ports(1)
    olga = {"X-Remote-User-Id": "cd34", "X-Remote-User-Name": "olga"}
    with ingress(hub.url, port, olga) as address:
        looker = await Looker.open(browser, address, None)
        yield looker
        assert looker.strays == []


@pytest.fixture
async def phone(browser: Browser, hub: RunningHub) -> Looker:
    """The same on a phone."""
    token = await hub.add_token("admin")
    return await Looker.open(browser, hub.url, token, size=PHONE)
