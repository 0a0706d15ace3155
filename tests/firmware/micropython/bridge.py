"""Run the firmware of a simulated board on MicroPython, in step with the simulated world.

The firmware runs in a process of its own, with the modules in `circuitpython/` in place of the board's. What they ask
(see `link.py` there) is done here with the simulator's own `busio`, `digitalio` and so on.
"""

from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

from kickwatt_sim import Device
from kickwatt_sim.circuitpython import make_module
from kickwatt_sim.settings import render
from kickwatt_sim.world import NEVER
from tests.firmware.micropython.vm import IN_PLACE, MICROPYTHON, MODULES

_REQUEST = 2  # the byte that a request begins with


class Bridge:
    """What one board's MicroPython reaches its world through.

    `heap` is the size of its heap in bytes, `folder` stands for the root of the board's drive. With `watch` it tells how
    much of the heap is in use, and `most_in_use` is the most that it told; that takes time. With an `image` (see `romfs.py`)
    everything comes from there, the modules in `circuitpython/` too.
    """

    def __init__(
        self,
        device: Device,
        heap: int,
        folder: Path,
        *,
        watch: bool = False,
        image: Path | None = None,
    ) -> None:
        self.most_in_use = 0
        self._board = device.board
        self._world = device.world
        self._command = [str(MICROPYTHON), "-X", f"heapsize={heap}"]
        self._folder = folder
        self._image = image
        self._environment = {
            "MICROPYPATH": str(MODULES),
            **({"WATCH_HEAP": "1"} if watch else {}),
            **{key: str(value) for key, value in self._board.settings.items()},
        }
        self._modules: dict[str, Any] = {}
        self._pins: dict[str, Any] = {}
        self._uarts: dict[str, Any] = {}
        (folder / "settings.toml").write_text(render(self._board.settings))
        # From here on the board does not run its files itself.
        self._board._execute = self.execute  # type: ignore[method-assign]

    def execute(self, name: str) -> None:
        """Run one file of the drive until it ends, or until the board stops it."""
        file = self._board.drive / name
        if not file.exists():
            return
        self._modules.clear()
        self._pins.clear()
        self._uarts.clear()
        what = [file] if self._image is None else [IN_PLACE, self._image, file.stem]
        with Popen(
            [*self._command, *map(str, what)],
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self._folder,
            env=self._environment,
        ) as vm:
            try:
                self._serve(vm)
            finally:
                vm.kill()
            assert vm.stderr is not None
            self._board.console.write(vm.stderr.read().decode())

    def _serve(self, vm: Popen[bytes]) -> None:
        assert vm.stdin is not None and vm.stdout is not None
        for line in vm.stdout:
            if line[0] != _REQUEST:
                self._board.console.write(line.decode())
                continue
            now_ns, in_use, length, what, *arguments = line[1:].decode().split()
            data = [vm.stdout.read(int(length))] if length != "0" else []
            self.most_in_use = max(self.most_in_use, int(in_use))
            self._board.sleep_until(self._board.started_ns + int(now_ns))
            answer = getattr(self, f"_do_{what}")(*arguments, *data)
            if isinstance(answer, bytes):
                vm.stdin.write(self._answer(len(answer)) + answer)
            else:
                vm.stdin.write(self._answer(int(answer or 0)))
            vm.stdin.flush()

    def _answer(self, value: int) -> bytes:
        lines = [port.line for port in self._board.ports.values()]
        busy = [line for line in lines if line.next_arrival_ns < NEVER]
        times = (
            self._world.now_ns,
            self._world.quiet_until_ns,
            min((line.next_arrival_ns for line in busy), default=NEVER),
            min((line.complete_ns for line in busy), default=NEVER),
        )
        began_ns = self._board.started_ns
        return b"%d %d %d %d %d\n" % (*(time - began_ns for time in times), value)

    def _module(self, name: str) -> Any:
        if name not in self._modules:
            self._modules[name] = make_module(self._board, name)
        return self._modules[name]

    def _pin(self, name: str) -> Any:
        return getattr(self._module("board"), name)

    # ------------------------------------------------------------------ time

    def _do_look(self) -> None:
        self._board.work(0)

    def _do_sleep(self, until_ns: str) -> None:
        self._board.sleep_until(self._board.started_ns + int(until_ns))

    # ------------------------------------------------------------------ digitalio

    def _do_pin(self, name: str) -> None:
        self._pins[name] = self._module("digitalio").DigitalInOut(self._pin(name))

    def _do_output(self, name: str, level: str, open_drain: str) -> None:
        modes = self._module("digitalio").DriveMode
        self._pins[name].switch_to_output(
            value=level == "1",
            drive_mode=modes.OPEN_DRAIN if open_drain == "1" else modes.PUSH_PULL,
        )

    def _do_input(self, name: str, pull: str) -> None:
        pulls = self._module("digitalio").Pull
        self._pins[name].switch_to_input(
            pull={"1": pulls.UP, "2": pulls.DOWN}.get(pull)
        )

    def _do_level(self, name: str) -> bool:
        return bool(self._pins[name].value)

    def _do_drive(self, name: str, level: str) -> None:
        self._pins[name].value = level == "1"

    # ------------------------------------------------------------------ busio

    def _do_uart(self, tx: str, rx: str, baud: str, timeout_ms: str, size: str) -> None:
        self._uarts[tx] = self._module("busio").UART(
            self._pin(tx),
            self._pin(rx),
            baudrate=int(baud),
            timeout=int(timeout_ms) / 1000,
            receiver_buffer_size=int(size),
        )

    def _do_waiting(self, name: str) -> int:
        return int(self._uarts[name].in_waiting)

    def _do_read(self, name: str, count: str) -> bytes:
        return self._uarts[name].read(int(count)) or b""

    def _do_write(self, name: str, data: bytes) -> int:
        return int(self._uarts[name].write(data))

    def _do_clear(self, name: str) -> None:
        self._uarts[name].reset_input_buffer()

    # ------------------------------------------------------------------ microcontroller, supervisor

    def _do_reset_reason(self) -> bytes:
        return self._board.reset_reason.encode()

    def _do_safe_mode_reason(self) -> bytes:
        return (self._board.safe_mode_reason or "NONE").encode()

    def _do_memory_size(self) -> int:
        return len(self._board.nvm)

    def _do_recall(self, start: str, stop: str) -> bytes:
        return bytes(self._board.nvm[int(start) : int(stop)])

    def _do_store(self, start: str, data: bytes) -> None:
        self._board.nvm[int(start) : int(start) + len(data)] = data

    def _do_guard(self, timeout_s: str) -> None:
        self._board.guard(float(timeout_s))

    def _do_feed(self) -> None:
        self._board.feed()

    def _do_reset(self) -> None:
        self._module("microcontroller").reset()
