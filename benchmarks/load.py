"""Load for a server: requests made beforehand, sent once each by wrk from one core."""

from collections.abc import Iterable
from dataclasses import dataclass
import json
from pathlib import Path
import subprocess

from . import machine, programs

CONNECTIONS = 64


class LoadError(Exception):
    """A server refused, or there were too few requests: the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What wrk saw."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    broken: int

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return self.requests / self.seconds


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """Return a request as it goes over the wire; each line of `headers` ends with CR LF."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def write(path: Path, requests: Iterable[bytes]) -> int:
    """Write a file of requests for `send`; return how many there are."""
    count = 0
    with path.open("wb") as file:
        for request in requests:
            file.write(b"%08d%b" % (len(request), request))
            count += 1
    return count


def fresh(url: str, folder: Path, requests: Iterable[bytes], seconds: float) -> Run:
    """Write the requests down, then send them. Raises what `send` raises."""
    file = folder / "requests"
    count = write(file, requests)
    try:
        return send(url, file, count, seconds)
    finally:
        file.unlink()


def send(
    url: str, load: Path, count: int, seconds: float, connections: int = CONNECTIONS
) -> Run:
    """Send the file's `count` requests for so long. Raises LoadError when one was refused or they ran out."""
    wrk, environment = programs.debian("wrk")
    command: list[str | Path] = [
        wrk,
        "-t1",
        f"-c{connections}",
        f"-d{seconds:.0f}s",
        "--latency",
    ]
    with machine.on_cpu(machine.LOAD_CPU):
        done = subprocess.run(
            [*command, "-s", Path(__file__).with_name("send_once.lua"), url],
            env={**environment, "LOAD": str(load)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise LoadError(f"wrk: {done.stderr or done.stdout}")
    seen = json.loads(done.stdout.splitlines()[-1])
    if seen["refused"]:
        raise LoadError(
            f"{seen['refused']} of {seen['requests']} requests were refused."
        )
    if seen["requests"] + connections >= count:
        raise LoadError(
            f"The {count} requests ran out before {seconds:.0f} s were over."
        )
    return Run(
        seen["requests"],
        seen["duration_us"] / 1e6,
        seen["p50_us"] / 1e3,
        seen["p99_us"] / 1e3,
        seen["broken"],
    )
