"""What veCharge's clients are told of a charger."""

from msgspec.structs import replace

from kickwatt_hub.api.vecharge.documents import Hold, connected, log
from kickwatt_hub.model import Session

from .conftest import Outlet

OVER = Session(id=3, start_ms=1, end_ms=2, energy_wh=250.0, peak_power_w=90.0, end_reason="full")  # fmt: skip
RUNNING = Session(id=4, start_ms=3, end_ms=None, energy_wh=1234.0, peak_power_w=90.0, end_reason=None)  # fmt: skip


async def test_energy_is_that_of_the_charge_that_the_client_sees(
    outlet: Outlet,
) -> None:
    """None of one that was over when it came; of its own one to the end, also when that is full before the power goes off."""
    await outlet.board.report(90.0)
    charger = replace(outlet.hub.hub.context.fleet.snapshot()[0], session=OVER)
    assert charger.reading is not None
    hold = Hold.of(charger, "owner")
    for session, kwh in (
        (None, 0.0),
        (OVER, 0.0),
        (RUNNING, 1.234),
        (replace(RUNNING, end_ms=4), 1.234),
        (replace(OVER, end_ms=None), 0.25),  # late readings: it goes on
    ):
        seen = replace(charger, session=session)
        assert log(seen, charger.reading, hold)["energy"] == kwh
    begun = Hold.of(replace(charger, session=RUNNING), "owner")
    assert log(replace(charger, session=RUNNING), charger.reading, begun)["energy"] == 1.234  # fmt: skip


async def test_the_document_has_what_clients_of_2022_look_for(outlet: Outlet) -> None:
    """Energy of this charge and what was before it, together the meter's; all under the names of the published text."""
    await outlet.board.report(90.0)
    charger = outlet.hub.hub.context.fleet.snapshot()[0]
    assert charger.reading is not None
    reading = replace(charger.reading, energy_wh=36_440.0 + 250.0)
    charger = replace(charger, reading=reading, session=replace(OVER, end_ms=None))
    document = connected(charger, None, Hold.of(charger, "owner"), 0)["_doc"]
    assert (document["energy"], document["prev_energy"]) == (0.25, 36.44)
    assert document["wifiConnectivity"] is document["isActive"] is True
    assert document["chargerPrivateUsers"] == []
