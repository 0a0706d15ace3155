"""`kickwatt-hub replay`: the brain over a recorded charge."""

from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from ..brain import detector_settings
from ..charging.csvfile import CsvError, Row, read
from ..charging.profile import NOTHING_LEARNED
from ..charging.replay import ReplayObject, replay
from ..model import ChargerSettings
from ..plot import FORMATS, NoPlotError, draw
from .common import Refused

UNIX_S = 100_000_000  # later times than this of 1973 are on the calendar
_USUAL = ChargerSettings()
_RECORDING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("replay")
@click.argument("recording", metavar="FILE.csv", type=_RECORDING)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--learn",
    type=_RECORDING,
    multiple=True,
    help="An earlier charge of the same charger; several, oldest first.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png|svg",
    help="Also draw it.",
)
@click.option(
    "--rule",
    type=click.Choice(["robust", "threshold"]),
    default=_USUAL.rule,
    show_default=True,
    help="How the end is found.",
)
@click.option(
    "--cutoff-w",
    type=click.FloatRange(1, 500),
    default=_USUAL.cutoff_w,
    show_default=True,
    help="The threshold's watts.",
)
@click.option(
    "--hold-s",
    type=click.IntRange(0, 3600),
    default=_USUAL.hold_s,
    show_default=True,
    help="How long power must stay low.",
)
@click.option(
    "--balance-min",
    type=click.IntRange(0, 240),
    default=_USUAL.balance_min,
    show_default=True,
    help="How long the cells may balance after the charger has ended by itself.",
)
def replay_recording(
    recording: Path,
    as_json: bool,
    learn: tuple[Path, ...],
    plot: Path | None,
    **owners: Any,
) -> None:
    """Find the charges in a recording: when each ended, and what was expected.

    The file has a header with the columns time (seconds, Unix time, or a date) and power_w; what a plug's own program or
    Home Assistant exports is usually understood as it is. voltage_v and current_a take the place of power_w where a
    meter has no power.
    """
    if plot is not None and plot.suffix not in FORMATS:
        raise Refused(f"{plot}: expected a name that ends in {' or '.join(FORMATS)}")
    learned = [_read_recording(path) for path in learn]
    rows = _read_recording(recording)
    settings = detector_settings(ChargerSettings(**owners), NOTHING_LEARNED)
    found = replay(rows, settings, learned=learned)
    if plot is not None:
        try:
            draw(rows, found, plot, recording.name)
        except NoPlotError as error:
            raise Refused(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
    else:
        _tell_recording(found)


def _tell_recording(found: ReplayObject) -> None:
    """Print the sessions as a table."""
    unit = "VA" if found["apparent"] else "W"
    table = Table("start", "end", "cut at", "energy", "peak", "ended by", "why")
    for session in found["sessions"]:
        table.add_row(
            _moment(session["start"]),
            _moment(session["end"]),
            _moment(session["cut_at"]),
            f"{session['energy_wh']:.1f} {unit}h",
            f"{session['peak_power_w']:.1f} {unit}",
            session["end_reason"] or "still running",
            session["why"] or "",
        )
    Console().print(table if found["sessions"] else "No charge in this recording.")
    if found["sessions"] and found["apparent"]:
        Console().print(
            "The recording has volts and amperes, but no power: what you see is apparent, and more than the real."
        )


def _read_recording(path: Path) -> tuple[Row, ...]:
    try:
        return read(path)
    except CsvError as error:
        raise Refused(f"{path}: {error}") from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _moment(time_s: float | None) -> str:
    """Return a time of the recording: on the calendar where it is Unix time."""
    if time_s is None:
        return ""
    if time_s < UNIX_S:
        return f"{time_s:.0f} s"
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
