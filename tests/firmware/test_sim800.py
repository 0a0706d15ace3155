"""The modem: bring-up, messages, recovery."""

from contextlib import suppress
import re

from hypothesis import given, strategies as st
import pytest

from kickwatt import clock
from kickwatt.at import At
from kickwatt.cellular import Keys
from kickwatt.config import Config, load
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.modem import ModemError
from kickwatt.sim800 import Sim800
from tests.firmware.fakes import Flash, Pin, Time, settings
from tests.firmware.modem import URCS, Sim800Wire

URL = "http://hub.example:8422/s1/scooter-1"

# docs: SIM800 Series AT Command Manual V1.12. The driver may use nothing else.
KNOWN = re.compile(
    r"AT|ATE0|AT\+CMEE=1|AT\+CBC|AT\+SPIC|AT\+CNTPCID=1|AT\+CNTP(=\"[^\"]*\",0)?|AT\+CPIN\?|AT\+CPIN=\"\d{4,8}\"|AT\+CSQ|AT\+CREG\?|AT\+CGATT(\?|=1)|AT\+CFUN=1,1"
    r"|AT\+CCLK\?|AT\+CLTS=1;&W|AT\+SAPBR=(3,1,\"(CONTYPE|APN|USER|PWD)\",\"[^\"]*\"|[012],1)"
    r"|AT\+HTTP(INIT|TERM|READ|ACTION=1|DATA=\d+,\d+|PARA=\"(CID|URL|CONTENT|TIMEOUT)\",(\d+|\"[^\"]*\"))"
)


class Bench:
    """A driver on a bench."""

    def __init__(self, time: Time, **changes: object) -> None:
        self.time = time
        self.wire = Sim800Wire()
        self.reset = Pin(True)
        self.power = Pin(True)
        self.supply = Pin(True)
        self.memory = Memory(Journal(Flash()))
        self.config: Config = load(settings(**changes).get, [])
        assert self.config.problems == []
        self.modem = self.restarted()

    def restarted(self) -> Sim800:
        at = At(self.wire, self.config.modem_baud)
        supply = self.supply if self.config.modem_switch else None
        keys = Keys(self.reset, self.power, supply)
        return Sim800(at, keys, self.config, self.memory)

    def ready(self) -> None:
        self.time.finish(self.modem.ready())

    def post(self, body: bytes = b"body") -> tuple[int, bytes]:
        self.ready()
        return self.time.finish(self.modem.post(URL, body))

    def fails(self, says: str) -> None:
        with pytest.raises(ModemError, match=says):
            self.post()


@pytest.fixture
def bench(time: Time) -> Bench:
    return Bench(time)


def test_bring_up_says_what_the_manual_wants_in_its_order(bench: Bench) -> None:
    bench.ready()
    assert bench.wire.commands == [
        "AT",
        "ATE0",
        "AT+CMEE=1",
        "AT+HTTPTERM",
        "AT+CPIN?",
        "AT+CREG?",
        "AT+CGATT?",
        'AT+SAPBR=3,1,"CONTYPE","GPRS"',
        'AT+SAPBR=3,1,"APN","internet"',
        "AT+SAPBR=2,1",
        "AT+SAPBR=1,1",
    ]
    bench.wire.commands.clear()
    bench.ready()
    assert bench.wire.commands == []


def test_a_message_opens_and_closes_the_http_session(bench: Bench) -> None:
    bench.wire.reply = b"1234\n{}"
    assert bench.post(b"hello") == (200, b"1234\n{}")
    assert bench.wire.bodies == [b"hello"]
    assert bench.wire.http is False
    assert f'AT+HTTPPARA="URL","{URL}"' in bench.wire.commands
    assert bench.post() == (200, b"1234\n{}")


