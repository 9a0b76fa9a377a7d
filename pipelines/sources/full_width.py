"""Full-width letters, digits and signs of a whole column as the ASCII ones, by its bytes.

What belongs here: U+FF01 to U+FF5E in an Arrow column. What does not: the expression for single
values, where few have any (column_types). DuckDB's translate builds its table anew for each value:
34 characters of a complaint took 6 µs, and take a tenth here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

_LEAD, _SECOND, _THIRD = 0xEF, 0xBC, 0x80
"""U+FF00 in UTF-8; the last two bytes count on from it, 64 characters to a second byte."""
_FIRST, _LAST = 0x21, 0x7E
"""ASCII from ! to ~, in the order of their full-width forms from U+FF01."""


def to_half_width(texts: pa.Array[Any]) -> pa.Array[Any]:
    """The texts with ASCII for every full-width character that has one.

    Args:
        texts: A column of type string; where it is null, so is the result.
    """
    _, offsets, data = texts.buffers()
    if data is None:
        return texts
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]  # type: ignore[call-overload]
    raw = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]  # type: ignore[call-overload]
    leads = np.flatnonzero(raw == _LEAD)
    blocks = raw[leads + 1].astype(np.int32) - _SECOND
    ascii_codes = blocks * 64 + raw[leads + 2] - _THIRD + _FIRST - 1
    is_wide = (blocks >= 0) & (ascii_codes >= _FIRST) & (ascii_codes <= _LAST)
    leads, ascii_codes = leads[is_wide], ascii_codes[is_wide]
    if not len(leads):
        return texts
    folded = raw.copy()
    folded[leads] = ascii_codes
    is_kept = np.ones(len(raw), np.bool_)
    is_kept[leads + 1] = is_kept[leads + 2] = False
    places = ends - ends[0]
    shorter = places - 2 * np.searchsorted(leads, places).astype(np.int32)
    return pa.Array.from_buffers(
        pa.string(),
        len(texts),
        [_validity(texts), pa.py_buffer(shorter), pa.py_buffer(folded[is_kept])],
    )


def _validity(texts: pa.Array[Any]) -> pa.Buffer | None:
    """Which texts are not null, from the first one on."""
    return texts.is_valid().buffers()[1] if texts.null_count else None
