"""The documentation becomes a site: every link leads somewhere, every page is in its menu, nothing is fetched from elsewhere."""

from html.parser import HTMLParser
from pathlib import Path
import subprocess

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / ".cache/site"
OTHERS = "https://github.com/kickwatt/kickwatt/blob/main/"


class Page(HTMLParser):
    """What a page fetches, and where its links lead."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and (href := found.get("href")):
            self.links.append(href)
        elif tag == "link" and found.get("rel") not in ("stylesheet", "icon"):
            return
        elif tag in ("script", "img", "link", "iframe"):
            self.fetched += [
                url for url in (found.get("src"), found.get("href")) if url
            ]


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """Build it; a link without an end, or a page that is in no menu, ends that with an error."""
    built = subprocess.run(
        [ROOT / "scripts/docs"], check=False, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout + built.stderr
    paths = SITE.glob("*/index.html")
    return {path.parent.name: Page(path) for path in paths} | {
        "index": Page(SITE / "index.html")
    }


def test_every_page_of_the_documentation_is_there(pages: dict[str, Page]) -> None:
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= pages.keys()


def test_no_page_fetches_anything_from_elsewhere(pages: dict[str, Page]) -> None:
    assert [
        url
        for page in pages.values()
        for url in page.fetched
        if url.startswith(("http:", "https:", "//"))
    ] == []


def test_what_lies_outside_is_linked_where_it_can_be_read(
    pages: dict[str, Page],
) -> None:
    outside = {
        link.removeprefix(OTHERS)
        for page in pages.values()
        for link in page.links
        if link.startswith(OTHERS)
    }
    assert "README.md" in outside
    assert {
        name for name in outside if not (ROOT / name.partition("#")[0]).exists()
    } == set()
