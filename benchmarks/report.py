"""What was measured: collected, shown while it goes on, and kept as JSON until the page is made."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
import json
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from . import machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. At most one of the two bounds is set; without any it is there to compare with."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the bound is kept; None without a bound."""
        if self.at_least is not None:
            return self.value >= self.at_least
        if self.at_most is not None:
            return self.value <= self.at_most
        return None


@dataclass(slots=True)
class Result:
    """What one benchmark found, and where."""

    name: str
    title: str
    size: str = "full"
    date: str = ""
    machine: str = ""
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def save(self) -> None:
        """Keep it; a quick run is shown but not kept."""
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (RESULTS / f"{self.name}.json").write_text(text + "\n")


def load(name: str) -> Result | None:
    """Return what was kept of a benchmark."""
    try:
        kept = json.loads((RESULTS / f"{name}.json").read_text())
    except FileNotFoundError:
        return None
    figures = [Figure(**figure) for figure in kept.pop("figures")]
    return Result(**kept, figures=figures)


class Report:
    """What a benchmark's `run(report)` writes to."""

    def __init__(
        self, name: str, title: str, *, quick: bool, progress: Progress
    ) -> None:
        """`quick` asks for small sizes, to see whether it works."""
        self.quick = quick
        self.result = Result(
            name,
            title,
            "quick" if quick else "full",
            datetime.now(UTC).date().isoformat(),
            machine.describe(),
        )
        self._progress = progress
        self._task = progress.add_task(f"{name}: starting", total=None)

    def doing(self, what: str) -> None:
        """Say what is going on now."""
        self._progress.update(self._task, description=f"{self.result.name}: {what}")

    def figure(
        self,
        what: str,
        value: float,
        unit: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Note a number; the bounds are those that are to be reached."""
        figure = Figure(what, value, unit, at_least, at_most)
        self.result.figures.append(figure)
        self._progress.console.print(line(figure))

    def note(self, text: str) -> None:
        """Add a sentence that belongs to the numbers."""
        self.result.notes.append(text)
        self._progress.console.print(f"  {text}")

    def done(self) -> None:
        """Take the line of this benchmark off the display."""
        self._progress.remove_task(self._task)


def progress() -> Progress:
    """Return the display: what is going on, and for how long."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    )


def line(figure: Figure) -> str:
    """Return a number as it is shown in the terminal."""
    mark = {True: "✓", False: "✗", None: " "}[figure.reached]
    return (
        f"  {mark} {figure.what}: {number(figure.value)} {figure.unit}{bound(figure)}"
    )


def bound(figure: Figure) -> str:
    """Return what was to be reached, in brackets; empty for a number without a bound."""
    if figure.at_least is not None:
        return f" (at least {number(figure.at_least)})"
    if figure.at_most is not None:
        return f" (at most {number(figure.at_most)})"
    return ""


def number(value: float) -> str:
    """Return three digits, or all before the point."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
