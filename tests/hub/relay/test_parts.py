"""The relay's pure parts: frames, addresses, limits; and its file of hubs."""

from contextlib import suppress
import json
from pathlib import Path
import stat

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.relay.address import AddressError, tunnel_url
from kickwatt_hub.relay.frames import (
    MAX_FRAME,
    MAX_REPLY,
    Answer,
    Ask,
    FrameError,
    Welcome,
    encode,
    for_hub,
    for_relay,
)
from kickwatt_hub.relay.hubs import Hubs, HubsError
from kickwatt_hub.relay.limits import AT_ONCE, PROVED_S, Proved, Turns
from kickwatt_hub.relay.tunnel import BusyError
from kickwatt_hub.sources.gsm import MAX_BODY

pytestmark = pytest.mark.once  # the way to a hub, not its store

# --- frames --------------------------------------------------------------------------------------------------------------


@given(st.integers(1, 2**53), st.text(max_size=32), st.binary(max_size=200))
def test_what_is_asked_and_answered_arrives_as_it_was(
    number: int, charger: str, body: bytes
) -> None:
    ask, answer = Ask(number, charger, body), Answer(number, 200, body)
    assert for_hub(encode(ask)) == ask
    assert for_relay(encode(answer)) == answer


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_a_frame_error(data: bytes) -> None:
    for read in (for_hub, for_relay):
        try:
            frame = read(data)
        except FrameError:
            continue
        assert read(encode(frame)) == frame


@pytest.mark.parametrize(
    "frame",
    [
        Ask(0, "scooter", b""),
        Ask(1, "x" * 33, b""),
        Ask(1, "scooter", b"x" * (MAX_BODY + 1)),
        Welcome("x" * 33, "http://relay.example/h/home"),
        Welcome("home", ""),
        Welcome("home", 'http://relay.example/h/home"\nKICKWATT_AUTONOMOUS = "1'),
        Welcome("home", "http://relay.example/h/home\n"),
        Welcome("home", "http://relay.example/h/home" + "e" * 300),
        Answer(1, 200, b""),
    ],
)
def test_a_frame_out_of_its_bounds_is_none_for_a_hub(
    frame: Welcome | Ask | Answer,
) -> None:
    with pytest.raises(FrameError):
        for_hub(encode(frame))


@pytest.mark.parametrize(
    "frame",
    [
        Answer(0, 200, b""),
        Answer(1, 204, b""),
        Answer(1, 200, b"x" * (MAX_REPLY + 1)),
        Welcome("home", ""),
    ],
)
def test_a_frame_out_of_its_bounds_is_none_for_a_relay(frame: Welcome | Answer) -> None:
    with pytest.raises(FrameError):
        for_relay(encode(frame))


def test_the_largest_message_fits_into_a_frame() -> None:
    assert len(encode(Ask(2**53, "x" * 32, b"x" * MAX_BODY))) <= MAX_FRAME


# --- addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("wss://relay.example:8423", "wss://relay.example:8423/tunnel"),
        ("wss://relay.example/", "wss://relay.example/tunnel"),
        ("wss://relay.example/kickwatt/", "wss://relay.example/kickwatt/tunnel"),
        ("wss://[2001:db8::1]:8423", "wss://[2001:db8::1]:8423/tunnel"),
        ("ws://localhost:8423", "ws://localhost:8423/tunnel"),
        ("ws://127.0.0.1:8423", "ws://127.0.0.1:8423/tunnel"),
        ("ws://[::1]:8423", "ws://[::1]:8423/tunnel"),
    ],
)
def test_an_address_leads_to_the_tunnel(address: str, url: str) -> None:
    assert tunnel_url(address) == url


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "expected an address such as wss://"),
        ("relay.example:8423", "expected an address such as wss://"),
        ("https://relay.example", "expected an address such as wss://"),
        ("wss://", "expected an address such as wss://"),
        ("wss://relay.example:99999", "expected an address such as wss://"),
        ("wss://relay.example\n", "expected an address such as wss://"),
        ("wss://[::1", "expected an address such as wss://"),
        ("wss://beef@relay.example", "relay_token"),
        ("wss://relay.example?token=beef", "nothing after the host"),
        ("ws://relay.example:8423", "use wss://"),
        ("ws://192.168.1.7:8423", "use wss://"),
    ],
)
def test_an_address_that_is_none_says_what_was_expected(
    address: str, says: str
) -> None:
    with pytest.raises(AddressError, match=says) as error:
        tunnel_url(address)
    assert "beef" not in str(error.value)


