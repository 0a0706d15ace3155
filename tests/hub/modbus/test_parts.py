"""Registers, plans and models: the pure parts of the Modbus source."""

import math
from pathlib import Path
import struct

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.sources.modbus.model import LONGEST, ModelError, load, parse, shipped
from kickwatt_hub.sources.modbus.plan import halves, plan
from kickwatt_hub.sources.modbus.register import Kind, NoValueError, Register

ORDERS = ["big", "little"]
MODELS = shipped()

# --- registers -----------------------------------------------------------------------------------------------------------


def wire(data: bytes, word_order: str, byte_order: str) -> list[int]:
    """The words of a number whose big-endian bytes are `data`, as a meter of these orders sends them."""
    pairs = [data[at : at + 2] for at in range(0, len(data), 2)]
    if word_order == "little":
        pairs.reverse()
    return [int.from_bytes(pair, byte_order) for pair in pairs]


def test_the_meters_own_example_is_read() -> None:
    """From a public log of an SDM630: `01 04 04 43 67 af 55` is 231.68 V."""
    value = Register(address=0, unit="V").value([0x4367, 0xAF55])
    assert value == pytest.approx(231.6849, abs=1e-4)


def test_the_other_word_order_reads_what_the_seed_did() -> None:
    """230 V, sent big-endian and read low word first, were 2.4e-41."""
    words = [0x4366, 0x0000]
    assert Register(address=0).value(words) == 230.0
    assert Register(address=0, word_order="little").value(words) < 1e-40


@given(
    st.floats(width=32, allow_nan=False, allow_infinity=False),
    st.sampled_from(ORDERS),
    st.sampled_from(ORDERS),
)
def test_a_float_is_read_in_every_order(number: float, words: str, octets: str) -> None:
    register = Register(address=0, word_order=words, byte_order=octets)
    assert register.value(wire(struct.pack(">f", number), words, octets)) == number


@given(
    st.integers(-(2**31), 2**31 - 1), st.sampled_from(ORDERS), st.sampled_from(ORDERS)
)
def test_a_long_is_read_in_every_order(number: int, words: str, octets: str) -> None:
    register = Register(
        address=0, kind=Kind.long32, word_order=words, byte_order=octets
    )
    assert register.value(wire(struct.pack(">i", number), words, octets)) == number


@given(st.integers(0, 2**16 - 1), st.booleans())
def test_a_word_is_read_with_or_without_its_sign(number: int, signed: bool) -> None:
    register = Register(address=0, kind=Kind.int16, signed=signed)
    expected = number - 2**16 if signed and number >= 2**15 else number
    assert register.value([number]) == expected


def test_scale_and_offset_make_units_of_steps() -> None:
    register = Register(address=0, kind=Kind.int16, scale=0.1, offset=-40.0)
    assert register.value([655]) == pytest.approx(25.5)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_value(number: float) -> None:
    words = wire(struct.pack(">f", number), "big", "big")
    with pytest.raises(NoValueError, match="not a number"):
        Register(address=0).value(words)


def test_a_value_that_its_scale_makes_infinite_is_none_either() -> None:
    words = wire(struct.pack(">f", 3e38), "big", "big")
    with pytest.raises(NoValueError):
        Register(address=0, scale=1e300).value(words)


# --- plans ---------------------------------------------------------------------------------------------------------------

REGISTERS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=6),
    st.builds(
        Register,
        address=st.integers(0, 600),
        kind=st.sampled_from(Kind),
        function_code=st.sampled_from([3, 4]),
    ),
    max_size=30,
)


@given(REGISTERS, st.integers(2, LONGEST))
def test_every_register_is_whole_in_exactly_one_request(
    registers: dict[str, Register], longest: int
) -> None:
    blocks = plan(registers, longest)
    assert sorted(name for block in blocks for name in block.names) == sorted(registers)
    for block in blocks:
        assert 1 <= block.count <= longest
        for name in block.names:
            register = registers[name]
            assert register.function_code == block.function_code
            assert block.start <= register.address
            assert register.end <= block.start + block.count


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=7, unique=True),
    st.integers(2, 20),
)
def test_there_are_no_fewer_requests_that_would_do(
    addresses: list[int], longest: int
) -> None:
    """Compared with trying every way to cut the sorted addresses."""
    ordered = sorted(addresses)
    registers = {
        str(at): Register(address=at, kind=Kind.int16, function_code=3)
        for at in ordered
    }

    def fewest(rest: list[int]) -> int:
        if not rest:
            return 0
        fits = [
            size
            for size in range(1, len(rest) + 1)
            if rest[size - 1] + 1 - rest[0] <= longest
        ]
        return 1 + min(fewest(rest[size:]) for size in fits)

    assert len(plan(registers, longest)) == fewest(ordered)


@given(REGISTERS, st.integers(2, LONGEST))
def test_a_refused_request_falls_into_two_that_hold_the_same(
    registers: dict[str, Register], longest: int
) -> None:
    for block in plan(registers, longest):
        parts = halves(block, registers)
        if len(block.names) == 1:
            assert parts == ()
            continue
        one, two = parts
        assert one.names + two.names == block.names
        assert one.names
        assert two.names
        for part in parts:
            assert block.start <= part.start
            assert part.start + part.count <= block.start + block.count


def test_a_refused_request_is_cut_where_the_meter_has_nothing() -> None:
    registers = {
        name: Register(address=at)
        for name, at in {"a": 0, "b": 2, "c": 4, "d": 20, "e": 22}.items()
    }
    (block,) = plan(registers, 80)
    assert [part.names for part in halves(block, registers)] == [
        ("a", "b", "c"),
        ("d", "e"),
    ]


