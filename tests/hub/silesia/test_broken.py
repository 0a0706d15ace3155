"""Moving over from what is broken: a sentence that says what, and nothing is taken that could not be read."""

import asyncio
from collections.abc import AsyncIterator, Callable
import gzip
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result
import pytest

from kickwatt_hub.__main__ import cli as kickwatt_hub
from kickwatt_hub.cli.common import Refused
from kickwatt_hub.silesia.estate import EstateError
from kickwatt_hub.silesia.pgdump import read
from tests.support import engine

HASH = b"pbkdf2_sha256$1000$salt$" + b"A" * 43 + b"="
USERS = b"1\tann\tann@example.org\t%s\tf\tt\n" % HASH
PLACES = b"1\tSunny street\t62\tKatowice\t40-001\t\\N\t\\N\t1\n"
EMPTY = ("meter", "measurement", "register", "host")
GIVEN = "a-token"
Served = Callable[[dict[str, str]], Any]


def _dump(users: bytes = USERS, places: bytes = PLACES) -> bytes:
    """Return what pg_dump writes of a database with these rows and no meters."""
    blocks = [
        b"COPY public.accounts_user (id, username, email, password, is_staff, is_active) FROM stdin;\n",
        users,
        b"\\.\n",
        b"COPY public.management_location (id, street, number, city, zip_code, coord_x, coord_y, user_id) FROM stdin;\n",
        places,
        b"\\.\n",
    ]
    blocks += [b"COPY public.management_%s (id) FROM stdin;\n\\.\n" % each.encode() for each in EMPTY]  # fmt: skip
    return b"".join(blocks)


async def _import(tmp_path: Path, source: str, token: str = GIVEN) -> Result:
    """Run the command on a fresh data folder, in a thread since it starts an event loop of its own."""
    asked = ("import", "silesia", source, "--data", str(tmp_path / "data"))
    environment = {**engine.environment_for(asked), "SILESIA_TOKEN": token}
    runner = CliRunner(env=environment)
    return await asyncio.to_thread(runner.invoke, kickwatt_hub, asked, standalone_mode=False)  # fmt: skip


async def test_rows_in_another_encoding_are_refused_and_the_others_taken(
    tmp_path: Path,
) -> None:
    """What cannot be stored as text is named, not stored and no error."""
    broken = USERS.replace(b"1\tann\tann@", b"2\tb\xffb\tbob@")
    broken += USERS.replace(b"1\tann\tann@", b"3\tcid\tc\xffd@")
    broken += USERS.replace(b"1\tann\tann@", b"4\tdan\td\\000n@")
    broken += USERS.replace(b"1\tann", b"5\teve").replace(b"ann@", b"eve@").replace(b"salt", b"s\xfft")  # fmt: skip
    street = PLACES.replace(b"1\tSunny", b"2\tS\xffnny")
    file = tmp_path / "dump.sql"
    file.write_bytes(_dump(USERS + broken, PLACES + street))
    done = await _import(tmp_path, str(file))
    assert done.exception is None, done.exception
    for line in (
        "users: 2 taken, 0 there already, 3 refused",
        "  bb: a name has letters, digits and . _ @ + - only.",
        "  cid: email: Enter a valid email address.",
        "  dan: email: Enter a valid email address.",
        "Without a password, which could not be moved (kickwatt-hub user password NAME): eve",
        "locations: 1 taken, 0 there already, 1 refused",
    ):
        assert line in done.stdout.splitlines(), done.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (_dump().decode().encode("utf-16"), "UTF-16"),
        (gzip.compress(_dump()) + b"\x1f\x8bx", "gzipped"),
        (gzip.compress(_dump()) + b"garbage", "gzipped"),
        (_dump().replace(b"username, ", b"name, "), "users has no username"),
        (_dump().replace(b"COPY public.management_host (", b"COPY x ("), "no table management_host"),
    ],
)  # fmt: skip
async def test_a_dump_that_is_not_one_is_refused_with_a_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    """Nothing of it is taken."""
    file = tmp_path / "dump.sql"
    file.write_bytes(content)
    done = await _import(tmp_path, str(file))
    assert isinstance(done.exception, Refused), done.exception
    assert sentence in str(done.exception)


