"""Moving over from the Silesia system: from a real dump, from its database, and from its API."""

import asyncio
from pathlib import Path
import subprocess
from typing import Any

import aiohttp
from click.testing import CliRunner, Result
import pytest

from kickwatt_hub.__main__ import cli as kickwatt_hub
from kickwatt_hub.cli.common import Refused
from tests.hub.silesia.old_system import PASSWORD, fill
from tests.support import engine
from tests.support.api import Api
from tests.support.hub_process import RunningHub, running_hub
from tests.support.postgresql import NEEDS, PROGRAMS, Cluster

pytestmark = pytest.mark.needs(NEEDS[0], package=NEEDS[1])


def _run(*arguments: str, environment: dict[str, str], stdin: str = "") -> Result:
    asked = {**engine.environment_for(arguments), **environment}
    return CliRunner(env=asked).invoke(
        kickwatt_hub, arguments, input=stdin, standalone_mode=False
    )


async def _cli(*arguments: str, token: str = "", stdin: str = "") -> Result:
    """Run a command in a thread, since it starts an event loop of its own."""
    environment = {"SILESIA_TOKEN": token} if token else {}
    return await asyncio.to_thread(
        _run, *arguments, environment=environment, stdin=stdin
    )


async def _import(data: Path, source: str, *flags: str, token: str = "") -> str:
    where = ("--data", str(data))
    done = await _cli("import", "silesia", source, *flags, *where, token=token)
    assert done.exception is None, done.exception
    return done.stdout


def _dump(url: str, file: Path) -> str:
    with file.open("wb") as output:
        subprocess.run([PROGRAMS / "pg_dump", url], stdout=output, check=True)
    return str(file)


async def _login(
    hub: RunningHub, http: aiohttp.ClientSession, name: str, password: str
) -> dict[str, Any]:
    body = {"username": name, "password": password}
    return dict(await Api(hub, http, None).ok("POST", "/auth/login", body))


@pytest.mark.parametrize("generation", ["numbered", "named"])
async def test_a_dump_of_the_old_database_is_taken_over(
    hub: RunningHub,
    http: aiohttp.ClientSession,
    postgresql: Cluster,
    tmp_path: Path,
    generation: str,
) -> None:
    """Beside a running hub; people log in with their old passwords; a second time nothing changes."""
    url = postgresql.empty()
    fill(url, generation)
    dump = _dump(url, tmp_path / "dump.sql")
    data = hub.hub.settings.data
    tried = await _import(data, dump, "--dry-run")
    assert "users: 3 would be taken, 0 there already, 1 refused" in tried
    assert await hub.hub.context.store.accounts.named("ann") is None

    said = await _import(data, dump)
    for line in (
        "users: 3 taken, 0 there already, 1 refused",
        "  zoë z: a name has letters, digits and . _ @ + - only.",
        "locations: 1 taken, 0 there already, 1 refused",
        "  Elsewhere 1 Katowice: zip_code: Enter a valid value.",
        "meters: 1 taken, 0 there already, 0 refused",
        "measurements: 2 taken, 0 there already, 0 refused",
        "registers: 2 taken, 0 there already, 0 refused",
        "hosts: 1 taken, 0 there already, 1 refused",
        "  192.0.2.8 502: its location is another user's.",
        "assigned measurements: 1 taken, 0 there already, 0 refused",
        "bob was an administrator there, and is not here: --admins takes them over as administrators.",
        "Without a password, which could not be moved (kickwatt-hub user password NAME): cid",
    ):
        assert line in said.splitlines(), said
    assert said == tried.replace("would be taken", "taken")

    ann = await _login(hub, http, "ann", PASSWORD)
    api = Api(hub, http, ann["token"])
    (host,) = await api.ok("GET", "/user/hosts")
    assert (host["ip"], host["description"]) == ("192.0.2.7", "tab here\\")
    (assigned,) = await api.ok("GET", f"/user/hosts/{host['id']}/measurements")
    assert assigned["measurement"] == "my_power"
    measured = await api.ok("GET", "/meters/sdm999/measurements")
    assert [each["name"] for each in measured] == ["my_energy", "my_power"]

    again = await _import(data, dump)
    assert "users: 0 taken, 3 there already, 1 refused" in again
    assert "hosts: 0 taken, 1 there already, 1 refused" in again
    assert "assigned measurements: 0 taken, 1 there already" in again


