"""The sensor that the owner has, and its wires; the other one takes no memory."""

from kickwatt import pins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.analog import Analog
    from kickwatt.pzem import Pzem
    from kickwatt.settings import Config

    Meter = Analog | Pzem


def open_meter(settings: Config) -> Meter:
    """Return the sensor that KICKWATT_SENSOR names."""
    if settings.sensor == "analog":
        from kickwatt.adc import open_input
        from kickwatt.analog import Analog
        from kickwatt.calibration import Calibration

        return Analog(
            open_input(pins.VOLTAGE),
            open_input(pins.CURRENT),
            Calibration(settings.v_slope, settings.a_slope, settings.a_zero),
        )
    import busio

    from kickwatt.pzem import BAUD, Pzem

    return Pzem(
        busio.UART(
            pins.METER_TX,
            pins.METER_RX,
            baudrate=BAUD,
            timeout=0,
            receiver_buffer_size=128,
        )
    )
