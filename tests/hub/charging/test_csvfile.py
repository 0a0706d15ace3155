"""Reading a recorded charge, and saying what is wrong with a file."""

from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.charging.csvfile import CsvError, Row, parse, read


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


TWO = (Row(0.0, 1.5), Row(15.0, 90.0))


@pytest.mark.parametrize(
    "text",
    [
        "time,power_w\n0,1.5\n15,90\n",
        "\ufefftime;power_w\r\n0;1,5\r\n15;90\r\n",
        "sep=;\nTime (s);Power [W];Note\n0;1,5;hello\n15;90,0;\n",
        'seconds,watts\n0,"1,5"\n15,"90"\n',
        "elapsed\tpower\n15\t90\n0\t1.5\n0\t1.5\n",
        "# a comment\n\ntime_ms,power_mW\n0,1500\n15000,90000\n",
        "time_min,power_kw\n0,0.0015\n0.25,0.09\n",
        "0,1.5\n15,90\n",
        "Zeit;Wirkleistung (W);Scheinleistung (VA)\n00:00:00;1,5;9\n00:00:15;90;180\n",
        "t,power_factor,power,energy_kwh\n0,0.5,1.5 W,3\n15,0.5,90 W,3\n15,,,\n",
        "time,power_w\n0,7\n15,90\n0,1.5\n",
    ],
)
def test_programs_write_the_same_in_many_ways(text: str) -> None:
    assert parse(text.splitlines(keepends=True)) == TWO


@pytest.mark.parametrize(
    "times",
    [
        ("1795248000", "1795248015"),
        ("1795248000000", "1795248015000"),
        ("1795248000000000000", "1795248015000000000"),
        ("2026-11-21T08:00:00Z", "2026-11-21T09:00:15+01:00"),
        ("2026-11-21 08:00:00 UTC", "2026-11-21 08:00:15 UTC"),
        ("2026-11-21 08:00:00.000+00:00", "2026-11-21 08:00:15.000+00:00"),
        ("21.11.2026 08:00:00", "21.11.2026 08:00:15"),
        ("2026/11/21 08:00", "2026/11/21 08:00:15"),
    ],
)
def test_a_moment_is_one_in_every_spelling(times: tuple[str, str]) -> None:
    rows = parse(["timestamp,power", f"{times[0]},1.5", f"{times[1]},90"])
    assert [row.time_s for row in rows] == [1_795_248_000, 1_795_248_015]


def test_a_date_and_a_time_may_have_columns_of_their_own() -> None:
    rows = parse(["Date,Time,Power", "2026-11-21,08:00:00,1", "2026-11-21,08:00:15,2"])
    assert [row.time_s for row in rows] == [1_795_248_000, 1_795_248_015]


def test_a_clock_goes_on_after_midnight() -> None:
    rows = parse(["time,power_w", "23:59:50,1", "00:00:05,2"])
    assert rows[1].time_s - rows[0].time_s == 15


def test_volts_and_amperes_are_apparent_power_where_there_is_no_other() -> None:
    (row,) = parse(["time,voltage_v,current_ma", "0,230,500", "1,,400"])
    assert row == Row(0.0, 115.0, 230.0, 0.5, apparent=True)
    (real,) = parse(["time,voltage_v,current_a,power_w", "0,230,0.5,60", "1,230,0.5,"])
    assert (real.power_w, real.apparent) == (60.0, False)


def test_home_assistants_history_of_several_entities_has_one_power() -> None:
    rows = parse(
        [
            "entity_id,state,last_changed",
            "sensor.plug_power,90,2026-11-21T08:00:00.000Z",
            "sensor.plug_energy,1.2,2026-11-21T08:00:01.000Z",
            "sensor.plug_power,unavailable,2026-11-21T08:00:05.000Z",
            "sensor.plug_power_factor,0.5,2026-11-21T08:00:06.000Z",
        ]
    )
    assert [row.power_w for row in rows] == [90.0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "charge.csv"
    path.write_bytes("Zeit;Leistung;Gerät\n0;1,5;Lader\n15;90;Lader\n".encode(encoding))
    assert read(path) == TWO


def test_what_is_no_text_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "charge.xlsx"
    path.write_bytes(b"PK\3\4\0\0")
    with pytest.raises(CsvError, match="not a text file"):
        read(path)


def rows_or_sentence(lines: list[str]) -> tuple[Row, ...] | str:
    try:
        return parse(lines)
    except CsvError as error:
        return str(error)


@given(st.text(max_size=300))
def test_whatever_the_file_holds_it_is_rows_or_one_sentence(text: str) -> None:
    found = rows_or_sentence(text.splitlines(keepends=True))
    if isinstance(found, str):
        assert found.endswith(".")
    else:
        assert all(row.power_w >= 0 for row in found)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["0", "15", "1795248000", "08:00", "2026-11-21T08:00:00Z", "x"]
            ),
            st.sampled_from(["1", "1,5", "-3", "nan", "1e400", "", "12 W", "a"]),
        ),
        max_size=20,
    )
)
def test_lines_of_a_file_are_rows_or_one_sentence(lines: list[tuple[str, str]]) -> None:
    found = rows_or_sentence(["time;power_w", *(";".join(each) for each in lines)])
    if isinstance(found, str):
        assert found.startswith(("Line ", "The file"))
    else:
        assert [row.time_s for row in found] == sorted({row.time_s for row in found})


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "The file is empty"),
        (
            ["when,power_w", "0,1"],
            "Line 1: there is no column time; the columns are when, power_w.",
        ),
        (["time,volts", "0,1"], "Line 1: there is no column power_w, nor"),
        (["time,volts", "0,1"], "nor both voltage_v and current_a"),
        (["time,power_w", "0,1,5"], "Line 2: there are 3 fields for 2 columns"),
        (
            ["entity_id,state,last_changed", "sensor.a,1,0", "sensor.b,2,1"],
            "The file has readings of sensor.a, sensor.b; keep only those of one power.",
        ),
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
