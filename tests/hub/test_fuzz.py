"""Whatever comes to the device port: no 500, no growth of memory. `python -m benchmarks hub.fuzz` does it for a minute."""

from pathlib import Path

from tests.support.fuzz import Fuzz, fuzz
from tests.support.hub_process import HubProcess, running_hub
from tests.support.s1_device import S1Device

CASES = 2_000


async def test_nonsense_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Damaged, signed and odd, and what is no HTTP; and afterwards a good message is taken as ever."""
    async with running_hub(tmp_path / "data") as hub:
        key = await hub.add_charger("scooter")
        api_key = await hub.add_charger("tracker", kind="legacy")
    with HubProcess(tmp_path / "data") as process:
        port = int(process.device_url.rpartition(":")[2])
        async with S1Device(process.device_url, "scooter", key) as board:
            source = Fuzz(board, api_key, seed=1)
            seen = await fuzz(port, source, CASES)
            before = process.memory_mib()
            for status, times in (await fuzz(port, source, CASES)).items():
                seen[status] = seen.get(status, 0) + times
            grown = process.memory_mib() - before
            board.queue.clear()
            assert (await board.report(5.0)).status == 200
        assert not {status for status in seen if status and status >= 500}, seen
        assert {200, 204, 400, 401, 422} <= set(seen), seen
        assert grown < 8
        assert "Traceback" not in process.log()
