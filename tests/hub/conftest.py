"""A hub, a token and a board for every test that wants them; and on which engine a run of these tests is."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.support import engine
from tests.support.hub_process import RunningHub, running_hub
from tests.support.postgresql import NEEDS, Cluster, cluster
from tests.support.s1_device import S1Device


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of this folder."""
    config.addinivalue_line(
        "markers",
        "once: run with SQLite only: this is about SQLite's file, or about no database at all",
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """With another engine, run what may have a database: whatever has a data folder, and does not choose its engine."""
    if config.getoption("--database") == "sqlite":
        return
    again, not_again = [], []
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        asks = used & {"tmp_path", "tmp_path_factory"} and "postgresql" not in used
        chosen = asks and not item.get_closest_marker("once")
        (again if chosen else not_again).append(item)
        item.add_marker(pytest.mark.needs(NEEDS[0], package=NEEDS[1]))
    config.hook.pytest_deselected(items=not_again)
    items[:] = again


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server for this run."""
    with cluster() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Put the run on the engine that was asked for."""
    if request.config.getoption("--database") == "postgresql":
        with cluster() as engine.cluster:
            yield
        engine.cluster = None
    else:
        yield


@pytest.fixture(autouse=True)
def _databases(_engine: None) -> Iterator[None]:
    """Remove the databases that a test has made on a server."""
    if engine.cluster is None:
        yield
        return
    before = engine.cluster.made()
    yield
    for folder in engine.cluster.made() - before:
        engine.cluster.forget(folder)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub on real sockets with a real database."""
    async with running_hub(tmp_path / "data") as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client session without a token."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def board(hub: RunningHub, http: aiohttp.ClientSession) -> S1Device:
    """A board that the hub knows as `scooter`."""
    return S1Device(
        hub.device_url, "scooter", await hub.add_charger("scooter"), session=http
    )
