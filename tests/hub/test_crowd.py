"""A thousand boards at the same moment. `python -m benchmarks hub.crowd` takes ten thousand."""

from pathlib import Path

from tests.support.crowd import connect_at_once, make_boards
from tests.support.hub_process import HubProcess
from tests.support.stored import stored_readings

BOARDS = 1_000


async def test_a_crowd_is_answered_and_nobody_is_left_out(tmp_path: Path) -> None:
    """All are connected before the first of them speaks; twice."""
    boards = await make_boards(tmp_path / "data", BOARDS)
    with HubProcess(tmp_path / "data") as process:
        port = int(process.device_url.rpartition(":")[2])
        for _ in range(2):
            assert await connect_at_once(port, boards) == {200: BOARDS}
        assert process.stop()[0] == 0
    assert "Traceback" not in process.log()
    for board in boards[:: BOARDS // 2]:
        assert len(await stored_readings(tmp_path / "data", board.charger_id)) == 2
