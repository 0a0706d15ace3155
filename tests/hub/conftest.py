"""A hub, a token and a board for every test that wants them; and which tests run on both engines."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.store import Store
from tests.support.hub_process import RunningHub, running_hub
from tests.support.postgresql import NEEDS, Cluster, cluster
from tests.support.s1_device import S1Device

# What asks or changes the store: SQLite first, then PostgreSQL. The command line's own tests need no second time.
ON_BOTH_ENGINES = {
    "test_exactly_once",
    "test_fleet",
    "test_insights",
    "test_legacy",
    "test_meter_store",
    "test_packer",
    "test_store",
}


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of this folder."""
    config.addinivalue_line("markers", "sqlite: this test is about a file of SQLite's")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run these modules' tests on both engines, except those that are about a file of SQLite's."""
    if "engine" not in metafunc.fixturenames:
        return
    both = metafunc.module.__name__.rpartition(".")[2] in ON_BOTH_ENGINES
    only = metafunc.definition.get_closest_marker("sqlite")
    if both and only is None:
        program, package = NEEDS
        needs = pytest.mark.needs(program, package=package)
        postgresql = pytest.param("postgresql", marks=needs)
        metafunc.parametrize("engine", ["sqlite", postgresql], indirect=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server for this run."""
    with cluster() as running:
        yield running


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which engine a test runs on; with PostgreSQL every data folder stands for a database of its own."""
    name = getattr(request, "param", "sqlite")
    if name == "postgresql":
        databases: Cluster = request.getfixturevalue("postgresql")
        opening = Store.open.__func__  # type: ignore[attr-defined]

        async def open_(cls: type[Store], folder: Path, database: Any = None) -> Store:
            folder.mkdir(parents=True, exist_ok=True)
            return await opening(cls, folder, database or databases.of(folder))

        monkeypatch.setattr(Store, "open", classmethod(open_))
    return str(name)


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
