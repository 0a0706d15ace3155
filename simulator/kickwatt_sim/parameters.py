"""Kinds of arguments of the command line."""

from datetime import UTC, datetime, timedelta

import click

from . import durations
from .control import Address


class Duration(click.ParamType[float]):
    """A duration such as `6h`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds."""
        try:
            return durations.seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Start(click.ParamType[datetime]):
    """An instant: `now`, `-24h`, or a date and time."""

    name = "when"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant in UTC."""
        if isinstance(value, datetime):
            return value
        text, now = str(value), datetime.now(UTC)
        try:
            if text == "now":
                return now
            if text.startswith(("-", "+")):
                distance = timedelta(seconds=durations.seconds(text[1:]))
                return now - distance if text.startswith("-") else now + distance
            moment = datetime.fromisoformat(text)
        except ValueError, OverflowError:
            self.fail(
                f"'{text}' is not an instant; write now, -24h or 2026-11-21T18:00",
                param,
                ctx,
            )
        return moment.astimezone(UTC)


class Listen(click.ParamType[Address]):
    """Where to listen: `8424`, or `127.0.0.1:8424`."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Return the address."""
        try:
            return Address.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
