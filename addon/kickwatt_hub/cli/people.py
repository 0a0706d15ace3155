"""`kickwatt-hub user …` and `token …`."""

import getpass
from pathlib import Path
import re
import sys
import time

import click

from ..model import Scope, Token, User
from ..security import tokens
from ..security.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from .common import DATA, Refused, with_store

_USER = re.compile(r"[A-Za-z0-9_.@+-]{1,150}\Z")


@click.group()
def user() -> None:
    """People who may use the hub."""


@user.command("add")
@click.argument("name")
@click.option(
    "--admin", is_flag=True, help="May add and remove chargers, users and tokens."
)
@click.option("--email", help="For the owner's information.")
@DATA
def user_add(name: str, admin: bool, email: str | None, data: Path | None) -> None:
    """Add a user; the password is asked for, or read from one line of standard input."""
    if not _USER.match(name):
        raise Refused("A user's name has 1 to 150 letters, digits and . _ @ + -")
    password = read_password()
    who = User(
        name=name,
        email=email,
        scope=Scope.admin if admin else Scope.control,
        created_ms=_now_ms(),
    )

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.accounts.add_user(who, await Passwords().hash(password))

    with_store(data, work)
    click.echo(f"Added {'administrator' if admin else 'user'} {name}.")


@user.command("password")
@click.argument("name")
@DATA
def user_password(name: str, data: Path | None) -> None:
    """Give a user a new password, asked for or read from standard input; every login of theirs ends."""
    password = read_password()

    async def work(store: Store, _secret: HubSecret) -> None:
        member = await store.accounts.named(name)
        if member is None:
            raise NotThereError(f"There is no user {name}.")
        hashed = await Passwords().hash(password)
        await store.accounts.change_user(member.id, None, hashed)

    with_store(data, work)
    click.echo(f"{name} has a new password.")


@click.group()
def token() -> None:
    """Keys for programs."""


@token.command("create")
@click.argument("user_name", metavar="USER")
@click.option(
    "--scope", type=click.Choice([each.name for each in Scope]), required=True
)
@click.option(
    "--name", default="command line", show_default=True, help="What it is for."
)
@DATA
def token_create(user_name: str, scope: str, name: str, data: Path | None) -> None:
    """Make a token for a user and print it, this once."""
    secret = tokens.new()
    new = Token(
        id=0,
        user=user_name,
        name=name[:100],
        scope=Scope[scope],
        created_ms=_now_ms(),
        expires_ms=None,
    )

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.accounts.add_token(user_name, tokens.digest(secret), new)

    with_store(data, work)
    click.echo(secret)


def read_password() -> str:
    """Ask twice on a terminal; otherwise read one line, so that no password has to be an argument."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise Refused("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    return password


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
