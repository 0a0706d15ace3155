"""Each fault by its name: what the real firmware must do when it strikes.

All run in virtual time without sockets: the hub is asked in place. Each begins with a charge that is well under way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from kickwatt_sim import FAULTS, Device, World, play
from kickwatt_sim.faults import Injection
from kickwatt_sim.internet import Answer, Request
from kickwatt_sim.scenario import load

from .s1_hub import S1Hub

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LEASE_S = 900
LONGEST_BACK_OFF_S = 1_300

type Parameters = dict[str, Any]


@dataclass
class Charge:
    """A device that charges, and its hub."""

    device: Device
    hub: S1Hub
    said: list[str] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.device.outlet.relay.contact

    @property
    def last(self) -> dict[str, Any]:
        return self.hub.messages[-1]

    @property
    def failures(self) -> int:
        return sum(line.startswith("upload failed") for line in self.said)

    def strike(self, name: str, parameters: Parameters | None = None) -> Injection:
        self.said.clear()
        return self.device.inject(name, **(parameters or {}))

    def delivers(self, within_s: float = LONGEST_BACK_OFF_S) -> None:
        """Wait for two more messages, the second of which leaves nothing behind."""
        before = len(self.hub.messages)
        self.device.run_until(
            lambda: len(self.hub.messages) > before + 1 and not self.last["left"],
            within_s=within_s,
        )

    def check_samples(self) -> None:
        """No sample of any boot is missing, and nobody had to guess who sent it."""
        assert self.hub.forged == 0
        for boot in {boot for boot, _ in self.hub.samples}:
            numbers = sorted(n for b, n in self.hub.samples if b == boot)
            assert numbers == list(range(1, len(numbers) + 1))
        times = [at_s for at_s, _ in self.hub.samples.values()]
        assert all(one <= other + 2 for one, other in pairwise(times))


@contextmanager
def started(
    settings: dict[str, str | int] | None = None,
    limits: dict[str, int] | None = None,
    board: str = "pico2",
) -> Iterator[Charge]:
    """Give a device that has just started."""
    hub = S1Hub(
        wish={"relay": 1, "order": 1, "lease": LEASE_S, "interval": 60}
        | ({"settings": limits} if limits else {})
    )
    hub.url = "http://hub.example:8422"

    def carry(request: Request) -> Answer:
        return Answer(*hub.answer("/s1/scooter-1", request.body))

    with Device(
        hub.settings | (settings or {}),
        world=World(start=START),
        nap_s=1.0,
        board=board,
        carry=carry,
    ) as device:
        one = Charge(device, hub)
        device.console.listeners.append(one.said.append)
        yield one


@contextmanager
def charging(
    charge: float = 0.3,
    settings: dict[str, str | int] | None = None,
    limits: dict[str, int] | None = None,
    board: str = "pico2",
) -> Iterator[Charge]:
    """Give a charge that has gone on for a few minutes."""
    with started(settings, limits, board) as one:
        one.device.outlet.plug_in(charge)
        one.device.run_until(lambda: one.closed, within_s=60)
        one.device.run_for(150)
        assert one.last["state"] == "charging"
        yield one


# --- between modem and hub: the charge goes on within its lease, and afterwards everything arrives

HARMLESS: list[tuple[str, Parameters]] = [
    ("signal_unknown", {}),
    ("modem_echo", {}),
    ("modem_chatter", {}),
    ("modem_chatter", {"every_s": 0.1}),
    ("modem_slow", {"seconds": 1.0}),
    ("hub_slow", {"seconds": 20}),
]
HARMFUL: list[tuple[str, Parameters]] = [
    ("no_network", {}),
    ("network_denied", {}),
    ("no_bearer", {}),
    ("sim_removed", {}),
    ("sim_puk", {}),
    ("sim_pin", {}),
    ("modem_restart", {}),
    ("modem_hangs", {}),
    ("modem_slow", {"seconds": 8}),
    ("modem_baud", {}),
    ("modem_baud", {"baud": 115_200}),
    ("httpinit_refused", {}),
    ("no_httpaction", {}),
    ("http_error", {"status": 601}),
    ("http_error", {"status": 603}),
    ("http_error", {"status": 604}),
    ("hub_down", {}),
    ("hub_slow", {"seconds": 90}),
    *(("hub_nonsense", {"kind": kind}) for kind in ("page", "nothing", "zeros")),
    *(("hub_nonsense", {"kind": kind}) for kind in ("much", "json")),
    ("hub_nonsense", {"status": 302}),
    ("hub_nonsense", {"status": 503, "kind": "nothing"}),
    ("reply_lost", {}),
    ("reply_truncated", {}),
    ("reply_flipped", {}),
    ("reply_replayed", {}),
]


@pytest.mark.parametrize(("name", "parameters"), HARMLESS)
def test_an_oddity_on_the_way_to_the_hub_is_not_even_noticed(
    name: str, parameters: Parameters
) -> None:
    with charging() as charge:
        charge.strike(name, parameters)
        charge.delivers()
        charge.device.run_for(180)
        assert charge.failures == 0
        assert charge.closed
        assert charge.device.board.boots == 1
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        assert (charge.last["csq"] == 99) == (name == "signal_unknown")
        assert charge.hub.doubled == 0
        charge.check_samples()


@pytest.mark.parametrize(("name", "parameters"), HARMFUL)
def test_trouble_on_the_way_to_the_hub_costs_neither_the_charge_nor_a_sample(
    name: str, parameters: Parameters
) -> None:
    with charging() as charge:
        injection = charge.strike(name, parameters)
        charge.device.run_for(250)
        assert charge.failures > 0 or name == "modem_restart"
        assert charge.closed
        injection.end()
        charge.delivers()
        assert charge.device.board.boots == 1
        assert charge.last["trips"] == []
        charge.check_samples()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("no_network", {}),
        ("hub_nonsense", {"kind": "json"}),
        ("reply_replayed", {}),
        ("reply_flipped", {}),
        ("no_httpaction", {}),
    ],
)
def test_without_a_valid_reply_the_lease_ends_the_charge_and_the_next_one_resumes_it(
    name: str, parameters: Parameters
) -> None:
    with charging() as charge:
        injection = charge.strike(name, parameters)
        charge.device.run_for(LEASE_S + 5)
        assert not charge.closed
        assert charge.device.outlet.power_w() == 0
        injection.end()
        charge.device.run_until(lambda: charge.closed, within_s=LONGEST_BACK_OFF_S)
        charge.delivers()
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        charge.check_samples()


# --- what must end a charge at once, for good, until a person clears it


@dataclass(frozen=True)
class Trip:
    """A fault, how soon the contact has to be open, and what the hub reads."""

    name: str
    parameters: Parameters
    within_s: float
    trips: set[str]
    settings: dict[str, str | int] = field(default_factory=dict)
    limits: dict[str, int] | None = None
    charge: float = 0.3


LIMITS = {
    "rev": 1,
    "cutoff_dw": 115,
    "hold_s": 300,
    "max_s": 1000,
    "max_wh": 2000,
    "max_ma": 3000,
}

TRIPS = [
    Trip("meter_silent", {}, 7, {"sensor_lost"}),
    Trip("meter_crc", {}, 7, {"sensor_lost"}),
    Trip("meter_zeros", {}, 7, {"sensor_lost"}),
    Trip("mains_lost", {}, 7, {"sensor_lost"}),
    Trip("mains_sag", {}, 5, {"under_voltage"}),
    Trip("mains_sag", {"volts": 275}, 5, {"over_voltage"}),
    Trip("runaway_current", {}, 4, {"over_current"}),
    Trip("endless_charge", {}, 3600, {"session_energy"}, {"KICKWATT_MAX_WH": 20}),
    # To the board it looks as if a current flowed through the open contact.
    Trip("meter_stuck", {}, 1000, {"session_time", "welded"}, limits=LIMITS),
    Trip(
        "charger_never_idle",
        {"watts": 8.0},
        5000,
        {"session_time"},
        {"KICKWATT_CUTOFF_W": 5, "KICKWATT_MAX_HOURS": 1},
        charge=0.97,
    ),
]


@pytest.mark.parametrize(
    "case", TRIPS, ids=lambda case: "-".join([case.name, *sorted(case.trips)])
)
def test_a_dangerous_fault_opens_the_relay_until_a_person_clears_it(case: Trip) -> None:
    with charging(case.charge, case.settings, case.limits) as charge:
        device = charge.device
        injection = charge.strike(case.name, case.parameters)
        device.run_until(lambda: not charge.closed, within_s=case.within_s)
        device.run_for(90)
        injection.end()
        device.run_for(200)
        assert not charge.closed
        assert (charge.last["state"], charge.last["relay"]) == ("tripped", 0)
        assert (set(charge.last["trips"]), charge.last["why"]) == (case.trips, "trip")

        device.inject("reboot")
        device.run_for(120)
        assert not charge.closed
        assert (set(charge.last["trips"]), charge.last["boot"]) == (case.trips, 2)

        device.button.press(6.0)
        device.run_for(90)
        assert not charge.closed
        assert charge.last["trips"] == []
        charge.hub.wish["order"] = 2
        device.run_for(120)
        assert charge.closed
        charge.check_samples()


# --- what must not end a charge

PASSING = [
    ("meter_echo", {}, 400.0),
    ("meter_crc", {"share": 0.1}, 400.0),
    ("meter_zeros", {"share": 0.1}, 400.0),
    ("meter_silent", {}, 3.0),
    ("mains_sag", {"volts": 195}, 400.0),
    ("mains_sag", {"volts": 150}, 1.2),
    ("relay_bounces", {}, 400.0),
    ("battery_swap", {}, 28.0),
    ("taper", {}, 240.0),
    ("charger_unplugged", {}, 120.0),
    ("charger_never_idle", {}, 400.0),
]


@pytest.mark.parametrize(("name", "parameters", "lasts_s"), PASSING)
def test_a_passing_oddity_does_not_end_the_charge(
    name: str, parameters: Parameters, lasts_s: float
) -> None:
    with charging() as charge:
        injection = charge.strike(name, parameters)
        charge.device.run_for(lasts_s)
        injection.end()
        charge.device.run_for(400)
        assert charge.device.outlet.relay.coil
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        assert charge.device.outlet.power_w() > 80
        assert "done" not in {message["state"] for message in charge.hub.messages}
        charge.check_samples()


@pytest.mark.parametrize(
    ("name", "parameters", "charge_at_first", "within_s"),
    [
        ("charger_unplugged", {}, 0.3, 620),
        ("taper", {}, 0.3, 2_400),
        ("charger_never_idle", {}, 0.93, 3 * 3600),
        ("cold_battery", {}, 0.84, 5 * 3600),
    ],
)
def test_a_charge_that_ends_oddly_ends_as_a_charge_does(
    name: str, parameters: Parameters, charge_at_first: float, within_s: float
) -> None:
    with charging(charge_at_first) as charge:
        charge.strike(name, parameters)
        charge.device.run_until(lambda: not charge.closed, within_s=within_s, step_s=20)
        charge.device.run_for(90)
        assert (charge.last["state"], charge.last["why"]) == ("done", "cut_off")
        assert charge.last["trips"] == []
        charge.check_samples()


# --- relay


def test_a_welded_relay_is_known_within_20_seconds_of_an_order_that_it_does_not_obey() -> (
    None
):
    with charging() as charge:
        charge.strike("relay_welded")
        charge.hub.wish.update(relay=0, order=2, lease=0)
        charge.device.run_until(
            lambda: not charge.device.outlet.relay.coil, within_s=90
        )
        charge.device.run_for(20)
        assert any("welded" in line for line in charge.said)
        charge.device.run_for(60)
        assert (charge.last["relay"], charge.last["trips"]) == (0, ["welded"])
        charge.check_samples()


def test_a_dead_relay_is_no_charge_and_no_trip() -> None:
    with charging() as charge:
        charge.strike("relay_dead")
        charge.device.run_for(620)
        assert charge.device.outlet.power_w() == 0
        assert (charge.last["state"], charge.last["trips"]) == ("done", [])
        charge.check_samples()


# --- supply and board


def test_a_power_cut_opens_the_relay_and_the_charge_goes_on_as_a_new_boot() -> None:
    with charging() as charge:
        injection = charge.strike("power_cut")
        charge.device.run_for(0.1)
        assert not charge.closed
        charge.device.run_for(60)
        injection.end()
        charge.device.run_for(120)
        assert charge.closed
        assert (charge.last["boot"], charge.last["reset"]) == (2, "power_on")
        charge.check_samples()


@pytest.mark.parametrize("reason", ["reset_pin", "watchdog", "brownout", "software"])
def test_every_reset_is_reported_and_the_charge_goes_on_with_what_is_left(
    reason: str,
) -> None:
    with charging() as charge:
        charge.strike("reboot", {"reason": reason})
        charge.device.run_for(0.1)
        assert not charge.closed
        charge.device.run_for(120)
        assert charge.closed
        assert (charge.last["boot"], charge.last["reset"]) == (2, reason)
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        charge.check_samples()


@pytest.mark.parametrize("board", ["reset", "safe_mode"])
def test_a_supply_that_always_dips_is_too_many_resets_and_the_relay_stays_open(
    board: str,
) -> None:
    with charging() as charge:
        injection = charge.strike("supply_dip", {"board": board})
        charge.device.run_until(
            lambda: any("tripped" in line for line in charge.said), within_s=1500
        )
        assert not charge.closed
        injection.end()
        charge.device.run_for(180)
        assert not charge.closed
        assert charge.last["trips"] == ["resets"]
        assert charge.last["reset"] == "brownout"
        charge.check_samples()


def test_a_supply_that_dips_once_costs_a_boot_and_no_more() -> None:
    with charging() as charge:
        injection = charge.strike("supply_dip")
        charge.device.run_until(lambda: charge.device.board.boots > 1, within_s=90)
        injection.end()
        charge.device.run_for(180)
        assert charge.closed
        assert (charge.last["reset"], charge.last["trips"]) == ("brownout", [])
        charge.check_samples()


def test_a_supply_that_dips_at_the_modem_alone_loses_nothing() -> None:
    with charging() as charge:
        injection = charge.strike("supply_dip", {"board": "stays"})
        charge.device.run_for(200)
        assert charge.failures > 0
        injection.end()
        charge.delivers()
        assert charge.closed
        assert charge.device.board.boots == 1
        charge.check_samples()


def test_a_button_that_sticks_clears_no_trip_but_the_first_and_switches_nothing() -> (
    None
):
    with charging() as charge:
        charge.strike("button_held")
        charge.device.run_for(30)
        assert charge.closed
        charge.device.inject("mains_sag", lasts_s=20)
        charge.device.run_for(120)
        assert not charge.closed
        assert charge.last["trips"] == ["under_voltage"]
        charge.device.inject("reboot")
        charge.device.run_for(120)
        assert not charge.closed
        assert charge.last["trips"] == ["under_voltage"]
        charge.check_samples()


def test_with_its_flash_worn_out_a_board_that_forgets_a_trip_stays_off() -> None:
    with charging() as charge:
        charge.strike("flash_worn")
        charge.device.inject("mains_sag", lasts_s=20)
        charge.device.run_for(90)
        assert charge.last["trips"] == ["under_voltage"]
        for _ in range(2):
            charge.device.inject("reboot")
            charge.device.run_for(300)
            assert not charge.closed
            assert charge.last["refused"] == "ended"
        charge.hub.wish["order"] = 2
        charge.device.run_for(120)
        assert charge.closed
        charge.check_samples()


def test_with_its_flash_worn_out_a_board_charges_on_until_it_restarts() -> None:
    with charging() as charge:
        charge.strike("flash_worn")
        charge.device.run_for(1200)
        assert charge.closed
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        charge.check_samples()


def test_a_counter_that_wraps_disturbs_neither_the_charge_nor_the_time() -> None:
    with charging() as charge:
        charge.strike("clock_wrap")
        charge.device.run_for(600)
        assert charge.closed
        assert (charge.last["state"], charge.last["trips"]) == ("charging", [])
        assert charge.last["up"] < 601
        charge.check_samples()


# --- the analog pair


@pytest.mark.parametrize("name", ["voltage_input_stuck", "current_input_stuck"])
def test_an_analog_input_without_a_signal_is_a_lost_sensor(name: str) -> None:
    with Device({}) as device:
        analog = device.analog_settings
    with charging(settings=dict(analog)) as charge:
        charge.strike(name)
        charge.device.run_until(lambda: not charge.closed, within_s=8)
        charge.device.run_for(90)
        assert charge.last["trips"] == ["sensor_lost"]


# --- the other ways to the hub

LTE: dict[str, str | int] = {"KICKWATT_MODEM": "a7670"}
WIFI: dict[str, str | int] = {
    "KICKWATT_MODEM": "wifi",
    "KICKWATT_WIFI_SSID": "home",
    "KICKWATT_WIFI_PASSWORD": "a password",
}
OVER_LTE: list[tuple[str, Parameters]] = [
    ("no_network", {}),
    ("no_bearer", {}),
    ("sim_removed", {}),
    ("sim_puk", {}),
    ("modem_restart", {}),
    ("modem_hangs", {}),
    ("httpinit_refused", {}),
    ("http_error", {"status": 603}),
    ("hub_nonsense", {"kind": "much"}),
    ("reply_lost", {}),
    ("reply_truncated", {}),
]
OVER_WIFI: list[tuple[str, Parameters]] = [
    ("wifi_gone", {}),
    ("wifi_password", {}),
    ("wifi_no_names", {}),
    ("wifi_resets", {}),
    ("hub_down", {}),
    ("hub_slow", {"seconds": 90}),
    ("hub_nonsense", {"kind": "much"}),
    ("hub_nonsense", {"kind": "zeros"}),
    ("no_httpaction", {}),
    ("reply_lost", {}),
    ("reply_truncated", {}),
    ("reply_flipped", {}),
    ("reply_replayed", {}),
]


@pytest.mark.parametrize(("name", "parameters"), OVER_LTE)
def test_trouble_over_lte_costs_neither_the_charge_nor_a_sample(
    name: str, parameters: Parameters
) -> None:
    with charging(settings=LTE) as charge:
        injection = charge.strike(name, parameters)
        charge.device.run_for(300)
        assert charge.failures > 0 or name == "modem_restart"
        assert charge.closed
        injection.end()
        charge.delivers()
        assert charge.device.board.boots == 1
        assert charge.last["trips"] == []
        charge.check_samples()


@pytest.mark.parametrize(("name", "parameters"), OVER_WIFI)
def test_trouble_over_wifi_costs_neither_the_charge_nor_a_sample(
    name: str, parameters: Parameters
) -> None:
    with charging(settings=WIFI, board="pico_w") as charge:
        injection = charge.strike(name, parameters)
        charge.device.run_for(250)
        assert charge.failures > 0
        assert charge.closed
        injection.end()
        charge.delivers()
        assert charge.device.board.boots == 1
        assert charge.last["trips"] == []
        charge.check_samples()


def test_a_card_that_wants_its_puk_is_named_and_no_pin_is_ever_sent() -> None:
    with charging(settings={"KICKWATT_SIM_PIN": "1234"}) as charge:
        heard = b""

        def hear(who: str, data: bytes) -> None:
            nonlocal heard
            heard += data if who == "host" else b""

        charge.device.modem.dialogue.append(hear)
        charge.strike("sim_puk")
        charge.device.run_for(1_000)
        assert any(
            "wants its PUK: unlock it in a phone" in line for line in charge.said
        )
        assert b"AT+CPIN?" in heard
        assert b"AT+CPIN=" not in heard


def test_a_wrong_pin_costs_one_try_of_three_for_good() -> None:
    with charging(settings={"KICKWATT_SIM_PIN": "1234"}) as charge:
        charge.strike("sim_pin")
        charge.device.run_for(3_000)
        assert charge.device.modem.sim_tries == 2
        assert any("KICKWATT_SIM_PIN is wrong" in line for line in charge.said)
        assert any("not tried again" in line for line in charge.said)


@pytest.mark.parametrize("switch", [0, 1])
def test_only_a_supply_switch_revives_a_modem_that_no_key_reaches(switch: int) -> None:
    with charging(settings={"KICKWATT_MODEM_SWITCH": switch}) as charge:
        charge.strike("modem_latched")
        charge.device.run_for(4_000)
        assert ("modem: supply off and on" in charge.said) is bool(switch)
        if switch:
            charge.delivers()
            charge.check_samples()
        else:
            assert charge.last["up"] < 400


def test_a_low_supply_is_reported() -> None:
    with charging() as charge:
        assert charge.last["supply_mv"] == 4_010
        injection = charge.strike("supply_low", {"millivolts": 3_420})
        charge.delivers()
        assert charge.last["supply_mv"] == 3_420
        assert "modem: UNDER-VOLTAGE WARNNING" in charge.said
        injection.end()
        charge.delivers()
        assert charge.last["supply_mv"] == 4_010


def test_where_the_network_tells_no_time_a_time_server_does() -> None:
    for settings in ({}, LTE):
        with charging(settings=dict(settings)) as charge:
            charge.strike("no_network_time")
            charge.device.run_for(600)
            assert abs(charge.last["clock"] - charge.device.world.wall_s) < 90
            assert charge.failures == 0


def test_without_any_time_messages_go_on_and_say_so() -> None:
    with charging() as charge:
        charge.strike("no_time_server")
        charge.device.run_for(600)
        charge.delivers()
        assert charge.failures == 0
        assert charge.last["clock"] is None


def test_without_a_time_server_wifi_goes_on_without_the_time() -> None:
    with started(settings=WIFI, board="pico2_w") as charge:
        charge.strike("no_time_server")
        charge.device.run_for(120)
        assert charge.failures == 0
        assert charge.last["clock"] is None


# --- all of them

TESTED_ALONE = {
    "button_held",
    "clock_wrap",
    "cold_battery",
    "current_input_stuck",
    "flash_worn",
    "modem_latched",
    "no_network_time",
    "no_time_server",
    "power_cut",
    "reboot",
    "relay_dead",
    "relay_welded",
    "supply_dip",
    "supply_low",
    "voltage_input_stuck",
}


def test_no_fault_is_left_out() -> None:
    tables: list[tuple[str, ...]] = [*HARMLESS, *HARMFUL, *PASSING, *OVER_WIFI]  # type: ignore[list-item]
    tested = {row[0] for row in tables} | {case.name for case in TRIPS} | TESTED_ALONE
    assert tested == set(FAULTS)
    assert len(FAULTS) >= 30


# --- days of trouble


@pytest.mark.parametrize(
    ("name", "state", "trips"),
    [
        ("bad_reception", "done", []),
        ("rough_day", "done", []),
        ("welded_relay", "tripped", ["welded"]),
    ],
)
def test_a_scenario_with_faults_ends_as_it_says(
    name: str, state: str, trips: list[str]
) -> None:
    with started() as charge:
        news: list[str] = []
        charge.device.news.append(news.append)
        play(load(name), charge.device)
        charge.device.run_for(600)
        charge.device.run_until(
            lambda: charge.last["state"] == state, within_s=8 * 3600, step_s=60
        )
        charge.delivers(within_s=2000)
        assert (charge.last["state"], charge.last["trips"]) == (state, trips)
        assert any(text.endswith("strikes") for text in news)
        assert charge.device.outlet.charge() > 0.95
        charge.check_samples()
