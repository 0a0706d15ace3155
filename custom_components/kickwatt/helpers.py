"""Helpers of the Kickwatt integration."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .client import CommandError, KickwattError
from .const import DOMAIN
from .models import Charger

_CODES = {"forbidden", "invalid", "not_found", "refused", "superseded"}
# What becomes of the order then depends on what was ordered: off stands, on does not.
_CODES_OF_ORDERS = {"offline", "timeout"}
# Why a device refuses an order, as far as there is something to tell the owner.
_REASONS = {"ended", "firmware", "flapping", "remote", "sensor", "trip"}
# What a mode needs first, by the field that the hub names.
_NEEDS = {
    "mode.ready_by": "needs_ready_by",
    "mode.target_wh": "needs_energy_target",
    "mode.target_percent": "needs_charge_target",
    # And what a plan needs.
    "ready_by": "plan_needs_ready_by",
    "target_wh": "needs_energy_target",
    "target_percent": "needs_charge_target",
    # What a device needs to be switched at all.
    "charger": "takes_no_orders",
}


@contextmanager
def translated_errors(
    charger: Charger, order: Literal["on", "off", "do", "read"] | None = None
) -> Generator[None]:
    """Tell the owner in plain words why a command was not carried out; what only reads leaves no doubt behind."""
    try:
        yield
    except CommandError as err:
        invalid = err.code == "invalid"
        raise (ServiceValidationError if invalid else HomeAssistantError)(
            translation_domain=DOMAIN,
            translation_key=translation_key_of(err, order),
            translation_placeholders={"charger": charger.name, "message": str(err)},
        ) from err
    except KickwattError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="hub_not_connected" if order == "read" else "hub_away",
            translation_placeholders={"charger": charger.name},
        ) from err


def translation_key_of(err: CommandError, order: str | None = None) -> str:
    """Return the translation for what the hub answered."""
    if err.code == "refused" and err.reason in _REASONS:
        return f"refused_{err.reason}"
    if order != "read" and order and err.code in _CODES_OF_ORDERS:
        return f"{err.code}_{order}"
    if err.code == "invalid" and err.field in _NEEDS:
        return _NEEDS[err.field]
    return err.code if err.code in _CODES else "failed"
