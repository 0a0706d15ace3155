"""The bus: numbered events, bounded queues, a ring to resume from."""

import asyncio

from kickwatt_hub.bus import Bus, ChargerRemoved


def _publish(bus: Bus, *names: str) -> None:
    for name in names:
        bus.publish(ChargerRemoved(name))


def test_numbers_rise_by_one_and_each_run_has_its_own_name() -> None:
    """So that a client knows what it missed, and of which run."""
    bus = Bus()
    listener = bus.listen(asyncio.Event())
    _publish(bus, "a", "b")
    events = [listener.next(), listener.next(), listener.next()]
    assert [event and event.number for event in events] == [1, 2, None]
    assert bus.number == 2
    assert Bus().run != bus.run


def test_a_listener_hears_what_comes_after_it_began_until_it_stops() -> None:
    """And is woken."""
    bus, wake = Bus(), asyncio.Event()
    _publish(bus, "before")
    listener = bus.listen(wake)
    assert not wake.is_set()
    _publish(bus, "a")
    assert wake.is_set()
    listener.close()
    _publish(bus, "after")
    event = listener.next()
    assert event is not None
    assert event.what == ChargerRemoved("a") or event.number == 2
    assert listener.next() is None


def test_a_full_queue_is_emptied_and_marked_until_the_reader_starts_afresh() -> None:
    """It never grows, and nobody waits for it."""
    bus = Bus()
    slow, quick = bus.listen(asyncio.Event(), 2), bus.listen(asyncio.Event(), 10)
    _publish(bus, "a", "b", "c", "d")
    assert (slow.missed, slow.next()) == (True, None)
    assert not quick.missed
    slow.restart()
    _publish(bus, "e")
    event = slow.next()
    assert event is not None
    assert (event.number, slow.missed) == (5, False)


def test_the_ring_serves_what_it_still_holds() -> None:
    """Of this run, and not from the future."""
    bus = Bus(ring=3)
    _publish(bus, *"abcde")

    def since(number: int, run: str = bus.run) -> list[int] | None:
        events = bus.since(run, number)
        return None if events is None else [event.number for event in events]

    assert since(5) == []
    assert since(4) == [5]
    assert since(2) == [3, 4, 5]
    assert since(1) is None
    assert since(0) is None
    assert since(6) is None
    assert since(-1) is None
    assert since(5, "another") is None


def test_a_listener_hears_only_what_concerns_it() -> None:
    """It is not woken for anything else, and nothing else fills its queue."""
    bus, wake, mine = Bus(), asyncio.Event(), ChargerRemoved("mine")
    listener = bus.listen(wake, 1, concerns=lambda what: what is mine)
    _publish(bus, *"abc")
    assert (listener.missed, wake.is_set()) == (False, False)
    bus.publish(mine)
    assert wake.is_set()
    event = listener.next()
    assert event is not None
    assert event.number == 4
