"""A whole charge against a real hub over each of the other ways to reach it: LTE and Wi-Fi."""

from pathlib import Path

import pytest

from kickwatt_sim.world import SECOND

from .running import board, running_hub

HOUR_S = 3600
WAYS = {
    "a7670": ({"KICKWATT_MODEM": "a7670"}, "pico2", 4.01),
    "wifi": (
        {
            "KICKWATT_MODEM": "wifi",
            "KICKWATT_WIFI_SSID": "garage",
            "KICKWATT_WIFI_PASSWORD": "a password",
        },
        "pico_w",
        None,
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_charge_ends_full_and_the_hub_has_all_of_it(way: str, tmp_path: Path) -> None:
    settings, model, supply_v = WAYS[way]
    with (
        running_hub(tmp_path) as (hub, key),
        board(hub.device_url, key, model=model, **settings) as device,
    ):
        device.board.nap_ns = SECOND  # a third of the computing
        device.outlet.plug_in(charge=0.93)
        device.run_until(lambda: hub.charger()["online"], within_s=300, step_s=15)
        hub.switch("on")
        device.run_until(lambda: device.outlet.relay.contact, within_s=300)
        device.run_until(
            lambda: not device.outlet.relay.contact, within_s=4 * HOUR_S, step_s=120
        )
        device.run_for(120)
        charger = hub.charger()
        assert charger["state"] == "full"
        assert charger["supply_v"] == supply_v
        assert (charger["signal_dbm"] is None) is (way == "wifi")
        assert charger["relay"]["reason"] == "cut_off"
        assert device.outlet.charge() > 0.95
        assert device.exchanges.failed == 0