def test_only_commands_of_the_manual_are_used(time: Time) -> None:
    bench = Bench(time, SIM_PIN="0123", APN_USER="u", APN_PASSWORD="p")
    bench.wire.bend["AT+CPIN?"] = ["once", "+CPIN: SIM PIN", "OK"]
    bench.wire.bend["AT+CGATT?"] = ["+CGATT: 0", "OK"]
    bench.wire.bend["AT+CCLK?"] = ['+CCLK: "04/01/01,00:00:00+00"', "OK"]
    bench.post()
    time.finish(bench.modem.signal())
    time.finish(bench.modem.network_time())
    for failures in range(1, 6):
        time.finish(bench.modem.recover(failures))
        bench.post()
    for command in bench.wire.commands:
        assert KNOWN.fullmatch(command), command
        assert len(command) <= 556
    assert 'AT+CPIN="0123"' in bench.wire.commands
    assert 'AT+SAPBR=3,1,"PWD","p"' in bench.wire.commands
    assert "AT+CGATT=1" in bench.wire.commands


@given(st.lists(st.sampled_from(URCS), max_size=60), st.booleans())
def test_urcs_anywhere_do_not_disturb_a_message(urcs: list[str], echo: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fake = Time()
        patch.setattr(clock, "now_ms", lambda: fake.ms)
        bench = Bench(fake)
        bench.wire.urcs = list(urcs)
        bench.ready()
        bench.wire.echo = echo
        assert bench.post() == (200, bench.wire.reply)
        assert fake.finish(bench.modem.signal()) == 17


# ---------------------------------------------------------------------- SIM card and network


def test_home_and_roaming_are_both_registered_and_the_urc_form_is_not_an_answer(
    bench: Bench,
) -> None:
    bench.wire.bend["AT+CREG?"] = ["+CREG: 2", "+CREG: 0,1", "OK"]
    bench.ready()
    bench = Bench(bench.time)
    bench.wire.bend["AT+CREG?"] = ['+CREG: 5,"00A1","3F2B"', "+CREG: 2,5", "OK"]
    bench.ready()


def test_it_waits_for_the_network_and_gives_up_after_three_minutes(
    bench: Bench,
) -> None:
    bench.wire.bend["AT+CREG?"] = ["+CREG: 0,2", "OK"]
    began = bench.time.ms
    bench.fails("no network: antenna or coverage")
    assert 170_000 <= bench.time.ms - began <= 200_000
    del bench.wire.bend["AT+CREG?"]
    bench.ready()


def test_a_denied_registration_is_named(bench: Bench) -> None:
    bench.wire.bend["AT+CREG?"] = ["+CREG: 0,3", "OK"]
    bench.fails("denies registration")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["+CPIN: SIM PUK", "OK"], "wants its PUK: unlock it in a phone"),
        (["+CPIN: PH-SIM PIN", "OK"], "missing or locked: PH-SIM PIN"),
        (["+CME ERROR: 10"], "missing or locked: no card"),
        (["+CPIN: NOT READY", "OK"], "missing or locked: no answer"),
        (["+CPIN: SIM PIN", "OK"], "wants a PIN: set KICKWATT_SIM_PIN"),
    ],
)
def test_trouble_with_the_card_is_named(
    bench: Bench, lines: list[str], says: str
) -> None:
    bench.wire.bend["AT+CPIN?"] = lines
    bench.fails(says)


def test_a_busy_card_gets_time(bench: Bench) -> None:
    bench.wire.bend["AT+CPIN?"] = ["once", "+CME ERROR: 14"]
    bench.ready()


def test_a_wrong_pin_is_tried_once_even_across_restarts(time: Time) -> None:
    bench = Bench(time, SIM_PIN="1234")
    bench.wire.bend["AT+CPIN?"] = ["+CPIN: SIM PIN", "OK"]
    bench.wire.bend['AT+CPIN="1234"'] = ["+CME ERROR: 16"]
    bench.fails("KICKWATT_SIM_PIN is wrong")
    bench.fails("not tried again")
    bench.modem = bench.restarted()
    bench.fails("not tried again")
    assert bench.wire.commands.count('AT+CPIN="1234"') == 1
    bench.config.sim_pin = "4321"
    bench.ready()


