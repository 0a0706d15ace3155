"""What a charger does by itself: its mode as a state machine, pure.

    waiting ──a planned time begins──▶ charging ──full, target, unplugged──▶ done ──15 min, if allowed──▶ probing
       ▲            ◀──the planned time ends──┘   ◀──draws power again──────────────────────────────────────┘
       └── the ready-by time has passed (modes with one) ── done, held
    held: a person said off.  locked: a guard or a trip said off; only a person ends that.  resting: no wish at all.

A wish is all that comes out. The hub turns it into orders, the board has the last word. A person's order, or the button,
always wins: "off" holds until somebody switches on or the next ready-by time has passed, "on" until this charge is over.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .mode import SCHEDULED, Mode, ModeSettings, Progress, Situation, Step, Wish

PROBE_AFTER_MS = 15 * 60_000
PROBE_LOOK_MS = 60_000
PROBE_MOST_MS = 5 * 60_000
DECIDED_MS = 30 * 60_000
"""How long after its end a session may be known to have ended."""
RESUME_SHARE = 0.20
"""Of the charge's peak: what a probe must find for the charge to go on (recorded late re-rises are a multiple of the tail)."""

# --- what a person does ------------------------------------------------------------------------------------------------


def begin(settings: ModeSettings, now: Situation, zone: ZoneInfo) -> Progress:
    """Return where a charger stands when its mode was set: the modes without a time begin at once."""
    if now.guard is not None and not now.allowed:
        return Progress(Step.locked, now.guard, now.now_ms, order=now.order)
    if settings.mode is Mode.manual:
        return Progress(Step.resting, "manual", now.now_ms, order=now.order)
    if settings.mode in SCHEDULED:
        return _cycle(settings, now, zone)
    return _charge(Progress(), settings, now, why=str(settings.mode))


def change(
    progress: Progress,
    before: ModeSettings,
    after: ModeSettings,
    now: Situation,
    zone: ZoneInfo,
) -> Progress:
    """Return where a charger stands after its owner has changed something about its mode.

    Another mode begins anew. Within a mode what runs goes on, with another target or time; what somebody has switched off,
    or a guard, stays off; and what is no question of when there is power changes nothing.
    """
    if after.mode is not before.mode:
        return begin(after, now, zone)
    if replace(before, probe=False, learned_caps=False) == replace(
        after, probe=False, learned_caps=False
    ):
        return progress
    ready_ms = None
    if after.mode in SCHEDULED:
        assert after.ready_by is not None
        ready_ms = next_ready_ms(now.now_ms, after.ready_by, zone)
    progress = replace(progress, ready_ms=ready_ms, plan=None)
    match progress.step:
        case Step.charging if progress.why == "planned":
            return _to(progress, Step.waiting, "waiting", now)
        case Step.done if after.mode is Mode.to_target and progress.why == "target":
            return _to(progress, Step.charging, str(after.mode), now)
        case Step.done:
            return begin(after, now, zone)
    return progress


