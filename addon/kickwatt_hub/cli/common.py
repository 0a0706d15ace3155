"""What all commands need: where the data is, a way to it, and how to refuse."""

import asyncio
from collections.abc import Awaitable, Callable
import os
from pathlib import Path

import click

from .. import settings
from ..log import set_up_logging
from ..security.secret import HubSecret, load_secret
from ..store import Store

DATABASE = "KICKWATT_HUB_DATABASE"
"""The variable with the URL of a PostgreSQL database; a flag would show its password to everybody on the machine."""

DATA = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database. [default: the app's /data, else your own data folder]",
)


class Refused(click.ClickException):
    """One sentence and exit code 2."""

    exit_code = 2


def with_store[T](
    data: Path | None, work: Callable[[Store, HubSecret], Awaitable[T]]
) -> T:
    """Do something with the database, beside a hub that may be running on it."""

    async def run() -> T:
        folder = settings.data_folder(data)
        store = await Store.open(folder, os.environ.get(DATABASE))
        try:
            return await work(store, load_secret(folder))
        finally:
            await store.close()

    set_up_logging("warning")
    return asyncio.run(run())