def test_a_card_that_wants_its_puk_is_asked_and_never_answered(time: Time) -> None:
    bench = Bench(time, SIM_PIN="1234")
    bench.wire.bend["AT+CPIN?"] = ["+CPIN: SIM PUK", "OK"]
    for _ in range(5):
        bench.fails("never tries one")
        time.finish(bench.modem.recover(1))
    assert not [line for line in bench.wire.commands if line.startswith("AT+CPIN=")]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_pin_is_not_tried_on_a_card_that_has_lost_a_try(
    time: Time, left: int
) -> None:
    bench = Bench(time, SIM_PIN="1234")
    bench.wire.bend["AT+CPIN?"] = ["+CPIN: SIM PIN", "OK"]
    bench.wire.bend["AT+SPIC"] = [f"+SPIC: {left},10,0,10", "OK"]
    bench.fails(f"has {left} of 3 tries left: enter its PIN in a phone")
    assert 'AT+CPIN="1234"' not in bench.wire.commands


def test_a_pin_whose_answer_got_lost_is_not_tried_again(time: Time) -> None:
    bench = Bench(time, SIM_PIN="1234")
    bench.wire.bend["AT+CPIN?"] = ["+CPIN: SIM PIN", "OK"]
    bench.wire.bend['AT+CPIN="1234"'] = []
    bench.fails("no answer")
    bench.wire.bend["AT+SPIC"] = ["+SPIC: 2,10,0,10", "OK"]
    bench.fails("tries left")
    assert bench.wire.commands.count('AT+CPIN="1234"') == 1


def test_a_modem_that_cannot_count_tries_gets_the_pin(time: Time) -> None:
    bench = Bench(time, SIM_PIN="1234")
    bench.wire.bend["AT+CPIN?"] = ["+CPIN: SIM PIN", "OK"]
    bench.wire.bend["AT+SPIC"] = ["ERROR"]
    bench.ready()
    assert bench.wire.commands.count('AT+CPIN="1234"') == 1


# ---------------------------------------------------------------------- messages that fail


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (601, "HTTP 601, network"),
        (603, "DNS"),
        (604, "stack busy"),
        (605, "TLS"),
        (699, "unknown"),
    ],
)
def test_the_modems_own_results_are_failures(
    bench: Bench, status: int, says: str
) -> None:
    bench.wire.status = status
    bench.wire.reply = b""
    bench.fails(says)
    assert bench.wire.http is False


def test_every_other_status_is_the_hubs(bench: Bench) -> None:
    for status in (200, 401, 409, 422, 503):
        bench.wire.status = status
        assert bench.post() == (status, bench.wire.reply)


def test_an_empty_reply_is_not_read(bench: Bench) -> None:
    bench.wire.reply = b""
    assert bench.post() == (200, b"")
    assert "AT+HTTPREAD" not in bench.wire.commands


def test_a_reply_that_is_too_long_is_not_read(bench: Bench) -> None:
    bench.wire.reply = b"x" * 2_049
    bench.fails("a reply of 2049 bytes")
    assert "AT+HTTPREAD" not in bench.wire.commands


def test_an_answer_that_never_comes_ends(bench: Bench) -> None:
    bench.wire.action = ""
    bench.fails("never came")


def test_whatever_step_stops_the_failure_has_a_name(time: Time) -> None:
    """Bend one command after another: silence and refusal both end as a `ModemError`, and the next try works."""
    bench = Bench(time, APN_USER="u", SIM_PIN="0123")
    bench.post()
    commands = [*dict.fromkeys(bench.wire.commands)]
    for command in commands:
        for lines in ([], ["ERROR"], ["OK"]):
            bench.modem = bench.restarted()
            bench.wire.http = False
            bench.wire.bearer = "3"
            bench.wire.bend = {command: lines}
            with suppress(ModemError):
                bench.post()
                time.finish(bench.modem.signal())
                time.finish(bench.modem.network_time())
            bench.wire.bend = {}
            bench.ready()
            assert bench.post()[0] == 200


