"""The board's settings as checked whole numbers: those of settings.toml (read by `config`), and what the hub may change."""

RULES = ("robust", "threshold")

# name: (decimals, least, most, default, unit), the bounds and the default in units of the last decimal.
# The hub's settings pass through the same bounds as those of settings.toml, so that no message can lift them.
BOUNDS = {
    "KICKWATT_CUTOFF_W": (1, 5, 10_000, 115, "W"),
    "KICKWATT_HOLD_S": (0, 10, 3_600, 300, "s"),
    "KICKWATT_BALANCE_MIN": (0, 0, 240, 0, "min"),
    "KICKWATT_MAX_HOURS": (0, 1, 48, 12, "h"),
    "KICKWATT_MAX_WH": (0, 10, 20_000, 2_000, "Wh"),
    "KICKWATT_MAX_A": (3, 100, 10_000, 3_000, "A"),  # 10 A is the meter's own end
}


class Limits:
    """What the hub may set (docs/protocol.md, `settings`); until it does, what settings.toml says. `rev` 0 means the latter."""

    def __init__(
        self,
        rev: int,
        cutoff_dw: int,
        hold_s: int,
        max_s: int,
        max_wh: int,
        max_ma: int,
        rule: str = RULES[0],
        balance_s: int = 0,
    ) -> None:
        self.rev = rev
        self.cutoff_dw = cutoff_dw
        self.hold_s = hold_s
        self.max_s = max_s
        self.max_wh = max_wh
        self.max_ma = max_ma
        self.rule = rule
        self.balance_s = balance_s


class Config:
    """The board's settings. `problems` is empty when all of them are usable."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.id = ""
        self.key = b""
        self.url = ""
        self.apn = ""
        self.apn_user = ""
        self.apn_password = ""
        self.sim_pin = ""
        self.modem = ""
        self.modem_baud = 0
        self.modem_switch = False
        self.time_server = ""
        self.wifi_ssid = ""
        self.wifi_password = ""
        self.ca_file = ""
        self.limits = Limits(0, 0, 0, 0, 0, 0)
        self.min_dv = 0
        self.max_dv = 0
        self.sample_s = 0
        self.upload_s = 0
        self.quiet_s = 0
        self.autonomous = False
        self.remote_clear = False
        self.sensor = ""
        self.v_slope = 0
        self.a_slope = 0
        self.a_zero = 0


def limits_from_hub(
    settings: dict[str, int], rule: str, balance_s: int
) -> Limits | None:
    """Return the hub's settings when each is within the bounds of settings.toml's own, else None."""
    bounds = (
        ("cutoff_dw", "KICKWATT_CUTOFF_W", 1),
        ("hold_s", "KICKWATT_HOLD_S", 1),
        ("max_s", "KICKWATT_MAX_HOURS", 3600),
        ("max_wh", "KICKWATT_MAX_WH", 1),
        ("max_ma", "KICKWATT_MAX_A", 1),
    )
    values = [settings.get("rev", 0)]
    if not 1 <= values[0] <= 0x7FFFFFFF:
        return None
    for field, name, factor in bounds:
        value = settings.get(field, 0)
        _, least, most, _, _ = BOUNDS[name]
        if field == "max_s":
            least = 0  # an hour is the least that settings.toml can say; the hub counts in seconds
        if not max(1, least * factor) <= value <= most * factor:
            return None
        values.append(value)
    if (
        rule not in RULES
        or not 0 <= balance_s <= BOUNDS["KICKWATT_BALANCE_MIN"][2] * 60
    ):
        return None
    return Limits(
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
        rule,
        balance_s,
    )
