"""A person at Home Assistant's frontend: a real Chromium, logged in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import time
from typing import Final

from kickwatt_demo.homeassistant import HomeAssistant
from kickwatt_demo.screenshots import browser
from playwright.async_api import Page, async_playwright

PATIENCE_MS: Final = 60_000


@asynccontextmanager
async def person(
    hass: HomeAssistant, pictures: Path | None = None
) -> AsyncIterator[Page]:
    """Open the frontend as its owner. What goes wrong is photographed."""
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
        try:
            context = await chromium.new_context(
                base_url=hass.url, viewport={"width": 1440, "height": 900}, locale="en"
            )
            await context.add_init_script(
                f"localStorage.setItem('hassTokens', {json.dumps(json.dumps(tokens))});"
            )
            page = await context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            try:
                yield page
            except Exception:
                if pictures is not None:
                    await page.screenshot(path=pictures / "when-it-failed.png")
                raise
        finally:
            await chromium.close()
