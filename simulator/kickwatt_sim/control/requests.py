"""What may be asked of a running simulation, in the words of a scenario file."""

from typing import Annotated, Any

from msgspec import Meta, Struct

type Share = Annotated[float, Meta(ge=0, le=1)]


class PlayScenario(
    Struct, tag_field="do", tag="play_scenario", forbid_unknown_fields=True
):
    """Let a scenario begin now; faults that go on end first."""

    scenario: str


class SetSpeed(Struct, tag_field="do", tag="set_speed", forbid_unknown_fields=True):
    """Let the world go so many times as fast as real time."""

    speed: Annotated[float, Meta(ge=0.01, le=3600)]


class Fault(Struct, tag_field="do", tag="fault", forbid_unknown_fields=True):
    """Let a fault strike; without `lasts_s` it goes on until it is mended."""

    fault: str
    lasts_s: Annotated[float, Meta(gt=0, le=31_536_000)] | None = None
    parameters: dict[str, Any] = {}


class Mend(Struct, tag_field="do", tag="mend", forbid_unknown_fields=True):
    """Let a fault be over."""

    fault: str


class PlugIn(Struct, tag_field="do", tag="plug_in", forbid_unknown_fields=True):
    """Hang the battery on the charger; `charge` is how full it is, 0 to 1."""

    charge: Share | None = None


class Unplug(Struct, tag_field="do", tag="unplug", forbid_unknown_fields=True):
    """Take it away."""


class PressButton(
    Struct, tag_field="do", tag="press_button", forbid_unknown_fields=True
):
    """Press the board's button: shortly to switch, for five seconds to clear a safety stop."""

    lasts_s: Annotated[float, Meta(gt=0, le=60)] = 0.3


type Request = PlayScenario | SetSpeed | Fault | Mend | PlugIn | Unplug | PressButton


class Play(Struct, forbid_unknown_fields=True):
    """Play a charger; its key is 64 hexadecimal digits."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
