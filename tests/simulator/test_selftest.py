"""The self-test in the REPL, on the simulated board."""

import pytest

from kickwatt_sim.device import Device
from tests.simulator.conftest import Run
from tests.simulator.s1_hub import S1Hub
from tests.simulator.test_analog import firmware_files, printed

CODE = "from kickwatt import selftest\nselftest.run()\n"


class Person:
    """Sits at the keyboard, looks at the light and presses the button when asked to."""

    def __init__(self, device: Device, *, sees: str = "y", closes: str = "YES") -> None:
        self.device = device
        self.sees = sees
        self.closes = closes
        self.contacts: list[bool] = []
        device.console.keyboard = self.answer
        device.world.after(4.0, self.press)

    def press(self) -> None:
        self.device.button.press(0.2)
        self.device.world.after(4.0, self.press)

    def answer(self, question: str) -> str:
        self.contacts.append(self.device.outlet.relay.contact)
        return self.closes if "YES" in question else self.sees


def checked(run: Run, **person: str) -> Device:
    with S1Hub() as hub:
        device = run(CODE, files=firmware_files(), seconds=0, settings=hub.settings)
    device.outlet.plug_in(charge=0.4)
    Person(device, **person)
    return device


def step(device: Device, name: str) -> str:
    outcomes = (f"{name}: ok, ", f"{name}: FAILED, ")
    return next(line for line in printed(device) if line.startswith(outcomes))


def test_a_board_that_is_well_says_so_and_leaves_the_relay_open(run: Run) -> None:
    device = checked(run)
    person = Person(device)
    device.run_for(240)
    for name in (
        "settings",
        "watchdog",
        "memory",
        "light",
        "button",
        "meter",
        "modem",
        "relay",
    ):
        assert step(device, name).startswith(f"{name}: ok, ")
    lines = printed(device)
    assert lines.index("The relay is open.") == lines.index("All is well.") + 1
    assert device.outlet.relay.closings > 0
    assert not any(person.contacts)
    assert not device.outlet.relay.contact


@pytest.mark.parametrize("answer", ["", "yes", "n"])
def test_without_the_word_the_relay_never_closes(run: Run, answer: str) -> None:
    device = checked(run, closes=answer)
    device.run_for(240)
    assert step(device, "relay") == "relay: ok, left open, as you wished"
    assert device.outlet.relay.closings == 0


@pytest.mark.parametrize(
    ("fault", "name", "says"),
    [
        ("meter_silent", "meter", "no answer"),
        ("relay_welded", "meter", "welded, or wired past it. PULL THE PLUG"),
        ("button_held", "button", "reads as pressed"),
        ("sim_removed", "modem", "SIM card"),
        ("relay_dead", "relay", "no power through it"),
    ],
)
def test_what_is_wrong_is_named_and_the_other_steps_go_on(
    run: Run, fault: str, name: str, says: str
) -> None:
    device = checked(run)
    device.inject(fault)
    device.run_for(600)
    assert step(device, name).startswith(f"{name}: FAILED, ")
    assert says in step(device, name)
    assert f"Not well: {name}." in printed(device)
    if name == "meter":
        assert "left open, because" in step(device, "relay")


def test_a_light_that_nobody_sees_has_failed(run: Run) -> None:
    device = checked(run, sees="n")
    device.run_for(240)
    assert step(device, "light").startswith("light: FAILED, ")


def test_settings_that_are_wrong_are_listed_and_meter_and_modem_left_alone(
    run: Run,
) -> None:
    device = run(CODE, files=firmware_files(), seconds=0)
    Person(device)
    device.run_for(60)
    assert any("KICKWATT_KEY" in line for line in printed(device))
    assert step(device, "modem") == "modem: FAILED, mend settings.toml first"
    assert device.outlet.relay.closings == 0