def person_on(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    """Somebody switched on: power now, by the mode's own end."""
    if settings.mode is Mode.manual:
        return Progress(Step.resting, "manual", now.now_ms, order=now.order)
    begun = _charge(progress, settings, now, why="person")
    return replace(begun, asked=True)


def person_off(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    """Somebody switched off."""
    if settings.mode is Mode.manual:
        return Progress(Step.resting, "manual", now.now_ms, order=now.order)
    return replace(
        progress,
        step=Step.held,
        why="person",
        since_ms=now.now_ms,
        order=now.order,
        once=False,
        plan=None,
    )


def charge_once(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    """Somebody wants a full battery, now, whatever mode, plan and target say."""
    return replace(
        _charge(progress, settings, now, why="charge_once"), once=True, asked=False
    )


# --- what time and the charger do --------------------------------------------------------------------------------------


def advance(
    progress: Progress, settings: ModeSettings, now: Situation, zone: ZoneInfo
) -> Progress:
    """Return where a charger stands now; the same object when nothing has changed."""
    if now.order != progress.order:
        return _ordered(progress, settings, now)
    if _pressed_on(progress, now):
        return person_on(progress, settings, now)
    if (
        settings.mode in SCHEDULED
        and progress.step in (Step.waiting, Step.done, Step.held)
        and progress.ready_ms is not None
        and now.now_ms >= progress.ready_ms
    ):
        return _cycle(settings, now, zone)
    match progress.step:
        case Step.waiting:
            return _waiting(progress, now)
        case Step.charging:
            return _charging(progress, settings, now)
        case Step.done:
            return _done(progress, settings, now)
        case Step.probing:
            return _probing(progress, now)
    return progress


def wish(progress: Progress) -> Wish:
    """Return what the hub would like of the relay."""
    if progress.step is Step.resting:
        return Wish(None, progress.why)
    return Wish(progress.step in (Step.charging, Step.probing), progress.why)


def power_ends_ms(
    progress: Progress, settings: ModeSettings, now_ms: int
) -> int | None:
    """Return when the planned time with power is over that runs now; None where power stays until the charge is over."""
    if progress.step is not Step.charging or progress.why != "planned":
        return None
    runs = progress.plan.runs if progress.plan else ()
    end_ms = next((end for start, end in runs if start <= now_ms < end), None)
    goes_on = any(start_ms > now_ms for start_ms, _ in runs)
    return end_ms if goes_on or _is_by_hours(settings) else None


def target_wh(settings: ModeSettings, full_wh: float | None) -> float | None:
    """Return the target as energy; None without one, or while a full charge is not known."""
    if settings.mode is Mode.until_full:
        return None
    if settings.target_wh is not None:
        return settings.target_wh
    if settings.target_percent is None or full_wh is None:
        return None
    return full_wh * settings.target_percent / 100.0


def next_ready_ms(now_ms: int, clock: str, zone: ZoneInfo) -> int:
    """Return the next time that a clock on the wall shows `clock` (HH:MM).

    When the clocks change, a time may come twice or never: the earlier reading counts, so that a battery is ready in time.
    """
    wanted = time.fromisoformat(clock)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()
    candidates = []
    for day in range(3):
        local = datetime.combine(today + timedelta(days=day), wanted, zone)
        moments = [local.replace(fold=fold).timestamp() for fold in (0, 1)]
        candidates.append(round(min(moments) * 1000))
    return next(each for each in candidates if each > now_ms)


# --- how ---------------------------------------------------------------------------------------------------------------


def _cycle(settings: ModeSettings, now: Situation, zone: ZoneInfo) -> Progress:
    """Begin to work towards the next ready-by time."""
    assert settings.ready_by is not None
    return Progress(
        Step.waiting,
        "waiting",
        now.now_ms,
        ready_ms=next_ready_ms(now.now_ms, settings.ready_by, zone),
        order=now.order,
    )


def _charge(
    progress: Progress, settings: ModeSettings, now: Situation, *, why: str
) -> Progress:
    """Begin a charge; one that is running already counts from its own beginning."""
    from_wh = now.energy_wh
    if from_wh is not None and now.session_wh is not None:
        from_wh -= now.session_wh
    return Progress(
        Step.charging,
        why,
        now.now_ms,
        asked=now.allowed,
        from_wh=from_wh,
        after_session=now.ended.id if now.ended else 0,
        ready_ms=progress.ready_ms if settings.mode in SCHEDULED else None,
        order=now.order,
    )


def _ordered(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    """There is an order that nobody has taken notice of."""
    progress = replace(progress, order=now.order)
    if now.by_mode:  # whoever gave it came no further, or it was given at another hub
        return replace(progress, asked=now.order_on)
    if now.guard is not None:
        return _to(progress, Step.locked, now.guard, now)
    act = person_on if now.order_on else person_off
    return act(progress, settings, now)


def _pressed_on(progress: Progress, now: Situation) -> bool:
    """Somebody pressed the button at the board: it is on although nothing here wanted it."""
    return (
        progress.step in (Step.waiting, Step.done, Step.held, Step.locked)
        and now.why == "button"
        and bool(now.relay_on)
        and now.allowed
    )


def _to(progress: Progress, step: Step, why: str, now: Situation) -> Progress:
    return replace(progress, step=step, why=why, since_ms=now.now_ms, asked=False)


def _planned(progress: Progress, now_ms: int) -> bool:
    """Is this a time with power?"""
    runs = progress.plan.runs if progress.plan else ()
    return any(start_ms <= now_ms < end_ms for start_ms, end_ms in runs)


def _is_by_hours(settings: ModeSettings) -> bool:
    """Has the owner said for how long to charge, however full the battery is then?"""
    return settings.mode is Mode.cheapest_hours and settings.hours is not None


def _waiting(progress: Progress, now: Situation) -> Progress:
    if not _planned(progress, now.now_ms):
        return progress
    begun = _to(progress, Step.charging, "planned", now)
    return replace(
        begun,
        from_wh=now.energy_wh if progress.from_wh is None else progress.from_wh,
        after_session=now.ended.id if now.ended else 0,
        starts=progress.starts + 1,
    )


def _charging(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    if progress.from_wh is None and now.energy_wh is not None:
        progress = replace(progress, from_wh=now.energy_wh)
    if (over := _over(progress, now)) is not None:
        return _to(progress, *over, now)
    if not progress.once and (enough := _reached(progress, settings, now)) is not None:
        return _to(progress, Step.done, enough, now)
    if progress.why == "planned" and not _planned(progress, now.now_ms):
        runs = progress.plan.runs if progress.plan else ()
        if any(start_ms > now.now_ms for start_ms, _ in runs):
            return _to(progress, Step.waiting, "waiting", now)
        if _is_by_hours(settings):
            return _to(progress, Step.done, "hours", now)
        # Estimates are estimates: what was to be full is charged until it is.
    if now.refused is not None and progress.asked and not now.allowed:
        if progress.why in ("person", "charge_once"):
            return _to(progress, Step.done, now.refused, now)
        return replace(progress, asked=False)  # it will be asked for again
    return progress


def _over(progress: Progress, now: Situation) -> tuple[Step, str] | None:
    """Return how the charge ended, None while it has not."""
    if (
        progress.asked
        and not now.allowed
        and now.order_on
        and not now.relay_on
        and now.why in ("cut_off", "idle", "trip", "button")
    ):
        return {
            "cut_off": (Step.done, "full"),
            "idle": (Step.done, "nothing_plugged_in"),
            "trip": (Step.locked, "trip"),
        }.get(now.why, (Step.held, "person"))
    if now.refused in ("trip", "ended") and progress.asked and not now.allowed:
        return (Step.locked if now.refused == "trip" else Step.done), now.refused
    ended = now.ended
    if ended is None or ended.id <= progress.after_session:
        return None
    if ended.end_ms < progress.since_ms - DECIDED_MS:
        return None  # of long ago, and only corrected now
    if ended.reason == "trip":
        return Step.locked, "trip"
    if ended.reason in ("full", "cut_off"):
        return Step.done, "full"
    return (Step.done, "unplugged") if ended.reason == "unplugged" else None


def _reached(progress: Progress, settings: ModeSettings, now: Situation) -> str | None:
    """Return why there has been enough, None while there has not."""
    if settings.target_wh is None and settings.target_percent is None:
        return None
    if settings.mode is Mode.until_full:
        return None
    target = target_wh(settings, now.full_wh)
    if target is None or now.energy_wh is None:
        return "target_unknown"  # without it nobody could stop in time
    if progress.from_wh is None or now.energy_wh - progress.from_wh < target:
        return None
    return "target"


def _done(progress: Progress, settings: ModeSettings, now: Situation) -> Progress:
    if (
        settings.probe
        and not progress.probed
        and progress.why == "full"
        and now.now_ms - progress.since_ms >= PROBE_AFTER_MS
    ):
        return replace(
            _to(progress, Step.probing, "probe", now),
            probed=True,
            peak_w=now.ended.peak_w if now.ended else None,
            after_session=now.ended.id if now.ended else 0,
        )
    return progress


def _probing(progress: Progress, now: Situation) -> Progress:
    seen_ms = (now.measured_ms or 0) - progress.since_ms
    if progress.asked and now.relay_on and seen_ms >= PROBE_LOOK_MS:
        peak_w = progress.peak_w
        if peak_w is not None and (now.power_w or 0.0) > RESUME_SHARE * peak_w:
            return replace(_to(progress, Step.charging, "resumed", now), asked=True)
        return _to(progress, Step.done, "full", now)
    over = now.refused is not None or now.now_ms - progress.since_ms > PROBE_MOST_MS
    return _to(progress, Step.done, "full", now) if over else progress
