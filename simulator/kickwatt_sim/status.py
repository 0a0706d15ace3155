"""What `kickwatt-sim run` shows: the state of the device in one line, again and again."""

from datetime import UTC, datetime

from rich.console import Console as Terminal
from rich.live import Live
from rich.text import Text

from .device import Device
from .pace import RealPace
from .world import World

# How often the line on a terminal, and the one in a file, is renewed.
_LIVE_S = 0.25
_PLAIN_S = 5.0
# How much of a virtual world passes between two looks at it.
_VIRTUAL_STEP_S = 900.0


def moment(device: Device) -> str:
    """Return what a right clock in the world of a device shows."""
    wall = datetime.fromtimestamp(int(device.world.wall_s), UTC)
    return wall.strftime("%b %d %H:%M:%SZ")


def line(device: Device) -> str:
    """Return the state of a device as one line of text."""
    outlet, exchanges = device.outlet, device.exchanges
    relay = "on" if outlet.relay.contact else "off"
    state = exchanges.last_message.get("state", "nothing")
    battery = f"battery {outlet.charge():3.0%}" if outlet.plugged_in else "no battery"
    faults = [injection.name for injection in device.injections if injection.active]
    return (
        f"{moment(device)}  relay {relay:<3}  {state:<8} {outlet.power_w():5.1f} W  {battery}  "
        f"signal {_signal(device)}  {exchanges.succeeded} ok, {exchanges.failed} failed"
        + (f"  fault: {', '.join(faults)}" if faults else "")
    )


def _signal(device: Device) -> str:
    """Return what the board's way to the hub would tell of its strength."""
    if device.board.settings.get("KICKWATT_MODEM") == "wifi":
        joined = device.radio is not None and device.radio.joined
        return f"{device.access_point.rssi_dbm} dBm" if joined else "-"
    return str(device.cell.signal) if device.cell.registered else "-"


def watch(device: Device, terminal: Terminal, duration_s: float | None) -> None:
    """Run in short steps and show the state after each: in place on a terminal, else line by line."""
    live = terminal.is_terminal
    shown = Live(console=terminal, auto_refresh=False, transient=True) if live else None
    if shown is not None:
        shown.start()
    try:
        while duration_s is None or device.world.now_s < duration_s:
            step_s = _step_s(device.world, live)
            if duration_s is not None:
                step_s = min(step_s, duration_s - device.world.now_s)
            device.run_for(step_s)
            if shown is not None:
                shown.update(
                    Text(line(device), overflow="ellipsis", no_wrap=True), refresh=True
                )
            else:
                terminal.print(Text(line(device)), soft_wrap=True)
    finally:
        if shown is not None:
            shown.stop()


def _step_s(world: World, live: bool) -> float:
    if not isinstance(world.pace, RealPace):
        return _VIRTUAL_STEP_S
    return world.pace.speed * (_LIVE_S if live else _PLAIN_S)
