"""The command line."""

import logging
import sys

import click

from . import __version__
from .cli.chargers import charger
from .cli.export import export
from .cli.importing import import_
from .cli.keeping import backup, check
from .cli.meters import meter
from .cli.people import token, user
from .cli.replaying import replay_recording
from .cli.serve import serve
from .cli.tariffs import tariff
from .ports import PortError
from .relay.commands import relay
from .relay.hubs import HubsError
from .relay.server import CertificateError
from .settings import SettingsError
from .store import StoreError


def main() -> None:
    """Run the command line: one sentence and exit code 2 for whatever the owner can put right."""
    try:
        code = cli.main(prog_name="kickwatt-hub", standalone_mode=False)
    except click.ClickException as error:
        sentence = " ".join(error.format_message().split()).rstrip(".")
        click.echo(f"kickwatt-hub: {sentence}.", err=True)
        sys.exit(2)
    except (
        StoreError,
        SettingsError,
        PortError,
        HubsError,
        CertificateError,
    ) as error:
        click.echo(f"kickwatt-hub: {error}", err=True)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    if code:
        sys.exit(int(code))


@click.group(
    context_settings={"auto_envvar_prefix": "KICKWATT_HUB", "max_content_width": 100}
)
@click.version_option(__version__, prog_name="kickwatt-hub")
def cli() -> None:
    """The Kickwatt hub: what your chargers do, and a way to switch them."""


for command in (
    serve,
    user,
    token,
    charger,
    meter,
    tariff,
    replay_recording,
    export,
    import_,
    backup,
    check,
    relay,
):
    cli.add_command(command)

if __name__ == "__main__":
    logging.captureWarnings(True)
    main()
