"""A disk that is full, read-only or slow: nothing is acknowledged that is not stored, and all goes on when it recovers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
import resource
import time
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.store.writer import Writer
from tests.support.hub_process import HubProcess, cli, running_hub
from tests.support.own_disk import OwnDisk, failing_disk, own_disk
from tests.support.s1_device import S1Device

pytestmark = pytest.mark.once  # SQLite's file


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[OwnDisk]:
    """A disk of 16 MB."""
    with own_disk(tmp_path / "data") as disk:
        if disk is None:
            pytest.skip("mounting is not allowed here")
        yield disk


@pytest.fixture
async def board(disk: OwnDisk) -> AsyncIterator[tuple[HubProcess, S1Device, str]]:
    """The real program on that disk, a board that knows it, and a token."""
    prepared = disk.path.with_name("prepared")
    key, token = await _prepare(prepared)
    disk.run("cp", "-a", f"{prepared}/.", str(disk.path))
    with HubProcess(disk.path, through=disk.through) as process:
        async with S1Device(process.device_url, "scooter", key) as board:
            assert (await board.report(90.0)).status == 200
            yield process, board, token


async def _prepare(data: Path) -> tuple[str, str]:
    """Make a database with a charger and a token; return its key and the token."""
    async with running_hub(data) as hub:
        return await hub.add_charger("scooter"), await hub.add_token("read")


async def _get(process: HubProcess, path: str, token: str) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(process.url + path) as response,
    ):
        return response.status, await response.json()


async def _until_refused(board: S1Device) -> bytes:
    """Send until the hub can store no more; return the message that it refused."""
    for _ in range(2_000):
        board.energy_wh += 1
        board.measure(90.0)
        body = board.body()
        reply = await board.post(body)
        if reply.status == 503:
            assert int(reply.headers["Retry-After"]) > 0
            assert reply.json is None
            return body
        board.obey(reply)
    raise AssertionError("The disk is full, and the hub stores for ever.")


async def _stored(process: HubProcess, token: str) -> list[int]:
    path = "/api/v1/chargers/scooter/readings?start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z&limit=10000"
    status, page = await _get(process, path, token)
    assert status == 200
    return sorted(round(each["energy_wh"]) for each in page["readings"])


async def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(
    disk: OwnDisk, board: tuple[HubProcess, S1Device, str]
) -> None:
    """What was refused is stored once when it is sent again; questions are answered all the time."""
    process, device, token = board
    disk.fill()
    refused = await _until_refused(device)
    assert (await _get(process, "/healthz", token))[0] == 503
    assert await _stored(process, token) == list(range(device.energy_wh))
    disk.make_room()
    reply = await device.post(refused)
    assert reply.status == 200
    device.obey(reply)
    assert not device.queue
    assert await _stored(process, token) == list(range(device.energy_wh + 1))
    assert "Traceback" not in process.log()


async def test_a_disk_that_takes_no_write_is_the_same(tmp_path: Path) -> None:
    """As one does that is worn out: here a limit on the length of files, set while the hub runs."""
    key, token = await _prepare(tmp_path / "data")
    with HubProcess(tmp_path / "data") as process:
        async with S1Device(process.device_url, "scooter", key) as device:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (65_536, -1))
            refused = await _until_refused(device)
            assert await _stored(process, token) == list(range(1, device.energy_wh))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (-1, -1))
            reply = await device.post(refused)
            assert reply.status == 200
            assert await _stored(process, token) == list(range(1, device.energy_wh + 1))
        assert "Traceback" not in process.log()


async def test_a_disk_that_is_read_only_is_told_in_one_sentence(
    disk: OwnDisk, board: tuple[HubProcess, S1Device, str]
) -> None:
    """And once it is writable again, the hub starts as if nothing had been."""
    process, device, token = board
    process.kill()
    disk.read_only()
    done = await asyncio.to_thread(
        cli, "serve", "--data", str(disk.path), through=disk.through, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    disk.writable()
    process.start()
    device.url = process.device_url
    assert (await device.report(90.0)).status == 200
    assert len(await _stored(process, token)) == 2


async def test_a_disk_that_becomes_read_only_while_the_hub_runs(tmp_path: Path) -> None:
    """Boards are refused, questions are answered; repaired, it holds all that was acknowledged."""
    with failing_disk(tmp_path / "disk") as disk:
        if disk is None:
            pytest.skip("mounting is not allowed here")
        with HubProcess(disk.path / "data", through=disk.through) as process:
            key = await asyncio.to_thread(process.add_charger, "scooter")
            token = await asyncio.to_thread(process.add_token)
            async with S1Device(process.device_url, "scooter", key) as device:
                for _ in range(5):
                    device.energy_wh += 1
                    assert (await device.report(90.0)).status == 200
                disk.fail()
                refused = await _until_refused(device)
                assert (await _get(process, "/healthz", token))[0] == 503
                stored = list(range(1, device.energy_wh))
                assert await _stored(process, token) == stored
                process.stop()
                await asyncio.to_thread(disk.repair)
                process.start()
                device.url = process.device_url
                reply = await device.post(refused)
                assert reply.status == 200
                assert await _stored(process, token) == [*stored, device.energy_wh]
        assert "Traceback" not in process.log()


async def test_a_slow_disk_is_shared_by_all_who_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten milliseconds for each commit: nobody is refused, and boards that wait share the next one."""
    commits = 0
    commit = Writer._commit

    def slow(writer: Writer, jobs: Any) -> Any:
        nonlocal commits
        commits += 1
        time.sleep(0.01)
        return commit(writer, jobs)

    async with running_hub(tmp_path / "data") as hub:
        boards = [
            S1Device(hub.device_url, f"board-{n}", await hub.add_charger(f"board-{n}"))
            for n in range(100)
        ]
        monkeypatch.setattr(Writer, "_commit", slow)
        for _ in range(3):
            replies = await asyncio.gather(*(board.report(5.0) for board in boards))
            assert {reply.status for reply in replies} == {200}
        assert commits < 300
        for board in boards:
            assert not board.queue
            await board.close()
