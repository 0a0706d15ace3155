"""`kickwatt-sim chaos`."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
import os
from pathlib import Path
import sys

import click

from .. import scenario as scenarios
from ..chaos import METERS, MODEMS, Build, Case, Finding, draw, draw_build, look, shrink
from ..parameters import Duration
from ..scenario import ScenarioError


@click.command()
@click.argument("count", metavar="N", type=click.IntRange(min=1), default=100)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The first of N seeds."
)
@click.option(
    "--duration",
    type=Duration(),
    default="25m",
    show_default=True,
    help="How long each runs, in the simulated world.",
)
@click.option(
    "--scenario",
    metavar="NAME|FILE",
    help="Instead of drawing: run this one with each seed, such as a file that chaos wrote.",
)
@click.option(
    "--modem", type=click.Choice(MODEMS), help="The way to the hub. [default: drawn]"
)
@click.option("--meter", type=click.Choice(METERS), help="The meter. [default: drawn]")
@click.option(
    "--firmware",
    type=click.Path(path_type=Path),
    help="A folder with another code.py than Kickwatt's.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    help="Where the files of what was found go. [default: here]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.process_cpu_count(),
    help="How many at once. [default: one per processor]",
)
def chaos(
    *,
    count: int,
    seed: int,
    duration: float,
    scenario: str | None,
    modem: str | None,
    meter: str | None,
    firmware: Path | None,
    keep: Path,
    jobs: int,
) -> None:
    """Run N random schedules of faults, each in its own world, and see whether the relay or a sample ever does what it must not.

    What is found is made as small as it can be and written as a scenario file. Exit code 1 when there is something.
    """
    case = partial(_case, duration, _script(scenario), modem, meter, firmware)
    found = 0
    with ProcessPoolExecutor(jobs) as pool:
        looks = pool.map(_look, map(case, range(seed, seed + count)), chunksize=4)
        with click.progressbar(
            looks, length=count, label="schedules", file=sys.stderr
        ) as shown:
            for finding in shown:
                if finding is not None:
                    found += 1
                    _report(finding, keep)
    click.echo(
        f"{count} schedules of {duration / 60:g} minutes, seeds {seed} to {seed + count - 1}: {found or 'nothing'} found"
    )
    if found:
        sys.exit(1)


def _case(
    duration_s: float,
    script: scenarios.Scenario | None,
    modem: str | None,
    meter: str | None,
    firmware: Path | None,
    seed: int,
) -> Case:
    drawn = draw_build(seed)
    build = Build(modem or drawn.modem, meter or drawn.meter)
    return Case(seed, duration_s, script or draw(seed, duration_s), build, firmware)


def _look(case: Case) -> Finding | None:
    found = look(case)
    return found and shrink(found)


def _report(finding: Finding, folder: Path) -> None:
    case = finding.case
    about = f"{'; '.join(finding.faults)}. Seed {case.seed}, {case.duration_s:g} s, {case.build}."
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"chaos-{case.seed}.toml"
    file.write_text(scenarios.write(replace(case.scenario, about=about)))
    click.echo(f"\n{about}")
    click.echo(
        f"  again: kickwatt-sim chaos 1 --seed {case.seed} --duration {case.duration_s:g}s --modem {case.build.modem} --meter {case.build.meter} --scenario {file}"
    )


def _script(name: str | None) -> scenarios.Scenario | None:
    try:
        return None if name is None else scenarios.load(name)
    except ScenarioError as error:
        raise click.UsageError(str(error)) from error
