"""Photograph Home Assistant's frontend with Debian's chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import shutil
import time
from typing import Final

from playwright.async_api import Page, async_playwright

from .homeassistant import HomeAssistant

INSTALL: Final = "Screenshots need a browser: apt-get install chromium fonts-noto-core"

# What the frontend still animates or fetches after the network fell silent.
SETTLE_MS: Final = 3000


def browser() -> str | None:
    """The chromium of this machine, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Camera:
    """A browser window in which Home Assistant's owner is logged in."""

    def __init__(self, page: Page, hass: HomeAssistant, folder: Path) -> None:
        """Photograph into `folder`."""
        self.taken: list[str] = []
        self._page = page
        self._hass = hass
        self._folder = folder

    async def open(self, path: str) -> None:
        """Go to a page and wait until it stands still."""
        await self._page.goto(f"{self._hass.url}{path}")
        await self._page.wait_for_selector("home-assistant-main", state="attached")
        await self._page.wait_for_load_state("networkidle")
        await self._page.wait_for_timeout(SETTLE_MS)

    async def shoot(self, name: str) -> None:
        """Photograph what the window shows."""
        file = self._folder / f"{name}.png"
        await self._page.screenshot(path=file)
        self.taken.append(str(file))


@asynccontextmanager
async def camera(hass: HomeAssistant, folder: Path) -> AsyncIterator[Camera]:
    """Open a browser for a while."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = {
        **hass.tokens,
        "hassUrl": hass.url,
        "clientId": hass.client_id,
        "expires": int(time.time() * 1000) + hass.tokens["expires_in"] * 1000,
    }
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        context = await chromium.new_context(
            viewport={"width": 1440, "height": 900}, locale="en", color_scheme="light"
        )
        await context.add_init_script(
            f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
        )
        try:
            yield Camera(await context.new_page(), hass, folder)
        finally:
            await chromium.close()
