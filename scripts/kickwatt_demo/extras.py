"""What the demo can show beside the scooter, by name: `--with NAME,NAME`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import click

from . import meter, vecharge
from .homeassistant import HomeAssistant
from .parts import Hub
from .process import Process
from .screenshots import Picture


@dataclass(frozen=True)
class Extra:
    """One of them."""

    title: str
    start: Callable[[Hub, aiohttp.ClientSession, Path], Awaitable[Process]]
    """Start it and tell the hub of it; the path is that of its log."""
    show: Callable[[HomeAssistant], Awaitable[Picture]]
    """Wait until Home Assistant shows it; return what to photograph."""


EXTRAS: Final[Mapping[str, Extra]] = {
    "meter": Extra("A house with an energy meter", meter.start, meter.show),
    "vecharge": Extra(
        "A charger behind a veCharge-style server", vecharge.start, vecharge.show
    ),
}


def named(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> tuple[str, ...]:
    """Read the names of some, with commas between them."""
    names = tuple(
        dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip())
    )
    for name in names:
        if name not in EXTRAS:
            raise click.BadParameter(
                f"There is no {name!r}; there is: {', '.join(EXTRAS)}."
            )
    return names
