"""Lines of one flat JSON object each, taken apart many at a time by their bytes.

What belongs here: lines whose values are strings without escapes, plain numbers and literals. What
does not: every other line, and whether a frame is JSON (json_lines). A line's frame is what is left
of it without its values: `{"a":"x","n":-1.5}` is `{"a":"","n":0}`. Lines of one frame differ in
their values alone, so that a frame is parsed once for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.sources.text_encodings import is_utf_8

Places = NDArray[np.int64]

_END, _BLANK, _QUOTE, _COLON, _COMMA, _BRACE, _BACKSLASH = b'\n ":,}\\'
_FEWEST = 30
"""Lines of one frame; fewer are parsed one by one for the same time."""
_LONGEST_NUMBER = 300
"""Bytes; Python and DuckDB agree on those."""
_NUMBER = r"^-?(0|[1-9][0-9]*)([.][0-9]+)?$"
_LITERALS = {True: "true", False: "false"}


_STARTS_NUMBER = np.isin(np.arange(256), list(b"-0123456789"))
"""By the byte."""


class Framed(NamedTuple):
    """Some lines of a block without their values, and the values."""

    lines: Places
    """The place of each line in its block, from 0."""
    frames: pa.DictionaryArray[Any, Any]
    """The frame of each line."""
    values: pa.Array[Any]
    """All values, line by line."""
    first_values: Places
    """Of each line, the place of its first value; one more than there are lines."""
    is_readable: NDArray[np.bool_]
    """Of each line, whether its numbers are plain ones."""


class _Spans(NamedTuple):
    begins: Places
    ends: Places


def frame_lines(block: bytes) -> Framed | None:
    """Tell values and frames of the lines of a block apart; None where it has to be read otherwise.

    Args:
        block: Whole lines, each with its end. Those with an escape, a control character or an odd
            number of quotes are left out.
    """
    if not block.endswith(b"\n") or not is_utf_8(block):
        return None
    raw = np.frombuffer(block, np.uint8)
    ends, quotes = np.flatnonzero(raw == _END), np.flatnonzero(raw == _QUOTE)
    lengths = np.diff(ends, prepend=-1)
    is_fit = _are_fit(raw, ends, quotes) & (lengths > 1)
    if not is_fit.any():
        return None
    if not is_fit.all():
        raw = raw[np.repeat(is_fit, lengths)]
        ends, quotes = np.flatnonzero(raw == _END), np.flatnonzero(raw == _QUOTE)
    strings = _Spans(quotes[::2] + 1, quotes[1::2])
    is_name = raw[strings.ends + 1] == _COLON
    numbers = _find_numbers(raw, quotes, strings.ends[is_name])
    if numbers is None:
        return None
    spans = _Spans(
        np.sort(np.concatenate((strings.begins[~is_name], numbers.begins))),
        np.sort(np.concatenate((strings.ends[~is_name], numbers.ends))),
    )
    return _split(raw, ends, spans, numbers, np.flatnonzero(is_fit))


def _are_fit(raw: NDArray[np.uint8], ends: Places, quotes: Places) -> NDArray[np.bool_]:
    """Which lines have neither escapes nor control characters, and quotes in pairs."""
    is_fit: NDArray[np.bool_] = np.diff(np.searchsorted(quotes, ends), prepend=0) % 2 == 0
    odd = np.flatnonzero(((raw < _BLANK) & (raw != _END)) | (raw == _BACKSLASH))
    is_fit[np.searchsorted(ends, odd)] = False
    return is_fit


def _find_numbers(raw: NDArray[np.uint8], quotes: Places, names: Places) -> _Spans | None:
    """From what begins like a number after a name to the next comma, brace or end of line.

    Args:
        raw: The lines.
        quotes: The places of all quotes.
        names: The places of the quotes that end names.

    Returns:
        None where one would run into a string: that is no JSON.
    """
    begins = names + 2
    begins += raw[begins] == _BLANK
    begins = begins[_STARTS_NUMBER[raw[begins]]]
    if not len(begins):
        return _Spans(begins, begins)
    stops = np.flatnonzero((raw == _COMMA) | (raw == _BRACE) | (raw == _END))
    ends = stops[np.searchsorted(stops, begins)]
    is_cut = np.searchsorted(quotes, begins) != np.searchsorted(quotes, ends)
    return None if is_cut.any() else _Spans(begins, ends)


def _split(
    raw: NDArray[np.uint8], ends: Places, spans: _Spans, numbers: _Spans, lines: Places
) -> Framed:
    turns = np.column_stack((spans.begins, spans.ends)).ravel()
    runs = np.diff(turns, prepend=0, append=len(raw))
    is_value = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    values = _texts(np.concatenate(([0], np.cumsum(spans.ends - spans.begins))), raw[is_value])
    first_values = np.concatenate(([0], np.searchsorted(spans.begins, ends)))
    first_numbers = np.concatenate(([0], np.searchsorted(numbers.begins, ends)))
    is_left = ~is_value
    is_left[numbers.begins] = True
    is_left[ends] = False
    framed = raw.copy()
    framed[numbers.begins] = ord("0")
    taken = np.frombuffer(values.buffers()[1], np.int32)[first_values]  # type: ignore[call-overload]
    starts = np.concatenate(([0], ends + 1)) - np.arange(len(ends) + 1)
    frames = _texts(starts - taken + first_numbers, framed[is_left])
    is_number = np.zeros(len(spans.begins), np.bool_)
    is_number[np.searchsorted(spans.begins, numbers.begins)] = True
    is_readable = np.ones(len(ends), np.bool_)
    strange = np.flatnonzero(is_number)[_are_strange(values.filter(pa.array(is_number)))]
    is_readable[np.searchsorted(first_values, strange, "right") - 1] = False
    return Framed(lines, frames.dictionary_encode(), values, first_values, is_readable)


def _are_strange(numbers: pa.Array[Any]) -> NDArray[np.bool_]:
    is_plain = pc.match_substring_regex(numbers, _NUMBER)
    is_short = pc.less(pc.binary_length(numbers), pa.scalar(_LONGEST_NUMBER))  # type: ignore[call-overload]
    return np.asarray(pc.invert(pc.and_(is_plain, is_short)))


def _texts(offsets: Places, data: NDArray[np.uint8]) -> pa.Array[Any]:
    places = offsets.astype(np.int32)
    buffers = [None, pa.py_buffer(places), pa.py_buffer(data)]  # type: ignore[arg-type]
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, buffers)


class Taken(NamedTuple):
    """What was taken of a block by its frames."""

    lines: Places
    """The places of the lines in their block."""
    columns: Mapping[str, pa.Array[Any]]
    """The columns asked for, with a value or null for each line."""
    frames: Sequence[str]
    """The frames of these lines."""


def take_columns(framed: Framed, names: set[str], valid: Collection[str]) -> Taken:
    """Take the values of some names from the lines that have a flat object's frame.

    Args:
        framed: The lines.
        names: Names in the objects.
        valid: The frames that are JSON; lines of others are left.
    """
    values = pa.concat_arrays([framed.values, pa.array(list(_LITERALS.values()))])
    literals = {value: len(framed.values) + n for n, value in enumerate(_LITERALS)}
    which = np.asarray(framed.frames.indices)
    is_taken = np.zeros(len(which), np.bool_)
    places = {name: np.full(len(which), -1) for name in names}
    frames = []
    for number, text in common_frames(framed).items():
        pairs = _flat_pairs(text) if text in valid else None
        if pairs is None:
            continue
        given = [name for name, value in pairs.items() if type(value) in (str, int)]
        counts = np.diff(framed.first_values)
        lines = np.flatnonzero((which == number) & framed.is_readable & (counts == len(given)))
        if not len(lines):
            continue
        is_taken[lines] = True
        frames.append(text)
        for name in pairs.keys() & names:
            if name in given:
                places[name][lines] = framed.first_values[lines] + given.index(name)
            else:
                places[name][lines] = literals.get(pairs[name], -1)  # type: ignore[arg-type]
    return Taken(
        framed.lines[is_taken],
        {name: values.take(_or_null(found[is_taken])) for name, found in places.items()},
        frames,
    )


def common_frames(framed: Framed) -> dict[int, str]:
    """The frames that enough lines have, by their place in the dictionary."""
    counts = np.bincount(np.asarray(framed.frames.indices), minlength=1)
    dictionary = framed.frames.dictionary
    return {n: dictionary[n].as_py() for n in np.flatnonzero(counts >= _FEWEST).tolist()}


def _or_null(places: Places) -> pa.Array[Any]:
    return pa.array(places, mask=places < 0)


def _flat_pairs(frame: str) -> dict[str, str | int | bool | None] | None:
    """Names and what stands for their values; None unless each name has one plain value.

    A name that is not directly before its colon was taken for a value, and is empty here.
    """
    if not frame.startswith("{"):
        return None
    pairs = json.loads(frame, object_pairs_hook=list)
    names = dict(pairs)
    is_flat = all(
        value in ("", None) or type(value) is bool or (type(value) is int and value == 0)
        for _, value in pairs
    )
    return names if is_flat and len(names) == len(pairs) and "" not in names else None
