"""`kickwatt-hub relay`: run a relay, and say which hubs it serves."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import re
import signal
import sys
import time
from typing import Any

import click
from limits import parse
import platformdirs
from rich.console import Console
from rich.table import Table

from ..log import set_up_logging
from .frames import DEVICE_URL
from .hubs import Hubs
from .server import Certificate, Relay, RelayOptions

_DATA_ENV = "KICKWATT_HUB_RELAY_DATA"
_DEVICE_URL = re.compile(rf"{DEVICE_URL}/?\Z")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_PORT = click.IntRange(0, 65535)


def _rate(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        parse(value)
    except ValueError:
        raise click.BadParameter("expected a rate such as 1200/minute") from None
    return value


def _data[T: Callable[..., Any]](command: T) -> T:
    return click.option(
        "--data",
        type=_FOLDER,
        envvar=_DATA_ENV,
        help="Folder of the relay, with its hubs. [default: kickwatt-relay in your own data folder]",
    )(command)


def dials_out[T: Callable[..., Any]](command: T) -> T:
    """Give `serve` the options of a hub that has a relay."""
    for option in (
        click.option(
            "--relay-plain",
            is_flag=True,
            default=None,
            help="Allow ws:// to another machine: the token can be read on the way.",
        ),
        click.option(
            "--relay-ca",
            type=click.Path(path_type=Path),
            help="Certificates (PEM) to trust at the relay instead of the system's.",
        ),
        click.option(
            "--relay-token-file",
            type=click.Path(path_type=Path),
            help="File with this hub's token at the relay.",
        ),
        click.option(
            "--relay", help="Relay to dial out to, such as wss://relay.example:8423."
        ),
    ):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@_data
@click.option(
    "--host", default="0.0.0.0", show_default=True, help="Address to listen on."
)
@click.option(
    "--device-port",
    type=_PORT,
    default=8422,
    show_default=True,
    help="Where boards report, plain HTTP.",
)
@click.option(
    "--tunnel-port",
    type=_PORT,
    default=8423,
    show_default=True,
    help="Where hubs dial in.",
)
@click.option(
    "--status-port",
    type=_PORT,
    default=8424,
    show_default=True,
    help="/healthz and /metrics, on 127.0.0.1.",
)
@click.option(
    "--cert",
    type=_FILE,
    help="Certificate chain for the tunnel port (PEM). Read again when renewed.",
)
@click.option("--key", type=_FILE, help="The certificate's private key (PEM).")
@click.option(
    "--plain-tunnel",
    is_flag=True,
    help="Without --cert, open the tunnel port to other machines: a reverse proxy does TLS.",
)
@click.option(
    "--device-url",
    default="",
    help="How boards reach the device port, such as http://relay.example:8422.",
)
@click.option(
    "--proxy",
    default="",
    help="Address of a reverse proxy whose X-Forwarded-For is to be believed.",
)
@click.option(
    "--address-rate",
    default="1200/minute",
    show_default=True,
    callback=_rate,
    help="Messages from one address.",
)
@click.option(
    "--hub-rate",
    default="6000/minute",
    show_default=True,
    callback=_rate,
    help="Messages to one hub.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
)
@click.pass_context
def relay(
    context: click.Context,
    /,
    data: Path | None,
    cert: Path | None,
    key: Path | None,
    log_level: str,
    **options: Any,
) -> None:
    """Run a relay for hubs without a public address, until SIGTERM or Ctrl-C."""
    context.obj = data
    if context.invoked_subcommand is not None:
        return
    if (cert is None) != (key is None):
        raise click.UsageError("--cert and --key belong together.")
    if options["device_url"] and not _DEVICE_URL.match(options["device_url"]):
        raise click.UsageError(
            "--device-url is like http://relay.example:8422, without a path."
        )
    options["device_url"] = options["device_url"].rstrip("/")
    set_up_logging(log_level)
    chosen = RelayOptions(
        data=_folder(data),
        certificate=Certificate(cert, key) if cert and key else None,
        **options,
    )
    asyncio.run(_serve(Relay(chosen)))


async def _serve(running: Relay) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await running.start()
    try:
        scheme = "wss" if running.options.certificate else "ws"
        click.echo(f"device port: http://{running.options.host}:{running.device_port}")
        click.echo(
            f"tunnel port: {scheme}://{running.tunnel_host}:{running.tunnel_port}"
        )
        click.echo(f"status port: http://127.0.0.1:{running.status_port}")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await running.stop()


@relay.group()
def token() -> None:
    """Which hubs may dial in, each with a token of its own."""


@token.command("add")
@click.argument("name")
@_data
@click.pass_obj
def token_add(given: Path | None, name: str, data: Path | None) -> None:
    """Let a hub dial in under this NAME, and print its token, this once.

    The name is in the address of the hub's boards: http://relay.example:8422/h/NAME
    """
    secret = Hubs(_folder(data or given)).add(name, time.time_ns() // 1_000_000)
    click.echo(secret)
    click.echo(
        f'That is the hub\'s option relay_token. Its boards: KICKWATT_URL = "http://…:8422/h/{name}"',
        err=True,
    )


@token.command("list")
@_data
@click.pass_obj
def token_list(given: Path | None, data: Path | None) -> None:
    """Show the hubs that may dial in."""
    table = Table("hub", "since")
    for name, hub in Hubs(_folder(data or given)).all().items():
        table.add_row(
            name, time.strftime("%F %T", time.localtime(hub.created_ms / 1000))
        )
    Console(highlight=False).print(table)


@token.command("remove")
@click.argument("name")
@_data
@click.pass_obj
def token_remove(given: Path | None, name: str, data: Path | None) -> None:
    """Do not let a hub dial in any more; a running relay hangs up within a second."""
    Hubs(_folder(data or given)).remove(name)
    click.echo(f"Removed hub {name}.")


def _folder(data: Path | None) -> Path:
    return data or Path(platformdirs.user_data_dir("kickwatt-relay"))
