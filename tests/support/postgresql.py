"""A PostgreSQL server of the tests' own, and an empty database in it for whoever asks.

PostgreSQL refuses to run as root; then it runs as the user that its Debian package made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import shutil
import signal
import subprocess
import time
import uuid

from kickwatt_demo.scratch import scratch
import psycopg
import sqlalchemy as sa

from kickwatt_hub.store.engines import engines
from kickwatt_hub.store.upgrade import upgrade

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
NEEDS = (str(PROGRAMS / "postgres"), "postgresql-15")


class Cluster:
    """A running server; it listens on a socket in a folder of its own, on no network."""

    def __init__(self, folder: Path) -> None:
        """`folder` belongs to the user that the server runs as."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._user = "postgres" if os.geteuid() == 0 else None
        self._urls: dict[Path, str] = {}
        self._template: str | None = None

    def make(self) -> None:
        """Make its files."""
        command = [
            *(str(PROGRAMS / "initdb"), "-D", str(self._folder / "data")),
            *("-U", "kickwatt", "-A", "trust", "--no-sync", "-E", "UTF8"),
        ]
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd="/",
            user=self._user,
            group=self._user,
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            *(str(PROGRAMS / "postgres"), "-D", str(self._folder / "data")),
            *("-k", str(self._folder), "-c", "listen_addresses="),
            *("-c", "fsync=off", "-c", "max_connections=200"),
        ]
        with (self._folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                cwd="/",
                user=self._user,
                group=self._user,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it at once, as a crash would: connections are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(60)
            self._process = None

    def url(self, name: str) -> str:
        """Return how to connect to one of its databases."""
        return f"postgresql://kickwatt@/{name}?host={self._folder}"

    def new(self) -> str:
        """Make a database with the newest schema and nothing in it; return its URL."""
        if self._template is None:
            self._template = self._new("template0")
            _migrate(self._folder, self.url(self._template))
        return self.url(self._new(self._template))

    def empty(self) -> str:
        """Make a database with nothing in it at all; return its URL."""
        return self.url(self._new("template0"))

    def of(self, folder: Path) -> str:
        """Return the database that stands for what is in this data folder; always the same one."""
        if folder.resolve() not in self._urls:
            self._urls[folder.resolve()] = self.new()
        return self._urls[folder.resolve()]

    def made(self) -> set[Path]:
        """Return the data folders that a database stands for."""
        return set(self._urls)

    def forget(self, folder: Path) -> None:
        """Remove the database that stands for a data folder."""
        name = sa.make_url(self._urls.pop(folder)).database
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _new(self, template: str) -> str:
        name = f"t{uuid.uuid4().hex}"
        # Copying files is twice as fast as logging their pages.
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def _sql(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _migrate(folder: Path, url: str) -> None:
    made = engines(folder, url)
    with made.writing.connect() as connection:
        upgrade(connection)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a server. One whose tests were killed ends by itself, within a minute after its files are gone."""
    with scratch("kickwatt-pg-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        running = Cluster(folder)
        running.make()
        running.start()
        try:
            yield running
        finally:
            running.stop()