def test_a_plain_tunnel_to_another_machine_wants_to_be_allowed() -> None:
    assert (
        tunnel_url("ws://192.168.1.7:8423", plain=True)
        == "ws://192.168.1.7:8423/tunnel"
    )


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    for address in (text, f"wss://{text}"):
        with suppress(AddressError):
            assert tunnel_url(address).endswith("/tunnel")


# --- limits --------------------------------------------------------------------------------------------------------------


def test_who_has_proved_itself_is_known_for_an_hour() -> None:
    proved, device = Proved(), ("192.0.2.1", "home", "scooter")
    proved.note(device, 100.0)
    assert proved.has(device, 100.0 + PROVED_S - 1)
    assert not proved.has(device, 100.0 + PROVED_S)
    assert not proved.has(("192.0.2.2", "home", "scooter"), 100.0)


@given(st.lists(st.integers(0, 20)))
def test_no_more_are_remembered_than_there_is_room_for(numbers: list[int]) -> None:
    proved = Proved(most=5)
    for number in numbers:
        proved.note((str(number), "home", "scooter"), 0.0)
    newest = list(dict.fromkeys(reversed(numbers)))
    for place, number in enumerate(newest):
        assert proved.has((str(number), "home", "scooter"), 1.0) == (place < 5)


def test_turns_are_given_back() -> None:
    turns, device = Turns(), ("192.0.2.1", "home", "scooter")
    for _ in range(3):
        with turns.take(device), turns.take(device):
            with pytest.raises(BusyError), turns.take(device):
                raise AssertionError
            with turns.take(("192.0.2.1", "home", "bike")):
                pass
    assert AT_ONCE == 2
    assert not turns._busy


# --- the file of hubs ----------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    hubs = Hubs(tmp_path / "relay")
    token = hubs.add("home", 1_000)
    file = tmp_path / "relay/hubs.json"
    assert token not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert hubs.owner(token) == "home"
    assert hubs.owner("00" * 32) is None
    assert hubs.owner(None) is None
    assert "home" in hubs


def test_what_another_process_changes_is_noticed(tmp_path: Path) -> None:
    running, other = Hubs(tmp_path), Hubs(tmp_path)
    assert not running.refresh()
    token = other.add("home", 1_000)
    assert running.refresh()
    assert running.owner(token) == "home"
    other.remove("home")
    assert running.refresh()
    assert running.owner(token) is None
    assert not running.refresh()


def test_two_processes_that_add_at_once_lose_nothing(tmp_path: Path) -> None:
    one, other = Hubs(tmp_path), Hubs(tmp_path)
    tokens = [each.add(f"h{n}", 0) for n, each in enumerate((one, other, one, other))]
    assert [Hubs(tmp_path).owner(token) for token in tokens] == ["h0", "h1", "h2", "h3"]


@pytest.mark.parametrize("name", ["", "Home", "-x", "x" * 33, "a/b", "home\n", "ü"])
def test_a_name_that_cannot_be_in_a_url_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HubsError, match="lower-case letters"):
        Hubs(tmp_path).add(name, 0)


def test_a_name_is_taken_once_and_removed_once(tmp_path: Path) -> None:
    hubs = Hubs(tmp_path)
    hubs.add("home", 0)
    with pytest.raises(HubsError, match="already"):
        hubs.add("home", 0)
    hubs.remove("home")
    with pytest.raises(HubsError, match="no hub named home"):
        hubs.remove("home")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"home": 1}', b"\xff"])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "hubs.json").write_bytes(content)
    with pytest.raises(HubsError, match="hubs.json does not hold"):
        Hubs(tmp_path)


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "hubs.json").mkdir()
    with pytest.raises(HubsError, match="cannot be read"):
        Hubs(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(HubsError, match="cannot be"):
        Hubs(tmp_path / "file/below").add("home", 0)


def test_the_file_is_what_its_owner_can_read(tmp_path: Path) -> None:
    Hubs(tmp_path).add("home", 1_000)
    (hub,) = json.loads((tmp_path / "hubs.json").read_text()).items()
    assert hub[0] == "home"
    assert hub[1].keys() == {"token_sha256", "created_ms"}