# --- models --------------------------------------------------------------------------------------------------------------


def test_the_meters_of_the_issue_are_there() -> None:
    assert {"sdm120", "sdm230", "sdm530", "sdm630", "sdm72d"} <= MODELS.keys()


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_shipped_model_knows_power_and_energy_in_their_units(name: str) -> None:
    model = MODELS[name]
    assert model.registers["active_power"].unit == "W"
    assert model.registers["energy_import"].unit == "kWh"
    assert "energy_import" in model.cumulative
    for each, register in model.registers.items():
        counts = (register.unit or "").endswith("h")
        assert counts == (each in model.cumulative), each


@pytest.mark.parametrize(
    ("name", "volts"),
    [
        ("em24", [2301, 0]),
        ("em340", [2301, 0]),
        ("or-we-514", [23010]),
        ("umg96", [0x4366, 0x199A]),
        ("pro380", [0x4366, 0x199A]),
        ("sdm630", [0x4366, 0x199A]),
    ],
)
def test_a_shipped_model_reads_its_makers_words(name: str, volts: list[int]) -> None:
    """230.1 V, as Carlo Gavazzi (an integer, the low word first), Orno's small one and the others (IEEE 754, the high word first) send it."""
    registers = MODELS[name].registers
    voltage = registers.get("voltage_l1", registers.get("voltage"))
    assert voltage is not None
    value = voltage.value(volts)
    assert value == pytest.approx(230.1, abs=0.01)


@pytest.mark.parametrize("name", ["dtsu666", "dtsu666-401e"])
def test_a_dtsu666_has_its_phases_behind_the_voltages_between_them(name: str) -> None:
    """Uab, Ubc, Uca at 0x2000, Ua, Ub, Uc at 0x2006: 400 V of the first are no voltage of a phase."""
    registers = MODELS[name].registers
    assert [registers[f"voltage_l{n}"].address for n in (1, 2, 3)] == [0x2006, 0x2008, 0x200A]  # fmt: skip
    assert registers["voltage_l1_l2"].address == 0x2000
    counted = {"dtsu666": 0x101E, "dtsu666-401e": 0x401E}[name]
    assert registers["energy_import"].address == counted


def test_janitzas_meters_count_watt_hours() -> None:
    """The sum of three phases, consumed, at 19068; kWh here."""
    energy = MODELS["umg96"].registers["energy_import"]
    assert energy.address == 19_068
    assert energy.value([0x447A, 0x0000]) == pytest.approx(1.0)  # 1000.0 Wh


def test_a_whole_sdm630_takes_four_requests() -> None:
    """The issue allows six."""
    model = MODELS["sdm630"]
    assert len(model.registers) > 80
    assert len(plan(model.registers, model.longest_read)) == 4
    assert len(plan(model.registers, 60)) == 5


def test_the_sdm630_has_what_its_manual_says_at_these_addresses() -> None:
    registers = MODELS["sdm630"].registers
    found = {
        name: registers[name].address
        for name in (
            "voltage_l1",
            "current_l3",
            "active_power",
            "frequency",
            "energy_import",
            "energy_export",
            "energy_import_l1",
        )
    }
    assert found == {
        "voltage_l1": 0x0000,
        "current_l3": 0x000A,
        "active_power": 0x0034,
        "frequency": 0x0046,
        "energy_import": 0x0048,
        "energy_export": 0x004A,
        "energy_import_l1": 0x015A,
    }


WHOLE = {
    "title": "A meter",
    "source": "its manual",
    "bidirectional": False,
    "longest_read": 60,
    "defaults": {"function_code": 3},
    "instantaneous": {"active_power": {"address": 0, "unit": "W"}},
    "cumulative": {"energy_import": {"address": 2, "unit": "kWh"}},
}


def test_a_model_takes_its_defaults_and_may_deviate() -> None:
    content = {
        **WHOLE,
        "cumulative": {
            "energy_import": {"address": 2, "kind": "long32", "function_code": 4}
        },
    }
    model = parse("mine", content)
    assert model.registers["active_power"].function_code == 3
    assert model.registers["energy_import"] == Register(
        address=2, kind=Kind.long32, function_code=4
    )
    assert model.cumulative == {"energy_import"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "title"),
        ({"longest_read": 126}, "longest_read"),
        ({"colour": "white"}, "colour"),
        ({"defaults": {"function_code": 1}}, "active_power: .*function_code"),
        ({"instantaneous": {"x": {"address": -1}}}, "x: .*address"),
        ({"instantaneous": {"x": {"address": 0xFFFF}}}, "x: it ends behind"),
        ({"instantaneous": {"x": {"address": 0, "units": "W"}}}, "x: .*units"),
        ({"instantaneous": {"x": {"address": 0, "unit": "W" * 9}}}, "x: .*unit"),
        ({"instantaneous": {"x": {"address": 1}}}, "energy_import and x share"),
        ({"instantaneous": {"x" * 65: {"address": 9}}}, "1 to 64 printable characters"),
        (
            {"instantaneous": {"energy_import": {"address": 9}}},
            "energy_import is in both tables",
        ),
        ({"instantaneous": {}, "cumulative": {}}, "no registers"),
    ],
)
def test_a_model_that_is_wrong_says_where(
    changes: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        parse("mine", {**WHOLE, **changes})


@pytest.mark.parametrize("content", [b"title = ", b"\xff", b'title = "x"'])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ModelError, match=r"^mine\.toml: "):
        load(file)
