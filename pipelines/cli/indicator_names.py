"""Which indicator somebody means: by its id, or by its Chinese name or a part of it.

What belongs here: the choice, and what is said where there is none. What does not: reading the
catalogue, and figures.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches

from pipelines.errors import UsageError
from pipelines.reports.formats import EXTERNAL

_NEAR = 3
_ALL = "All: zhibiao sql 'select indicator_id, label_zh from indicators'"


def find_indicator(said: str, labels: Mapping[str, str]) -> str:
    """The id of the one indicator that is meant.

    Args:
        said: An id, a Chinese name, or a part of one name alone; width, case, spaces and the mark
            of a figure that was not computed are no difference.
        labels: The Chinese names by id.

    Raises:
        UsageError: a part of several names (all are listed), or of none (those near it are).
    """
    if said in labels:
        return said
    names = {indicator: _plain(label) for indicator, label in labels.items()}
    wanted = _plain(said)
    whole = [indicator for indicator, name in names.items() if name == wanted]
    meant = whole or [indicator for indicator, name in names.items() if wanted and wanted in name]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UsageError(
            f"indicator: expected the name of one, got {said!r}, which {len(meant)} hold. "
            f"Take the id of one:\n{_listed(meant, labels)}"
        )
    raise UsageError(
        f"indicator: expected an id or a Chinese name of this release, got {said!r}. "
        f"Near it:\n{_listed(_nearest(said, names), labels)}\n{_ALL}"
    )


def _plain(text: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return plain.removesuffix(f"({EXTERNAL})")


def _nearest(said: str, names: Mapping[str, str]) -> list[str]:
    """The ids most like it in their own spelling or, when it is Chinese, in their name's."""
    ids = {indicator if said.isascii() else name: indicator for indicator, name in names.items()}
    return [ids[near] for near in get_close_matches(_plain(said), ids, n=_NEAR, cutoff=0)]


def _listed(indicators: list[str], labels: Mapping[str, str]) -> str:
    return "\n".join(f"  {indicator}  {labels[indicator]}" for indicator in indicators)
