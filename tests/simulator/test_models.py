"""The boards that can be chosen, and what firmware finds on each."""

import json
from pathlib import Path

import pytest
import render_boards

from kickwatt_sim import Device, World
from kickwatt_sim.board import models
from kickwatt_sim.board.models import MODELS
from kickwatt_sim.circuitpython import plain
from kickwatt_sim.internet import Answer
from kickwatt_sim.status import line

from .conftest import Run
from .s1_hub import S1Hub

ROOT = Path(__file__).parents[2]
DEFINITIONS = next(
    ROOT.glob(".venv-circuitpython/lib/python3.*/site-packages/board_definitions"), None
)
FIRMWARE = ROOT / "firmware"


@pytest.mark.skipif(DEFINITIONS is None, reason="circuitpython-stubs not installed")
def test_what_is_written_down_is_what_the_stubs_say() -> None:
    assert DEFINITIONS is not None
    written = Path(models.__file__).with_name("boards.json").read_text()
    assert render_boards.render(DEFINITIONS) == written


def test_each_board_has_the_pins_that_its_parts_are_wired_to() -> None:
    for model in MODELS.values():
        wiring = model.wiring
        pins = [*wiring.modem, *(wiring.meter or ()), wiring.modem_reset]
        pins += [wiring.modem_power_key, wiring.modem_supply]
        pins += [wiring.voltage, wiring.current]
        pins += [wiring.button, wiring.relay]
        chips = [model.pins[pin] for pin in pins]
        assert len(set(chips)) == len(chips)
        assert {model.pins[wiring.voltage], model.pins[wiring.current]} <= {
            "GPIO26",
            "GPIO27",
        }


@pytest.mark.parametrize("board", MODELS)
def test_a_board_says_who_it_is(run: Run, board: str) -> None:
    device = run(
        """
        import board, microcontroller, os, sys
        print(board.board_id, os.uname().machine, sys.platform)
        print(microcontroller.cpu.frequency, len(microcontroller.nvm))
        print(board.LED)
        """,
        seconds=2,
        board=board,
    )
    who, chip, led = list(device.console.lines)[:3]
    model = MODELS[board]
    assert who == f"{model.id} {model.name} with {model.chip} {model.platform}"
    assert chip == f"{model.frequency_hz} 4096"
    assert led == f"microcontroller.pin.{model.pins['LED']}"
    assert led.endswith("CYW0" if board.endswith("_w") else "GPIO25")


@pytest.mark.parametrize(
    ("board", "module", "complaint"),
    [
        ("pico", "alarm", None),
        ("pico2", "alarm", "no module named 'alarm'"),
        ("pico2", "wifi", "no module named 'wifi'"),
        (
            "pico2_w",
            "mdns",
            "Raspberry Pi Pico 2 W has 'mdns', but the simulator has not",
        ),
        ("pico2_w", "wifi", None),
        ("xiao_rp2040", "picodvi", "no module named 'picodvi'"),
        ("pico", "asyncio", "no module named 'asyncio'"),
        ("pico", "subprocess", "no module named 'subprocess'"),
        ("pico", "gc", None),
    ],
)
def test_a_board_has_its_own_modules_and_no_others(
    run: Run, board: str, module: str, complaint: str | None
) -> None:
    device = run(f"import {module}\nprint('there')", seconds=2, board=board)
    assert device.console.lines[0 if complaint is None else -2] == (
        "there" if complaint is None else f"ImportError: {complaint}"
    )


def test_what_the_simulator_has_of_cpython_is_on_every_board() -> None:
    for model in MODELS.values():
        assert set(plain.CONTENT) <= model.modules


def test_an_unknown_board_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no board 'uno'; known are pico, pico_w"):
        Device({}, board="uno")


def charge(board: str, **options: object) -> Device:
    """Run the firmware until it charges."""
    hub = S1Hub()
    hub.url = "http://hub.example:8422"
    device = Device(
        hub.settings | dict(options.pop("settings", {})),  # type: ignore[call-overload]
        world=World(),
        board=board,
        nap_s=1.0,
        carry=lambda request: Answer(*hub.answer("/s1/scooter-1", request.body)),
        **options,
    )
    with device:
        device.outlet.plug_in(0.3)
        device.run_for(240)
        assert hub.messages[-1]["state"] == "charging", line(device)
    return device


@pytest.mark.parametrize("board", ["pico", "pico2", "pico2_w"])
def test_the_firmware_charges_on_every_pico(board: str) -> None:
    charge(board)


def test_on_a_xiao_the_firmware_as_it_is_leaves_the_relay_open(run: Run) -> None:
    with Device({}, board="xiao_rp2040") as device:
        device.run_for(5)
        assert (
            "AttributeError: module 'board' has no attribute 'GP15'"
            in device.console.lines
        )
        assert not device.outlet.relay.coil


def test_on_a_xiao_the_firmware_charges_with_the_analog_pair_once_its_pins_are_named(
    tmp_path: Path,
) -> None:
    pico, xiao = MODELS["pico"].wiring, MODELS["xiao_rp2040"].wiring
    names = {
        pico.modem[0]: xiao.modem[0],
        pico.modem[1]: xiao.modem[1],
        pico.modem_reset: xiao.modem_reset,
        pico.modem_power_key: xiao.modem_power_key,
        pico.modem_supply: xiao.modem_supply,
        # No meter: any two pins that nothing else needs.
        "GP4": "D3",
        "GP5": "D2",
        pico.voltage: xiao.voltage,
        pico.current: xiao.current,
        pico.button: xiao.button,
        pico.relay: xiao.relay,
    }
    for file in FIRMWARE.rglob("*.py"):
        text = file.read_text()
        for name, other in sorted(names.items(), key=lambda pair: -len(pair[0])):
            text = text.replace(f"board.{name}", f"board.{other}")
        copy = tmp_path / file.relative_to(FIRMWARE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
    with Device({}, board="xiao_rp2040") as device:
        analog = device.analog_settings
    charge("xiao_rp2040", firmware=tmp_path, settings=analog)


def test_the_list_of_boards_is_small() -> None:
    text = Path(models.__file__).with_name("boards.json").read_text()
    assert len(text) < 20_000
    assert len(json.loads(text)) == len(MODELS)
