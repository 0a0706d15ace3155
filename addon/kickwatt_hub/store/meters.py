"""Hosts as they are to be polled, and the models that come with the hub put beside those that people made."""

from collections import defaultdict
from collections.abc import Iterable
import math

import msgspec
import sqlalchemy as sa

from ..meters.model import LONGEST_READ, MeterConfig, Polling
from ..sources.modbus.model import MeterModel
from ..sources.modbus.register import Kind, Register
from .errors import AlreadyThereError, NotThereError
from .reader import Reader
from .schema import (
    host_measurement,
    host_polling,
    measurement,
    meter_host,
    meter_model,
    meter_register,
    model_detail,
)
from .writer import Writer, new_key

# The contract's numbers.
SINGLE_DIRECTIONAL, BI_DIRECTIONAL = 1, 2
INSTANTANEOUS, CUMULATIVE = 1, 2
_KINDS = {1: Kind.int16, 2: Kind.long32, 3: Kind.float32}
_ORDERS = {1: "little", 2: "big"}
_KIND_NUMBERS = {kind: number for number, kind in _KINDS.items()}
_ORDER_NUMBERS = {order: number for number, order in _ORDERS.items()}


class StoredMeters:
    """What there is to poll."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def all(self) -> list[MeterConfig]:
        """Return every host with the registers of its chosen measurements."""
        return await self._reader.ask(_configs)

    async def polling(self, host: int) -> Polling:
        """Return how a host is asked."""
        query = sa.select(host_polling).where(host_polling.c.host == host)
        row = await self._reader.ask(lambda found: found.execute(query).first())
        return _polling(row) if row is not None else Polling()

    async def set_polling(self, host: int, polling: Polling) -> None:
        """Say how a host is asked. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            known = sa.select(meter_host.c.id).where(meter_host.c.id == host)
            if connection.execute(known).first() is None:
                raise NotThereError("It has just been removed.")
            connection.execute(
                sa.delete(host_polling).where(host_polling.c.host == host)
            )
            connection.execute(
                sa.insert(host_polling).values(
                    host=host, **msgspec.structs.asdict(polling)
                )
            )

        await self._writer.run(job)

    async def titles(self) -> dict[str, str]:
        """Return what the stored models are called, by name."""
        query = sa.select(meter_model.c.name, model_detail.c.title).outerjoin(
            model_detail
        )

        def question(connection: sa.Connection) -> dict[str, str]:
            return {name: title or name for name, title in connection.execute(query)}

        return await self._reader.ask(question)

    async def adopt(self, model: MeterModel) -> int:
        """Store a model with its registers and what they measure; return its id.

        A measurement that is there already stays as it is. Raises AlreadyThereError.
        """

        def job(connection: sa.Connection) -> int:
            return _adopt(connection, model)

        return await self._writer.run(job)


def _adopt(connection: sa.Connection, model: MeterModel) -> int:
    twin = sa.select(meter_model.c.id).where(meter_model.c.name == model.name)
    if connection.execute(twin).first() is not None:
        raise AlreadyThereError(f"There is a meter model {model.name} already.")
    kind = BI_DIRECTIONAL if model.bidirectional else SINGLE_DIRECTIONAL
    meter = new_key(
        connection.execute(sa.insert(meter_model).values(name=model.name, type=kind))
    )
    connection.execute(
        sa.insert(model_detail).values(
            meter=meter,
            title=model.title,
            source=model.source,
            longest_read=model.longest_read,
        )
    )
    known = set(connection.execute(sa.select(measurement.c.measurement)).scalars())
    new = [
        {
            "measurement": name,
            "type": CUMULATIVE if name in model.cumulative else INSTANTANEOUS,
        }
        for name in model.registers
        if name not in known
    ]
    if new:
        connection.execute(sa.insert(measurement), new)
    connection.execute(
        sa.insert(meter_register),
        [_row(meter, name, each) for name, each in model.registers.items()],
    )
    return meter


def _row(meter: int, name: str, each: Register) -> dict[str, object]:
    return {
        "address": each.address,
        "unit": each.unit,
        "type": _KIND_NUMBERS[each.kind],
        "function_code": each.function_code,
        "meter": meter,
        "measurement": name,
        "signed": each.signed,
        "word_order": _ORDER_NUMBERS[each.word_order],
        "byte_order": _ORDER_NUMBERS[each.byte_order],
        "scale": each.scale,
        "offset": each.offset,
    }


def _configs(connection: sa.Connection) -> list[MeterConfig]:
    registers, cumulative = _registers(connection)
    chosen: defaultdict[int, list[str]] = defaultdict(list)
    for host, name in connection.execute(
        sa.select(host_measurement.c.host, host_measurement.c.measurement).order_by(
            host_measurement.c.measurement
        )
    ):
        chosen[host].append(name)
    query = (
        sa.select(
            meter_host,
            meter_model.c.name.label("model"),
            model_detail.c.title,
            model_detail.c.longest_read,
            host_polling.c.interval_s,
            host_polling.c.raw_days,
            host_polling.c.site_meter,
        )
        .join(meter_model, meter_model.c.id == meter_host.c.meter)
        .outerjoin(model_detail, model_detail.c.meter == meter_host.c.meter)
        .outerjoin(host_polling, host_polling.c.host == meter_host.c.id)
        .order_by(meter_host.c.id)
    )
    return [
        _config(row, chosen[row.id], registers[row.meter], cumulative)
        for row in connection.execute(query)
    ]


def _config(
    row: sa.Row[tuple[object, ...]],
    chosen: Iterable[str],
    registers: dict[str, Register],
    cumulative: frozenset[str],
) -> MeterConfig:
    found = {name: registers[name] for name in chosen if name in registers}
    return MeterConfig(
        id=row.id,
        name=row.description or f"{row.title or row.model} {row.id}",
        host=row.ip,
        port=row.port,
        unit=row.slave_address,
        owner=row.user,
        location=row.location,
        model=row.model,
        title=row.title or row.model,
        longest_read=row.longest_read or LONGEST_READ,
        registers=found,
        cumulative=cumulative & found.keys(),
        lacking=tuple(name for name in chosen if name not in found),
        polling=Polling() if row.interval_s is None else _polling(row),
    )


def _polling(row: sa.Row[tuple[object, ...]]) -> Polling:
    return Polling(
        interval_s=row.interval_s, raw_days=row.raw_days, site_meter=row.site_meter
    )


def _registers(
    connection: sa.Connection,
) -> tuple[defaultdict[int, dict[str, Register]], frozenset[str]]:
    """Return the registers that can be read, by model and measurement; and which measurements count."""
    found: defaultdict[int, dict[str, Register]] = defaultdict(dict)
    for row in connection.execute(sa.select(meter_register)):
        register = msgspec.convert(
            {
                "address": row.address,
                "unit": row.unit,
                "kind": _KINDS[row.type],
                "function_code": row.function_code,
                "signed": row.signed,
                "word_order": _ORDERS[row.word_order],
                "byte_order": _ORDERS[row.byte_order],
                "scale": row.scale,
                "offset": row.offset,
            },
            Register,
        )
        if register.end <= 0x10000 and math.isfinite(register.scale):
            found[row.meter][row.measurement] = register
    counting = sa.select(measurement.c.measurement).where(
        measurement.c.type == CUMULATIVE
    )
    return found, frozenset(connection.execute(counting).scalars())
