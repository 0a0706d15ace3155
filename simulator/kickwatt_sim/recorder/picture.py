"""A run as one SVG: power and battery, relay, state and uploads over time, with the faults across all of them.

Colours are those of Okabe and Ito, which colour-blind people can tell apart.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from math import ceil, isnan
from typing import Final

from .course import Course, Span

_WIDTH: Final = 1200
_LEFT: Final = 92
_RIGHT: Final = 1112
_POWER_TOP: Final = 92
_POWER_HEIGHT: Final = 280
_STRIP: Final = 26
_GAP: Final = 20
_FAULT_ROW: Final = 22
# Room for a letter of the small font, a little more than it takes.
_LETTER: Final = 6.6

_BLUE: Final = "#0072b2"
_ORANGE: Final = "#e69f00"
_GREEN: Final = "#009e73"
_RED: Final = "#c0392b"
_GREY: Final = "#5f6b76"
_STATES: Final = {
    "off": "#d5dade",
    "idle": "#a9cfe6",
    "charging": _BLUE,
    "done": _GREEN,
    "tripped": _RED,
}
_LIGHT: Final = frozenset({"off", "idle"})
# (seconds, letter) of the units a time axis may have, and its steps within each.
_UNITS: Final = (
    (1, "s", (1, 2, 5, 10, 15, 30)),
    (60, "min", (1, 2, 5, 10, 15, 30)),
    (3600, "h", (1, 2, 3, 4, 6, 8, 12)),
    (86_400, "d", (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365)),
)
_MOST_STEPS: Final = 13

_STYLE: Final = (
    "text{font-family:'Inter','Segoe UI','Helvetica Neue',Arial,sans-serif;font-size:13px;fill:#22303c}"
    ".title{font-size:20px;font-weight:600}.small{font-size:12px;fill:#5f6b76}.name{font-weight:600}"
    ".on{font-size:12px;fill:#fff}.dark{font-size:12px}.fault{font-size:12px;fill:#8e2a1e}"
    ".grid{stroke:#e6eaed;stroke-width:1}.axis{stroke:#8c98a3;stroke-width:1}"
)


def draw(course: Course, *, name: str, epoch_s: float) -> str:
    """Return the picture of a run of the charger `name`; `epoch_s` is the Unix second of the world's second 0."""
    return _Picture(course, name, epoch_s).draw()


