"""The conversation with a board in S1 (docs/protocol.md): each message rises above the last, and each is answered once."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from . import orders
from .bus import Bus
from .effect import Effect
from .entry import Entry
from .guarding import Guarding
from .model import Charger, ChargerSettings, Conversation, Said
from .orders import Wish
from .security.envelope import Request, seal
from .sources import gsm
from .store import Store

MAC_KEPT = 8  # bytes: a message has proved itself before it is compared with the one before, and every byte is written


class Reply(Struct, frozen=True):
    """A status and a signed body."""

    status: int
    body: bytes


class Conversations:
    """Talks with all boards; whoever calls has checked who it is."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        effect: Effect,
        guarding: Guarding,
        now_ms: Callable[[], int],
        interval_s: int,
    ) -> None:
        """`now_ms` is the wall clock; `interval_s` is when a board is to come again."""
        self._store = store
        self._bus = bus
        self._effect = effect
        self._guarding = guarding
        self._now_ms = now_ms
        self._interval_s = interval_s

    async def converse(self, entry: Entry, request: Request) -> Reply:
        """Answer a request that its device has proved. Raises what `Effect.take` raises."""
        async with entry.turn:
            status, answer = await self._answer(entry, request)
        if isinstance(answer, dict):
            answer = _signed(entry, request, answer)
        return Reply(status, answer)

    async def _answer(
        self, entry: Entry, request: Request
    ) -> tuple[int, bytes | dict[str, Any]]:
        talk = entry.conversation
        if request.mac[:MAC_KEPT] == talk.mac and talk.reply is not None:
            return 200, _sealed(entry, request, talk.reply)
        try:
            message = gsm.decode(request.json)
        except gsm.SampleError as error:
            return 422, {
                "v": 1,
                "error": "sample",
                "number": error.number,
                "field": error.field,
                "message": str(error),
            }
        except gsm.MessageError as error:
            return 422, {
                "v": 1,
                "error": "message",
                "field": error.field,
                "message": str(error),
            }
        if not _rises(message, talk):
            return 409, {"v": 1, "error": "boot", "boot": talk.boot}
        return 200, await self._take(entry, request, message)

    async def _take(
        self, entry: Entry, request: Request, message: gsm.Message
    ) -> bytes:
        now_ms = self._now_ms()
        charger, talk = entry.charger, entry.conversation
        said = message.said()
        charger = await self._with_rev(entry, charger, said)
        stored = talk.number if message.boot == talk.boot else 0
        dated_ms = (
            message.clock * 1000
            if charger.simulated and message.clock is not None
            else now_ms
        )
        readings = message.readings(dated_ms, stored)
        wish = orders.hear(Wish(charger.desired_on, charger.order), said)
        looked = self._guarding.look(entry, charger, wish, said, readings, dated_ms)
        wish = looked.wish
        ack = max(stored, message.samples[-1].number if message.samples else 0)
        reply = msgspec.json.encode(
            self._reply(charger, said, wish, ack, now_ms, looked.lease_s)
        )
        talk = replace(
            talk,
            boot=message.boot,
            seq=message.seq,
            number=ack,
            mac=request.mac[:MAC_KEPT],
            reply=reply,
            interval_s=message.next_s or self._interval_s,
            last_seen_ms=now_ms,
            said=said,
        )
        await self._effect.take(
            entry,
            charger,
            talk,
            readings,
            wish,
            dated_ms,
            looked.watch,
            looked.before,
        )
        if looked.event is not None:
            self._bus.publish(looked.event)
        return _sealed(entry, request, reply)

    async def _with_rev(self, entry: Entry, charger: Charger, said: Said) -> Charger:
        """A board that has another hub's settings gets ours, under a revision that it does not know yet."""
        if charger.settings_rev or not said.rev:
            return charger
        rev = said.rev % (2**31 - 1) + 1
        await self._store.chargers.change(entry.pk, charger.name, charger.settings, rev)
        return replace(charger, settings_rev=rev)

    def _reply(
        self,
        charger: Charger,
        said: Said,
        wish: Wish,
        ack: int,
        now_ms: int,
        lease_s: int,
    ) -> dict[str, Any]:
        relay = 1 if wish.on else 0
        reply: dict[str, Any] = {
            "v": 1,
            "ack": ack,
            "time": now_ms // 1000,
            "relay": relay,
            "order": wish.order_id,
            "lease": lease_s if relay else 0,
            "interval": self._interval_s,
        }
        if wish.pending is not None and wish.pending.reason in orders.DO:
            reply["do"] = wish.pending.reason
        if charger.settings_rev and charger.settings_rev != said.rev:
            reply["settings"] = _settings(charger.settings_rev, charger.settings)
        return reply


def _signed(entry: Entry, request: Request, answer: dict[str, Any]) -> bytes:
    return _sealed(entry, request, msgspec.json.encode(answer))


def _sealed(entry: Entry, request: Request, json: bytes) -> bytes:
    return seal(entry.charger.id, entry.device_key, request.mac, json)


def _rises(message: gsm.Message, talk: Conversation) -> bool:
    """Whether a message continues the conversation.

    Within a boot the board's own seconds cannot run backwards: where they do, it has started anew and lost count of its
    boots, and its sample numbers mean other samples than those that are stored.
    """
    if (message.boot, message.seq) <= (talk.boot, talk.seq):
        return False
    return talk.said is None or message.boot > talk.boot or message.up >= talk.said.up


def _settings(rev: int, settings: ChargerSettings) -> dict[str, int | str]:
    return {
        "rev": rev,
        "cutoff_dw": round(settings.cutoff_w * 10),
        "hold_s": settings.hold_s,
        "max_s": round(settings.max_hours * 3600),
        "max_wh": settings.max_wh,
        "max_ma": round(settings.max_a * 1000),
        "rule": settings.rule,
        "balance_s": settings.balance_min * 60,
    }
