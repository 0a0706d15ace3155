"""The hub's prices: chosen by the owner, fed by whoever knows them, asked for by whoever counts money."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from .charging.cost import Price, Tariff
from .pricing import UNPRICED, Chosen, Definition, NoPrice, Succession, tariff_of
from .store import Store


class Tariffs:
    """The hub's prices."""

    def __init__(self, store: Store, zone: ZoneInfo, now_ms: Callable[[], int]) -> None:
        """`zone` is the hub's; `now_ms` is the wall clock."""
        self._store = store
        self._zone = zone
        self._now_ms = now_ms
        self._chosen: tuple[Chosen, ...] = ()
        self.rev = 0
        """Another one whenever a price may have changed."""
        self._changed_ms: int | None = None

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """Every definition, oldest first."""
        return self._chosen

    async def load(self) -> None:
        """Read what is stored."""
        chosen = tuple(await self._store.tariffs.all())
        if chosen != self._chosen:
            self._chosen = chosen
            self._touch(0)

    async def choose(self, definition: Definition, from_ms: int | None) -> Chosen:
        """Let a definition hold from a time on; None means from now on, and for ever where it is the first."""
        if from_ms is None:
            from_ms = self._now_ms() if self._chosen else 0
        chosen = Chosen(from_ms, definition)
        await self._store.tariffs.choose(chosen)
        self._chosen = tuple(await self._store.tariffs.all())
        self._touch(from_ms)
        return chosen

    async def post(self, prices: Sequence[Price]) -> None:
        """Take prices of a feed; where they overlap older ones the new ones hold."""
        await self._store.tariffs.post(prices)
        self._touch(min(price.start_ms for price in prices))

    async def between(self, start_ms: int, end_ms: int) -> Tariff:
        """Return a tariff that knows the prices of this time."""
        if not self._chosen:
            return UNPRICED
        known = tuple(await self._store.tariffs.prices(start_ms, end_ms))
        return Succession(
            tuple(
                (each.from_ms, tariff_of(each.definition, self._zone, known))
                for each in self._chosen
            )
        )

    def currency(self, at_ms: int) -> str | None:
        """Return the currency that holds at a time, None without a tariff."""
        starts = [each.from_ms for each in self._chosen]
        index = bisect_right(starts, at_ms)
        if index == 0 or isinstance(self._chosen[index - 1].definition, NoPrice):
            return None
        return self._chosen[index - 1].definition.currency

    def take_change_ms(self) -> int | None:
        """Return the earliest time whose prices have changed since this was last asked; None where none have."""
        changed_ms, self._changed_ms = self._changed_ms, None
        return changed_ms

    def _touch(self, from_ms: int) -> None:
        self.rev += 1
        if self._changed_ms is None or from_ms < self._changed_ms:
            self._changed_ms = from_ms
