"""What the native API answers about a simulation that runs beside the hub, as types; it is passed on as it is."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from .bodies import Time


class Simulation(Struct):
    """How it stands with a simulated charger."""

    charger: str
    board: str
    modem: str
    clock: Time
    speed: float
    """How many times as fast as real time."""
    behind: bool
    """Whether its clock is in the past, so that it may go faster."""
    scenario: str
    faults: list[str]
    """Those that go on."""
    plugged_in: bool
    charge: float
    """How full the battery is, 0 to 1."""
    power_w: float
    relay_on: bool
    says: str | None
    """The state that its board has told last."""
    messages: int
    failed: int


class SimulatedBoard(Struct):
    """A charger that the simulator plays."""

    charger: str
    first: bool
    """Whether the simulator was started with it; that one ends with the simulator only."""


class SimulatedBoards(Struct):
    """All that it plays, the first one first."""

    boards: list[SimulatedBoard]


class ScenarioInWords(Struct):
    """What may happen around a charger."""

    name: str
    about: str


class FaultParameter(Struct):
    """What can be chosen about a fault."""

    name: str
    allowed: str
    """In words."""
    usual: str | float | bool | None
    least: float | UnsetType = UNSET
    most: float | UnsetType = UNSET
    whole: bool | UnsetType = UNSET
    """Whether it is a whole number."""
    choices: list[str] | UnsetType = UNSET
    """Where it is no number: one of these."""


class FaultInWords(Struct):
    """What may break."""

    name: str
    about: str
    parameters: list[FaultParameter]


class SimulatorCatalog(Struct):
    """Scenarios and faults."""

    scenarios: list[ScenarioInWords]
    faults: list[FaultInWords]


class DialogueLine(Struct):
    """One line between board and modem."""

    number: int
    at_s: float
    """Second of the world."""
    by: Literal["board", "modem"]
    text: str


class SimulatorDialogue(Struct):
    """The newest lines."""

    lines: list[DialogueLine]
