"""settings.toml → checked whole numbers, or sentences that a person can act on.

`os.getenv` gives a string or an integer, depending on how the line is written and on the version of CircuitPython.
Used once, at the start; then `app` forgets this module, and its memory is free for samples.
"""

import binascii

from kickwatt.decimal import DIGITS, consists_of, decimal
from kickwatt.settings import BOUNDS, RULES, Config, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "KICKWATT_"
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-"

# As `settings.BOUNDS`: name: (decimals, least, most, default, unit).
_NUMBERS = {
    "KICKWATT_MODEM_BAUD": (0, 9_600, 115_200, 57_600, "baud"),
    "KICKWATT_MODEM_SWITCH": (0, 0, 1, 0, ""),
    "KICKWATT_MIN_V": (0, 80, 240, 180, "V"),
    "KICKWATT_MAX_V": (0, 110, 280, 260, "V"),
    "KICKWATT_SAMPLE_S": (0, 1, 600, 30, "s"),
    "KICKWATT_UPLOAD_S": (0, 5, 3_600, 60, "s"),
    "KICKWATT_QUIET_S": (0, 5, 3_600, 300, "s"),
    "KICKWATT_AUTONOMOUS": (0, 0, 1, 0, ""),
    "KICKWATT_REMOTE_CLEAR": (0, 0, 1, 0, ""),
    # Of the analog pair, per step of the converter; 0 where `kickwatt.calibrate` has not said.
    "KICKWATT_V_SLOPE": (5, 1_000, 200_000, 0, "V per step"),
    "KICKWATT_A_SLOPE": (6, 500, 500_000, 0, "A per step"),
    "KICKWATT_A_ZERO": (2, 0, 20_000, 0, "steps"),
}
_TEXTS = (
    "KICKWATT_ID",
    "KICKWATT_KEY",
    "KICKWATT_URL",
    "KICKWATT_APN",
    "KICKWATT_APN_USER",
    "KICKWATT_APN_PASSWORD",
    "KICKWATT_SIM_PIN",
    "KICKWATT_MODEM",
    "KICKWATT_NTP",
    "KICKWATT_WIFI_SSID",
    "KICKWATT_WIFI_PASSWORD",
    "KICKWATT_CA",
    "KICKWATT_SENSOR",
    "KICKWATT_RULE",
)
SENSORS = ("pzem", "analog")
MODEMS = ("sim800", "a7670", "wifi")
_A7670_BAUD = 115_200  # its factory setting; a SIM800 finds the rate by itself
_NUMBERS.update(BOUNDS)
BAUD_RATES = (9_600, 19_200, 38_400, 57_600, 115_200)