@dataclass
class _Picture:
    course: Course
    name: str
    epoch_s: float
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the range of the time axis."""
        self.begin_s = self.course.time_s[0] if self.course.time_s else 0.0
        last_s = self.course.time_s[-1] if self.course.time_s else 0.0
        self.end_s = max(last_s, self.begin_s + 1.0)

    def draw(self) -> str:
        """Draw from top to bottom, faults first because they lie behind."""
        rows = _rows(self.course.faults, self.end_s, self.end_s - self.begin_s)
        faults_y = _POWER_TOP + _POWER_HEIGHT + _GAP
        lanes = max(rows, default=-1) + 1
        relay_y = faults_y + (lanes * _FAULT_ROW + 8 if lanes else 0)
        state_y = relay_y + _STRIP + _GAP
        upload_y = state_y + _STRIP + _GAP
        bottom = upload_y + _STRIP + 14
        self._shades(bottom)
        self._time_axis(bottom)
        self._power()
        self._faults(rows, faults_y)
        self._relay(relay_y)
        self._states(state_y)
        self._uploads(upload_y)
        self._heading()
        height = bottom + 64
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" role="img"><title>{escape(self._title())}</title><style>{_STYLE}</style>'
            f'<rect width="100%" height="100%" fill="#fff"/>{"".join(self.parts)}</svg>\n'
        )

    # --- the frame

    def _title(self) -> str:
        began = datetime.fromtimestamp(int(self.epoch_s + self.begin_s), UTC)
        return f"{self.name}, {_span_text(self.end_s - self.begin_s)} from {began:%Y-%m-%d %H:%M} UTC"

    def _heading(self) -> None:
        course = self.course
        energy_wh = sum(
            (after - before) * (left + right) / 2
            for (before, left), (after, right) in pairwise(
                zip(course.time_s, course.power_w, strict=True)
            )
        )
        good = sum(upload.status == 200 for upload in course.uploads)
        bad = len(course.uploads) - good
        self._text(_LEFT, 36, self._title(), "title")
        summary = (
            f"{energy_wh / 3600:.0f} Wh from the mains · {good} uploads, {bad} failed"
        )
        if course.faults:
            count = len(course.faults)
            summary += f" · {count} fault{'s' if count > 1 else ''}"
        self._text(_LEFT, 58, summary, "small")
        x = _RIGHT
        for label, colour, dashed in (
            ("battery", _ORANGE, True),
            ("power", _BLUE, False),
        ):
            x -= len(label) * 7 + 44
            dash = ' stroke-dasharray="6 4"' if dashed else ""
            self.parts.append(
                f'<line x1="{x}" y1="54" x2="{x + 28}" y2="54" stroke="{colour}" stroke-width="2.5"{dash}/>'
            )
            self._text(x + 34, 58, label, "small")

    def _time_axis(self, bottom: float) -> None:
        unit_s, unit, step_s = _scale(self.end_s - self.begin_s)
        tick_s = ceil(self.begin_s / step_s) * step_s
        while tick_s <= self.end_s:
            x = self._x(tick_s)
            self.parts.append(
                f'<line class="grid" x1="{x:.1f}" y1="{_POWER_TOP}" x2="{x:.1f}" y2="{bottom}"/>'
            )
            self._text(x, bottom + 20, f"{tick_s / unit_s:g}", "small", "middle")
            tick_s += step_s
        self.parts.append(
            f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{_RIGHT}" y2="{bottom}"/>'
        )
        self._text(
            (_LEFT + _RIGHT) / 2,
            bottom + 44,
            f"time since the start of the world ({unit})",
            "small",
            "middle",
        )

    def _name(self, y: float, name: str) -> None:
        self._text(_LEFT - 12, y + _STRIP / 2 + 4.5, name, "name", "end")

    # --- the lanes

    def _power(self) -> None:
        course, bottom = self.course, _POWER_TOP + _POWER_HEIGHT
        most_w = _ceiling(max(course.power_w, default=0.0))
        for quarter in range(5):
            y = bottom - _POWER_HEIGHT * quarter / 4
            self.parts.append(
                f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>'
            )
            self._text(_LEFT - 12, y + 4, f"{most_w * quarter / 4:g}", "small", "end")
            self._text(_RIGHT + 12, y + 4, f"{25 * quarter}", "small")
        middle = _POWER_TOP + _POWER_HEIGHT / 2
        self._turned(26, middle, "power (W)", _BLUE)
        self._turned(_WIDTH - 22, middle, "battery (%)", "#a87400")
        self._line(course.battery, 1.0, _ORANGE, ' stroke-dasharray="6 4"')
        self._line(course.power_w, most_w, _BLUE, "")
        self.parts.append(
            f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{_RIGHT}" y2="{bottom}"/>'
        )

    def _line(
        self, values: Sequence[float], most: float, colour: str, dash: str
    ) -> None:
        """Draw a curve; of what falls on one pixel, the lowest and the highest."""
        commands: list[str] = []
        pen_down = False
        for x, value in _thinned(self._xs(), values):
            if isnan(value):
                pen_down = False
                continue
            y = _POWER_TOP + _POWER_HEIGHT * (1 - value / most)
            commands.append(f"{'L' if pen_down else 'M'}{x:.1f} {y:.1f}")
            pen_down = True
        self.parts.append(
            f'<path d="{"".join(commands)}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{dash}/>'
        )

    def _relay(self, y: float) -> None:
        self._name(y, "relay")
        self._box(_LEFT, _RIGHT, y, "#eef1f3")
        for span in self.course.relay:
            self._labelled(span, y, _GREEN, "on")

    def _states(self, y: float) -> None:
        self._name(y, "state")
        self._box(_LEFT, _RIGHT, y, "#eef1f3")
        for span in self.course.states:
            style = "dark" if span.name in _LIGHT else "on"
            self._labelled(span, y, _STATES.get(span.name, _GREY), style)

    def _uploads(self, y: float) -> None:
        self._name(y, "uploads")
        self._box(_LEFT, _RIGHT, y, "#f6f8f9")
        self._ticks(y, _STRIP, _GREEN, good=True)
        self._ticks(y, _STRIP, _RED, good=False)
        self._text(_RIGHT + 12, y + 11, "done", "small")
        self.parts.append(
            f'<rect x="{_RIGHT + 3}" y="{y + 2}" width="5" height="10" fill="{_GREEN}"/>'
            f'<rect x="{_RIGHT + 3}" y="{y + 16}" width="5" height="10" fill="{_RED}"/>'
        )
        self._text(_RIGHT + 12, y + 25, "failed", "small")

    def _ticks(self, y: float, height: float, colour: str, *, good: bool) -> None:
        places = sorted(
            {
                round(self._x(upload.at_s) * 2) / 2
                for upload in self.course.uploads
                if (upload.status == 200) is good
            }
        )
        marks = "".join(f"M{x:.1f} {y}v{height}" for x in places)
        if marks:
            self.parts.append(
                f'<path d="{marks}" stroke="{colour}" stroke-width="1.6"/>'
            )

    def _shades(self, bottom: float) -> None:
        for span in self.course.faults:
            x, width = self._reach(span)
            self.parts.append(
                f'<rect x="{x:.1f}" y="{_POWER_TOP}" width="{width:.1f}" height="{bottom - _POWER_TOP}" '
                f'fill="{_RED}" fill-opacity="0.10"/>'
            )

    def _faults(self, rows: Sequence[int], top: float) -> None:
        if rows:
            self._name(top - 2, "faults")
        for span, row in zip(self.course.faults, rows, strict=True):
            x, width = self._reach(span)
            y = top + row * _FAULT_ROW
            end = x + width
            inside = width > len(span.name) * _LETTER + 12
            self.parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_FAULT_ROW - 4}" rx="2" fill="{_RED}"/>'
            )
            if inside:
                self._text(x + 6, y + 13.5, span.name, "on")
            elif end + len(span.name) * _LETTER < _RIGHT:
                self._text(end + 5, y + 13.5, span.name, "fault")
            else:
                self._text(x - 5, y + 13.5, span.name, "fault", "end")

    # --- pieces

    def _x(self, time_s: float) -> float:
        share = (time_s - self.begin_s) / (self.end_s - self.begin_s)
        return _LEFT + (_RIGHT - _LEFT) * share

    def _xs(self) -> Iterator[float]:
        return (self._x(time_s) for time_s in self.course.time_s)

    def _reach(self, span: Span) -> tuple[float, float]:
        """Return left edge and width; what lasted no time is seen all the same."""
        x = self._x(span.begin_s)
        end = self._x(self.end_s if span.end_s is None else span.end_s)
        return x, max(2.0, end - x)

    def _box(self, left: float, right: float, y: float, colour: str) -> None:
        self.parts.append(
            f'<rect x="{left:.1f}" y="{y}" width="{right - left:.1f}" height="{_STRIP}" fill="{colour}"/>'
        )

    def _labelled(self, span: Span, y: float, colour: str, style: str) -> None:
        x, width = self._reach(span)
        self._box(x, x + width, y, colour)
        if width > len(span.name) * _LETTER + 12:
            self._text(x + 6, y + _STRIP / 2 + 4.5, span.name, style)

    def _text(
        self, x: float, y: float, text: str, style: str, anchor: str = "start"
    ) -> None:
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def _turned(self, x: float, y: float, text: str, colour: str) -> None:
        self.parts.append(
            f'<text transform="translate({x} {y}) rotate(-90)" text-anchor="middle" style="fill:{colour}">{text}</text>'
        )


def _rows(faults: Sequence[Span], end_s: float, whole_s: float) -> list[int]:
    """Return for each fault the first row in which neither it nor its name lies on another."""
    per_letter_s = _LETTER / (_RIGHT - _LEFT) * whole_s
    taken: list[list[tuple[float, float]]] = []
    rows = []
    for span in faults:
        begin_s = span.begin_s
        finish_s = end_s if span.end_s is None else span.end_s
        name_s = (len(span.name) + 2) * per_letter_s
        if finish_s - begin_s < name_s:
            if finish_s + name_s < end_s:
                finish_s += name_s
            else:
                begin_s -= name_s
        row = next(
            (
                number
                for number, others in enumerate(taken)
                if all(finish_s < left or begin_s > right for left, right in others)
            ),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append((begin_s, finish_s))
        rows.append(row)
    return rows


def _thinned(
    xs: Iterator[float], values: Sequence[float]
) -> Iterator[tuple[float, float]]:
    """Return the points of a curve, four at most for each half pixel: first, lowest, highest, last."""
    places = [round(x * 2) for x in xs]
    begin = 0
    while begin < len(places):
        end = bisect_right(places, places[begin], lo=begin)
        x = places[begin] / 2
        group = [value for value in values[begin:end] if not isnan(value)]
        if isnan(values[begin]) or not group:
            yield x, values[begin]
        if group:
            for value in dict.fromkeys((group[0], min(group), max(group), group[-1])):
                yield x, value
            if isnan(values[end - 1]):
                yield x, values[end - 1]
        begin = end


def _scale(length_s: float) -> tuple[int, str, int]:
    """Return the unit of a time axis (seconds and name) and the seconds from tick to tick."""
    for unit_s, name, steps in _UNITS:
        for step in steps:
            if length_s / (step * unit_s) <= _MOST_STEPS:
                return unit_s, name, step * unit_s
    year_s = 365 * 86_400
    return 86_400, "d", ceil(length_s / _MOST_STEPS / year_s) * year_s


def _ceiling(most: float) -> float:
    """Return the next round number that leaves a little air above `most`."""
    round_numbers = [
        digit * 10**power for power in range(6) for digit in (1, 2, 4, 6, 8)
    ]
    place = bisect_left(round_numbers, most * 1.04)
    return float(round_numbers[min(place, len(round_numbers) - 1)])


def _span_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    shown = [
        f"{number} {unit}"
        for number, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (rest, "s"))
        if number
    ]
    return " ".join(shown[:2]) or "0 s"
