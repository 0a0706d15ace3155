"""The command line."""

import logging
import sys

import click

from . import __version__
from .cli.lazy import LazyGroup


def main() -> None:
    """Run the command line: one sentence and exit code 2 for whatever the owner can put right."""
    try:
        code = cli.main(prog_name="kickwatt-hub", standalone_mode=False)
    except click.ClickException as error:
        sentence = " ".join(error.format_message().split()).rstrip(".")
        click.echo(f"kickwatt-hub: {sentence}.", err=True)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        if not isinstance(error, _for_the_owner()):
            raise
        click.echo(f"kickwatt-hub: {error}", err=True)
        sys.exit(2)
    if code:
        sys.exit(int(code))


def _for_the_owner() -> tuple[type[Exception], ...]:
    """Return the errors that are sentences for whoever has typed the command. Imported late, as the commands are."""
    from .ports import PortError  # noqa: PLC0415
    from .relay.hubs import HubsError  # noqa: PLC0415
    from .relay.server import CertificateError  # noqa: PLC0415
    from .settings import SettingsError  # noqa: PLC0415
    from .store import StoreError  # noqa: PLC0415

    return StoreError, SettingsError, PortError, HubsError, CertificateError


@click.group(
    cls=LazyGroup,
    there={
        "serve": "kickwatt_hub.cli.serve:serve",
        "user": "kickwatt_hub.cli.people:user",
        "token": "kickwatt_hub.cli.people:token",
        "charger": "kickwatt_hub.cli.chargers:charger",
        "meter": "kickwatt_hub.cli.meters:meter",
        "tariff": "kickwatt_hub.cli.tariffs:tariff",
        "replay": "kickwatt_hub.cli.replaying:replay_recording",
        "export": "kickwatt_hub.cli.export:export",
        "import": "kickwatt_hub.cli.importing:import_",
        "backup": "kickwatt_hub.cli.keeping:backup",
        "check": "kickwatt_hub.cli.keeping:check",
        "relay": "kickwatt_hub.relay.commands:relay",
    },
    context_settings={"auto_envvar_prefix": "KICKWATT_HUB", "max_content_width": 100},
)
@click.version_option(__version__, prog_name="kickwatt-hub")
def cli() -> None:
    """The Kickwatt hub: what your chargers do, and a way to switch them."""


if __name__ == "__main__":
    logging.captureWarnings(True)
    main()
