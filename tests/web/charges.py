"""A charge that a board tells afterwards, minute by minute, as after a time without coverage."""

from math import exp

from tests.support.s1_device import S1Device

MINUTES_FULL = 60
MINUTES_FALLING = 90
FULL_W = 90.0


async def tell_a_charge(board: S1Device, ended_s_ago: int) -> None:
    """Report a whole charge that ended so long ago: an hour at full current, then falling to its end."""
    minutes = MINUTES_FULL + MINUTES_FALLING
    board.relay, board.state, board.why = 1, "charging", "order"
    taken_wh = float(board.energy_wh)
    for minute in range(minutes + 1):
        falling = max(0, minute - MINUTES_FULL)
        power_w = FULL_W * exp(-falling / 18)
        taken_wh += power_w / 60
        board.energy_wh = int(taken_wh)
        board.measure(power_w, age_s=ended_s_ago + (minutes - minute) * 60)
    board.relay, board.state, board.why = 0, "done", "cut_off"
    for minute in range(1, 4):
        board.measure(0.0, age_s=max(0, ended_s_ago - minute * 60))
    while board.queue:
        await board.send()
