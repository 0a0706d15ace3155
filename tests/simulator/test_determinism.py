"""The same seed, the same bytes: on every wire, at the same nanosecond, in this process and in others."""

from datetime import UTC, datetime
from pathlib import Path

from kickwatt_sim import Device, World, play
from kickwatt_sim.internet import Answer, Request
from kickwatt_sim.scenario import load

from .s1_hub import S1Hub
from .test_command_line import SECRET_FREE, sim

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
HOURS = 2

type Wires = list[tuple[int, str, object]]


def wires(seed: int, *, step_s: float = 3600.0) -> Wires:
    """Everything that both UARTs, the pins and the mobile network carried on a rough day: when, where, what."""
    hub = S1Hub()
    hub.url = "http://hub.example:8422"
    heard: Wires = []
    world = World(start=START, seed=seed)

    def note(where: str, what: object) -> None:
        heard.append((world.now_ns, where, what))

    def carry(request: Request) -> Answer:
        note("up", request.body)
        answer = Answer(*hub.answer("/s1/scooter-1", request.body))
        note("down", answer.body)
        return answer

    with Device(hub.settings, world=world, carry=carry, nap_s=1.0) as device:
        for port, at in device.board.ports.items():
            at.line.on_traffic.append(
                lambda who, data, port=port: note(f"{port} {who}", data)
            )
        for name in ("relay", "modem_reset", "modem_power_key"):
            pin = device.board.pins[getattr(device.board.model.wiring, name)]
            before = pin.on_change
            pin.on_change = lambda level, name=name, before=before: (
                note(name, level),
                before(level),
            )
        play(load("rough_day"), device)
        while device.world.now_s < HOURS * 3600:
            device.run_for(min(step_s, HOURS * 3600 - device.world.now_s))
        note("flash", bytes(device.board.flash.content))
        note("console", tuple(device.console.lines))
    return heard


def test_two_runs_with_the_same_seed_give_the_same_bytes_on_every_wire() -> None:
    first = wires(7)
    assert {where for _, where, _ in first} >= {"up", "down", "relay", "flash"}
    assert len(first) > 10_000
    # Compared as a whole: nobody reads the difference of ten thousand lines.
    same = wires(7) == first
    assert same


def test_looking_more_often_changes_nothing() -> None:
    same = wires(7, step_s=17.3) == wires(7)
    assert same


def test_another_seed_gives_other_bytes() -> None:
    same = wires(8) == wires(7)
    assert not same


def test_other_processes_with_other_hash_seeds_record_the_same_run(
    tmp_path: Path,
) -> None:
    recorded = []
    for number in ("1", "2"):
        folder = tmp_path / number
        with S1Hub() as hub:
            # The address is in the dialogue: the same for both.
            settings = tmp_path / "settings.toml"
            settings.write_text(f'KICKWATT_URL = "{hub.url}"\n')
            done = sim(
                *("run", "--virtual", "--quiet", "--seed", "3", "--duration", "1h"),
                *("--start", "2026-11-21T18:00+00:00", "--record", str(folder)),
                *("--settings", str(settings), "--scenario", "rough_day"),
                environment=SECRET_FREE | {"PYTHONHASHSEED": number},
            )
            port = hub.url.rpartition(":")[2]
        assert done.returncode == 0, done.stderr
        dialogue = (folder / "at.log").read_text().replace(port, "PORT")
        recorded.append((dialogue, (folder / "world.csv").read_text()))
    assert recorded[0] == recorded[1]
    assert len(recorded[0][0].splitlines()) > 1000
