"""Two hubs behind the HAProxy of deploy/: one is killed, and boards and clients go on with the other."""

import asyncio
import os
from pathlib import Path
import shutil
import subprocess
from urllib.parse import urlsplit

import aiohttp
from kickwatt_demo.process import free_ports
import pytest

from tests.support.hub_process import ROOT, HubProcess
from tests.support.postgresql import NEEDS, Cluster
from tests.support.s1_device import S1Device

pytestmark = [
    pytest.mark.needs(NEEDS[0], package=NEEDS[1]),
    pytest.mark.needs("haproxy"),
]


def _haproxy(
    hubs: list[HubProcess], main: str, devices: str
) -> subprocess.Popen[bytes]:
    names = {"MAIN": main, "DEVICES": devices}
    for letter, hub in zip("AB", hubs, strict=True):
        names[f"HUB_{letter}"] = urlsplit(hub.url).netloc
        names[f"DEVICES_{letter}"] = urlsplit(hub.device_url).netloc
        names[f"CHECK_HOST_{letter}"] = "127.0.0.1"
        names[f"CHECK_PORT_{letter}"] = str(urlsplit(hub.url).port)
    program = shutil.which("haproxy") or "haproxy"
    return subprocess.Popen(
        [program, "-db", "-f", str(ROOT / "deploy" / "haproxy.cfg")],
        env={**os.environ, **names},
    )


@pytest.mark.timeout(180)
async def test_a_killed_hub_is_not_missed(tmp_path: Path, postgresql: Cluster) -> None:
    """What was acknowledged is stored, once; clients get the present state from the hub that is left."""
    environment = {"KICKWATT_HUB_DATABASE": postgresql.new()}
    hubs = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        (folder / "hub.secret").write_text("5e" * 32)
        (folder / "hub.secret").chmod(0o600)
        hubs.append(HubProcess(folder, environment=environment).start())
    keys = [hubs[0].add_charger(f"scooter-{number}") for number in range(4)]
    token = hubs[0].add_token("read")
    main, devices = (f"127.0.0.1:{port}" for port in free_ports(2))
    proxy = _haproxy(hubs, main, devices)
    boards = [
        S1Device(f"http://{devices}", f"scooter-{number}", key)
        for number, key in enumerate(keys)
    ]
    for board in boards:
        board.relay, board.why, board.state = 1, "button", "charging"
    try:
        await _report(boards, 5)
        hubs[0].kill()
        await _report(boards, 5)
        url = f"http://{main}/api/v1/chargers"
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for board in boards:
                path = f"{url}/{board.charger_id}/readings"
                async with session.get(path) as response:
                    page = await response.json()
                energies = [each["energy_wh"] for each in page["readings"]]
                assert energies == [float(wh) for wh in range(1, 11)]
    finally:
        proxy.terminate()
        proxy.wait(60)
        for board in boards:
            await board.close()
        hubs[1].stop()


async def _report(boards: list[S1Device], times: int) -> None:
    """Let every board measure so many times and try until it is acknowledged, as a board does."""
    for _ in range(times):
        for board in boards:
            board.energy_wh += 1
            board.measure(90.0)
            async with asyncio.timeout(60):
                while board.queue:
                    board.up += 1
                    try:
                        reply = await board.post(board.body(), timeout_s=5)
                    except aiohttp.ClientError, TimeoutError:
                        await asyncio.sleep(0.1)
                        continue
                    if reply.status == 200:
                        board.obey(reply)
                    else:
                        await asyncio.sleep(0.1)
