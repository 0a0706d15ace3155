"""The figures with a bound as one SVG: how many times better or worse than what was to be reached."""

from collections.abc import Iterator, Sequence
from html import escape
from math import log10

from .report import Figure, Result, number

WIDTH, LEFT, RIGHT, ROW, TOP = 1000, 470, 860, 28, 70
MOST = 30.0  # times the bound, at the right edge; 1 / MOST at the left
BLUE, RED, GREY = (
    "#0072b2",
    "#c0392b",
    "#5f6b76",
)  # Okabe and Ito's blue: told apart by everybody
STYLE = (
    "text{font-family:Inter,'Segoe UI','Helvetica Neue',Arial,sans-serif;font-size:13px;fill:#22303c}"
    ".title{font-size:18px;font-weight:600}.small{font-size:12px;fill:#5f6b76}"
)


def draw(results: Sequence[Result]) -> str:
    """Return the picture: one bar per figure, to the right of the line where it is better than its bound."""
    figures = [
        figure
        for result in results
        for figure in result.figures
        if figure.reached is not None
    ]
    height = TOP + ROW * len(figures) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>Kickwatt's figures</title><style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="20" y="30" class="title">How far each figure is from its bound</text>',
        *_grid(height),
    ]
    for index, figure in enumerate(figures):
        parts += _bar(figure, TOP + ROW * index)
    return "\n".join([*parts, "</svg>", ""])


def margin(figure: Figure) -> float:
    """Return how many times better than its bound a figure is; below 1 it is missed."""
    if figure.at_least is not None:
        return figure.value / figure.at_least
    assert figure.at_most is not None
    return figure.at_most / max(figure.value, 1e-9)


def _x(times: float) -> float:
    inside = min(MOST, max(1 / MOST, times))
    return LEFT + (RIGHT - LEFT) * (log10(inside) / log10(MOST) + 1) / 2


def _grid(height: int) -> Iterator[str]:
    for times in (0.1, 0.5, 1, 2, 10):
        x, colour = _x(times), GREY if times == 1 else "#e6eaed"
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 24}" stroke="{colour}"/>'
        yield f'<text x="{x:.1f}" y="{height - 8}" text-anchor="middle" class="small">{times:g} ×</text>'


def _bar(figure: Figure, y: int) -> Iterator[str]:
    times = margin(figure)
    start, end = sorted((_x(1), _x(times)))
    colour = BLUE if times >= 1 else RED
    yield f'<text x="{LEFT - 12}" y="{y + 14}" text-anchor="end">{escape(figure.what)}</text>'
    yield f'<rect x="{start:.1f}" y="{y + 2}" width="{max(2, end - start):.1f}" height="16" fill="{colour}"/>'
    yield f'<text x="{RIGHT + 12}" y="{y + 14}">{number(figure.value)} {escape(figure.unit)}</text>'
