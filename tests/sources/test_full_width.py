"""Full-width characters of a whole column, against Python's own translation of each text."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.full_width import to_half_width

TABLE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
LETTERS = st.one_of(
    st.characters(min_codepoint=0xFEFF, max_codepoint=0xFF60),
    st.characters(codec="utf-8"),
)


@settings(max_examples=300)
@given(st.lists(st.none() | st.text(LETTERS, max_size=12), max_size=30), st.integers(0, 5))
@example(["！～", None, "＇", "\uff00\uff5f", "１３８，a", "", "\ufeff\uffe5"], 0)
def test_a_column_is_folded_as_its_texts_are(texts: list[str | None], begins: int) -> None:
    """Whole columns and what is left of them, with nulls and without."""
    column = pa.array(texts, pa.string()).slice(begins)
    folded = to_half_width(column)
    folded.validate(full=True)
    expected = [None if text is None else text.translate(TABLE) for text in texts[begins:]]
    assert folded.to_pylist() == expected