def test_a_garbled_result_is_a_failure(bench: Bench) -> None:
    bench.wire.action = "+HTTPACTION: 1,2?0,12"
    bench.fails("garbled")
    bench.wire.action = "+HTTPACTION:1,200,0"
    assert bench.post() == (200, b"")


def test_a_session_left_open_is_closed_first(bench: Bench) -> None:
    bench.ready()
    bench.wire.http = True
    assert bench.post()[0] == 200


def test_a_lost_bearer_is_opened_again(bench: Bench) -> None:
    bench.ready()
    bench.wire.say("+SAPBR 1: DEACT")
    bench.wire.bearer = "3"
    bench.post()
    assert bench.wire.commands.count("AT+SAPBR=1,1") == 2


def test_a_modem_that_restarted_is_brought_up_again(bench: Bench) -> None:
    bench.ready()
    bench.wire.say("RDY", "+CFUN: 1", "+CPIN: READY")
    bench.wire.bearer, bench.wire.echo = "3", True
    bench.wire.commands.clear()
    assert bench.post()[0] == 200
    assert bench.wire.commands[:2] == ["AT", "ATE0"]


def test_closing_the_session_cannot_spoil_a_reply_that_is_there(bench: Bench) -> None:
    bench.ready()
    task = bench.modem.post(URL, b"body")
    while "AT+HTTPREAD" not in bench.wire.commands:
        bench.time.ms += next(task)
    bench.wire.bend["AT+HTTPTERM"] = []
    assert bench.time.finish(task) == (200, bench.wire.reply)


# ---------------------------------------------------------------------- recovery


def test_the_ladder_climbs_from_the_session_to_the_reset_pin(bench: Bench) -> None:
    bench.ready()
    rungs = []
    for failures in (1, 2, 3, 4, 9):
        bench.wire.commands.clear()
        bench.time.finish(bench.modem.recover(failures))
        rungs.append(list(bench.wire.commands))
    assert rungs[0] == ["AT+HTTPTERM"]
    assert rungs[1] == ["AT+HTTPTERM", "AT+SAPBR=0,1"]
    assert rungs[2] == ["AT+CFUN=1,1"]
    assert rungs[3:] == [[], []]
    assert bench.reset.levels == [True, False, True, False, True]
    assert bench.power.levels == [True]


def test_a_pulse_on_the_reset_pin_is_long_enough(bench: Bench) -> None:
    task = bench.modem.recover(4)
    began = None
    for rest in task:
        if not bench.reset.value and began is None:
            began = bench.time.ms
        bench.time.ms += rest
        if began is not None and not bench.reset.value:
            assert bench.time.ms - began >= 105


def test_with_a_supply_switch_the_ladder_ends_there(time: Time) -> None:
    bench = Bench(time, MODEM_SWITCH=1)
    bench.ready()
    for failures in (1, 2, 3, 4):
        time.finish(bench.modem.recover(failures))
    assert bench.supply.levels == [True]
    began = time.ms
    time.finish(bench.modem.recover(5))
    assert bench.supply.levels == [True, False, True]
    assert bench.reset.levels == [True, False, True]
    assert time.ms - began >= 10_000
    bench.ready()


def test_no_step_of_the_ladder_rests_for_long(time: Time) -> None:
    bench = Bench(time, MODEM_SWITCH=1)
    for failures in range(1, 7):
        for rest in bench.modem.recover(failures):
            assert rest <= 5_000
            time.ms += rest


def test_a_silent_modem_gets_its_power_key_pressed(bench: Bench) -> None:
    bench.wire.deaf = True
    pressed: list[int] = []

    def wait_for_it() -> None:
        for rest in bench.modem.ready():
            if not bench.power.value:
                pressed.append(rest)
            bench.time.ms += max(rest, 1)

    with pytest.raises(ModemError, match="does not answer"):
        wait_for_it()
    assert sum(pressed) >= 1_200
    assert bench.power.levels == [True, False, True]
    bench.wire.deaf = False
    bench.ready()


def test_recovering_a_dead_modem_never_raises(bench: Bench) -> None:
    bench.ready()
    bench.wire.deaf = True
    for failures in range(1, 6):
        bench.time.finish(bench.modem.recover(failures))


