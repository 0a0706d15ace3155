"""Photograph Home Assistant's frontend with Debian's chromium.

    python -m kickwatt_demo.screenshots     # what to photograph comes in KICKWATT_CAMERA, as JSON

The browser runs in a process of its own. A terminal's Ctrl-C reaches everything in the foreground, and would break the
browser before the demo can close it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import json
import os
from pathlib import Path
import shutil
import signal
import sys
from tempfile import TemporaryDirectory
import time
from typing import Final, NamedTuple
from urllib.parse import urljoin

from playwright.async_api import async_playwright

from .homeassistant import HomeAssistant
from .process import PartDiedError, Process

INSTALL: Final = "Screenshots need a browser: apt-get install chromium fonts-noto-core"
PACKAGE: Final = Path(__file__).parent
LIMIT_S: Final = 180

# The longest that the frontend may take to show something, on a machine that is busy with other things too.
SHOWN_MS: Final = 60_000
# What it still animates and fetches after that; the hub's own page less.
SETTLE_MS: Final = 3_000
SETTLED_SOON_MS: Final = 800


class Step(NamedTuple):
    """Click on something (a selector of playwright), or fill it in."""

    on: str
    text: str | None = None


@dataclass(frozen=True)
class Picture:
    """A page, and by what one sees that it is there (a selector of playwright).

    A path is one of Home Assistant's; without one it is the page of the picture before.
    """

    name: str
    path: str
    shows: str
    steps: tuple[Step, ...] = ()
    """What is done there first."""


@dataclass(frozen=True)
class HubPage:
    """The hub's own page, and a token to see it with."""

    url: str
    token: str


def browser() -> str | None:
    """The chromium of this machine, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


async def photograph(
    hass: HomeAssistant,
    hub: HubPage,
    pictures: Sequence[Picture],
    folder: Path,
    log: Path,
) -> list[str]:
    """Photograph pages one after the other, as their owner sees them. Returns the files.

    Raises:
        PartDiedError: the browser could not do it.

    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [str(folder / f"{picture.name}.png") for picture in pictures]
    tokens = {
        **hass.tokens,
        "hassUrl": hass.url,
        "clientId": hass.client_id,
        "expires": int(time.time() * 1000) + hass.tokens["expires_in"] * 1000,
    }
    files = [str(folder / f"{picture.name}.png") for picture in pictures]
    order = {
        # What each of them keeps in the browser of whoever is logged in.
        "kept": {
            hass.url: ("hassTokens", json.dumps(tokens)),
            hub.url: ("kickwatt.token", hub.token),
        },
        "pictures": [
            (
                file,
                picture.path and urljoin(hass.url, picture.path),
                picture.steps,
                picture.shows,
                SETTLE_MS if picture.path.startswith("/") else SETTLED_SOON_MS,
            )
            for file, picture in zip(files, pictures, strict=True)
        ],
    }
    # Chromium makes a socket there, and a socket's path has at most 108 bytes (unix(7)).
    with TemporaryDirectory(prefix="kickwatt-", dir="/tmp") as scratch:
        camera = await Process.start(
            "the camera",
            *(sys.executable, "-P", "-m", f"{PACKAGE.name}.{Path(__file__).stem}"),
            log=log,
            environment={
                "PYTHONPATH": str(PACKAGE.parent),
                "TMPDIR": scratch,
                # Not in the command line, where every process of this machine sees it.
                "KICKWATT_CAMERA": json.dumps(order),
            },
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                if await camera.wait() != 0:
                    raise PartDiedError(camera)
        except TimeoutError:
            raise PartDiedError(camera) from None
        finally:
            await camera.stop()
    return files


async def _photograph(
    kept: Mapping[str, tuple[str, str]],
    pictures: Sequence[tuple[str, str, Sequence[tuple[str, str | None]], str, int]],
) -> None:
    """Photograph pages (file, address, steps, selector, milliseconds to settle) with a browser that is logged in."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        context = await chromium.new_context(
            viewport={"width": 1440, "height": 900}, locale="en", color_scheme="light"
        )
        await context.add_init_script(
            f"const own = {json.dumps(kept)}[location.origin]; if (own) localStorage.setItem(...own);"
        )
        page = await context.new_page()
        page.set_default_timeout(SHOWN_MS)
        for file, address, steps, shows, settle_ms in pictures:
            if address:
                await page.goto(address)
            for on, text in steps:
                target = page.locator(on).first
                await (target.click() if text is None else target.fill(text))
            await page.locator(shows).first.wait_for()
            await page.wait_for_load_state("networkidle")
            await page.wait_for_timeout(settle_ms)
            await page.screenshot(path=file)
        await chromium.close()


async def _main() -> None:
    """Photograph until done, or asked to stop."""
    order = json.loads(os.environ["KICKWATT_CAMERA"])
    working = asyncio.ensure_future(_photograph(order["kept"], order["pictures"]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
    await working


if __name__ == "__main__":
    asyncio.run(_main())
