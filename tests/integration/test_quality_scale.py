"""Every rule of the integration quality scale is answered, and the answer holds.

Each rule that is said to be done names what proves it: a test, here or elsewhere, or a
script that fails without it. An exemption says why.
"""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import tomllib
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import yaml

from custom_components.kickwatt import PLATFORMS
from custom_components.kickwatt.const import DOMAIN
from custom_components.kickwatt.coordinator import KickwattCoordinator
from tests.integration.scripted_hub import Line
from tests.integration.test_translations import DESCRIPTIONS

ROOT: Final = Path(__file__).parents[2]
INTEGRATION: Final = ROOT / "custom_components" / "kickwatt"
SCALE: Final = yaml.safe_load((INTEGRATION / "quality_scale.yaml").read_text())["rules"]
ACTIONS: Final = yaml.safe_load((INTEGRATION / "services.yaml").read_text())
ICONS: Final = json.loads((INTEGRATION / "icons.json").read_text())
ENGLISH: Final = json.loads((INTEGRATION / "translations" / "en.json").read_text())
SOURCES: Final = {file.name: file.read_text() for file in INTEGRATION.glob("*.py")}

# https://developers.home-assistant.io/docs/core/integration-quality-scale/rules, as of
# 2026.11: every rule, and what proves that ours is done; nothing where we are exempt.
RULES: Final[dict[str, list[str]]] = {
    # Bronze
    "action-setup": ["test_actions_are_there_without_a_hub"],
    "appropriate-polling": [],
    "brands": ["test_manifest.py::test_brand_images_have_the_sizes_that_are_asked_for"],
    "common-modules": ["test_every_entity_is_the_coordinators"],
    "config-flow": [
        "test_adding.py::test_by_hand",
        "test_translations.py::test_every_field_has_a_name_and_a_description",
    ],
    "config-flow-test-coverage": ["scripts/test::covered_dialogs=100"],
    "dependency-transparency": [
        "test_manifest.py::test_the_manifest_says_what_the_integration_is"
    ],
    "docs-actions": [
        "test_what_an_owner_looks_for_is_documented",
        "test_every_action_and_its_fields_are_documented",
    ],
    "docs-conditions": [],
    "docs-high-level-description": ["test_what_an_owner_looks_for_is_documented"],
    "docs-installation-instructions": ["test_what_an_owner_looks_for_is_documented"],
    "docs-removal-instructions": ["test_what_an_owner_looks_for_is_documented"],
    "docs-triggers": [],
    "entity-event-setup": ["test_an_entry_that_is_unloaded_listens_to_nothing"],
    "entity-unique-id": ["test_every_entity_has_an_id_and_a_name_of_its_own"],
    "has-entity-name": ["test_every_entity_has_an_id_and_a_name_of_its_own"],
    "runtime-data": ["test_what_belongs_to_an_entry_is_kept_with_it"],
    "test-before-configure": [
        "test_config_flow.py::test_by_hand_every_error_is_shown_at_its_field_and_recovered_from"
    ],
    "test-before-setup": [
        "test_init.py::test_a_hub_that_is_not_there_yet_is_set_up_when_it_is",
        "test_init.py::test_a_token_that_is_not_enough_is_asked_for_again",
    ],
    "unique-config-entry": [
        "test_config_flow.py::test_the_same_hub_is_not_added_twice"
    ],
    # Silver
    "action-exceptions": [
        "test_whatever_switches_or_sets_says_why_it_failed",
        "test_switch.py::test_every_answer_of_the_hub_has_its_words",
    ],
    "config-entry-unloading": ["test_init.py::test_unloading_leaves_nothing_behind"],
    "docs-configuration-parameters": [
        "test_what_an_owner_looks_for_is_documented",
        "test_every_field_of_a_dialog_is_documented",
    ],
    "docs-installation-parameters": [
        "test_what_an_owner_looks_for_is_documented",
        "test_every_field_of_a_dialog_is_documented",
    ],
    "entity-unavailable": [
        "test_sensor.py::test_a_silent_charger_is_unavailable_but_for_what_stays_true"
    ],
    "integration-owner": [
        "test_manifest.py::test_the_manifest_says_what_the_integration_is"
    ],
    "log-when-unavailable": [
        "test_init.py::test_a_hub_that_restarts_is_away_and_back_and_said_so_once"
    ],
    "parallel-updates": ["test_every_platform_says_how_many_orders_it_gives_at_once"],
    "reauthentication-flow": [
        "test_config_flow.py::test_a_refused_token_is_replaced",
        "test_init.py::test_a_token_that_is_revoked_is_asked_for_again",
    ],
    "test-coverage": ["scripts/test::covered=98"],
    # Gold
    "devices": ["test_entities.py::test_the_devices_of_the_contracts_example"],
    "diagnostics": [
        "test_diagnostics.py::test_an_entry_shows_everything_but_secrets",
        "test_diagnostics.py::test_a_device_shows_only_its_own_charger",
    ],
    "discovery": [
        "test_adding.py::test_by_its_app",
        "test_adding.py::test_on_the_network",
    ],
    "discovery-update-info": [
        "test_config_flow.py::test_the_app_says_where_its_hub_is_now",
        "test_config_flow.py::test_the_network_says_where_a_lost_hub_is_now",
    ],
    "docs-data-update": ["test_what_an_owner_looks_for_is_documented"],
    "docs-examples": [
        "test_what_an_owner_looks_for_is_documented",
        "test_documented.py",
    ],
    "docs-known-limitations": ["test_what_an_owner_looks_for_is_documented"],
    "docs-supported-devices": ["test_what_an_owner_looks_for_is_documented"],
    "docs-supported-functions": [
        "test_what_an_owner_looks_for_is_documented",
        "test_every_entity_of_a_charger_is_documented",
    ],
    "docs-troubleshooting": ["test_what_an_owner_looks_for_is_documented"],
    "docs-use-cases": ["test_what_an_owner_looks_for_is_documented"],
    "dynamic-devices": [
        "test_init.py::test_a_charger_that_appears_later_gets_its_entities"
    ],
    "entity-category": ["test_settings_and_diagnostics_are_marked_as_such"],
    "entity-device-class": ["test_whatever_has_a_unit_has_a_class_if_there_is_one"],
    "entity-disabled-by-default": [
        "test_sensor.py::test_what_changes_all_the_time_is_disabled_at_first"
    ],
    "entity-translations": [
        "test_translations.py::test_every_entity_is_named_by_a_text_or_its_class"
    ],
    "exception-translations": [
        "test_whatever_is_raised_for_a_person_is_translated",
        "test_translations.py::test_every_exception_has_a_text_and_every_text_an_exception",
    ],
    "icon-translations": [
        "test_icons_are_in_their_file_and_only_there",
        "test_translations.py::test_icons_are_for_entities_that_exist_and_differ_from_their_default",
    ],
    "reconfiguration-flow": [
        "test_config_flow.py::test_a_hub_that_moved_is_reconfigured"
    ],
    "repair-issues": [
        "test_issues.py::test_what_a_person_has_to_do_comes_and_goes",
        "test_issues.py::test_a_hub_that_does_not_fit_is_an_issue_until_it_does",
    ],
    "stale-devices": [
        "test_init.py::test_a_charger_that_the_hub_removes_vanishes_and_may_come_back",
        "test_owner.py::test_what_the_hub_does_not_have_is_removed",
    ],
    # Platinum
    "async-dependency": ["test_nothing_waits_with_the_event_loop_in_its_hand"],
    "inject-websession": ["test_the_session_is_home_assistants"],
    "strict-typing": ["test_types_are_checked_strictly"],
}