def load(getenv: Callable[[str], str | int | None], names: list[str]) -> Config:
    """Read every setting; `names` are the keys that settings.toml holds, as far as they can be seen."""
    config = Config()
    problems = config.problems
    for name in names:
        if name.startswith(PREFIX) and name not in _TEXTS and name not in _NUMBERS:
            problems.append(
                "%s is not a setting. Did you mean %s?" % (name, _nearest(name))
            )

    def text(name: str) -> str:
        value = getenv(name)
        return "" if value is None else str(value).strip()

    def number(name: str) -> int:
        return _number(name, getenv(name), problems)

    config.id = text("KICKWATT_ID")
    if not is_id(config.id):
        problems.append(
            "KICKWATT_ID: 1 to 32 of a-z 0-9 - _, starting with a letter or digit. The hub shows it."
        )
    config.key = _key(text("KICKWATT_KEY"), problems)
    config.modem = text("KICKWATT_MODEM") or MODEMS[0]
    if config.modem not in MODEMS:
        problems.append(
            'KICKWATT_MODEM: "%s" is not "sim800", "a7670" or "wifi".' % config.modem
        )
    config.url = _url(text("KICKWATT_URL"), config.modem, problems)
    config.time_server = text("KICKWATT_NTP") or "pool.ntp.org"
    if config.time_server == "none":
        config.time_server = ""
    if not _fits_a_command(config.time_server) or len(config.time_server) > 64:
        problems.append('KICKWATT_NTP: the name of a time server, or "none".')
    if config.modem == "wifi":
        _wifi(config, text, problems)
    else:
        _cellular(config, text, problems)
    config.modem_switch = number("KICKWATT_MODEM_SWITCH") == 1
    config.modem_baud = number("KICKWATT_MODEM_BAUD")
    if config.modem == "a7670" and not text("KICKWATT_MODEM_BAUD"):
        config.modem_baud = _A7670_BAUD
    if config.modem_baud not in BAUD_RATES:
        problems.append(
            "KICKWATT_MODEM_BAUD: one of 9600, 19200, 38400, 57600, 115200."
        )
    config.limits = Limits(
        0,
        number("KICKWATT_CUTOFF_W"),
        number("KICKWATT_HOLD_S"),
        number("KICKWATT_MAX_HOURS") * 3600,
        number("KICKWATT_MAX_WH"),
        number("KICKWATT_MAX_A"),
        text("KICKWATT_RULE") or RULES[0],
        number("KICKWATT_BALANCE_MIN") * 60,
    )
    if config.limits.rule not in RULES:
        problems.append(
            'KICKWATT_RULE: "%s" is not "robust" or "threshold".' % config.limits.rule
        )
    config.min_dv = number("KICKWATT_MIN_V") * 10
    config.max_dv = number("KICKWATT_MAX_V") * 10
    if config.min_dv >= config.max_dv:
        problems.append("KICKWATT_MIN_V must be below KICKWATT_MAX_V.")
    config.sample_s = number("KICKWATT_SAMPLE_S")
    config.upload_s = number("KICKWATT_UPLOAD_S")
    config.quiet_s = number("KICKWATT_QUIET_S")
    config.autonomous = number("KICKWATT_AUTONOMOUS") == 1
    config.remote_clear = number("KICKWATT_REMOTE_CLEAR") == 1

    config.sensor = text("KICKWATT_SENSOR") or SENSORS[0]
    config.v_slope = number("KICKWATT_V_SLOPE")
    config.a_slope = number("KICKWATT_A_SLOPE")
    config.a_zero = number("KICKWATT_A_ZERO")
    if config.sensor not in SENSORS:
        problems.append(
            'KICKWATT_SENSOR: "%s" is not "pzem" or "analog".' % config.sensor
        )
    if config.sensor == "analog":
        for name in ("KICKWATT_V_SLOPE", "KICKWATT_A_SLOPE"):
            if not text(name):
                problems.append(
                    "%s is missing. Calibrate the analog front end, docs/hardware.md says how."
                    % name
                )
    return config


def names_in(lines: list[str]) -> list[str]:
    """Return the keys of a settings.toml, one `KEY = value` a line; `os` cannot list them."""
    names = []
    for line in lines:
        name, equals, _ = line.partition("=")
        if equals and not name.strip().startswith("#"):
            names.append(name.strip().strip('"'))
    return names


def is_id(text: str) -> bool:
    """`[a-z0-9][a-z0-9_-]{0,31}`, docs/protocol.md."""
    if not 1 <= len(text) <= 32 or text[0] in "_-":
        return False
    return consists_of(text, _ID_LETTERS)


def _number(name: str, value: str | int | None, problems: list[str]) -> int:
    decimals, least, most, default, unit = _NUMBERS[name]
    if value is None or value == "":
        return default
    number = decimal(str(value), decimals)
    if number is None or not least <= number <= most:
        problems.append(
            '%s: "%s" is not %s to %s%s.'
            % (
                name,
                value,
                _shown(least, decimals),
                _shown(most, decimals),
                " " + unit if unit else "",
            )
        )
        return default
    return number


