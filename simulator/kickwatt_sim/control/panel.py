"""What is to be seen of a running simulation, and what can be done to it. Used in the world's own thread only."""

from typing import Any

from .. import scenario as scenarios
from ..device import Device
from ..faults.registry import FaultError
from ..pace import AheadError, RealPace
from ..scenario import Playing, Scenario, ScenarioError
from .dialogue import Dialogue
from .errors import WrongError
from .requests import (
    Fault,
    Mend,
    PlayScenario,
    PlugIn,
    PressButton,
    Request,
    SetSpeed,
    Unplug,
)

LINES = 500
"""The most lines of the dialogue in one answer."""


class Panel:
    """A device with the scenario that plays around it."""

    def __init__(
        self, device: Device, pace: RealPace, script: Scenario, playing: Playing
    ) -> None:
        """`playing` is what `script` has become."""
        self.device = device
        self._pace = pace
        self._script = script
        self._playing = playing
        self._dialogue = Dialogue(device.world)
        device.modem.dialogue.append(self._dialogue.hear)

    @property
    def charger(self) -> str:
        """The charger's id."""
        return str(self.device.board.settings["KICKWATT_ID"])

    def state(self) -> dict[str, Any]:
        """Return how it stands. Power in W, charge from 0 to 1, the world's clock in RFC 3339."""
        device, outlet = self.device, self.device.outlet
        settings = device.board.settings
        return {
            "charger": self.charger,
            "board": device.board.model.name,
            "modem": str(settings.get("KICKWATT_MODEM", "sim800")),
            "clock": f"{device.world.wall:%Y-%m-%dT%H:%M:%SZ}",
            "speed": self._pace.speed,
            "behind": self._pace.behind,
            "scenario": self._script.name,
            "faults": [each.name for each in device.injections if each.active],
            "plugged_in": outlet.plugged_in,
            "charge": round(outlet.charge(), 4),
            "power_w": round(outlet.power_w(), 2),
            "relay_on": outlet.relay.contact,
            "says": device.exchanges.last_message.get("state"),
            "messages": device.exchanges.succeeded,
            "failed": device.exchanges.failed,
        }

    def dialogue(self, after: int) -> dict[str, Any]:
        """Return the newest lines that were said after one with this number."""
        return {"lines": self._dialogue.after(after, LINES)}

    def do(self, request: Request) -> dict[str, Any]:
        """Do it and return how it stands then. Raises WrongError."""
        match request:
            case PlayScenario(scenario):
                self._play(scenario)
            case SetSpeed(speed):
                self._set_speed(speed)
            case Fault():
                self._strike(request)
            case Mend(fault):
                self._mend(fault)
            case PlugIn(charge):
                self.device.outlet.plug_in(charge)
            case Unplug():
                self.device.outlet.unplug()
            case PressButton(lasts_s):
                self.device.button.press(lasts_s)
        return self.state()

    def _play(self, name: str) -> None:
        # By its name only: whoever asks must not make this machine read its files.
        if name not in scenarios.names():
            known = ", ".join(scenarios.names())
            raise WrongError(
                422, f"There is no such scenario; known are {known}.", "scenario"
            )
        try:
            script = scenarios.load(name)
        except ScenarioError as error:
            raise WrongError(422, f"{error}.", "scenario") from None
        self._playing.stop()
        for each in list(self.device.injections):
            each.end()
        self._script, self._playing = script, scenarios.play(script, self.device)

    def _set_speed(self, speed: float) -> None:
        try:
            self._pace.set_speed(speed)
        except AheadError as error:
            raise WrongError(409, str(error), "speed") from None

    def _strike(self, request: Fault) -> None:
        try:
            self.device.inject(
                request.fault, lasts_s=request.lasts_s, **request.parameters
            )
        except FaultError as error:
            text = str(error)
            raise WrongError(422, f"{text[:1].upper()}{text[1:]}.", "fault") from None

    def _mend(self, name: str) -> None:
        going_on = [e for e in self.device.injections if e.name == name and e.active]
        if not going_on:
            raise WrongError(409, "This fault is not going on.", "fault")
        for each in going_on:
            each.end()
