"""Few requests for many registers.

A request costs a round trip, behind a serial gateway 30 ms and more; a word costs 2 bytes. So registers are read in
blocks, with the unused addresses between them. Taking as many as fit, from the lowest address on, gives the fewest
blocks of a bounded length that cover a set of points.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .register import Register


@dataclass(frozen=True, slots=True)
class Block:
    """One request: `count` words from `start`, and whose they are."""

    function_code: int
    start: int
    count: int
    names: tuple[str, ...]


def plan(registers: Mapping[str, Register], longest: int) -> tuple[Block, ...]:
    """Return the fewest requests of at most `longest` words (2..125) that read all registers."""
    blocks: list[Block] = []
    for name, register in sorted(
        registers.items(), key=lambda item: (item[1].function_code, item[1].address)
    ):
        last = blocks[-1] if blocks else None
        if (
            last is not None
            and last.function_code == register.function_code
            and register.end - last.start <= longest
        ):
            count = max(last.count, register.end - last.start)
            blocks[-1] = Block(
                last.function_code, last.start, count, (*last.names, name)
            )
        else:
            blocks.append(
                Block(
                    register.function_code,
                    register.address,
                    register.kind.words,
                    (name,),
                )
            )
    return tuple(blocks)


def halves(block: Block, registers: Mapping[str, Register]) -> tuple[Block, ...]:
    """Return two requests in place of one that a meter has refused, cut at the widest gap between registers.

    A meter may refuse to be asked across addresses that it does not have. Of a single register there are no halves.
    """
    if len(block.names) < 2:
        return ()
    gaps = [
        registers[after].address - registers[before].end
        for before, after in zip(block.names, block.names[1:], strict=False)
    ]
    middle = (len(gaps) - 1) / 2
    cut = 1 + max(
        range(len(gaps)), key=lambda index: (gaps[index], -abs(index - middle))
    )
    return tuple(
        _block(names, registers) for names in (block.names[:cut], block.names[cut:])
    )


def _block(names: tuple[str, ...], registers: Mapping[str, Register]) -> Block:
    first = registers[names[0]]
    end = max(registers[name].end for name in names)
    return Block(first.function_code, first.address, end - first.address, names)
