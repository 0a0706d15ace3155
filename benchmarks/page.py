"""docs/benchmarks.md and its picture, made from what was kept."""

from collections.abc import Iterable

from .picture import draw
from .programs import ROOT
from .report import Figure, Result, load, number

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURE = ROOT / "docs" / "images" / "benchmarks.svg"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def write(names: Iterable[str]) -> None:
    """Write both; what stands around the measured part of the page stays as it is."""
    results = [result for name in names if (result := load(name)) is not None]
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{_measured(results)}{END}{after}")
    PICTURE.write_text(draw(results))


def _measured(results: list[Result]) -> str:
    return "\n".join(["", *(_section(result) for result in results), ""])


def _section(result: Result) -> str:
    rows = "\n".join(_row(figure) for figure in result.figures)
    notes = "".join(f"\n{note}\n" for note in result.notes)
    return (
        f"### {result.title}\n\n"
        f"`python -m benchmarks {result.name}` · {result.date} · {result.machine}\n\n"
        f"| what | measured | to reach | |\n| --- | --- | --- | --- |\n{rows}\n{notes}"
    )


def _row(figure: Figure) -> str:
    mark = {True: "reached", False: "**missed**", None: ""}[figure.reached]
    value = f"{number(figure.value)} {figure.unit}"
    return f"| {figure.what} | {value} | {_bound(figure)} | {mark} |"


def _bound(figure: Figure) -> str:
    if figure.at_least is not None:
        return f"≥ {number(figure.at_least)}"
    if figure.at_most is not None:
        return f"≤ {number(figure.at_most)}"
    return ""
