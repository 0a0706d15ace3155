"""The real firmware in virtual time, through a real relay, to a hub that nobody can reach; and the tunnel breaks."""

from collections.abc import Iterator
import json
from pathlib import Path
import signal
import time
import urllib.request

import pytest

from kickwatt_sim.internet import Answer, Request, exchange
from tests.support.relay_process import RelayProcess

from .running import RunningHub, Wire, board, running_hub
from .test_faults import HOUR_S, assert_stored_exactly_once, charge


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayProcess]:
    # A virtual hour takes a fraction of a second.
    rates = ("--address-rate", "1000000/minute", "--hub-rate", "1000000/minute")
    with RelayProcess(tmp_path, *rates) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, relay: RelayProcess) -> Iterator[tuple[RunningHub, str]]:
    token = tmp_path / "token"
    token.write_text(relay.cli("token", "add", "home"))
    with running_hub(
        tmp_path,
        *("--relay", relay.tunnel_url),
        *("--relay-token-file", str(token)),
        *("--relay-ca", str(relay.authority.file)),
    ) as running:
        wait_until_connected(running[0])
        yield running


def wait_until_connected(hub: RunningHub) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{hub.url}/healthz", timeout=5) as answer:
            if json.load(answer)["relay"] == "connected":
                return
        time.sleep(0.05)
    raise TimeoutError(hub.log.read_text())


def test_a_charge_through_a_relay_loses_nothing_when_the_tunnel_is_cut_and_ends_by_itself(
    relay: RelayProcess, home: tuple[RunningHub, str]
) -> None:
    hub, key = home
    answered: list[int] = []

    def carried(request: Request) -> Answer:
        answer = exchange(request)
        answered.append(answer.status)
        return answer

    wire = Wire(carried)
    with board(relay.device_url("home"), key, carry=wire) as device:
        charge(hub, device, battery=0.5)
        session = hub.charger()["session"]["id"]
        device.run_for(600)
        # The relay dies, and comes back.
        relay.end(signal.SIGKILL)
        device.run_for(300)
        assert answered[-1] == 601
        relay.start()
        wait_until_connected(hub)
        device.run_for(600)
        assert answered[-1] == 200
        # The hub is off-line, and comes back.
        hub.kill()
        device.run_for(300)
        assert answered[-1] == 503
        hub.start()
        wait_until_connected(hub)
        device.run_for(600)
        assert device.outlet.relay.contact
        device.run_until(
            lambda: not device.outlet.relay.contact, within_s=8 * HOUR_S, step_s=30
        )
        device.run_for(300)
        assert hub.charger()["state"] == "full"
        assert hub.charger()["relay"]["reason"] == "cut_off"
        delivered_wh = device.outlet.charger.wall_wh

    (only,) = hub.sessions()
    # Whether the board or the hub saw the end first is not the relay's matter.
    assert only["id"] == session
    assert only["end_reason"] in ("cut_off", "full")
    assert only["energy_wh"] == pytest.approx(delivered_wh, rel=0.02)
    assert_stored_exactly_once(hub, wire)


def test_a_relay_that_forges_what_it_carries_achieves_nothing(
    relay: RelayProcess, home: tuple[RunningHub, str]
) -> None:
    """It is in the way of every byte, so let it try: an order to switch on, a changed sample, an old reply."""
    hub, key = home
    kept: list[bytes] = []
    refused: list[int] = []

    def forging(request: Request) -> Answer:
        changed = Request(
            request.method,
            request.url,
            request.headers,
            request.body.replace(b'"csq":', b'"csq": '),
            request.timeout_s,
        )
        refused.append(exchange(changed).status)
        answer = exchange(request)
        kept.append(answer.body)
        forged = answer.body.replace(b'"relay":0', b'"relay":1')
        return Answer(200, forged if len(kept) % 2 else kept[0])

    with board(relay.device_url("home"), key, carry=forging) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(1800)
        assert not device.outlet.relay.contact
        # The hub has heard the true messages; the board has believed none of the replies.
        assert hub.charger()["relay"]["reported"] == "off"
        said = "\n".join(device.console.lines)
    assert "HTTP 200 without a valid signature" in said
    assert "acknowledged" not in said
    assert set(refused) == {401}
