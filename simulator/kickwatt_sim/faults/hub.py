"""Faults of the hub, and of its replies on their way back."""

from typing import TYPE_CHECKING, Final

from ..internet import NETWORK_ERROR, Answer
from .registry import Between, End, OneOf, Whole, add, fault

if TYPE_CHECKING:
    from ..device import Device

_NONSENSE: Final = {
    "page": b"<html><body><h1>Welcome to your router</h1>OK</body></html>",
    "nothing": b"",
    "zeros": bytes(300),
    "much": b"\r\nOK\r\n" * 700,
    "json": b"0" * 64 + b'\n{"v":1,"ack":999999,"relay":1,"order":99,"lease":9999}',
}


@fault("hub_down", "nobody listens where the hub should be")
def hub_down(device: Device) -> End:
    """Refuse every connection."""
    return add(device.courier.before, lambda _request: Answer(NETWORK_ERROR))


@fault(
    "hub_slow",
    "the hub takes so many seconds to answer",
    seconds=Between(0, 3600),
)
def hub_slow(device: Device, seconds: float = 40.0) -> End:
    """Let answers wait; the request itself arrives at once."""
    device.courier.slowness_s = seconds

    def end() -> None:
        device.courier.slowness_s = 0.0

    return end


@fault(
    "hub_nonsense",
    "somebody else answers in the hub's place, with something that is no reply",
    status=Whole(200, 599),
    kind=OneOf(tuple(_NONSENSE)),
)
def hub_nonsense(device: Device, status: int = 200, kind: str = "page") -> End:
    """Answer with nonsense."""
    answer = Answer(status, _NONSENSE[kind])
    return add(device.courier.before, lambda _request: answer)


@fault("reply_lost", "requests reach the hub, its replies get lost")
def reply_lost(device: Device) -> End:
    """Let the request through and report a network error."""
    return add(device.courier.after, lambda _answer: Answer(NETWORK_ERROR))


@fault("reply_truncated", "requests reach the hub, its replies arrive cut in half")
def reply_truncated(device: Device) -> End:
    """Cut each reply."""
    return add(
        device.courier.after,
        lambda answer: Answer(answer.status, answer.body[: len(answer.body) // 2]),
    )


@fault(
    "reply_flipped", "requests reach the hub, its replies arrive with one bit flipped"
)
def reply_flipped(device: Device) -> End:
    """Flip a bit of each reply."""
    luck = device.world.random("reply_flipped")

    def flip(answer: Answer) -> Answer:
        if not answer.body:
            return answer
        body = bytearray(answer.body)
        body[luck.randrange(len(body))] ^= 1 << luck.randrange(8)
        return Answer(answer.status, bytes(body))

    return add(device.courier.after, flip)


@fault(
    "reply_replayed", "somebody answers with an old reply of the hub, again and again"
)
def reply_replayed(device: Device) -> End:
    """Give the reply before the fault in place of every later one."""
    old = device.courier.last

    def replay(answer: Answer) -> Answer:
        nonlocal old
        old = old or answer
        return old

    return add(device.courier.after, replay)
