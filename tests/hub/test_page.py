"""The page's files at the top of the main port: what a browser may keep, and what it must not do."""

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from kickwatt_hub.api import page


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A page as Vite builds it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>the page")
    (tmp_path / "assets/app-1a2b.js").write_text("plain")
    (tmp_path / "assets/app-1a2b.js.br").write_bytes(b"brotli")
    (tmp_path / "assets/app-1a2b.js.gz").write_bytes(b"gzip")
    return tmp_path


def client(built: Path) -> TestClient[web.Request, web.Application]:
    app = web.Application()
    app.add_routes(page.routes(built))
    return TestClient(TestServer(app), auto_decompress=False)


async def test_the_page_is_asked_for_each_time_and_its_parts_are_kept_for_ever(
    built: Path,
) -> None:
    async with client(built) as browser:
        top = await browser.get("/")
        assert await top.text() == "<!doctype html>the page"
        assert top.headers["Cache-Control"] == "no-cache"
        again = await browser.get("/", headers={"If-None-Match": top.headers["ETag"]})
        assert again.status == 304
        part = await browser.get("/assets/app-1a2b.js")
        assert "immutable" in part.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("takes", "gets"), [("br, gzip", b"brotli"), ("gzip", b"gzip"), ("", b"plain")]
)
async def test_a_browser_gets_the_smallest_form_that_it_takes(
    built: Path, takes: str, gets: bytes
) -> None:
    async with client(built) as browser:
        answer = await browser.get(
            "/assets/app-1a2b.js", headers={"Accept-Encoding": takes}
        )
        assert await answer.read() == gets
        assert answer.content_type == "text/javascript"


async def test_the_page_may_run_and_ask_nothing_from_elsewhere(built: Path) -> None:
    async with client(built) as browser:
        answer = await browser.get("/")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_nothing_but_the_pages_own_files_is_served(built: Path) -> None:
    (built.parent / "secret").write_text("secret")
    async with client(built) as browser:
        for path in ("/assets/", "/assets/..%2f..%2fsecret", "/assets/app-1a2b.js.br"):
            assert (await browser.get(path)).status == 404


async def test_a_hub_without_a_page_says_how_to_build_one(tmp_path: Path) -> None:
    async with client(tmp_path) as browser:
        answer = await browser.get("/")
        assert answer.status == 404
        assert "scripts/setup" in await answer.text()


def test_this_checkouts_page_is_built_and_asks_for_relative_addresses_only() -> None:
    text = (page.BUILT / "index.html").read_text()
    assert 'src="./assets/' in text
    assert 'src="/' not in text
    assert 'href="/' not in text
    assert "<script>" not in text