def test_a_folder_is_no_dump(tmp_path: Path) -> None:
    """Nor is a packed one of another kind."""
    with pytest.raises(IsADirectoryError):
        read(tmp_path)
    file = tmp_path / "dump.sql.gz"
    file.write_bytes(b"\x1f\x8b" + b"\x00" * 50)
    with pytest.raises(EstateError, match="gzipped"):
        read(file)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """Serve something in place of the old API: lists that are empty, but for the paths that are given."""
    servers = []

    async def serve(answers: dict[str, str]) -> str:
        async def handler(request: web.Request) -> web.Response:
            text = answers.get(request.path, "[]")
            kind = "text/html" if text.startswith("<") else "application/json"
            return web.Response(text=text, content_type=kind)

        app = web.Application()
        app.router.add_get("/{path:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("/"))

    yield serve
    for server in servers:
        await server.close()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"/admin/users": "<html>"}, "/admin/users does not answer with JSON"),
        ({"/admin/users": "{"}, "/admin/users does not answer with JSON"),
        ({"/admin/meters": "[" * 100_000}, "/admin/meters does not answer with JSON"),
        ({"/admin/hosts": "{}"}, "/admin/hosts does not answer with a list"),
        ({"/admin/hosts": "[1]"}, "/admin/hosts does not answer with a list"),
        ({"/admin/users": '[{"id": 1}]'}, "users has no username"),
        ({"/admin/registers": '[{"id": 1}]'}, "registers has no meter"),
        ({"/admin/hosts": '[{"meter": 1}]', "/user/hosts/None/measurements": "[]"}, "hosts has no id"),
        ({"/admin/hosts": '[{"id": 1, "meter": 1}]', "/user/hosts/1/measurements": "{"}, "measurements does not answer with JSON"),
    ],
)  # fmt: skip
async def test_an_api_that_answers_nonsense_is_refused_with_a_sentence(
    tmp_path: Path, served: Served, answers: dict[str, str], sentence: str
) -> None:
    """That says which call."""
    done = await _import(tmp_path, await served(answers))
    assert isinstance(done.exception, Refused), done.exception
    assert sentence in str(done.exception)


async def test_rows_of_an_api_with_wrong_types_are_refused_one_by_one(
    tmp_path: Path, served: Served
) -> None:
    """Each with its reason."""
    answers = {
        "/admin/users": '[{"id": {}, "username": ["x"], "email": 7}, {"id": 2, "username": "ann", "email": []}]',
        "/admin/locations": '[{"id": [], "street": {}, "user": {}}]',
        "/admin/meters": '[{"id": 1, "name": [], "type": "x"}]',
        "/admin/measurements": '[{"measurement": 5e400, "type": null}]',
        "/admin/registers": '[{"meter": {}, "measurement": []}]',
        "/admin/hosts": '[{"id": 1, "meter": [], "ip": {}, "port": "x", "description": {}}]',
    }
    done = await _import(tmp_path, await served(answers))
    assert done.exception is None, done.exception
    for line in (
        "users: 0 taken, 0 there already, 2 refused",
        "locations: 0 taken, 0 there already, 1 refused",
        "meters: 0 taken, 0 there already, 1 refused",
        "measurements: 0 taken, 0 there already, 1 refused",
        "registers: 0 taken, 0 there already, 1 refused",
        "hosts: 0 taken, 0 there already, 1 refused",
    ):
        assert line in done.stdout.splitlines(), done.stdout


@pytest.mark.parametrize("token", ["a b", "a\nb", "", "ż"])
async def test_what_is_no_token_is_refused_before_anybody_is_asked(
    tmp_path: Path, token: str
) -> None:
    """It would not fit into a header."""
    done = await _import(tmp_path, "http://127.0.0.1:1", token)
    assert isinstance(done.exception, Refused), done.exception
    assert "token" in str(done.exception)
