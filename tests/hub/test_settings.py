"""Settings: who wins, what is refused, where the data lies."""

import json
from pathlib import Path

import pytest

from kickwatt_hub.settings import Settings, SettingsError, data_folder, load


@pytest.fixture(autouse=True)
def _no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of the app unless a test says otherwise."""
    monkeypatch.delenv("SUPERVISOR_TOKEN", raising=False)
    monkeypatch.delenv("SUPERVISOR", raising=False)


def _options(tmp_path: Path, **options: object) -> Path:
    path = tmp_path / "options.json"
    path.write_text(json.dumps(options))
    return path


def test_without_anything_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of docs and design."""
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert load({}, None) == Settings(data=Path("/somewhere/kickwatt"))
    assert (load({}, None).port, load({}, None).device_port) == (8421, 8422)
    assert (load({}, None).interval_s, load({}, None).lease_s) == (30, 900)


def test_a_flag_wins_over_an_option_and_that_over_the_default(tmp_path: Path) -> None:
    """Flags that were not given are None."""
    options = _options(tmp_path, name="Garage", port=1000, log_level="debug")
    settings = load({"port": 2000, "host": None}, options)
    assert (settings.name, settings.port, settings.log_level) == (
        "Garage",
        2000,
        "debug",
    )
    assert settings.host == "0.0.0.0"


def test_options_of_other_parts_of_the_app_are_left_alone(tmp_path: Path) -> None:
    """And no option can move the data or the Supervisor."""
    options = _options(
        tmp_path, simulator=True, data="/etc", supervisor_url="http://evil"
    )
    settings = load({"data": tmp_path}, options)
    assert (settings.data, settings.supervisor_url) == (tmp_path, "http://supervisor")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 70_000}, "port"),
        ({"port": "8421"}, "port"),
        ({"name": ""}, "name"),
        ({"interval_s": 1}, "interval_s"),
        ({"log_level": "loud"}, "log_level"),
        ({"zeroconf": "no"}, "zeroconf"),
    ],
)
def test_a_wrong_option_is_named(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    """In one sentence."""
    with pytest.raises(SettingsError, match=words) as error:
        load({}, _options(tmp_path, **options))
    assert str(error.value).endswith(".")


def test_a_relay_wants_an_address_and_a_token_each_in_its_own_option(
    tmp_path: Path,
) -> None:
    """An optional text that was emptied again is none."""
    relay, token = "wss://relay.example:8423", "beef" * 16
    settings = load({}, _options(tmp_path, relay=relay, relay_token=token))
    assert (settings.relay, settings.relay_token) == (relay, token)
    for options in ({}, {"relay": ""}, {"relay": None, "relay_token": ""}):
        assert load({}, _options(tmp_path, **options)).relay is None


def test_a_relays_token_may_lie_in_a_file(tmp_path: Path) -> None:
    """As no secret should stand on a command line."""
    file = tmp_path / "token"
    file.write_text("beef" * 16 + "\n")
    settings = load({"relay": "wss://r.example", "relay_token_file": file}, None)
    assert settings.relay_token == "beef" * 16


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"relay_token": None}, "missing: relay_token"),
        ({"relay_token": "beef"}, "relay_token"),
        ({"relay": "ws://relay.example"}, "relay: ws:// would show"),
        ({"relay": "wss://beefbeef@relay.example"}, "relay: the token does not"),
        ({"relay_ca": "/nowhere/ca.pem"}, "relay_ca: there is no file"),
        ({"relay_token_file": "/nowhere/token"}, "cannot be read"),
        ({"relay_token_file": "/etc/hostname"}, "64 hexadecimal digits"),
    ],
)
def test_a_relay_that_cannot_be_is_named_without_showing_its_token(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    """In one sentence."""
    whole = {"relay": "wss://relay.example", "relay_token": "beef" * 16, **options}
    with pytest.raises(SettingsError, match=words) as error:
        load({}, _options(tmp_path, **whole))
    assert str(error.value).endswith(".")
    assert "beefbeef" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{"])
def test_an_options_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    """Nor one that is not there."""
    path = tmp_path / "options.json"
    with pytest.raises(SettingsError, match="No such file"):
        load({}, path)
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="not a JSON object"):
        load({}, path)


def test_inside_the_app_the_supervisor_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data folder, its announcement instead of multicast."""
    monkeypatch.setenv("SUPERVISOR_TOKEN", "sesame")
    settings = load({}, None)
    assert (settings.data, settings.zeroconf) == (Path("/data"), False)
    assert settings.supervisor_token == "sesame"
    monkeypatch.setenv("SUPERVISOR", "127.0.0.1:99")
    assert load({}, None).supervisor_url == "http://127.0.0.1:99"
    assert data_folder(Path("/x")) == Path("/x")
