"""What looks at the page: a browser's tab that notices whatever goes wrong behind its user's back."""

from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, expect

DESK: Final = (1280, 860)
PHONE: Final = (390, 844)
PATIENT_MS: Final = 30_000

AXE: Final = Path(__file__).parents[2] / "addon/web/node_modules/axe-core/axe.min.js"

expect.set_options(timeout=PATIENT_MS)


@dataclass
class Looker:
    """A tab. `complaints` are errors of its scripts and of its policy, `strays` requests to anybody but the hub."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        base: str,
        token: str | None,
        *,
        size: tuple[int, int] = DESK,
        theme: Literal["light", "dark"] = "light",
        language: str = "en",
    ) -> Self:
        """Open a tab at a hub's address, signed in with a token; None: nobody yet."""
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            locale=language,
            timezone_id="Europe/Warsaw",
            accept_downloads=True,
        )
        if token is not None:
            await context.add_init_script(
                f"localStorage.setItem('kickwatt.token', {json.dumps(token)})"
            )
        looker = cls(await context.new_page(), base.rstrip("/"))
        looker.page.set_default_timeout(PATIENT_MS)
        looker.page.on("console", looker._hear)
        looker.page.on("pageerror", lambda error: looker.complaints.append(str(error)))
        looker.page.on("request", looker._follow)
        return looker

    def _hear(self, message: ConsoleMessage) -> None:
        # A refused call is the page's own business, and a broken connection too.
        ours = ("Failed to load resource", "WebSocket connection")
        if message.type == "error" and not message.text.startswith(ours):
            self.complaints.append(message.text)

    def _follow(self, request: Request) -> None:
        there, here = urlsplit(request.url), urlsplit(self.base)
        if there.scheme in ("data", "blob"):
            return
        if there.netloc != here.netloc or not there.path.startswith(here.path):
            self.strays.append(request.url)

    async def go(self, path: str) -> None:
        """Show a view: what stands behind the address's #."""
        await self.page.goto(f"{self.base}/#/{path}")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def card(self, name: str) -> Locator:
        """The card of a charger on the first view."""
        return self.page.get_by_role("article", name=name)

    async def sees(self, text: str) -> None:
        """Wait until a text is there."""
        await expect(self.page.get_by_text(text).first).to_be_visible()

    async def overflows(self) -> bool:
        """Whether one has to scroll sideways."""
        wide: bool = await self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide

    async def barriers(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA."""
        await self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = await self.page.evaluate(
            """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})"""
        )
        return [
            f"{each['id']}: {node['html']} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]
