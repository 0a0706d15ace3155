"""Starting and ending the servers that the hub is compared with."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import socket
import subprocess
import time
from urllib.request import urlopen

from . import machine, programs

START_S = 30.0
INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = false
[logging]
  level = "error"
"""


@contextmanager
def peer(name: str, folder: Path) -> Iterator[str]:
    """Run one of `benchmarks/peers` on the server's core; the value is its address."""
    port = _free_port()
    script = Path(__file__).parent / "peers" / f"{name}.py"
    command: list[str | Path] = [
        programs.peers(),
        script,
        str(port),
        folder / f"{name}.sqlite",
    ]
    with _running(command, dict(os.environ), port, folder / f"{name}.log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def influxdb(folder: Path) -> Iterator[str]:
    """Run InfluxDB 1.6 with a database `kickwatt`; the value is its address."""
    program, environment = programs.debian("influxd")
    port, settings = _free_port(), folder / "influxdb.conf"
    settings.write_text(
        INFLUX.format(data=folder / "influxdb", port=port, rpc=_free_port())
    )
    command: list[str | Path] = [program, "-config", settings]
    with _running(command, environment, port, folder / "influxdb.log"):
        url = f"http://127.0.0.1:{port}"
        urlopen(f"{url}/query?q=CREATE%20DATABASE%20kickwatt", b"").close()
        yield url


@contextmanager
def _running(
    command: list[str | Path], environment: dict[str, str], port: int, log: Path
) -> Iterator[None]:
    with log.open("w") as output, machine.on_cpu(machine.SERVER_CPU):
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_until_open(port, process, log)
        yield
    finally:
        process.kill()
        process.wait()


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            if process.poll() is None:  # else somebody else has that port
                return
    raise programs.MissingError(f"A server did not start: {log.read_text()[-500:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
