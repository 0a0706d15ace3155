#!/usr/bin/env python3
"""Draw the integration's brand images (PNG) from their sources (SVG): `.venv/bin/python scripts/render_brand.py`.

The sources hold outlines instead of text, so the images are the same with whatever fonts a machine has.
"""

from pathlib import Path

from playwright.sync_api import sync_playwright

BRAND = Path(__file__).parents[1] / "custom_components" / "kickwatt" / "brand"

# Heights in pixels of the normal and the high resolution, as Home Assistant wants them.
HEIGHTS = {"": 256, "@2x": 512}


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for source in sorted(BRAND.glob("*.svg")):
            svg = source.read_text()
            for suffix, height in HEIGHTS.items():
                page = browser.new_page()
                page.set_content(
                    f"<style>body {{ margin: 0 }} svg {{ height: {height}px; display: block; width: max-content }}</style>{svg}"
                )
                page.locator("svg").screenshot(
                    path=BRAND / f"{source.stem}{suffix}.png", omit_background=True
                )
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
