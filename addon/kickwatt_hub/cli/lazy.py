"""Groups of commands of which each is imported when somebody names it: most need much of the hub, and none needs all."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group with commands that are elsewhere."""

    def __init__(
        self, *arguments: Any, there: Mapping[str, str], **options: Any
    ) -> None:
        """`there` says by name where a command is: its module, a colon, and the command in it."""
        super().__init__(*arguments, **options)
        self._there = there

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names of all."""
        return sorted({*super().list_commands(context), *self._there})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return one by its name."""
        if (where := self._there.get(name)) is None:
            return super().get_command(context, name)
        module, _, command = where.partition(":")
        found = getattr(import_module(module), command)
        assert isinstance(found, click.Command)
        return found
