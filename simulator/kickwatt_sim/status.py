"""The live line of `kickwatt-sim run`: what goes on, in one line."""

from datetime import UTC, datetime

from .device import Device


def line(device: Device) -> str:
    """Return the state of a device as one line of text."""
    outlet, exchanges = device.outlet, device.exchanges
    moment = datetime.fromtimestamp(int(device.world.wall_s), UTC).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
    relay = "on" if outlet.relay.contact else "off"
    state = exchanges.last_message.get("state", "nothing")
    power_w = outlet.power_w()
    plugged = f"{outlet.charge():.0%}" if outlet.plugged_in else "away"
    signal = device.cell.csq() if device.cell.registered else "-"
    return (
        f"{moment}Z  relay {relay:<3}  reports {state:<8}  {power_w:5.1f} W  battery {plugged:<4}  "
        f"signal {signal:<2}  uploads {exchanges.succeeded} ok, {exchanges.failed} failed"
    )
