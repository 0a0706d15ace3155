"""Single parts on pseudo-terminals, met as a program meets a serial port; and the modem's command."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time

import pytest
import serial

from kickwatt_sim.bench import PtyMeter, PtyModem
from kickwatt_sim.bench.clockwork import Clockwork
from kickwatt_sim.parts.modem import A7670
from kickwatt_sim.parts.pzem import crc16

from .s1_hub import ID, S1Hub
from .test_command_line import sim

READ_ALL = bytes.fromhex("01040000000a700d")


# What comes, comes at once; a busy machine may take its time.
PATIENCE_S = 60


def ask(port: serial.Serial, command: str, until: bytes = b"OK\r\n") -> bytes:
    port.write(command.encode() + b"\r")
    return port.read_until(until)


def wake(port: serial.Serial) -> None:
    """Say AT until the modem has started, and let it stop to repeat what it hears."""
    patience, port.timeout = port.timeout, 0.1
    end = time.monotonic() + PATIENCE_S
    while b"OK" not in ask(port, "AT"):
        assert time.monotonic() < end
    port.timeout = patience
    ask(port, "ATE0")
    # On a busy machine the answers to earlier ones come only now, but all of them before this one.
    assert b"+CSQ:" in ask(port, "AT+CSQ", b"+CSQ:")
    port.read_until(b"OK\r\n")


@contextmanager
def opened(path: str, baud: int = 115_200) -> Iterator[serial.Serial]:
    with serial.Serial(path, baud, timeout=PATIENCE_S) as port:
        yield port


def test_any_program_posts_through_the_modem() -> None:
    # Not too fast: the modem waits two minutes of its own for the body.
    with S1Hub() as hub, PtyModem(speed=4) as modem, opened(modem.path) as port:
        wake(port)
        end = time.monotonic() + PATIENCE_S
        while b"0,5" not in ask(port, "AT+CREG?"):
            assert time.monotonic() < end
        assert b"OK" in ask(port, 'AT+SAPBR=3,1,"APN","internet"')
        assert b"OK" in ask(port, "AT+SAPBR=1,1")
        assert b"OK" in ask(port, "AT+HTTPINIT")
        ask(port, f'AT+HTTPPARA="URL","{hub.url}/s1/{ID}"')
        assert b"DOWNLOAD" in ask(port, "AT+HTTPDATA=5,120000", b"DOWNLOAD\r\n")
        port.write(b"0\n{}x")
        assert b"OK" in port.read_until(b"OK\r\n")
        ask(port, "AT+HTTPACTION=1")
        assert b"+HTTPACTION: 1,401," in port.read_until(b",11\r\n")
        assert b"who are you" in ask(port, "AT+HTTPREAD")
    assert hub.forged == 1


def test_an_lte_modem_is_another_model() -> None:
    with (
        PtyModem(speed=20, model=A7670) as modem,
        opened(modem.path, baud=115_200) as port,
    ):
        wake(port)
        assert b"A7670E-FASE" in ask(port, "AT+CGMM")


def test_the_modem_hears_what_happens_to_it_and_hears_no_wrong_rate() -> None:
    with PtyModem(speed=20, pin="1234") as modem, opened(modem.path) as port:
        wake(port)
        assert b"+CPIN: SIM PIN" in ask(port, "AT+CPIN?")
        modem.do(modem.modem.remove_sim)
        assert b"+CPIN: NOT READY" in port.read_until(b"READY\r\n")
        port.baudrate = 9600
        port.timeout = 0.3
        assert b"OK" not in ask(port, "AT")
        modem.do(lambda: modem.modem.lock_on(57_600))
        modem.do(lambda: modem.modem.unsolicited("RING"))
        assert b"RING" not in port.read(8)


def test_a_second_program_finds_the_modem_as_the_first_left_it() -> None:
    with PtyModem(speed=20) as modem:
        with opened(modem.path) as port:
            wake(port)
            port.write(b"AT+C")
        with opened(modem.path) as port:
            assert b"+CSQ: 1" in ask(port, "SQ")


def test_nobody_reads_and_nothing_stands_still() -> None:
    with PtyModem(speed=1000) as modem, opened(modem.path) as port:
        wake(port)
        for _ in range(400):
            modem.do(lambda: modem.modem.unsolicited("RING " + 60 * "x"))
        modem.do(lambda: None)
        time.sleep(0.1)
        port.reset_input_buffer()
        assert b"OK" in ask(port, "AT")


def test_closing_takes_the_terminal_away_and_may_be_done_twice() -> None:
    modem = PtyModem()
    path = modem.path
    assert Path(path).exists()
    modem.close()
    modem.close()
    assert not Path(path).exists()
    with pytest.raises(RuntimeError, match="this world has ended"):
        modem.do(lambda: None)


def test_the_meter_answers_with_what_flows() -> None:
    with PtyMeter(speed=10) as meter, opened(meter.path, 9600) as port:
        meter.do(lambda: meter.outlet.plug_in(0.4))

        def watts() -> float:
            port.write(READ_ALL)
            answer = port.read(25)
            assert crc16(answer[:-2]) == int.from_bytes(answer[-2:], "little")
            return int.from_bytes(answer[9:11]) / 10

        assert watts() == 0
        meter.close_relay()
        end = time.monotonic() + PATIENCE_S
        while watts() != pytest.approx(85, abs=10):
            assert time.monotonic() < end
        meter.open_relay()
        while watts() != 0:
            assert time.monotonic() < end
        meter.do(lambda: setattr(meter.meter, "silent", True))
        port.timeout = 0.2
        port.write(READ_ALL)
        assert port.read(25) == b""


def test_an_error_in_the_world_is_raised_where_it_was_asked_for() -> None:
    clockwork = Clockwork()
    clockwork.start()
    with pytest.raises(ZeroDivisionError):
        clockwork.do(lambda: 1 / 0)
    assert clockwork.do(lambda: 7) == 7
    clockwork.world.arrive(lambda: divmod(1, 0))
    end = time.monotonic() + PATIENCE_S
    while clockwork.running and time.monotonic() < end:
        time.sleep(0.01)
    with pytest.raises(RuntimeError, match="ended") as broken:
        clockwork.do(lambda: None)
    assert "division by zero" in repr(broken.value.__cause__)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_a_path_and_the_dialogue_and_stops_when_asked(
    end: signal.Signals,
) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "kickwatt_sim", "modem", "--speed", "20"),
            *("--pin", "1234", "--signal", "9", "--home"),
        ],
        env={**os.environ},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    path = process.stdout.readline().strip()
    assert re.fullmatch(r"/dev/pts/\d+", path)
    with opened(path) as port:
        wake(port)
        assert b"OK" in ask(port, 'AT+CPIN="1234"')
        deadline = time.monotonic() + PATIENCE_S
        while b"0,1" not in ask(port, "AT+CREG?"):
            assert time.monotonic() < deadline
    process.send_signal(end)
    output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert output.splitlines()[-1] == "Stopped."
    assert "> AT+CPIN=***" in output
    assert "< OK" in output
    assert not Path(path).exists()


def test_a_pin_has_four_to_eight_digits() -> None:
    result = sim("modem", "--pin", "12a")
    assert result.returncode == 2
    assert result.stderr == "kickwatt-sim: --pin must be 4 to 8 digits.\n"