def _shown(number: int, decimals: int) -> str:
    if not decimals:
        return str(number)
    scale = 10**decimals
    fraction = str(number % scale + scale)[1:].rstrip("0")
    return "%d.%s" % (number // scale, fraction) if fraction else str(number // scale)


def _key(text: str, problems: list[str]) -> bytes:
    """The message never shows the key, not even a wrong one."""
    if len(text) != 64 or not consists_of(text.lower(), DIGITS + "abcdef"):
        problems.append(
            "KICKWATT_KEY: 64 digits 0-9 a-f, as the hub showed them (there are %d)."
            % len(text)
        )
        return b""
    return binascii.unhexlify(text)


def _cellular(config: Config, text: Callable[[str], str], problems: list[str]) -> None:
    config.apn = text("KICKWATT_APN")
    config.apn_user = text("KICKWATT_APN_USER")
    config.apn_password = text("KICKWATT_APN_PASSWORD")
    config.sim_pin = text("KICKWATT_SIM_PIN")
    if not config.apn:
        problems.append(
            'KICKWATT_APN is missing. Your mobile operator tells the access point name, such as "internet".'
        )
    for name, value, most in (  # the manual's lengths, V1.12, AT+SAPBR
        ("KICKWATT_APN", config.apn, 64),
        ("KICKWATT_APN_USER", config.apn_user, 32),
        ("KICKWATT_APN_PASSWORD", config.apn_password, 32),
    ):
        if len(value) > most or not _fits_a_command(value):
            problems.append(
                "%s: at most %d plain characters, no quotation mark." % (name, most)
            )
    if config.sim_pin and not (
        consists_of(config.sim_pin, DIGITS) and 4 <= len(config.sim_pin) <= 8
    ):
        problems.append(
            'KICKWATT_SIM_PIN: 4 to 8 digits in quotation marks, such as "0123".'
        )


def _wifi(config: Config, text: Callable[[str], str], problems: list[str]) -> None:
    """The lengths are IEEE 802.11's; the message never shows the password."""
    config.wifi_ssid = text("KICKWATT_WIFI_SSID")
    config.wifi_password = text("KICKWATT_WIFI_PASSWORD")
    config.ca_file = text("KICKWATT_CA")
    if not 1 <= len(config.wifi_ssid.encode()) <= 32:
        problems.append(
            "KICKWATT_WIFI_SSID: the name of your Wi-Fi network, 1 to 32 bytes."
        )
    length = len(config.wifi_password.encode())
    if length and not 8 <= length <= 63:
        problems.append(
            "KICKWATT_WIFI_PASSWORD: 8 to 63 characters, or nothing for an open network (there are %d)."
            % length
        )


def _url(text: str, modem: str, problems: list[str]) -> str:
    url = text.rstrip("/")
    if url.startswith("https://") and modem == "sim800":
        problems.append(
            "KICKWATT_URL: a SIM800 cannot do https, and need not: messages are signed. Use http://"
        )
        return ""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if (
        scheme not in ("http", "https")
        or not host
        or (path and not (path.startswith("h/") and is_id(path[2:])))
        or not _fits_a_command(url)
        or len(url) > 200
    ):
        problems.append(
            'KICKWATT_URL: like "http://hub.example:8422", the device port of the hub without a path, or'
            ' "http://relay.example:8422/h/NAME" for a hub behind a relay.'
        )
        return ""
    return url


def _fits_a_command(text: str) -> bool:
    """Printable ASCII without the quotation mark that ends a string in an AT command."""
    for letter in text:
        if not " " <= letter <= "~" or letter == '"':
            return False
    return True


def _nearest(name: str) -> str:
    """The setting that shares the longest beginning with `name`."""
    best, length = "KICKWATT_ID", 0
    for known in _TEXTS + tuple(_NUMBERS):
        shared = 0
        while shared < min(len(known), len(name)) and known[shared] == name[shared]:
            shared += 1
        if shared > length:
            best, length = known, shared
    return best