async def test_the_old_database_itself_is_taken_over_with_choices(
    hub: RunningHub, http: aiohttp.ClientSession, postgresql: Cluster
) -> None:
    """Its administrators as administrators; its registers as its poller really read them."""
    url = postgresql.empty()
    fill(url, "numbered")
    said = await _import(hub.hub.settings.data, url, "--admins", "--as-it-read")
    assert "users: 3 taken" in said
    assert "administrator there" not in said
    bob = await _login(hub, http, "bob", PASSWORD)
    registers = await Api(hub, http, bob["token"]).ok("GET", "/admin/registers")
    read = {each["measurement"]: each for each in registers}
    assert read["my_power"]["function_code"] == 4
    assert read["my_power"]["word_order"] == 1
    assert (read["my_power"]["unit"], read["my_energy"]["unit"]) == ("W", None)


async def test_an_old_password_is_hashed_anew_at_the_first_login(
    hub: RunningHub, http: aiohttp.ClientSession, postgresql: Cluster
) -> None:
    """And a wrong one stays wrong, before and after."""
    url = postgresql.empty()
    fill(url, "named")
    await _import(hub.hub.settings.data, url)
    accounts = hub.hub.context.store.accounts
    body = {"username": "ann", "password": "wrong"}
    for expected in ("pbkdf2_sha256$", "$argon2id$"):
        await asyncio.sleep(0)
        stored = await accounts.password("ann")
        assert stored is not None
        assert stored[1].startswith(expected)
        status, _ = await Api(hub, http, None).raw("POST", "/auth/login", body)
        assert status == 400
        await _login(hub, http, "ann", PASSWORD)


async def test_the_old_api_is_taken_over(
    tmp_path: Path, http: aiohttp.ClientSession, postgresql: Cluster
) -> None:
    """A hub speaks it; from there to another hub. What only owners are told is assumed, and said."""
    url = postgresql.empty()
    fill(url, "named")
    async with (
        running_hub(tmp_path / "old") as old,
        running_hub(tmp_path / "new") as new,
    ):
        await _import(tmp_path / "old", url)
        token = await old.add_token("admin", user="admin")
        said = await _import(tmp_path / "new", old.url, token=token)
        assert "users: 4 taken, 0 there already, 0 refused" in said, said
        assert "hosts: 1 taken, 0 there already, 0 refused" in said
        assert "assigned measurements: 2 taken" in said
        assert "the old API tells its owner only" in said
        assert "Without a password" in said
        admin = Api(new, http, await new.add_token("admin", user="root"))
        (host,) = await admin.ok("GET", "/admin/hosts")
        assert host["ip"] == "192.0.2.7"


async def test_what_cannot_be_read_is_refused_with_a_sentence(
    hub: RunningHub, postgresql: Cluster, tmp_path: Path
) -> None:
    """A file, a database, an address, a token."""
    data = hub.hub.settings.data
    user = await hub.add_token("control")
    empty = tmp_path / "empty.sql"
    empty.write_text("-- nothing\n")
    for source, token, sentence in (
        (str(tmp_path / "none.sql"), "", "No such file"),
        (str(empty), "", "no table accounts_user"),
        (postgresql.empty(), "", "no table accounts_user"),
        ("postgresql://127.0.0.1:1/x", "", "cannot be read"),
        (hub.url, "", "--token"),
        (hub.url, user, "not the token of one of its administrators"),
        ("http://127.0.0.1:1", user, "cannot be asked"),
        (f"{hub.url}/nothing", user, "answers 404"),
    ):
        done = await _cli("import", "silesia", source, "--data", str(data), token=token)
        assert isinstance(done.exception, Refused), done.exception
        assert sentence in str(done.exception)


async def test_a_user_gets_a_new_password_from_the_command_line(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """As those need whose password could not be moved."""
    await hub.add_user("ann", "correct horse")
    where = ("--data", str(hub.hub.settings.data))
    stdin = "battery staple\n"
    done = await _cli("user", "password", "ann", *where, stdin=stdin)
    assert done.stdout == "ann has a new password.\n"
    await _login(hub, http, "ann", "battery staple")
    done = await _cli("user", "password", "nobody", *where, stdin=stdin)
    assert str(done.exception) == "There is no user nobody."
