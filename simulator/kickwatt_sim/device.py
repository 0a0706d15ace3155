"""One simulated charger, complete: a board running the real firmware, with everything that is wired to it.

    with Device(settings={"KICKWATT_URL": hub_url, "KICKWATT_ID": "scooter-1", "KICKWATT_KEY": key}) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(3600)
        device.inject("no_network", lasts_s=600)
        device.run_until(lambda: device.outlet.relay.contact, within_s=1200)

In a virtual world (the default) an hour of it takes a fraction of a second, and requests still go to a real hub.
"""

from collections.abc import Callable, Mapping
from math import hypot
from pathlib import Path
from types import TracebackType
from typing import Self

from .board.board import Board, Version
from .board.console import Console
from .board.flash import FlashImage
from .board.models import MODELS, USUAL
from .courier import Courier
from .exchanges import Exchanges
from .faults import Injection, inject
from .firmware_files import firmware_folder
from .internet import Answer, Internet, Request, exchange
from .parts.button import Button
from .parts.front_end import FrontEnd
from .parts.line import Line
from .parts.modem import MODEMS, Cell, Modem, Sim800
from .parts.outlet import Outlet
from .parts.pzem import Pzem
from .parts.radio import AccessPoint, Radio
from .world import World, nanoseconds

_STEP_S = 1.0


