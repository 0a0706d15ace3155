"""90 days of one charger on the hub's page, in a real browser: from the click until they are shown."""

import json
from pathlib import Path
import shutil
from statistics import median
import time

from playwright.sync_api import Page, sync_playwright

from kickwatt_hub.store.engines import FILE
from tests.support.hub_process import HubProcess

from .. import fill
from ..hub_process import add_chargers, running
from ..programs import MissingError, scratch
from ..report import Report

DAY_S = 86_400
DAYS = 90
STEP_S = 30
ROUNDS = 11

# The page draws in the task in which the answer arrives; the second frame after it shows the drawing.
_CLICKED_UNTIL_SHOWN = """async (name) => {
    const begun = performance.now();
    [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === name).click();
    const frame = () => new Promise(requestAnimationFrame);
    const answered = () => performance.getEntriesByType("resource").some(
        (each) => each.startTime >= begun && each.name.includes("/readings?") && each.responseEnd > 0);
    while (!answered()) {
        if (performance.now() > begun + 10_000) throw new Error("no answer");
        await frame();
    }
    await frame();
    await frame();
    return performance.now() - begun;
}"""


def run(report: Report) -> None:
    """Open the page some times, and look at a quarter."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        raise MissingError("apt-get install chromium")
    readings = (DAYS // 9 if report.quick else DAYS) * DAY_S // STEP_S
    with scratch() as folder:
        data = folder / "data"
        add_chargers(data, 1)
        report.doing(f"filling in {readings:,} readings")
        course = fill.course(readings, time.time_ns() // 1_000_000, STEP_S, 99)
        fill.insert(data / FILE, fill.chunks_for([1], [course]))
        token = HubProcess(data).add_token("read")
        with running(data) as hub:
            report.doing("looking")
            taken = _look(hub.url, token, browser)
    report.figure("Readings", readings, "")
    report.figure(
        f"{DAYS} days, from the click to the picture", median(taken), "ms", at_most=200
    )
    report.note(f"Median of {ROUNDS}; the longest took {max(taken):.0f} ms.")


def _look(url: str, token: str, browser: str | Path) -> list[float]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(
            viewport={"width": 1280, "height": 860}, locale="en-GB"
        )
        page.add_init_script(
            f"localStorage.setItem('kickwatt.token', {json.dumps(token)})"
        )
        taken = [_quarter_ms(page, url) for _ in range(ROUNDS)]
        chromium.close()
        return taken


def _quarter_ms(page: Page, url: str) -> float:
    """Open the history, which shows a week, and ask for the quarter; what was seen once, the page keeps."""
    page.goto("about:blank")
    page.goto(f"{url}/#/history/charger-0")
    page.get_by_role("img", name="Power from").wait_for()
    page.wait_for_load_state("networkidle")
    taken: float = page.evaluate(_CLICKED_UNTIL_SHOWN, "Quarter")
    return taken
