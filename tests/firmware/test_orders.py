"""Orders and leases, as docs/protocol.md has them."""

import pytest

from kickwatt.orders import Orders


def orders(autonomous: bool = False) -> Orders:
    return Orders(autonomous)


def test_an_order_holds_for_its_lease_from_the_sealing_of_the_request() -> None:
    it = orders()
    assert it.receive(1, True, 900, 10_000) is True
    assert it.wants(10_000) and it.wants(909_999)
    assert not it.wants(910_000)


def test_every_reply_renews_the_lease() -> None:
    it = orders()
    it.receive(1, True, 900, 0)
    assert it.receive(1, True, 900, 800_000) is False
    assert it.wants(1_699_999)


def test_a_lost_lease_comes_back_with_the_same_order() -> None:
    it = orders()
    it.receive(1, True, 60, 0)
    assert not it.wants(100_000)
    it.receive(1, True, 60, 200_000)
    assert it.wants(200_001)


def test_off_is_off_at_once_and_takes_the_lease() -> None:
    it = orders()
    it.receive(1, True, 900, 0)
    it.receive(2, False, 0, 1_000)
    assert not it.wants(1_001) and not it.may_run(1_001)


@pytest.mark.parametrize("why", ["cut_off", "trip", "button"])
def test_what_the_board_ended_the_same_order_does_not_start_again(why: str) -> None:
    it = orders()
    it.receive(1, True, 900, 0)
    it.end(why)
    for second in range(100):
        it.receive(1, True, 900, second * 1_000)
        assert not it.wants(second * 1_000)
    it.receive(2, True, 900, 200_000)
    assert it.wants(200_001) and it.ended is None


def test_an_older_id_is_another_order_too() -> None:
    """A hub restored from a backup counts from lower ids again; a replayed reply cannot come this far."""
    it = orders()
    it.receive(9, True, 900, 0)
    it.end("cut_off")
    assert it.receive(3, True, 900, 1_000) is True
    assert it.wants(1_001)


def test_a_restart_keeps_the_order_but_not_the_lease() -> None:
    it = orders()
    it.resume(4, True, None)
    assert not it.wants(0)
    assert it.receive(4, True, 900, 1_000) is False
    assert it.wants(1_001)


def test_a_restart_keeps_what_was_ended() -> None:
    it = orders()
    it.resume(4, False, "cut_off")
    it.receive(4, True, 900, 1_000)
    assert not it.wants(1_001)


def test_an_autonomous_board_needs_no_lease() -> None:
    it = orders(autonomous=True)
    it.receive(1, True, 900, 0)
    assert it.wants(10**12)
    it.resume(1, True, None)
    assert it.wants(0)
    it.receive(2, False, 0, 10**12)
    assert not it.wants(10**12)


def test_the_same_id_turned_around_is_followed_both_ways() -> None:
    it = orders(autonomous=True)
    it.receive(1, True, 900, 0)
    it.receive(1, False, 0, 0)
    assert not it.wants(1)
    it.receive(1, True, 900, 0)
    assert it.wants(1)


def test_the_button_takes_the_orders_place_within_its_lease() -> None:
    it = orders()
    it.receive(1, True, 900, 0)
    it.end("button")
    it.press_on()
    assert it.wants(1_000) and not it.wants(900_000)
    it.receive(1, True, 900, 900_000)
    assert it.wants(900_001)