class Device:
    """A board, its modem, meter, relay and button, and the outlet with charger and battery.

    The parts are attributes and may be asked and changed between two runs: `board`, `modem`, `cell`, `access_point`, `meter`,
    `front_end`, `outlet`, `button`, `console`, `courier`, `exchanges`. `settings` are those of settings.toml; `firmware` is the folder with `code.py`
    (default: the project's); `board` one of `MODELS`; `nvm` a file that keeps the board's non-volatile memory; `carry` replaces real HTTP.
    """

    def __init__(
        self,
        settings: Mapping[str, str | int],
        *,
        world: World | None = None,
        firmware: Path | None = None,
        nvm: Path | None = None,
        carry: Callable[[Request], Answer] = exchange,
        board: str = USUAL,
        circuitpython: Version = (10, 2),
        nap_s: float = 0.0,
    ) -> None:
        """Wire everything and switch the supply on; nothing runs before `run_for`.

        Raises FileNotFoundError without a `code.py`, ValueError when `nvm` is no image of the memory
        or there is no such board.
        """
        drive = firmware or firmware_folder()
        if not (drive / "code.py").exists():
            raise FileNotFoundError(f"there is no code.py in {drive}")
        if board not in MODELS:
            raise ValueError(
                f"there is no board '{board}'; known are {', '.join(MODELS)}"
            )
        model, wiring = MODELS[board], MODELS[board].wiring
        self.world = world or World()
        self.console = Console()
        self.board = Board(
            self.world,
            drive=drive,
            settings=dict(settings),
            flash=FlashImage(nvm, size=model.nvm_bytes),
            console=self.console,
            model=model,
            circuitpython=circuitpython,
        )
        self.board.nap_ns = nanoseconds(nap_s)
        pins = self.board.pins

        self.outlet = Outlet(self.world)
        pins[wiring.relay].on_change = self.outlet.relay.drive

        meter_line = (
            self.board.wire_uart(*wiring.meter, unit=1)
            if wiring.meter
            else Line(self.world)
        )
        self.meter = Pzem(self.world, self.outlet, meter_line)
        meter_line.part = self.meter

        self.front_end = FrontEnd(self.world, self.outlet)
        pins[wiring.voltage].analog = self.front_end.voltage
        pins[wiring.current].analog = self.front_end.current

        modem_line = self.board.wire_uart(*wiring.modem, unit=0)
        self.internet = Internet(self.world, carry)
        self.courier = Courier(self.internet)
        self.exchanges = Exchanges(self.courier)
        self.cell = Cell(self.world)
        kind = MODEMS.get(str(settings.get("KICKWATT_MODEM")), Sim800)
        self.modem: Modem = kind(self.world, modem_line, self.courier, self.cell)
        modem_line.part = self.modem
        pins[wiring.modem_reset].on_change = self.modem.reset_pin
        pins[wiring.modem_power_key].on_change = self.modem.power_key
        pins[wiring.modem_supply].on_change = self._switch_modem

        self.access_point = AccessPoint(
            str(settings.get("KICKWATT_WIFI_SSID", "home")),
            str(settings.get("KICKWATT_WIFI_PASSWORD", "")),
            local_names=frozenset(
                {"pool.ntp.org", str(settings.get("KICKWATT_NTP", ""))}
            ),
        )
        # None on a board without Wi-Fi.
        self.radio: Radio | None = None
        if "wifi" in model.modules:
            self.radio = Radio(self.world, self.courier, self.access_point)
            self.board.wire_radio(self.radio)

        self.button = Button(
            self.world, lambda lasts_s: self.board.stay_awake(lasts_s + 2.0)
        )
        pins[wiring.button].outside = self.button.level

        # Faults that have begun, and who hears of each that begins or ends.
        self.injections: list[Injection] = []
        self.news: list[Callable[[str], None]] = []

        self._supplied = False
        self._modem_enabled = True
        self.lit = False
        pins["LED"].on_change = self._light

        self.supply(True)

    def __enter__(self) -> Self:
        """Use the device in a `with` block."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Stop the firmware and save its memory. The device cannot run again."""
        self.board.close()

    @property
    def analog_settings(self) -> dict[str, str]:
        """What a calibration of this board's analog front end comes to, as settings."""
        per_volt = self.board.converter.steps_per_volt
        noise = hypot(
            self.front_end.current_noise_v * per_volt,
            self.board.converter.noise_steps,
            12**-0.5,
        )
        return {
            "KICKWATT_SENSOR": "analog",
            "KICKWATT_V_SLOPE": f"{1 / self.front_end.volts_per_volt / per_volt:.5f}",
            "KICKWATT_A_SLOPE": f"{1 / self.front_end.volts_per_ampere / per_volt:.6f}",
            "KICKWATT_A_ZERO": f"{noise:.2f}",
        }

    def run_for(self, seconds: float) -> None:
        """Let `seconds` of the world pass, at the world's pace."""
        self.board.run_until(self.world.now_ns + nanoseconds(seconds))

    def run_until(
        self, condition: Callable[[], bool], *, within_s: float, step_s: float = _STEP_S
    ) -> None:
        """Run until `condition` is true, which is asked every `step_s`; TimeoutError when it is not `within_s`."""
        ends_ns = self.world.now_ns + nanoseconds(within_s)
        while not condition():
            if self.world.now_ns >= ends_ns:
                raise TimeoutError(
                    f"not within {within_s:g} s; the console says: {list(self.console.lines)[-5:]}"
                )
            self.run_for(step_s)

    def inject(
        self, fault: str, *, lasts_s: float | None = None, **parameters: object
    ) -> Injection:
        """Let a named fault begin now; it ends after `lasts_s`, or when the returned injection is ended."""
        return inject(self, fault, lasts_s=lasts_s, **parameters)

    def tell(self, text: str) -> None:
        """Tell everybody who wants news of the world around the board."""
        for hear in self.news:
            hear(text)

    def supply(self, on: bool) -> None:
        """Switch the low-voltage supply of board and modem."""
        self._supplied = on
        self._feed_modem()
        self.board.power(on)

    def mains(self, present: bool) -> None:
        """Switch the mains, and with them the supply."""
        self.outlet.mains.present = present
        self.outlet.rewire()
        self.supply(present)

    def _switch_modem(self, level: bool | None) -> None:
        """Move the enable pin of the modem's regulator; let go, it is on."""
        self._modem_enabled = level is not False
        self._feed_modem()

    def _feed_modem(self) -> None:
        self.modem.supply(self._supplied and self._modem_enabled)

    def _light(self, level: bool | None) -> None:
        self.lit = bool(level)
