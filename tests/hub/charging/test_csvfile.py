"""Reading a recorded charge, and saying what is wrong with a file."""

import pytest

from kickwatt_hub.charging.csvfile import CsvError, Row, parse


def test_the_plain_form() -> None:
    assert parse(["time,power_w\n", "0,1.5\n", "15,90\n"]) == (
        Row(0.0, 1.5),
        Row(15.0, 90.0),
    )


def test_all_columns_in_any_order_and_others_beside_them() -> None:
    rows = parse(
        ["note,current_a,power_w,time,voltage_v", "hello,0.7,90,3,230", "x,,91,4,"]
    )
    assert rows == (Row(3.0, 90.0, 230.0, 0.7), Row(4.0, 91.0))


def test_times_on_the_calendar_become_unix_seconds() -> None:
    rows = parse(
        [
            "\ufefflast_changed,power",
            "2026-11-21T08:00:00Z,1",
            "2026-11-21T09:00:30+01:00,2",
            "2026-11-21 08:01:00,3",
        ]
    )
    assert [row.time_s - rows[0].time_s for row in rows] == [0, 30, 60]
    assert rows[0].time_s == 1_795_248_000


def test_what_was_not_measured_and_empty_lines_are_left_out() -> None:
    rows = parse(["time,power_w", "0,1", "", "1,unavailable", "2,", "3,-0.4", " , "])
    assert rows == (Row(0.0, 1.0), Row(3.0, 0.0))


def test_rows_come_in_the_order_of_their_time() -> None:
    assert [row.time_s for row in parse(["time,power_w", "9,1", "3,2", "-4,2"])] == [
        -4,
        3,
        9,
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "The file is empty"),
        (
            ["when,power_w", "0,1"],
            "Line 1: there is no column time; the columns are when, power_w.",
        ),
        (["time,volts", "0,1"], "Line 1: there is no column power_w"),
        (["time,power,watts", "0,1,1"], "Line 1: there are two columns for power_w."),
        (["time,power_w", "0,1", "x,2"], "Line 3, column time: 'x' is not a number."),
        (
            ["time,power_w", "2026-13-01T00:00,2"],
            "Line 2, column time: '2026-13-01T00:00' is not a time.",
        ),
        (
            ["time,power_w", "0,1", "", "5,abc"],
            "Line 4, column power_w: 'abc' is not a number.",
        ),
        (["time,power_w", "0,inf"], "Line 2, column power_w: 'inf' is not a number."),
        (
            ["time,power_w,voltage_v", "0,1,2x"],
            "Line 2, column voltage_v: '2x' is not a number.",
        ),
        (["time,power_w", ",1"], "Line 2, column time: '' is not a number."),
        (["time,power_w"], "no line with a power"),
        (["time,power_w", '0,"' + "9" * 140_000], "Line 2: field larger than"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_column(
    lines: list[str], message: str
) -> None:
    with pytest.raises(CsvError) as caught:
        parse(lines)
    assert message in str(caught.value)
