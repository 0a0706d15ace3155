"""Settings: numbers out of text, and messages a person understands."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from kickwatt import config
from kickwatt.decimal import decimal
from kickwatt.settings import limits_from_hub
from tests.firmware.fakes import settings

HEX = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def load(**changes: Any) -> config.Config:
    return config.load(settings(**changes).get, [])


def test_the_least_that_must_be_set_is_enough() -> None:
    loaded = load()
    assert loaded.problems == []
    assert loaded.id == "scooter-1"
    assert loaded.key == bytes(range(32))
    assert loaded.url == "http://hub.example:8422"
    assert vars(loaded.limits) == {
        "rev": 0,
        "cutoff_dw": 115,
        "hold_s": 300,
        "max_s": 43_200,
        "max_wh": 2_000,
        "max_ma": 3_000,
        "rule": "robust",
        "balance_s": 0,
    }
    assert (loaded.min_dv, loaded.max_dv) == (1_800, 2_600)
    assert (loaded.sample_s, loaded.upload_s, loaded.modem_baud) == (30, 60, 57_600)
    assert loaded.autonomous is False
    assert loaded.sensor == "pzem"


def test_values_may_be_text_or_numbers() -> None:
    text = load(MAX_HOURS="8", MAX_A="2.5", CUTOFF_W="7", AUTONOMOUS="1")
    number = load(MAX_HOURS=8, MAX_A="2.500", CUTOFF_W=7, AUTONOMOUS=1)
    for loaded in (text, number):
        assert loaded.problems == []
        assert loaded.limits.max_s == 28_800
        assert loaded.limits.max_ma == 2_500
        assert loaded.limits.cutoff_dw == 70
        assert loaded.autonomous is True


def test_the_analog_pair_takes_its_calibration_from_the_settings() -> None:
    loaded = load(SENSOR="analog", V_SLOPE="0.20555", A_SLOPE="0.030736", A_ZERO="1.6")
    assert loaded.problems == []
    assert (loaded.v_slope, loaded.a_slope, loaded.a_zero) == (20_555, 30_736, 160)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ID": None}, "KICKWATT_ID"),
        ({"ID": "Scooter"}, "KICKWATT_ID"),
        ({"ID": "-x"}, "KICKWATT_ID"),
        ({"ID": "x" * 33}, "KICKWATT_ID"),
        (
            {"KEY": "abc"},
            "KICKWATT_KEY: 64 digits 0-9 a-f, as the hub showed them (there are 3).",
        ),
        ({"KEY": HEX[:-1] + "g"}, "KICKWATT_KEY"),
        ({"KEY": None}, "(there are 0)"),
        ({"URL": "https://hub.example"}, "a SIM800 cannot do https"),
        ({"URL": "ftp://hub.example"}, 'like "http://hub.example:8422"'),
        ({"MODEM": "SIM900"}, 'KICKWATT_MODEM: "SIM900" is not "sim800", "a7670"'),
        ({"MODEM_SWITCH": 2}, 'KICKWATT_MODEM_SWITCH: "2" is not 0 to 1.'),
        ({"NTP": 'a"b'}, "KICKWATT_NTP: the name of a time server"),
        ({"MODEM": "wifi"}, "KICKWATT_WIFI_SSID: the name of your Wi-Fi network"),
        ({"MODEM": "wifi", "WIFI_SSID": "ä" * 17}, "KICKWATT_WIFI_SSID"),
        (
            {"MODEM": "wifi", "WIFI_SSID": "home", "WIFI_PASSWORD": "secret"},
            "nothing for an open network (there are 6)",
        ),
        (
            {"MODEM": "wifi", "WIFI_SSID": "home", "URL": "https://h/p"},
            "without a path",
        ),
        ({"URL": "hub.example:8422"}, 'like "http://hub.example:8422"'),
        ({"URL": "http://hub.example/s1"}, "without a path"),
        ({"URL": "http://relay.example/h"}, "relay.example:8422/h/NAME"),
        ({"URL": "http://relay.example/h/Home"}, "KICKWATT_URL"),
        ({"URL": "http://relay.example/h/home/s1/scooter"}, "KICKWATT_URL"),
        ({"URL": "http://relay.example//h/home"}, "KICKWATT_URL"),
        ({"URL": 'http://hub".example'}, "KICKWATT_URL"),
        ({"URL": None}, "KICKWATT_URL"),
        ({"APN": None}, "KICKWATT_APN is missing"),
        ({"APN": 'a"b'}, "KICKWATT_APN: at most 64"),
        ({"APN_USER": "u" * 33}, "KICKWATT_APN_USER: at most 32"),
        ({"APN_PASSWORD": "ü"}, "KICKWATT_APN_PASSWORD: at most 32"),
        ({"SIM_PIN": "12a4"}, "KICKWATT_SIM_PIN"),
        ({"SIM_PIN": "123"}, "4 to 8 digits"),
        ({"MODEM_BAUD": 1200}, "KICKWATT_MODEM_BAUD"),
        ({"MODEM_BAUD": 56000}, "one of 9600"),
        ({"CUTOFF_W": "eleven"}, 'KICKWATT_CUTOFF_W: "eleven" is not 0.5 to 1000 W.'),
        ({"CUTOFF_W": "-1"}, "KICKWATT_CUTOFF_W"),
        ({"CUTOFF_W": "11.55"}, "KICKWATT_CUTOFF_W"),
        ({"MAX_A": "16"}, 'KICKWATT_MAX_A: "16" is not 0.1 to 10 A.'),
        ({"MAX_HOURS": 0}, 'KICKWATT_MAX_HOURS: "0" is not 1 to 48 h.'),
        ({"MIN_V": 230, "MAX_V": 220}, "KICKWATT_MIN_V must be below KICKWATT_MAX_V"),
        ({"AUTONOMOUS": "yes"}, 'KICKWATT_AUTONOMOUS: "yes" is not 0 to 1.'),
        ({"SENSOR": "hall"}, 'KICKWATT_SENSOR: "hall" is not "pzem" or "analog".'),
        (
            {"SENSOR": "analog", "A_SLOPE": "0.03"},
            "KICKWATT_V_SLOPE is missing. Calibrate the analog front end",
        ),
        (
            {"SENSOR": "analog", "V_SLOPE": "0.2", "A_SLOPE": ""},
            "KICKWATT_A_SLOPE is missing. Calibrate the analog front end",
        ),
        # The seed's published intercept is no slope.
        (
            {"V_SLOPE": "16951.36"},
            'KICKWATT_V_SLOPE: "16951.36" is not 0.01 to 2 V per step.',
        ),
        (
            {"SENSOR": "analog", "V_SLOPE": "0.2", "A_SLOPE": "0"},
            'KICKWATT_A_SLOPE: "0" is not 0.0005 to 0.5 A per step.',
        ),
        ({"A_ZERO": "-1"}, 'KICKWATT_A_ZERO: "-1" is not 0 to 200 steps.'),
    ],
)
def test_a_wrong_setting_is_named_and_says_what_would_be_right(
    changes: dict[str, Any], says: str
) -> None:
    problems = load(**changes).problems
    assert len(problems) == 1, problems
    assert says in problems[0]


def test_each_way_to_the_hub_needs_its_own_settings() -> None:
    lte = load(MODEM="a7670", URL="https://hub.example")
    assert (lte.problems, lte.modem, lte.modem_baud) == ([], "a7670", 115_200)
    assert load(MODEM="a7670", MODEM_BAUD=9600).modem_baud == 9_600
    wifi = load(
        MODEM="wifi",
        APN=None,
        URL="https://hub.example",
        WIFI_SSID="home",
        WIFI_PASSWORD="password",
        CA="ca.pem",
    )
    assert wifi.problems == []
    assert (wifi.wifi_ssid, wifi.wifi_password) == ("home", "password")
    assert (wifi.url, wifi.ca_file) == ("https://hub.example", "ca.pem")
    assert load(MODEM="wifi", APN=None, WIFI_SSID="cafe").wifi_password == ""
    assert load().time_server == "pool.ntp.org"
    assert load(NTP="none").time_server == ""


def test_a_wifi_password_is_never_shown() -> None:
    problems = load(MODEM="wifi", WIFI_SSID="home", WIFI_PASSWORD="hunter2").problems
    assert "hunter2" not in problems[0]


def test_every_problem_is_told_at_once() -> None:
    assert len(config.load({}.get, []).problems) == 4


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KICKWATT_MAX_AMPERE", "KICKWATT_MAX_A"),
        ("KICKWATT_CUTOF_W", "KICKWATT_CUTOFF_W"),
        ("KICKWATT_APN_PASS", "KICKWATT_APN_PASSWORD"),
    ],
)
def test_an_unknown_setting_is_reported_with_its_neighbour(
    name: str, meant: str
) -> None:
    problems = config.load(settings().get, [name, "CIRCUITPY_WEB_API_PORT"]).problems
    assert problems == [f"{name} is not a setting. Did you mean {meant}?"]


@given(st.text(max_size=70))
def test_no_problem_ever_shows_a_secret(secret: str) -> None:
    loaded = load(KEY="k" + secret, APN_PASSWORD="ü" + secret, SIM_PIN="p" + secret)
    for problem in loaded.problems:
        for hidden in ("k" + secret, "ü" + secret, "p" + secret):
            assert len(hidden) < 3 or hidden not in problem


@given(st.integers(0, 9_999_999), st.integers(0, 3))
def test_a_decimal_is_read_exactly(number: int, decimals: int) -> None:
    whole, fraction = divmod(number, 10**decimals)
    text = f"{whole}.{fraction:0{decimals}d}" if decimals else str(whole)
    assert decimal(text, decimals) == number
    assert decimal(f" {text}0 " if decimals else text, decimals) == number


@pytest.mark.parametrize(
    "text", ["", ".", "1.", ".5", "1,5", "1.5.5", "-1", "1e3", "٣", "0x1", "12345678"]
)
def test_what_is_not_a_decimal_is_not_read_as_one(text: str) -> None:
    assert decimal(text, 1) is None


def test_names_are_found_in_a_settings_file() -> None:
    lines = [
        "# KICKWATT_X = 1\n",
        'KICKWATT_ID = "a=b"\n',
        "\n",
        '"KICKWATT_URL"="u"\n',
        "[t]\n",
    ]
    assert config.names_in(lines) == ["KICKWATT_ID", "KICKWATT_URL"]


GOOD = {
    "rev": 2,
    "cutoff_dw": 115,
    "hold_s": 300,
    "max_s": 43_200,
    "max_wh": 2_000,
    "max_ma": 3_000,
}


def test_settings_of_the_hub_are_taken_within_bounds() -> None:
    limits = limits_from_hub(GOOD, "threshold", 1_800)
    assert limits is not None
    assert vars(limits) == GOOD | {"rule": "threshold", "balance_s": 1_800}


@pytest.mark.parametrize(
    "change",
    [
        {"rev": 0},
        {"cutoff_dw": 0},
        {"hold_s": 0},
        {"hold_s": 999_999},
        {"max_s": 0},
        {"max_s": 200_000},
        {"max_wh": 0},
        {"max_ma": 16_000},
    ],
)
def test_settings_of_the_hub_out_of_bounds_are_not_taken(
    change: dict[str, int],
) -> None:
    assert limits_from_hub(GOOD | change, "robust", 0) is None


@pytest.mark.parametrize(
    ("rule", "balance_s"), [("", 0), ("plain", 0), ("robust", -1), ("robust", 14_401)]
)
def test_a_rule_or_a_balancing_time_that_is_none_is_not_taken(
    rule: str, balance_s: int
) -> None:
    assert limits_from_hub(GOOD, rule, balance_s) is None
