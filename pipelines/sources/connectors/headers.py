"""Header cells against declared names: which column is which.

What belongs here: matching a column's spelling. What does not: whether columns are missing or new
(drift). A name matches as it is written, with runs of blanks and line breaks as one blank on both
sides, so that `unter 18` can be declared; else without any, for 登 记 日 期 is 登记日期, unless two
declared names would be one then.

A header of several lines is read from top to bottom: 质押金额 above (万元) is 质押金额(万元), and
Alter above unter 18 is also `Alter unter 18`. Where that is no declared name, the lowest cell alone
may be: 出质人 over 名称 and 街道 groups them and names neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pipelines.sources.connectors.cells import squeezed


def match_names(declared: Sequence[str], shown: Sequence[Sequence[str]]) -> list[str]:
    """The declared name of each column; where none matches, what is shown there.

    Args:
        declared: The names of the contract.
        shown: For each column its header cells from top to bottom, a merged cell once.
    """
    written = {as_written(name): name for name in declared}
    times = Counter(squeezed(name) for name in declared)
    unspaced = {squeezed(name): name for name in declared if times[squeezed(name)] == 1}
    return [
        next(_matches([as_written(text) for text in texts], written, unspaced), _joined(texts))
        for texts in shown
    ]


def as_written(text: str) -> str:
    """A name with runs of white space as one blank, and none around it."""
    return " ".join(text.split())


def _joined(texts: Sequence[str]) -> str:
    return as_written(" ".join(texts))


def _matches(
    texts: Sequence[str], written: dict[str, str], unspaced: dict[str, str]
) -> Iterator[str]:
    for spelling in (" ".join(texts), "".join(texts)):
        if spelling in written:
            yield written[spelling]
    if (whole := squeezed("".join(texts))) in unspaced:
        yield unspaced[whole]
    for lowest in texts[-1:]:
        if lowest in written:
            yield written[lowest]
        if squeezed(lowest) in unspaced:
            yield unspaced[squeezed(lowest)]
