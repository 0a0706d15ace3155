"""What can be set about a hub: by flags, environment and the app's options, checked in one place."""

from collections.abc import Mapping
import os
from pathlib import Path
import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace
import platformdirs

from .pricing import find_zone
from .relay.address import AddressError, tunnel_url

APP_DATA = Path("/data")
SUPERVISOR = "172.30.32.2"
"""Where the Supervisor is in the network of its apps; it hands on what comes through Home Assistant's sidebar."""

type Port = Annotated[int, Meta(ge=0, le=65_535)]


class SettingsError(Exception):
    """A setting is wrong; the text is one sentence for the owner."""


class Settings(Struct, frozen=True, kw_only=True):
    """How a hub runs. Port 0 lets the system choose one."""

    data: Path
    name: Annotated[str, Meta(min_length=1, max_length=100)] = "Kickwatt"
    host: str = "0.0.0.0"
    port: Port = 8421
    device_port: Port = 8422
    database: str | None = None
    """URL of a PostgreSQL database; None: SQLite in the data folder."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    zeroconf: bool = True
    open_registration: bool = False
    """Whether anybody who reaches the main port may make an account that manages its own meters."""
    interval_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    """Seconds between two messages of a board that charges."""
    lease_s: Annotated[int, Meta(ge=60, le=86_400)] = 900
    """Seconds for which "relay on" stays valid without another reply."""
    order_s: Annotated[float, Meta(ge=0.1, le=3600)] = 150.0
    """Seconds that a board may take to answer an order."""
    relay: str | None = None
    """The relay to dial out to, such as wss://relay.example:8423 (docs/relay.md)."""
    relay_token: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None
    relay_token_file: Path | None = None
    relay_ca: Path | None = None
    """Certificates to trust at the relay instead of the system's."""
    relay_plain: bool = False
    """Whether the token may go over ws:// to another machine."""
    zone: str | None = None
    """IANA name of the time zone of ready-by times and tariffs; None: the machine's."""
    vecharge_get_disconnect: bool = False
    """Whether veCharge's GET to its disconnect call switches off, as its old app needs; a GET should switch nothing."""
    simulator_control: (
        Annotated[str, Meta(pattern=r"^([A-Za-z0-9._-]+:)?[0-9]{1,5}\Z")] | None
    ) = None
    """[HOST:]PORT of the `--control` of a simulation that the page shows."""
    ingress_from: str | None = None
    """The address from which headers are believed that say who somebody is; None: nobody is believed."""
    ingress_scope: Literal["read", "control", "admin"] = "admin"
    """What they may do who come through Home Assistant's sidebar."""
    supervisor_url: str = "http://supervisor"
    supervisor_token: str | None = None


def data_folder(given: Path | None) -> Path:
    """Return the folder of the database: as given, the app's, or the user's."""
    if given is not None:
        return given
    if os.environ.get("SUPERVISOR_TOKEN"):
        return APP_DATA
    return Path(platformdirs.user_data_dir("kickwatt"))


def load(flags: Mapping[str, Any], options: Path | None) -> Settings:
    """Combine what was given: a flag (or its environment variable) wins over an option, that over the default.

    Options that the hub does not know belong to another part of the app and are left alone. Raises SettingsError.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    known = set(Settings.__struct_fields__) - {
        "data",
        "ingress_from",
        "supervisor_url",
        "supervisor_token",
    }
    chosen = {
        name: value
        for name, value in _options(options).items()
        # An optional text that its owner has emptied again is none.
        if name in known
        and not (name.startswith(("relay", "zone")) and value in ("", None))
    }
    token = os.environ.get("SUPERVISOR_TOKEN")
    merged: dict[str, Any] = {
        # Behind the Supervisor's network nobody would hear the hub's multicast; it is announced there instead.
        "zeroconf": not token,
        "ingress_from": SUPERVISOR if token else None,
        **chosen,
        **given,
        "data": str(data_folder(given.get("data"))),
        "supervisor_token": token or None,
    }
    if "SUPERVISOR" in os.environ:
        merged["supervisor_url"] = f"http://{os.environ['SUPERVISOR']}"
    try:
        return _checked(msgspec.convert(merged, Settings, dec_hook=_path))
    except msgspec.ValidationError as error:
        raise SettingsError(f"An option is wrong: {_readable(str(error))}.") from None


def _checked(settings: Settings) -> Settings:
    zone = settings.zone
    if zone is not None and find_zone(zone) is None:
        raise SettingsError(
            f"An option is wrong: zone: there is no time zone {zone}, expected a name such as Europe/Warsaw."
        )
    return _with_relay(settings)


def _with_relay(settings: Settings) -> Settings:
    """Check what belongs together about the relay, and read the token's file."""
    token = settings.relay_token
    if settings.relay_token_file is not None:
        token = _token(settings.relay_token_file)
    if settings.relay is None:
        return settings
    if token is None:
        raise SettingsError(
            "An option is missing: relay_token, which `kickwatt-hub relay token add` has printed at the relay."
        )
    if settings.relay_ca is not None and not settings.relay_ca.is_file():
        raise SettingsError(
            f"An option is wrong: relay_ca: there is no file {settings.relay_ca}."
        )
    try:
        tunnel_url(settings.relay, plain=settings.relay_plain)
    except AddressError as error:
        raise SettingsError(f"An option is wrong: relay: {error}.") from None
    return replace(settings, relay_token=token)


def _token(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"The relay's token file {path} cannot be read: {error.strerror}."
        ) from None
    except UnicodeDecodeError:
        text = ""
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise SettingsError(
            f"The relay's token file {path} does not hold 64 hexadecimal digits."
        )
    return text


def _path(_kind: type, value: object) -> Path:
    """Return the only kind of value that msgspec does not know, a path."""
    return Path(str(value))


def _options(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise SettingsError(
            f"The options file {path} cannot be read: {error.strerror}."
        ) from None
    except msgspec.DecodeError, UnicodeDecodeError:
        raise SettingsError(f"The options file {path} is not a JSON object.") from None


def _readable(text: str) -> str:
    what, _, where = text.partition(" - at `$.")
    what = what[:1].lower() + what[1:].replace("`", "")
    return f"{where.rstrip('`')}: {what}" if where else what
