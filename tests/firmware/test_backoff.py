"""Pauses after failures."""

import pytest

from kickwatt.backoff import delay_ms


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 5), (1, 5), (2, 15), (3, 60), (4, 300), (5, 900), (99, 900)],
)
def test_pauses_grow_and_chance_adds_up_to_a_quarter(
    failures: int, seconds: int
) -> None:
    found = {delay_ms(failures) for _ in range(300)}
    assert min(found) >= seconds * 1_000
    assert max(found) <= seconds * 1_250
    assert len(found) > 50
