"""Whatever a network does to S1 messages, the hub stores what was measured: all of it, each sample once.

A state machine plays board, network and hub: messages are lost, repeated, held back, cut short and forged, replies are
lost, the board reboots, the hub is restarted. In the end the stored samples are those that the board was told it may
forget, plus at most those that it still holds.
"""

import asyncio
from pathlib import Path
import shutil
import tempfile

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
import pytest

from kickwatt_hub.ingest import NotS1Error, StrangerError
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import Reply, S1Device, open_reply

pytestmark = pytest.mark.timeout(
    600
)  # twenty courses of a hub: minutes on a busy machine


class Network(RuleBasedStateMachine):
    """Board, network and hub."""

    def __init__(self) -> None:
        """Nothing has started."""
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp())
        self.hub: RunningHub
        self.board: S1Device
        self.sent: list[bytes] = []
        self.measured: dict[tuple[int, int], int] = {}
        self.forgotten: set[tuple[int, int]] = set()
        self.lost: set[tuple[int, int]] = set()
        self.counter_wh = 0

    @initialize()
    def start(self) -> None:
        """A hub and a board that it knows."""
        self._start_hub()
        key = self.runner.run(self.hub.add_charger("scooter"))
        self.board = S1Device("http://unused", "scooter", key)

    def teardown(self) -> None:
        """Stop the hub and forget its data."""
        if hasattr(self, "hub"):
            self._stop_hub()
        self.runner.close()
        shutil.rmtree(self.folder)

    # --- what happens ------------------------------------------------------------------------------------------

    @rule(wh=st.integers(0, 50))
    def measure(self, wh: int) -> None:
        """The board takes a sample."""
        self.counter_wh += wh
        number = self.board.measure(5.0, energy_wh=self.counter_wh)[0]
        self.measured[self.board.boot, number] = self.counter_wh

    @rule()
    def exchange(self) -> None:
        """A message gets there and its reply gets back."""
        body = self._build()
        self._obey(body, self._deliver(body))

    @rule()
    def reply_is_lost(self) -> None:
        """The hub has stored it, the board does not know."""
        self._deliver(self._build())

    @rule()
    def request_is_lost(self) -> None:
        """The board has spoken, nobody heard it; it may arrive later."""
        self._build()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_message_arrives(self, data: st.DataObject) -> None:
        """Again, or at last: replayed by somebody, or held back by the network."""
        self._deliver(data.draw(st.sampled_from(self.sent)))

    @precondition(lambda self: self.sent)
    @rule()
    def the_newest_is_repeated_and_answered(self) -> None:
        """The board did not get the reply and tries again with the same bytes."""
        self._obey(self.sent[-1], self._deliver(self.sent[-1]))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def a_message_is_damaged(self, data: st.DataObject) -> None:
        """Cut short, or one byte changed: it must not count at all."""
        body = bytearray(data.draw(st.sampled_from(self.sent)))
        place = data.draw(st.integers(0, len(body) - 1))
        if data.draw(st.booleans()):
            del body[place:]
        else:
            body[place] ^= data.draw(st.integers(1, 255))
        assert self._deliver(bytes(body)) is None

    @rule()
    def the_board_reboots(self) -> None:
        """What was queued in its memory is gone."""
        self._lose_queue()
        self.board.reboot()

    @rule()
    def the_board_loses_its_boot_counter(self) -> None:
        """It starts again at 1, and the hub tells it where to go on.

        It speaks before it measures. Were it silent for longer than its former life had lasted, nothing in S1 could tell
        the two apart.
        """
        self._lose_queue()
        self.board.boot = 0
        self.board.reboot()
        self.exchange()

    @rule()
    def the_hub_restarts(self) -> None:
        """With nothing but its disk."""
        self._stop_hub()
        self._start_hub()

    # --- what must be true -------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost_and_nothing_is_doubled(self) -> None:
        """What was acknowledged is stored; what is stored was measured; the energy is the counter's."""
        if not hasattr(self, "board"):
            return
        stored = self._stored()
        keys = [key for key, _ in stored]
        assert len(keys) == len(set(keys))
        assert self.forgotten <= set(keys)
        assert dict(stored).items() <= self.measured.items()
        energies = [energy for _, energy in stored]
        assert energies == sorted(energies)

    # --- how ---------------------------------------------------------------------------------------------------

    def _start_hub(self) -> None:
        self.running = running_hub(self.folder / "data")
        self.hub = self.runner.run(self.running.__aenter__())

    def _stop_hub(self) -> None:
        self.runner.run(self.running.__aexit__(None, None, None))

    def _build(self) -> bytes:
        self.board.up += 1
        body = self.board.body()
        self.sent.append(body)
        return body

    def _deliver(self, body: bytes) -> Reply | None:
        try:
            reply = self.runner.run(self.hub.hub.context.ingest.s1("scooter", body))
        except NotS1Error, StrangerError:
            return None
        proved = open_reply("scooter", self.board.key, body, reply.body)
        assert proved is not None
        return Reply(reply.status, proved, reply.body, {})

    def _obey(self, body: bytes, reply: Reply | None) -> None:
        """A board forgets what is acknowledged, if the reply is to its newest message."""
        if reply is None or body is not self.sent[-1]:
            return
        boot = self.board.boot
        before = {sample[0] for sample in self.board.queue}
        own = f'"boot":{boot},' in body.decode() and reply.status == 200
        if reply.status == 409 and f'"boot":{boot},' in body.decode():
            # The queue goes on under the new boot: numbers of another boot are other samples.
            numbers = {sample[0] for sample in self.board.queue}
            assert reply.json is not None
            new = reply.json["boot"] + 1
            for number in numbers:
                self.measured[new, number] = self.measured[boot, number]
                self.lost.add((boot, number))
            self.board.obey(reply)
        elif own:
            self.board.obey(reply)
            self.forgotten |= {
                (boot, n) for n in before - {s[0] for s in self.board.queue}
            }

    def _lose_queue(self) -> None:
        self.board.queue.clear()

    def _stored(self) -> list[tuple[tuple[int, int], int]]:
        context = self.hub.hub.context
        entry = context.fleet.find("scooter")
        assert entry is not None
        readings = self.runner.run(context.store.history.replay(entry.pk, None, 10_000))
        return [
            ((each.position.boot, each.position.number), int(each.meter_wh or 0))
            for each in readings
        ]


TestNetwork = Network.TestCase
TestNetwork.settings = settings(
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
