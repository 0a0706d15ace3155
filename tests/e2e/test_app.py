"""The app as its image installs it: with a simulated scooter on wish, and moved to another machine by a backup."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import shutil
import subprocess
from typing import Any

import aiohttp
from alembic import command
from kickwatt_demo.process import free_ports
from kickwatt_demo.supervisor import Supervisor, pretend_supervisor
import pytest
import sqlalchemy as sa

from kickwatt_hub.store import migrate

from .app import ROOT, App

LIMIT_S = 120
OLDER = "0009"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an interpreter with exactly what the Dockerfile installs."""
    scratch = tmp_path_factory.mktemp("image")
    folder, venv = scratch / "app", scratch / "venv"
    subprocess.run([ROOT / "scripts/app", folder], check=True, capture_output=True)
    uv = str(ROOT / "scripts/uv")
    base = ROOT / ".venv/bin/python"
    subprocess.run(
        [uv, "venv", "-q", "--no-project", "--python", base, venv], check=True
    )
    python = venv / "bin/python"
    install = [uv, "pip", "install", "-q", "--no-deps", "--python", str(python)]
    locked = ["--require-hashes", "--requirement", str(folder / "requirements.txt")]
    (wheel,) = folder.glob("kickwatt-*.whl")
    subprocess.run([*install, *locked], check=True)
    subprocess.run([*install, str(wheel)], check=True)
    return python


async def announced(supervisor: Supervisor) -> dict[str, Any]:
    """Wait for what the app tells Home Assistant, which is how the latter gets in."""
    config: dict[str, Any] = (await supervisor.told())["config"]
    return config


def as_of_an_older_version(database: Path) -> None:
    """Bring a stopped hub's database back to an older schema."""
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))  # fmt: skip
    sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        command.downgrade(migrate.config(connection), OLDER)
        connection.commit()


async def ask(url: str, token: str, path: str) -> Any:
    """Ask the native API, as Home Assistant does."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/api/v1/{path}") as response,
    ):
        assert response.status == 200, await response.text()
        return await response.json()


async def seen(
    url: str, token: str, test: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Wait until the only charger is as it should be."""
    while True:
        chargers = await ask(url, token, "chargers")
        if chargers and test(chargers[0]):
            charger: dict[str, Any] = chargers[0]
            return charger
        await asyncio.sleep(0.2)


@pytest.mark.timeout(240)
async def test_a_simulated_scooter_reports_and_moves_with_a_backup_to_a_newer_version(
    tmp_path: Path, python: Path
) -> None:
    supervisor_port, port, device_port = free_ports(3)
    options = {"simulator": True}
    async with pretend_supervisor(supervisor_port) as supervisor:
        old = App(
            tmp_path / "old", supervisor.address, port, device_port, python, options
        )
        hub = await old.start()
        simulator = await old.start("simulator")
        try:
            async with asyncio.timeout(LIMIT_S):
                before = await announced(supervisor)
                charger = await seen(
                    old.url, before["token"], lambda it: it["reading"] is not None
                )
        finally:
            await simulator.stop()
            await hub.stop()
        assert (charger["id"], charger["simulated"]) == ("simulated", True)
        assert charger["relay"]["reported"] == "off"

        # A cold backup: the app is stopped, and its /data is all that is taken along.
        new = App(
            tmp_path / "new", supervisor.address, port, device_port, python, options
        )
        shutil.copytree(old.data, new.data)
        as_of_an_older_version(new.data / "kickwatt.sqlite")
        supervisor.received.clear()
        hub = await new.start()
        try:
            async with asyncio.timeout(LIMIT_S):
                after = await announced(supervisor)
                moved = await seen(new.url, before["token"], lambda _: True)
                assert moved["last_seen"] == charger["last_seen"]
                # The same board, in its old one's place.
                simulator = await new.start("simulator")
                await seen(
                    new.url,
                    before["token"],
                    lambda it: it["last_seen"] > charger["last_seen"],
                )
        finally:
            await simulator.stop()
            await hub.stop()
        assert after["hub_id"] == before["hub_id"]
        assert list(new.data.glob("kickwatt-before-*.sqlite"))


async def test_without_the_option_nobody_simulates(
    tmp_path: Path, python: Path
) -> None:
    port, device_port = free_ports(2)
    app = App(tmp_path, "127.0.0.1:1", port, device_port, python, {"simulator": False})
    simulator = await app.start("simulator")
    try:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(simulator.wait(), 1)
    finally:
        await simulator.stop()
    assert not (app.data / "simulator").exists()