def test_every_rule_is_answered_and_an_exemption_says_why() -> None:
    assert len(RULES) == 54
    assert set(SCALE) == set(RULES)
    for rule, answer in SCALE.items():
        if answer == "done":
            assert RULES[rule], f"{rule}: what proves it?"
        else:
            assert answer["status"] == "exempt", rule
            assert len(answer["comment"]) > 20, rule
            assert not RULES[rule], rule


def test_everything_that_is_said_to_prove_a_rule_is_there() -> None:
    for rule, proofs in RULES.items():
        for proof in proofs:
            place, _, name = proof.rpartition("::")
            if proof.endswith(".py"):
                place, name = proof, "def test_"
            elif name.startswith("test_"):
                place, name = place or Path(__file__).name, f"def {name}("
            folder = Path(__file__).parent if place.startswith("test_") else ROOT
            assert name in (folder / place).read_text(), f"{rule}: {proof}"


async def test_the_exemptions_hold(hass: HomeAssistant, line: Line) -> None:
    for entity in _entities(hass):
        assert not entity.should_poll
    assert not (INTEGRATION / "condition.py").exists()
    assert not (INTEGRATION / "trigger.py").exists()


# Bronze


async def test_actions_are_there_without_a_hub(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert set(hass.services.async_services_for_domain(DOMAIN)) == set(ACTIONS)


async def test_every_entity_is_the_coordinators(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    found = list(_entities(hass))
    assert {entity.platform.domain for entity in found} == set(PLATFORMS)
    for entity in found:
        assert entity.coordinator is scripted_entry.runtime_data, entity.entity_id


async def test_every_entity_has_an_id_and_a_name_of_its_own(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    entries = er.async_entries_for_config_entry(registry, scripted_entry.entry_id)
    assert len({entry.unique_id for entry in entries}) == len(entries) > 20
    for entry in entries:
        assert entry.unique_id.startswith(f"{scripted_entry.unique_id}-")
        assert entry.has_entity_name
        assert entry.device_id
        assert entry.translation_key or entry.original_device_class
    shown = {entity.entity_id for entity in _entities(hass)}
    assert shown == {entry.entity_id for entry in entries if not entry.disabled}


async def test_an_entry_that_is_unloaded_listens_to_nothing(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    before = hass.bus.async_listeners()
    coordinator: KickwattCoordinator = scripted_entry.runtime_data
    assert coordinator._listeners
    assert any(coordinator._listeners_of.values())
    assert any(coordinator._tell.values())
    assert await hass.config_entries.async_unload(scripted_entry.entry_id)
    await hass.async_block_till_done()
    assert not coordinator._listeners
    assert not any(coordinator._listeners_of.values())
    assert not any(coordinator._tell.values())
    assert not coordinator._tell_corrected
    after = hass.bus.async_listeners()
    assert all(after.get(event, 0) <= count for event, count in before.items())


async def test_what_belongs_to_an_entry_is_kept_with_it(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    assert type(scripted_entry.runtime_data) is KickwattCoordinator
    for name, source in SOURCES.items():
        assert not re.search(r"hass\.data\[DOMAIN\]", source), name
        # Typed with what it keeps, wherever it is handed on.
        assert not re.search(r": ConfigEntry\b", source), name


# Silver


def test_whatever_switches_or_sets_says_why_it_failed() -> None:
    orders = set()
    for name in (*(f"{platform}.py" for platform in PLATFORMS), "services.py"):
        for function in _functions(name):
            text = ast.unparse(function)
            if re.search(r"coordinator\.live[.,]", text):
                orders.add(function.name)
                assert "with translated_errors(" in text, f"{name}: {function.name}"
    assert orders == {
        "_start_charge",
        "_stop_charge",
        "async_press",
        "async_select_option",
        "async_set_native_value",
        "async_set_value",
        "async_turn_off",
        "async_turn_on",
    }


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_says_how_many_orders_it_gives_at_once(platform: str) -> None:
    (limit,) = re.findall(
        r"^PARALLEL_UPDATES = (\d)$", SOURCES[f"{platform}.py"], re.MULTILINE
    )
    reads_only = platform in {"binary_sensor", "event", "sensor", "update"}
    # Off must never wait for on, nor one charger for another: switch.py says why.
    assert limit == ("0" if reads_only or platform == "switch" else "1")


# Gold


def test_settings_and_diagnostics_are_marked_as_such() -> None:
    category = {
        f"{platform}.{description.key}": description.entity_category
        for platform, descriptions in DESCRIPTIONS.items()
        for description in descriptions
    }
    assert {key for key, value in category.items() if value == "config"} == {
        "button.restart",
        "number.balancing_time",
        "number.cutoff",
        "number.max_energy",
        "number.max_hours",
    }
    assert {key for key, value in category.items() if value == "diagnostic"} == {
        "binary_sensor.connectivity",
        "sensor.battery_health",
        "sensor.last_seen",
        "sensor.signal_strength",
        "sensor.supply_voltage",
        "update.firmware",
    }


def test_whatever_has_a_unit_has_a_class_if_there_is_one() -> None:
    unclassed = {
        description.key
        for descriptions in DESCRIPTIONS.values()
        for description in descriptions
        if getattr(description, "native_unit_of_measurement", None)
        and not description.device_class
    }
    # Shares of a full charge and of the first capacity: no battery's level is told.
    assert unclassed == {"battery_health", "charge_target"}


def test_whatever_is_raised_for_a_person_is_translated() -> None:
    found = 0
    for name, source in SOURCES.items():
        for call in ast.walk(ast.parse(source)):
            if isinstance(call, ast.Call) and re.search(
                r"\b(HomeAssistantError|ServiceValidationError|UpdateFailed|ConfigEntry(AuthFailed|NotReady|Error))\b",
                ast.unparse(call.func),
            ):
                found += 1
                given = {keyword.arg for keyword in call.keywords}
                assert {"translation_domain", "translation_key"} <= given, name
                assert not call.args, name
    assert found > 5


def test_icons_are_in_their_file_and_only_there() -> None:
    for name, source in SOURCES.items():
        assert "mdi:" not in source, name
    for platform, descriptions in DESCRIPTIONS.items():
        for description in descriptions:
            if not description.device_class:
                assert description.key in ICONS["entity"].get(platform, {}), (
                    f"{platform}: {description.key}"
                )
    assert set(ICONS["services"]) == set(ACTIONS)


README: Final = "README.md"
DETAIL: Final = "docs/home-assistant.md"

# What a rule wants documented: the page, the section, and words that have to be in it.
DOCUMENTED: Final = {
    "docs-actions": (DETAIL, "Actions", ["response_variable"]),
    "docs-configuration-parameters": (
        DETAIL,
        "Adding, renaming and removing a charger",
        ["Name", "Address for the board", "Simulated", "scope `admin`"],
    ),
    "docs-data-update": (DETAIL, "How current it is", ["pushes", "60 s", "5 minutes"]),
    "docs-examples": (DETAIL, "Blueprints", ["notify_when_full.yaml"]),
    "docs-high-level-description": (README, "Kickwatt", ["charger"]),
    "docs-installation-instructions": (README, "Install", ["Add integration", "app"]),
    "docs-installation-parameters": (DETAIL, "Adding a hub", ["Address", "Token"]),
    "docs-known-limitations": (DETAIL, "Known limits", ["statistics"]),
    "docs-removal-instructions": (README, "Removal", ["integration", "app"]),
    "docs-supported-devices": (DETAIL, "Supported devices", ["s1", "legacy"]),
    "docs-supported-functions": (DETAIL, "Devices and entities", ["switch"]),
    "docs-troubleshooting": (README, "Troubleshoot", ["unavailable"]),
    "docs-use-cases": (DETAIL, "What it is for", ["scooter"]),
}


@pytest.mark.parametrize("rule", DOCUMENTED)
def test_what_an_owner_looks_for_is_documented(rule: str) -> None:
    page, section, words = DOCUMENTED[rule]
    text = _section(page, section)
    assert len(text) > 200, section
    for word in words:
        assert word in text, word


@pytest.mark.parametrize("dialogs", ["config", "options"])
def test_every_field_of_a_dialog_is_documented(dialogs: str) -> None:
    text = (ROOT / DETAIL).read_text()
    names = {
        name
        for step in ENGLISH[dialogs]["step"].values()
        for part in ("data", "menu_options")
        for key, name in step.get(part, {}).items()
        if key != "qr_code"  # which asks for nothing
    }
    assert len(names) >= 2
    assert [name for name in sorted(names) if f"**{name}**" not in text] == []


def test_every_rule_about_documents_names_its_section() -> None:
    wanted = {rule for rule in RULES if rule.startswith("docs-") and RULES[rule]}
    assert set(DOCUMENTED) == wanted


def test_every_action_and_its_fields_are_documented() -> None:
    text = _section(DETAIL, "Actions")
    for action, form in ACTIONS.items():
        assert f"`{DOMAIN}.{action}`" in text
        for field in form.get("fields", {}):
            assert f"`{field}`" in text, f"{action}: {field}"


async def test_every_entity_of_a_charger_is_documented(
    hass: HomeAssistant, line: Line, scripted_entry: MockConfigEntry
) -> None:
    text = _section(DETAIL, "Devices and entities")
    device = "garage_scooter"
    for entry in er.async_entries_for_config_entry(
        er.async_get(hass), scripted_entry.entry_id
    ):
        platform, _, name = entry.entity_id.partition(f".{device}_")
        assert name, entry.entity_id
        assert re.search(rf"`{platform}\.…_|`…_{name}`", text), platform
        assert f"…_{name}`" in text, entry.entity_id


# Platinum


def test_nothing_waits_with_the_event_loop_in_its_hand() -> None:
    blocking = {"http", "requests", "select", "socket", "subprocess", "urllib"}
    for name, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                modules = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = {(node.module or "").split(".")[0]}
            else:
                continue
            assert not modules & blocking, name
        assert "time.sleep(" not in source, name


def test_the_session_is_home_assistants() -> None:
    asks = [
        name for name, text in SOURCES.items() if "async_get_clientsession(" in text
    ]
    assert sorted(asks) == ["config_flow.py", "coordinator.py"]
    for name, source in SOURCES.items():
        assert not re.search(r"\bClientSession\(", source), name


def test_types_are_checked_strictly() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"] is True
    for override in settings.get("overrides", []):
        assert not any("kickwatt" in module for module in override["module"])
    assert "custom_components/kickwatt" in (ROOT / "scripts" / "lint").read_text()
    assert (INTEGRATION / "py.typed").exists()
    for name, source in SOURCES.items():
        assert "type: ignore" not in source, name


def _entities(hass: HomeAssistant) -> Iterator[Any]:
    """Return the integration's entities that are there."""
    for component in hass.data[DATA_INSTANCES].values():
        for entity in component.entities:
            if entity.platform.platform_name == DOMAIN:
                yield entity


def _functions(name: str) -> Iterator[ast.AsyncFunctionDef]:
    """Return the coroutines of a source."""
    for node in ast.walk(ast.parse(SOURCES[name])):
        if isinstance(node, ast.AsyncFunctionDef):
            yield node


def _section(page: str, heading: str) -> str:
    """Return what a page has under a heading, up to the next one of its depth."""
    text = (ROOT / page).read_text()
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found is not None, f"{page}: {heading}"
    return found.group(1)
