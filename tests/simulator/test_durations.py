import pytest

from kickwatt_sim import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("2d", 172_800),
        (7, 7),
        ("0s", 0),
    ],
)
def test_what_people_write(text: str | float, seconds: float) -> None:
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 apples", "-5m", "1h 30x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is not a duration; write it like 90s, 10m, 1h30m or 2d"
    ):
        durations.seconds(text)
