"""settings.toml: what is good, and what is said about what is not."""

from kickwatt import config
from kickwatt.settings import limits_from_hub

GOOD = {
    "KICKWATT_ID": "scooter-1",
    "KICKWATT_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F",
    "KICKWATT_URL": "http://hub.example:8422/",
    "KICKWATT_APN": "internet",
}
CHANGES = (
    ("ID", ("", "_a", "a" * 33, "Ä", "a-b_9")),
    ("KEY", ("", "00", "g" * 64)),
    (
        "URL",
        ("", "https://hub", "http://", "http://hub/path", 'http://"', "http://hub:1"),
    ),
    ("APN", ("", "a" * 65, 'a"b')),
    ("SIM_PIN", ("0123", 123, "12345678", "123456789", "abcd")),
    (
        "CUTOFF_W",
        ("11.5", "11.55", "11.50", "0.4", 7, "-1", "1e3", "", ".5", "5.", "1000.1"),
    ),
    ("MODEM_BAUD", (9600, "57600", 1200, 57601)),
    ("MAX_A", ("2.5", "0.0999", "10.000", 11)),
    ("MIN_V", (80, 241, 240)),
    ("RULE", ("robust", "threshold", "plain")),
    ("BALANCE_MIN", (0, "45", 241)),
    ("AUTONOMOUS", (0, 1, 2, "1")),
)
FIELDS = "id key url apn apn_user sim_pin modem_baud min_dv max_dv sample_s upload_s autonomous"
LIMITS = "rev cutoff_dw hold_s max_s max_wh max_ma rule balance_s"


def tell(thing, names):
    """Print some attributes."""
    print(*[getattr(thing, name) for name in names.split()])


for name, values in CHANGES:
    for value in values:
        changed = dict(GOOD)
        changed["KICKWATT_" + name] = value
        loaded = config.load(changed.get, list(GOOD))
        tell(loaded, FIELDS)
        tell(loaded.limits, LIMITS)
        print(*loaded.problems)
print(config.load(GOOD.get, ["KICKWATT_HOLD", "KICKWATT_MAX_HOUR", "OTHER"]).problems)
print(
    config.names_in(
        ["# KICKWATT_ID = 1\n", ' "KICKWATT_URL" = "x"\n', "\n", "KICKWATT_APN=1"]
    )
)

for hub in (
    {
        "rev": 3,
        "cutoff_dw": 115,
        "hold_s": 300,
        "max_s": 60,
        "max_wh": 10,
        "max_ma": 100,
    },
    {
        "rev": 0,
        "cutoff_dw": 115,
        "hold_s": 300,
        "max_s": 60,
        "max_wh": 10,
        "max_ma": 100,
    },
    {
        "rev": 3,
        "cutoff_dw": 115,
        "hold_s": 300,
        "max_s": 60,
        "max_wh": 10,
        "max_ma": 10_001,
    },
    {"rev": 3},
):
    limits = limits_from_hub(hub, "threshold", hub["rev"] * 600)
    if limits is None:
        print(None)
    else:
        tell(limits, LIMITS)
