"""A program that runs beside this one, with its output in a file."""

import asyncio
from collections.abc import Mapping
import contextlib
import os
from pathlib import Path
import random
import shutil
import signal
import socket
from typing import Final, Self

# When the demo itself is killed, nobody is left to stop its parts: Linux does (setpriv is a part of util-linux).
_ENDS_WITH_US: Final = (
    ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
)

# Below what Linux (from 32768 on) and the others (from 49152 on) give to whoever asks for any port.
_NEVER_GIVEN: Final = range(20_000, 32_768)


class PartDiedError(Exception):
    """A part of the demo ended although nobody had asked it to."""

    def __init__(self, process: Process) -> None:
        """Say which part it was, how it ended and what it said last."""
        code = process.returncode
        how = (
            f"ended with exit code {code}"
            if code is None or code >= 0
            else f"was killed by {signal.Signals(-code).name}"
        )
        super().__init__(
            f"{process.name} {how}. Its last words ({process.log}):\n{process.last_words()}"
        )


class Process:
    """One program in a session of its own, so that Ctrl-C in the terminal reaches only the demo.

    It is the demo that stops its parts, in order; what a part leaves behind in its process group is killed with it.
    """

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log: Path
    ) -> None:
        """Wrap a program that has been started."""
        self.name = name
        self.log = log
        self.pid = process.pid
        self.stopping = False
        self._process = process
        self._peak_mib: float | None = None

    @classmethod
    async def start(
        cls,
        name: str,
        *command: str | Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a program; what it prints goes to the file `log`."""
        surroundings = {
            key: value for key, value in os.environ.items() if key != "PYTHONPATH"
        }
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *_ENDS_WITH_US,
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**surroundings, "PYTHONUNBUFFERED": "1", **(environment or {})},
                start_new_session=True,
            )
        return cls(name, process, log)

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs, negative when a signal ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Wait for its end."""
        return await self._process.wait()

    async def watch(self) -> None:
        """Wait for its end and raise, unless it was asked to stop.

        Raises:
            PartDiedError: it ended by itself.

        """
        await self._process.wait()
        if not self.stopping:
            raise PartDiedError(self)

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace").strip()
        return (
            "\n".join(f"    {line}" for line in text.splitlines()[-lines:])
            or "    (nothing)"
        )

    def peak_memory_mib(self) -> float | None:
        """The most memory that it ever had resident, in MiB; None where the system does not tell.

        VmHWM of proc_pid_status(5). It is gone when the process is, so the last figure is kept.
        """
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    self._peak_mib = round(int(line.split()[1]) / 1024, 1)
        return self._peak_mib

    def kill(self) -> None:
        """End it and everything that it started, now."""
        self.stopping = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def stop(self, patience_s: float = 10) -> int:
        """Ask it to stop; kill it when it has not within `patience_s`. Returns its exit code."""
        self.stopping = True
        self.peak_memory_mib()
        try:
            if self._process.returncode is None:
                self._process.send_signal(signal.SIGTERM)
                async with asyncio.timeout(patience_s):
                    await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self.kill()
        return await self._process.wait()


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now, and that the system gives to nobody until they are used."""
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            port = random.choice(_NEVER_GIVEN)
            probe = stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    return found
