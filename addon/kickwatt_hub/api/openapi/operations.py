"""What is said of a call beside what its route and its handler say themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

type Schema = Mapping[str, object]
"""JSON Schema 2020-12."""
type Shape = object
"""What describes JSON: a type that msgspec knows, or a Schema; None is an empty body."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is no JSON."""

    content_type: str
    description: str


@dataclass(frozen=True, slots=True)
class Either:
    """One of some shapes, by what was asked."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand in a query."""

    name: str
    shape: Shape
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: what it takes and what it answers, by status."""

    answers: Mapping[int, Shape]
    body: Shape = None
    query: tuple[Parameter, ...] = ()
    refuses: tuple[int, ...] = ()
    """Statuses of refusals that not every call of its kind has."""
    summary: str | None = None
    """None: the first line of its handler's docstring."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Calls that refuse alike."""

    tag: str
    description: str
    operations: Mapping[tuple[str, str], Operation]
    """By method and path."""
    refusal: Shape
    """The JSON of every refusal."""
    body_refuses: tuple[int, ...]
    """What every call with a body may be refused with."""
    query_refuses: tuple[int, ...]
    guarded_refuses: tuple[int, ...] = (401, 403, 429)
    """What every call that needs a token may be refused with."""
    open: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Calls that need no token."""
    servers: tuple[Mapping[str, object], ...] = ()
    """Where, if that is not the main port."""
