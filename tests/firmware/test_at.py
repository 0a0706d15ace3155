"""The AT engine: lines, answers, URCs at any boundary, bodies by count."""

from collections.abc import Generator

from hypothesis import given, strategies as st
import pytest

from kickwatt import clock
from kickwatt.at import At, AtError, AtTimeout, Splitter, whole_number, without_secret
from tests.firmware.fakes import Time, Wire
from tests.firmware.modem import URCS, Sim800Wire

urcs = st.lists(st.sampled_from(URCS), max_size=40)


@pytest.fixture
def wire() -> Sim800Wire:
    made = Sim800Wire()
    made.echo = False
    return made


@pytest.fixture
def at(wire: Sim800Wire) -> At:
    return At(wire, 57_600)


# ---------------------------------------------------------------------- lines

texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(st.lists(texts, max_size=10), st.lists(st.integers(1, 7), min_size=1))
def test_lines_are_the_same_however_the_stream_is_cut(
    lines: list[str], sizes: list[int]
) -> None:
    stream = "".join(f"\r\n{line}\r\n" for line in lines).encode()
    splitter, found, at, turn = Splitter(), [], 0, 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        splitter.feed(stream[at : at + size])
        at, turn = at + size, turn + 1
        while (line := splitter.line()) is not None:
            found.append(line)
    assert found == lines


@given(st.binary(max_size=200), st.integers(0, 200))
def test_counted_bytes_come_back_as_they_are(body: bytes, cut: int) -> None:
    splitter = Splitter()
    splitter.feed(b"\r\n+HTTPREAD: 9\r\n" + body[:cut])
    assert splitter.line() == "+HTTPREAD: 9"
    if cut < len(body):
        assert splitter.take(len(body)) is None
    splitter.feed(body[cut:] + b"\r\nOK\r\n")
    assert splitter.take(len(body)) == body
    assert splitter.line() == "OK"


@given(st.lists(st.binary(min_size=1, max_size=400), max_size=20))
def test_noise_never_raises_and_never_piles_up(noise: list[bytes]) -> None:
    splitter = Splitter()
    for piece in noise:
        splitter.feed(piece)
        while splitter.line() is not None:
            pass
        assert len(splitter._buffer) <= 1024


def test_bytes_outside_ascii_become_question_marks() -> None:
    splitter = Splitter()
    splitter.feed(b"\x00IIII\xff\xff\r\n\r\nRDY\r\n")
    assert splitter.line() == "IIII??"
    assert splitter.line() == "RDY"


# ---------------------------------------------------------------------- commands


def test_a_command_returns_the_lines_that_it_wants(
    at: At, wire: Sim800Wire, time: Time
) -> None:
    task = at.command("AT+CSQ", 1000, lambda line: line.startswith("+CSQ:"))
    assert time.finish(task) == ["+CSQ: 17,0"]


@pytest.mark.parametrize("error", ["ERROR", "+CME ERROR: 3", "+CME ERROR: SIM busy"])
def test_a_refusal_is_an_error(
    at: At, wire: Sim800Wire, time: Time, error: str
) -> None:
    wire.bend["AT+CGATT=1"] = [error]
    with pytest.raises(AtError, match=error.replace("+", r"\+")):
        time.finish(at.command("AT+CGATT=1", 1000))


def test_silence_ends_at_the_commands_own_time(at: At, time: Time) -> None:
    at._uart.deaf = True  # type: ignore[attr-defined]
    began = time.ms
    with pytest.raises(AtTimeout, match="no answer"):
        time.finish(at.command("AT+SAPBR=1,1", 85_000))
    assert 85_000 <= time.ms - began < 85_100


def test_a_restart_of_the_modem_ends_a_command_at_once(at: At, time: Time) -> None:
    at._uart.bend["AT+SAPBR=1,1"] = ["RDY", "+CFUN: 1"]  # type: ignore[attr-defined]
    began = time.ms
    with pytest.raises(AtTimeout, match="restarted"):
        time.finish(at.command("AT+SAPBR=1,1", 85_000))
    assert time.ms - began < 100


def test_the_echo_of_a_command_is_no_answer(
    at: At, wire: Sim800Wire, time: Time
) -> None:
    wire.echo = True
    assert time.finish(at.command("AT+CSQ", 1000, lambda line: "CSQ" in line)) != []
    assert time.finish(at.command("AT+CPIN?", 1000)) == []
    assert "AT+CPIN?" not in at.urcs


