"""Every text that is asked for exists, and every text that exists is asked for."""

import json
from pathlib import Path
import re
from typing import Any, get_args

import pytest

from custom_components.kickwatt import (
    binary_sensor,
    button,
    config_flow,
    coordinator,
    event,
    helpers,
    meter_sensor,
    number,
    options_flow,
    select,
    sensor,
    switch,
    time,
    update,
)
from custom_components.kickwatt.client import KickwattError
from custom_components.kickwatt.happenings import HappeningType
from custom_components.kickwatt.models import GUARDS, ChargingState, ModeName
from kickwatt_hub import guards as guard
from kickwatt_hub.sources import gsm

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "kickwatt"
EN: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())
ICONS: dict[str, Any] = json.loads((INTEGRATION / "icons.json").read_text())

DESCRIPTIONS = {
    "binary_sensor": list(binary_sensor.BINARY_SENSORS),
    "button": list(button.BUTTONS),
    "event": [event.CHARGE],
    "number": list(number.NUMBERS),
    "select": [select.MODE],
    "sensor": [
        *sensor.SENSORS,
        sensor.SESSION_COST,
        sensor.ESTIMATED_FULL,
        sensor.BATTERY_HEALTH,
        *meter_sensor.METER_SENSORS,
        meter_sensor.OTHER,
        *meter_sensor.SITE_SENSORS,
    ],
    "switch": [switch.RELAY],
    "time": [time.READY_BY],
    "update": [update.FIRMWARE],
}


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Return all texts of a translation by their path."""
    if isinstance(tree, str):
        return {path: tree}
    return {
        key: text
        for name, branch in tree.items()
        for key, text in _leaves(branch, (*path, name)).items()
    }


def test_every_entity_is_named_by_a_text_or_its_class() -> None:
    for platform, descriptions in DESCRIPTIONS.items():
        keys = {d.translation_key for d in descriptions if d.translation_key}
        assert keys == set(EN["entity"].get(platform, {}))
        for description in descriptions:
            assert description.translation_key or description.device_class
            if description.translation_key:
                assert description.translation_key == description.key


def test_every_state_has_a_text() -> None:
    entity = EN["entity"]
    assert set(entity["sensor"]["charging_state"]["state"]) == set(ChargingState)
    assert set(entity["select"]["mode"]["state"]) == set(ModeName)
    event_type = entity["event"]["charge"]["state_attributes"]["event_type"]
    assert set(event_type["state"]) == set(HappeningType)


def states_of(*path: str) -> set[str]:
    """Return what an attribute of an entity can say."""
    text = EN["entity"]
    for key in path[:-1]:
        text = text[key]
    return set(text["state_attributes"][path[-1]]["state"])


def test_every_safety_stop_of_board_and_hub_has_a_text() -> None:
    guards = set(get_args(guard.Reason.__value__))
    stops = set(get_args(gsm.Trip.__value__)) | {f"guard_{name}" for name in guards}
    assert states_of("binary_sensor", "problem", "reasons") == stops
    assert states_of("event", "charge", "reasons") == stops
    assert guards == GUARDS


def test_every_reason_of_the_contract_has_a_text() -> None:
    contract = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    progress = re.search(r"`progress\.step`: .*?`wish`", contract, re.DOTALL)
    assert progress is not None
    steps, _, why = progress.group().partition("`why`: ")
    words = set(re.findall(r"`(\w+)`", steps))
    assert states_of("select", "mode", "step") == words
    words = set(re.findall(r"`(\w+)`", why)) - {"wish"} | set(ModeName)
    assert states_of("select", "mode", "reason") == words
    ends = re.search(r"`end_reason`: (.*?)\.\n", contract, re.DOTALL)
    assert ends is not None
    words = set(re.findall(r"`(\w+)`", ends.group(1)))
    assert states_of("event", "charge", "reason") == words


def test_icons_are_for_entities_that_exist_and_differ_from_their_default() -> None:
    for platform, icons in ICONS["entity"].items():
        keys = {description.translation_key for description in DESCRIPTIONS[platform]}
        assert set(icons) <= keys
        for icon in icons.values():
            assert set(icon.get("state", {})) <= {*ChargingState, *ModeName}
            assert icon["default"] not in icon.get("state", {}).values()
    for icon in _leaves(ICONS).values():
        assert re.fullmatch(r"mdi:[a-z0-9-]+", icon)


def test_every_exception_has_a_text_and_every_text_an_exception() -> None:
    used = {
        "no_charger",
        "not_a_charger",
        "cannot_connect",
        "failed",
        "hub_away",
        "hub_not_connected",
        "invalid_auth",
        "may_not_remove",
        "not_removed",
        "nothing_to_clear",
        "scope_too_small",
        "still_there",
    }
    used |= set(coordinator._NOT_READY.values())
    used |= helpers._CODES
    used |= {f"{c}_{o}" for c in helpers._CODES_OF_ORDERS for o in ("on", "off", "do")}
    used |= set(helpers._NEEDS.values())
    used |= {f"refused_{reason}" for reason in helpers._REASONS}
    assert used == set(EN["exceptions"])
    assert all(set(text) == {"message"} for text in EN["exceptions"].values())


def test_exceptions_that_are_named_in_the_source_have_a_text() -> None:
    for file in INTEGRATION.glob("*.py"):
        for key in re.findall(r'translation_key="(\w+)"', file.read_text()):
            texts = [*EN["exceptions"]]
            texts += [*EN["issues"]]
            texts += [k for platform in EN["entity"].values() for k in platform]
            assert key in texts, f"{file.name}: {key}"


def test_placeholders_of_exceptions_are_those_that_are_given() -> None:
    for key, text in EN["exceptions"].items():
        found = set(re.findall(r"{(\w+)}", text["message"]))
        if key in {"cannot_connect", *coordinator._NOT_READY.values()}:
            assert found == {"url"}
        elif key in {"invalid_auth", "no_charger", "not_a_charger", "scope_too_small"}:
            assert found == set()
        else:
            assert found <= {"charger", "message"}


def _errors() -> set[type[KickwattError]]:
    """Return all errors a client can raise when it is asked who a hub is."""
    return {e for e in KickwattError.__subclasses__() if e.__name__ != "CommandError"}


def test_every_error_of_the_client_is_shown_by_the_flow() -> None:
    assert set(config_flow._ERRORS) >= _errors()


def test_every_error_of_the_flow_has_a_text_and_every_text_an_error() -> None:
    used = {error for _, error in config_flow._ERRORS.values()}
    assert set(EN["config"]["error"]) == used | {"invalid_address", "unknown"}


def test_every_abort_of_the_flow_has_a_text_and_every_text_an_abort() -> None:
    info_errors = {
        "cannot_connect",
        "hub_too_new",
        "hub_too_old",
        "not_a_hub",
        "wrong_hub",
    }
    assert set(EN["config"]["abort"]) == info_errors | {
        "already_configured",
        "already_in_progress",
        "reauth_successful",
        "reconfigure_successful",
    }


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("user", config_flow._USER_SCHEMA),
        ("zeroconf_confirm", config_flow._TOKEN_SCHEMA),
        ("reauth_confirm", config_flow._TOKEN_SCHEMA),
        ("reconfigure", config_flow._RECONFIGURE_SCHEMA),
        ("hassio_confirm", None),
    ],
)
def test_every_field_has_a_name_and_a_description(step: str, fields: Any) -> None:
    names = set() if fields is None else {str(marker) for marker in fields.schema}
    text = EN["config"]["step"][step]
    assert set(text.get("data", {})) == names
    assert set(text.get("data_description", {})) == names
    assert set(EN["config"]["step"]) == {
        "user",
        "zeroconf_confirm",
        "reauth_confirm",
        "reconfigure",
        "hassio_confirm",
    }


def test_every_error_and_field_of_configure_has_a_text() -> None:
    options = EN["options"]
    assert set(options["error"]) == {
        "failed",
        "hub_away",
        "invalid_currency",
        "may_not_add",
        "no_price_told",
        *options_flow.FIELD_ERRORS.values(),
    }
    assert set(options["abort"]) == {"charger_heard", "hub_away"}
    fields = {str(marker) for marker in options_flow.CHARGER_SCHEMA.schema}
    step = options["step"]["add_charger"]
    assert set(step["data"]) == set(step["data_description"]) == fields


def test_placeholders_of_steps_are_those_that_are_given() -> None:
    for path, text in _leaves(EN["config"]["step"]).items():
        assert set(re.findall(r"{(\w+)}", text)) <= {"name", "example", "url"}, path


def test_texts_are_as_the_checker_wants_them() -> None:
    for path, text in _leaves(EN).items():
        for key in path:
            assert re.fullmatch(r"(?!.+[_-]{2})(?![_-])[a-z0-9-_]+(?<![_-])", key)
        assert text == text.strip()
        assert not re.search(r"https?://|<[a-z]", text), path
        # A single quote quotes in ICU's message format.
        assert not re.search(r"'[{}<]", text), path


def test_what_is_shown_letter_by_letter_has_no_markup() -> None:
    for path, text in _leaves(EN).items():
        if "error" in path or path[0] == "exceptions":
            assert not re.search(r"\*\*|`", text), path


LANGUAGES = {
    file.stem: _leaves(json.loads(file.read_text()))
    for file in sorted((INTEGRATION / "translations").glob("*.json"))
    if file.stem != "en"
}

# Texts that are the same word in another language, too.
SAME = {"{name}", "Hub", "Hubs", "Manual", "Name", "Problem", "Token"}


def test_it_speaks_as_many_languages_as_the_page() -> None:
    page = Path(__file__).parents[2] / "addon/web/src/text/run"
    assert set(LANGUAGES) | {"en"} == {file.stem for file in page.glob("*.ts")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_texts(language: str) -> None:
    assert set(LANGUAGES[language]) == set(_leaves(EN))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "kept", [r"{\w+}", r"`+[^`]*`+", r"\n", r"\*\*", r"\b[A-Z]+_[A-Z_]+\b", r"\d+"]
)
def test_placeholders_code_and_numbers_are_those_of_the_english_text(
    language: str, kept: str
) -> None:
    for path, text in _leaves(EN).items():
        found = re.findall(kept, LANGUAGES[language][path])
        assert sorted(found) == sorted(re.findall(kept, text)), path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_english(language: str) -> None:
    for path, text in _leaves(EN).items():
        assert LANGUAGES[language][path] != text or text in SAME, path
