"""Writes down a run while it happens. Looking changes nothing: a recorded run is the same run, byte for byte."""

import csv
from math import nan
from pathlib import Path
import re
from types import TracebackType
from typing import Final, Self

from ..device import Device
from ..internet import Answer, Request
from .course import Course, Span, Upload
from .picture import draw
from .transcript import Transcript

COLUMNS: Final = (
    "time_s",
    "power_w",
    "voltage_v",
    "current_a",
    "relay",
    "battery_share",
    "state",
    "signal",
    "upload",
    "event",
)
# A contact follows its coil within 12 ms.
_SETTLED_S: Final = 0.1
_NEWS: Final = re.compile(r"(?P<fault>\w+) (?P<what>strikes|is over)")


class Recorder:
    """Records one device from now until `close`, into `at.log`, `world.csv` and `run.svg` of a folder.

    The table has a row every `every_s` seconds of the world and one whenever the relay moves, an upload ends (`upload` is
    its status, 600 and more are the modem's own) or a fault strikes (`event`). Power, voltage and current are the true
    ones, without a meter's noise; `state` is the newest that the firmware has sent; `signal` is empty out of the network.
    """

    def __init__(self, device: Device, folder: Path, *, every_s: float = 10.0) -> None:
        """Begin. Raises OSError when the folder cannot be written to, ValueError when `every_s` is not positive."""
        if every_s <= 0:
            raise ValueError("a recording needs a step of more than 0 s")
        folder.mkdir(parents=True, exist_ok=True)
        self._device = device
        self._folder = folder
        self._every_s = every_s
        self._course = Course()
        self._open = True
        self._at = (folder / "at.log").open("w", encoding="utf-8", newline="\n")
        self._table = (folder / "world.csv").open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._table, lineterminator="\n")
        self._rows.writerow(COLUMNS)
        self._transcript = Transcript(device.world, self._at)
        device.modem.dialogue.append(self._transcript.hear)
        device.courier.listeners.append(self._uploaded)
        device.news.append(self._heard)
        self._coil = device.board.pins[device.board.model.wiring.relay].on_change
        device.board.pins[device.board.model.wiring.relay].on_change = self._coil_moved
        self._tick()

    def __enter__(self) -> Self:
        """Use it in a `with` block."""
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
        """Write the last row and the picture. A second time does nothing."""
        if not self._open:
            return
        self._row()
        self._open = False
        device = self._device
        device.modem.dialogue.remove(self._transcript.hear)
        device.courier.listeners.remove(self._uploaded)
        device.news.remove(self._heard)
        device.board.pins[device.board.model.wiring.relay].on_change = self._coil
        self._transcript.flush()
        self._at.close()
        self._table.close()
        name = str(device.board.settings.get("KICKWATT_ID", "charger"))
        picture = draw(self._course, name=name, epoch_s=device.world.epoch_s)
        (self._folder / "run.svg").write_text(picture, "utf-8")

    # --- what wakes it

    def _tick(self) -> None:
        if self._open:
            self._row()
            self._device.world.after(self._every_s, self._tick)

    def _coil_moved(self, level: bool | None) -> None:
        before = self._device.outlet.relay.coil
        self._coil(level)
        if self._device.outlet.relay.coil is not before:
            self._device.world.after(_SETTLED_S, self._row)

    def _uploaded(self, _request: Request, answer: Answer) -> None:
        self._course.uploads.append(Upload(self._now_s(), answer.status))
        state = self._device.exchanges.last_message.get("state")
        if isinstance(state, str):
            self._course.report(state, self._now_s())
        self._row(upload=str(answer.status))

    def _heard(self, text: str) -> None:
        self._row(event=text)
        found = _NEWS.match(text)
        if found is None:
            return
        fault = found["fault"]
        if found["what"] == "is over":
            self._course.recover(fault, self._now_s())
            return
        span = self._course.strike(fault, self._now_s())
        self._device.world.after(0.0, lambda: self._end_at_once(span))

    def _end_at_once(self, span: Span) -> None:
        """Note of a fault that nothing ends that it was over when it struck."""
        going_on = {each.name for each in self._device.injections if each.active}
        if span.name not in going_on and span.end_s is None:
            span.end_s = span.begin_s

    # --- what it writes

    def _now_s(self) -> float:
        return self._device.world.now_s

    def _row(self, *, upload: str = "", event: str = "") -> None:
        if not self._open:
            return
        device, course, now_s = self._device, self._course, self._now_s()
        outlet = device.outlet
        watts = outlet.power_w()
        volts = outlet.mains.steady_v(device.world.now_ns)
        factor = outlet.charger.power_factor(watts)
        amperes = watts / (volts * factor) if volts and factor else 0.0
        closed, battery = outlet.relay.contact, outlet.charge()
        plugged = outlet.plugged_in
        course.time_s.append(now_s)
        course.power_w.append(watts)
        course.battery.append(battery if plugged else nan)
        course.switch(closed, now_s)
        self._rows.writerow(
            (
                f"{now_s:.3f}",
                f"{watts:.2f}",
                f"{volts:.1f}",
                f"{amperes:.4f}",
                int(closed),
                f"{battery:.4f}" if plugged else "",
                device.exchanges.last_message.get("state", ""),
                device.cell.signal if device.cell.registered else "",
                upload,
                event,
            )
        )