# ---------------------------------------------------------------------- small things


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("+CSQ: 0,0", 0),
        ("+CSQ: 31,99", 31),
        ("+CSQ: 99,99", 99),
        ("+CSQ: x", 99),
        ("+CSQ: 45,0", 99),
    ],
)
def test_the_signal_is_what_the_modem_says_or_unknown(
    bench: Bench, answer: str, level: int
) -> None:
    bench.ready()
    bench.wire.bend["AT+CSQ"] = [answer, "OK"]
    assert bench.time.finish(bench.modem.signal()) == level


def test_the_network_is_asked_for_the_time_once(bench: Bench) -> None:
    bench.ready()
    assert bench.time.finish(bench.modem.network_time()) == 1_795_248_000
    bench.wire.bend["AT+CCLK?"] = ['+CCLK: "04/01/01,00:00:00+00"', "OK"]
    for _ in range(3):
        assert bench.time.finish(bench.modem.network_time()) is None
    assert bench.wire.commands.count("AT+CLTS=1;&W") == 1


UNSET = ['+CCLK: "04/01/01,00:00:00+00"', "OK"]


def test_without_the_networks_time_a_time_server_is_asked_now_and_then(
    bench: Bench,
) -> None:
    bench.wire.bend["AT+CCLK?"] = UNSET
    bench.ready()
    for _ in range(3):
        assert bench.time.finish(bench.modem.network_time()) is None
    assert "AT+CNTP" not in bench.wire.commands  # nothing got through yet
    bench.post()
    bench.wire.bend["AT+CNTP"] = ["OK", "+CNTP: 65"]
    assert bench.time.finish(bench.modem.network_time()) is None
    assert bench.wire.commands[-5:] == [
        "AT+CCLK?",
        "AT+CNTPCID=1",
        'AT+CNTP="pool.ntp.org",0',
        "AT+CNTP",
        "AT+CCLK?",
    ]
    for _ in range(3):
        bench.time.finish(bench.modem.network_time())
    assert bench.wire.commands.count("AT+CNTP") == 1
    bench.time.ms += 6 * 3_600_000
    bench.time.finish(bench.modem.network_time())
    assert bench.wire.commands.count("AT+CNTP") == 2


@pytest.mark.parametrize("answer", [["OK"], ["ERROR"], ["OK", "+CNTP: 61"]])
def test_a_time_server_that_fails_costs_no_message(
    bench: Bench, answer: list[str]
) -> None:
    bench.post()
    bench.wire.bend["AT+CCLK?"] = UNSET
    bench.wire.bend["AT+CNTP"] = answer
    for _ in range(2):
        assert bench.time.finish(bench.modem.network_time()) is None
    assert bench.wire.commands.count("AT+CNTP") == 1
    assert bench.post()[0] == 200


def test_no_time_server_is_asked_where_the_owner_wants_none(time: Time) -> None:
    bench = Bench(time, NTP="none")
    bench.post()
    bench.wire.bend["AT+CCLK?"] = UNSET
    for _ in range(2):
        time.finish(bench.modem.network_time())
    assert "AT+CNTP" not in bench.wire.commands


@pytest.mark.parametrize(
    ("lines", "supply_mv"),
    [
        (["+CBC: 0,76,4010", "OK"], 4_010),
        (["+CBC: 0,1,3399", "OK"], 3_399),
        (["+CBC: x", "OK"], None),
        (["OK"], None),
        (["ERROR"], None),
    ],
)
def test_the_supply_voltage_is_the_modems_or_unknown(
    bench: Bench, lines: list[str], supply_mv: int | None
) -> None:
    bench.ready()
    bench.wire.bend["AT+CBC"] = lines
    assert bench.time.finish(bench.modem.supply_mv()) == supply_mv


def test_no_step_rests_for_long(bench: Bench) -> None:
    task = bench.modem.ready()
    for rest in task:
        assert rest <= 5_000
        bench.time.ms += rest
