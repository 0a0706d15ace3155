"""Hours are told from what the hub knows, and from nothing that it does not."""

from datetime import UTC, datetime

from custom_components.kickwatt.hours import (
    HOUR,
    Span,
    charges,
    cost_at_ends,
    hours_between,
    lifetime_at_ends,
    spans,
)

BEGIN = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUARTER = HOUR / 4
QUARTER_S = QUARTER.total_seconds()
POINTS = [
    {"time": BEGIN.isoformat(), "energy_wh": 1000},
    {"time": (BEGIN + QUARTER).isoformat(), "energy_wh": None},
    {"time": None, "energy_wh": 9000},
    {"time": (BEGIN + 2 * QUARTER).isoformat(), "energy_wh": 1300},
]


def test_a_span_without_a_reading_is_a_part_of_the_next() -> None:
    assert spans(POINTS, QUARTER_S) == [Span(end=BEGIN + 3 * QUARTER, energy_wh=300)]
    hours = list(hours_between(BEGIN, BEGIN + 2 * HOUR))
    assert lifetime_at_ends(POINTS, QUARTER_S, hours, 900) == [1300, 1300]


def test_a_charge_that_took_nothing_costs_what_it_costs_when_it_ends() -> None:
    session = {
        "start": BEGIN.isoformat(),
        "end": (BEGIN + 2 * HOUR).isoformat(),
        "cost": 0.2,
    }
    found = charges([session], [], [], BEGIN + 3 * HOUR)
    hours = list(hours_between(BEGIN, BEGIN + 3 * HOUR))
    assert [row.cost for row in cost_at_ends(found, hours)] == [0, 0.2, 0.2]
    assert [row.total for row in cost_at_ends(found, hours)] == [0, 0.2, 0.2]


def test_before_an_hour_is_over_nothing_is_told_of_it() -> None:
    assert cost_at_ends([], list(hours_between(BEGIN, BEGIN + HOUR / 2))) == []
