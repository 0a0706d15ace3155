"""What the demo shows beside the scooter is chosen by name."""

import click
from click.testing import CliRunner
from kickwatt_demo.__main__ import main
from kickwatt_demo.extras import EXTRAS, named
import pytest


def test_names_are_read_with_commas_between_them() -> None:
    command = click.Command("demo")
    context, parameter = click.Context(command), click.Option(["--with"])
    assert named(context, parameter, None) == ()
    assert named(context, parameter, "meter, meter,") == ("meter",)
    with pytest.raises(click.BadParameter, match="'moon'"):
        named(context, parameter, "meter,moon")


def test_help_names_what_there_is() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    for name in EXTRAS:
        assert name in shown