def fresh_engine() -> Generator[tuple[At, Sim800Wire, Time]]:
    with pytest.MonkeyPatch.context() as patch:
        fake, wire = Time(), Sim800Wire()
        patch.setattr(clock, "now_ms", lambda: fake.ms)
        yield At(wire, 57_600), wire, fake


@given(urcs, st.booleans())
def test_urcs_at_any_boundary_change_no_answer(lines: list[str], echo: bool) -> None:
    for at, wire, fake in fresh_engine():
        wire.echo = echo
        wire.urcs = list(lines)
        csq = at.command("AT+CSQ", 1000, lambda line: line.startswith("+CSQ:"))
        assert fake.finish(csq) == ["+CSQ: 17,0"]
        assert (
            fake.finish(at.command("AT+HTTPDATA=3,1000", 1000, None, "DOWNLOAD")) == []
        )
        fake.finish(at.download(b"xyz", 1000))
        assert wire.bodies == [b"xyz"]
        fake.finish(at.command("AT+HTTPACTION=1", 1000))
        assert fake.finish(at.wait_urc("+HTTPACTION:", 9000)).startswith(
            "+HTTPACTION: 1,200"
        )
        body = fake.finish(at.read_counted("AT+HTTPREAD", "+HTTPREAD:", 100, 1000))
        assert body == wire.reply
        assert len(at.urcs) <= 16


@given(st.binary(max_size=300))
def test_a_body_may_look_like_anything(body: bytes) -> None:
    for at, wire, fake in fresh_engine():
        wire.echo = False
        wire.reply = b"\r\nOK\r\n+CME ERROR: 3\r\nRDY\r\n" + body
        found = fake.finish(at.read_counted("AT+HTTPREAD", "+HTTPREAD:", 400, 1000))
        assert found == wire.reply


def test_a_body_that_stops_is_a_timeout(at: At, wire: Sim800Wire, time: Time) -> None:
    wire.bend["AT+HTTPREAD"] = ["+HTTPREAD: 500", "short"]
    with pytest.raises(AtTimeout, match="the body stopped"):
        time.finish(at.read_counted("AT+HTTPREAD", "+HTTPREAD:", 1000, 1000))


@pytest.mark.parametrize(
    "lines", [["+HTTPREAD: 5000"], ["+HTTPREAD: x"], ["ERROR"], ["OK"]]
)
def test_an_answer_without_a_usable_count_is_an_error(
    at: At, wire: Sim800Wire, time: Time, lines: list[str]
) -> None:
    wire.bend["AT+HTTPREAD"] = lines
    with pytest.raises(AtError):
        time.finish(at.read_counted("AT+HTTPREAD", "+HTTPREAD:", 1000, 1000))


def test_waiting_for_a_urc_ends(at: At, wire: Sim800Wire, time: Time) -> None:
    began = time.ms
    with pytest.raises(AtTimeout, match="never came"):
        time.finish(at.wait_urc("+HTTPACTION:", 90_000))
    assert time.ms - began >= 90_000
    wire.say("RDY")
    with pytest.raises(AtTimeout, match="restarted"):
        time.finish(at.wait_urc("+HTTPACTION:", 90_000))


def test_late_answers_are_gone_after_settling(
    at: At, wire: Sim800Wire, time: Time
) -> None:
    wire.bend["AT+CSQ"] = []
    with pytest.raises(AtTimeout):
        time.finish(at.command("AT+CSQ", 1000))
    wire.say("+CSQ: 3,0", "OK")
    time.finish(at.settle(200))
    wire.bend["AT+CSQ"] = ["ERROR"]
    with pytest.raises(AtError):
        time.finish(at.command("AT+CSQ", 1000))


def test_a_piece_on_the_wire_takes_at_most_twenty_milliseconds(time: Time) -> None:
    for baud in (9_600, 57_600, 115_200):
        wire = Wire()
        time.finish(At(wire, baud)._send(b"x" * 2_000))
        assert b"".join(wire.written) == b"x" * 2_000
        longest = max(len(piece) for piece in wire.written)
        assert longest * 10 * 1000 <= baud * 20


@pytest.mark.parametrize("text", ["", "x", "-1", "1.0", "1234567890"])
def test_what_is_not_a_whole_number_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_no_error_shows_a_password_or_a_pin() -> None:
    assert without_secret('AT+SAPBR=3,1,"PWD","secret"') == 'AT+SAPBR=3,1,"PWD",***'
    assert without_secret('AT+CPIN="1234"') == "AT+CPIN=,***"
    assert without_secret("AT+CPIN?") == "AT+CPIN?"
