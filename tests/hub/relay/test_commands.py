"""`kickwatt-hub relay` as the real program."""

import asyncio
from pathlib import Path
import signal

import aiohttp
from click.testing import CliRunner, Result
import pytest

from kickwatt_hub.__main__ import cli
from kickwatt_hub.relay.server import Relay, RelayOptions
from tests.support.hub_process import HubProcess, cli as kickwatt_hub
from tests.support.relay_process import RelayProcess
from tests.support.s1_device import S1Device

pytestmark = pytest.mark.once  # the way to a hub, not its store


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["relay", *words])


async def test_a_relay_and_a_hub_find_each_other_with_what_the_commands_print(
    tmp_path: Path,
) -> None:
    """Real processes all the way; the relay is killed, started again and asked to stop."""
    (tmp_path / "token").touch(mode=0o600)
    with RelayProcess(tmp_path) as relay:
        (tmp_path / "token").write_text(
            await asyncio.to_thread(relay.cli, "token", "add", "home")
        )
        hub = HubProcess(
            tmp_path / "hub",
            *("--relay", relay.tunnel_url),
            *("--relay-token-file", str(tmp_path / "token")),
            *("--relay-ca", str(relay.authority.file)),
        )
        key = await asyncio.to_thread(hub.add_charger, "scooter")
        with hub:
            async with S1Device(relay.device_url("home"), "scooter", key) as board:
                await _until_answered(board)
                await asyncio.to_thread(relay.end, signal.SIGKILL)
                with pytest.raises(aiohttp.ClientConnectionError):
                    await board.report(2.0)
                await asyncio.to_thread(relay.start)
                await _until_answered(board)
                assert board.queue == []
            assert await asyncio.to_thread(relay.end) == 0
            assert "Traceback" not in relay.log
            assert (await asyncio.to_thread(hub.stop))[0] == 0
            assert "Traceback" not in hub.log()
            token = (tmp_path / "token").read_text().strip()
            assert token not in hub.log() + relay.log


async def _until_answered(board: S1Device) -> None:
    board.measure(1.0)
    async with asyncio.timeout(60):
        while (await board.send()).status != 200:
            await asyncio.sleep(0.1)


def test_hubs_are_added_shown_and_removed(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path))
    token = kickwatt_hub("relay", "token", "add", "home", *data).stdout.strip()
    assert len(token) == 64
    shown = run(*data, "token", "list")
    assert "home" in shown.output
    assert token not in shown.output
    assert run("token", "remove", "home", *data).output == "Removed hub home.\n"
    assert "home" not in run("token", "list", *data).output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("token", "remove", "home"), "There is no hub named home"),
        (("token", "add", "Home"), "lower-case letters"),
        (("--cert", __file__), "--cert and --key belong together"),
        (("--cert", __file__, "--key", __file__), "are no certificate with its key"),
        (("--device-url", "http://relay.example/s1"), "without a path"),
        (("--address-rate", "often"), "expected a rate such as 1200/minute"),
        (("--host", "192.0.2.1"), "Cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    done = kickwatt_hub("relay", "--data", str(tmp_path), *words, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("kickwatt-hub: ")
    assert says in done.stderr


def test_without_a_certificate_the_tunnel_is_open_to_this_machine_only(
    tmp_path: Path,
) -> None:
    plain = {
        "data": tmp_path,
        "host": "0.0.0.0",
        "device_port": 0,
        "tunnel_port": 0,
        "status_port": 0,
        "certificate": None,
        "device_url": "",
        "proxy": "",
        "address_rate": "1/minute",
        "hub_rate": "1/minute",
    }
    hosts = [
        Relay(RelayOptions(**plain, plain_tunnel=allowed)).tunnel_host
        for allowed in (False, True)
    ]
    assert hosts == ["127.0.0.1", "0.0.0.0"]
