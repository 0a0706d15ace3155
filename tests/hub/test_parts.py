"""What hubs tell each other in parts: whole, or not at all."""

from hypothesis import given, strategies as st

from kickwatt_hub.store.parts import Joiner, Splitter

MOST = 80
ASCII = st.characters(max_codepoint=127)
TEXTS = st.lists(
    st.text(ASCII, max_size=200).filter(lambda text: not text.startswith("part ")),
    max_size=6,
)


@given(tellers=st.dictionaries(st.sampled_from("abc"), TEXTS), data=st.data())
def test_what_several_hubs_tell_at_once_comes_out_as_it_was_told(
    tellers: dict[str, list[str]], data: st.DataObject
) -> None:
    """Each one's texts in their order, whatever is told in between; and no part is too long."""
    parts = {}
    for teller, texts in tellers.items():
        splitter = Splitter(MOST)
        parts[teller] = [part for text in texts for part in splitter.split(text)]
        assert all(len(part) <= MOST for part in parts[teller])
    heard: dict[str, list[str]] = {teller: [] for teller in tellers}
    joiner = Joiner()
    while left := [teller for teller in parts if parts[teller]]:
        teller = data.draw(st.sampled_from(left))
        text = joiner.join(teller, parts[teller].pop(0))
        if text is not None:
            heard[teller].append(text)
    assert heard == tellers


@given(texts=TEXTS, data=st.data())
def test_a_part_that_is_lost_takes_its_own_text_along_and_no_other(
    texts: list[str], data: st.DataObject
) -> None:
    """Nothing is ever put together wrongly."""
    splitter, joiner = Splitter(MOST), Joiner()
    whole, heard = [], []
    for text in texts:
        parts = splitter.split(text)
        kept = [part for part in parts if data.draw(st.booleans())]
        if kept == parts:
            whole.append(text)
        heard += [said for part in kept if (said := joiner.join("a", part)) is not None]
    assert heard == whole
