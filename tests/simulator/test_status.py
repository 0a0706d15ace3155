from io import StringIO

import pytest
from rich.console import Console

from kickwatt_sim.internet import Answer, Request
from kickwatt_sim.status import line, watch

from .conftest import Run

IDLE = "import time\nwhile True:\n    time.sleep(60)\n    print('tick')"


@pytest.mark.parametrize("terminal", [True, False])
def test_the_state_stands_below_what_the_firmware_prints(
    run: Run, terminal: bool
) -> None:
    device = run(IDLE, seconds=0)
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=100)
    device.console.listeners.append(console.print)
    watch(device, console, 3600.0)
    assert device.world.now_s == 3600.0
    assert out.getvalue().count("tick") == 59
    assert out.getvalue().count("relay off") >= 4
    assert ("\x1b[2K" in out.getvalue()) == terminal


def test_the_line_fits_a_terminal(run: Run) -> None:
    device = run(IDLE, seconds=30)
    device.outlet.plug_in(1.0)
    device.exchanges.succeeded = 9998
    device.courier.listeners[0](
        Request("POST", "", (), b'-\n{"state":"charging"}', 60.0), Answer(200)
    )
    assert len(line(device)) <= 90
    assert "battery 100%" in line(device)
