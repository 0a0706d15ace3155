"""A recorded charge as a picture, SVG or PNG: what was measured, what was decided when, and what was expected."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .charging.csvfile import Row
from .charging.replay import ReplayObject, SessionObject

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg")
HOUR_S = 3600.0

# Okabe and Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#e69f00", "#009e73", "#c0392b", "#5f6b76"
PHASES = {
    "constant_current": ("constant current", "#cfe6f5"),
    "constant_voltage": ("constant voltage", "#fdebc8"),
    "balancing": ("balancing", "#d5efe6"),
}


class NoPlotError(Exception):
    """The library that draws is not installed, or the file cannot be written; the text is one sentence."""


def draw(rows: Sequence[Row], found: ReplayObject, path: Path, title: str) -> None:
    """Write the picture to `path`, whose suffix is one of `FORMATS`. Raises `NoPlotError`."""
    try:
        import matplotlib as mpl  # noqa: PLC0415  it takes a second to import, and only this needs it
    except ModuleNotFoundError:
        raise NoPlotError(
            "Drawing needs matplotlib: pip install 'kickwatt[plot]'."
        ) from None
    mpl.use("agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    # The same charge gives the same bytes.
    with mpl.rc_context({"svg.hashsalt": "kickwatt", "font.size": 9}):
        figure, (power, left) = plt.subplots(
            2,
            1,
            sharex=True,
            figsize=(10, 6),
            height_ratios=(2, 1),
            layout="constrained",
        )
        start_s = rows[0].time_s
        _power(power, rows, found, start_s)
        _left(left, found, start_s)
        power.set_title(title)
        left.set_xlabel("hours")
        try:
            metadata = {"Date": None} if path.suffix == ".svg" else None
            figure.savefig(path, dpi=120, metadata=metadata)
        except OSError as error:
            raise NoPlotError(f"{path}: {error.strerror}.") from None
        finally:
            plt.close(figure)


def _power(
    axes: Axes, rows: Sequence[Row], found: ReplayObject, start_s: float
) -> None:
    """What was measured, with the phases behind it and the decisions across it."""
    hours = [(row.time_s - start_s) / HOUR_S for row in rows]
    axes.step(hours, [row.power_w for row in rows], where="post", color=BLUE, lw=0.9)
    axes.set_ylabel("VA" if rows[0].apparent else "W")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    for session in found["sessions"]:
        _phases(axes, session, start_s, rows[-1].time_s)
        _mark(axes, session["start"], start_s, GREEN, "start", "-")
        if session["end"] is not None:
            _mark(
                axes,
                session["end"],
                start_s,
                GREY,
                f"end: {session['end_reason']}",
                "--",
            )
        if session["cut_at"] is not None:
            _mark(axes, session["cut_at"], start_s, RED, "cut", "-")
    _legend(axes)


def _phases(axes: Axes, session: SessionObject, start_s: float, last_s: float) -> None:
    entered = [each for each in session["decisions"] if each["what"] == "phase"]
    until = [each["since"] for each in entered[1:]]
    until.append(session["cut_at"] or session["end"] or last_s)
    for each, until_s in zip(entered, until, strict=True):
        name, colour = PHASES[each["rule"]]
        axes.axvspan(
            (each["since"] - start_s) / HOUR_S,
            (until_s - start_s) / HOUR_S,
            color=colour,
            lw=0,
            label=name,
        )


def _mark(
    axes: Axes, at_s: float, start_s: float, colour: str, name: str, style: str
) -> None:
    axes.axvline((at_s - start_s) / HOUR_S, color=colour, lw=1.2, ls=style, label=name)


def _left(axes: Axes, found: ReplayObject, start_s: float) -> None:
    """How long it would still take, as was expected, and as it was."""
    for session in found["sessions"]:
        estimates = session["estimates"]
        at = [(each["at"] - start_s) / HOUR_S for each in estimates]

        def minutes(name: str, estimates: Any = estimates) -> list[float]:
            return [(each[name] - each["at"]) / 60.0 for each in estimates]

        axes.fill_between(
            at,
            minutes("low"),
            minutes("high"),
            color=ORANGE,
            alpha=0.3,
            lw=0,
            label="80 % interval",
        )
        axes.plot(at, minutes("full_at"), color=ORANGE, lw=1.2, label="expected")
        end = session["end"]
        if end is not None:
            axes.plot(
                [(session["start"] - start_s) / HOUR_S, (end - start_s) / HOUR_S],
                [(end - session["start"]) / 60.0, 0.0],
                color=GREY,
                lw=0.9,
                ls="--",
                label="as it was",
            )
    axes.set_ylabel("minutes to full")
    axes.set_ylim(bottom=0)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Each name once, however many sessions there are."""
    handles, names = axes.get_legend_handles_labels()
    if names:
        unique = dict(zip(names, handles, strict=True))
        axes.legend(unique.values(), unique.keys(), loc="upper right", fontsize=8)
