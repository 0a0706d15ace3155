"""Time."""

import time

import pytest

from kickwatt import clock


def test_milliseconds_are_whole_and_never_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (0, 6, 13, 40, 400, 40_000):
        ns = days * 86_400 * 10**9 + 1_999_999
        monkeypatch.setattr(time, "monotonic_ns", lambda ns=ns: ns)
        assert clock.now_ms() == days * 86_400_000 + 1


def test_a_rest_is_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock.sleep_ms(50)
    assert slept == [0.05]
