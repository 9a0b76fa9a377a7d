"""Profiles: what the columns of a delivery look like, in aggregates that name no person.

What belongs here: the form of a profile, and making one from a delivery. What does not: telling
whether two of them belong to the same columns (profile_breaks). Shapes are taken before pseudonyms,
so that personal columns have them too; values are kept of other columns only, where they are few,
and lie in landing as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import duckdb

from pipelines.errors import ZhibiaoError
from pipelines.sources.columns import DAYS, NUMBERS, Column
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.sampling import is_sampled
from pipelines.sources.screening import Screened
from pipelines.sql_text import identifier
from pipelines.strict_model import StrictModel

LEAST_ROWS = 100
"""A smaller delivery has no profile: its shares say little, and its lengths would be those of
single persons."""
FEW_VALUES = 20
"""A column of so many values at most is a list of words, whose shares are kept."""


class ColumnProfile(StrictModel):
    """One column; shares are of the values that are not null."""

    given: int
    """Values in the sample."""
    nulls: float
    distinct: float
    """Different values, as a share of all: 1 when no value occurs twice."""
    lengths: tuple[int, int, int]
    """In characters: 5 %, 50 % and 95 % of the values are no longer."""
    digits: float
    """Made of digits alone."""
    numerals: float
    """With a digit."""
    han: float
    """With a Chinese character."""
    latin: float
    """With a Latin letter."""
    values: dict[str, float] | None = None
    """Share of each value where they are few."""


class Order(StrictModel):
    """How often the first of two columns is before, or less than, the second where they differ."""

    first: str
    second: str
    rows: int
    share: float


class Profile(StrictModel):
    """All columns of one delivery."""

    columns: dict[str, ColumnProfile]
    orders: tuple[Order, ...]


def read_profile(extract: Extract) -> Profile:
    """The profile of a landed extract that has one.

    Raises:
        ZhibiaoError: it is missing or damaged.
    """
    try:
        return Profile.model_validate_json(extract.profile_path.read_bytes())
    except (OSError, ValueError) as error:
        raise ZhibiaoError(
            f"{extract.profile_path}: expected the profile of an extract, got "
            f"{type(error).__name__}. Restore the folder from the backup, or remove it whole and "
            "let the source deliver again."
        ) from None


def make_profile(
    session: duckdb.DuckDBPyConnection, table: SourceTable, found: Screened, records: int
) -> Profile | None:
    """The profile of a delivery that was screened; None when it is too small to have one.

    Args:
        session: Holds `screened`.
        table: The contract.
        found: What screening found.
        records: Rows delivered.
    """
    if found.rows < LEAST_ROWS:
        return None
    session.register("delivered", found.sample)
    columns = _shapes(session, table.columns)
    session.unregister("delivered")
    sampled = f"(from screened where {is_sampled(records)})"
    values = _values(session, table.columns, columns, sampled)
    return Profile(
        columns={
            name: shape.model_copy(update={"values": values.get(name)})
            for name, shape in columns.items()
        },
        orders=tuple(_orders(session, table.columns, sampled)),
    )


def _shapes(
    session: duckdb.DuckDBPyConnection, columns: Sequence[Column]
) -> dict[str, ColumnProfile]:
    measures = ", ".join(
        f"count({name}), count(*), count(distinct {name}),"
        f" quantile_disc(length({name}), [0.05, 0.5, 0.95]),"
        f" avg(regexp_full_match({name}, '[0-9]+')::integer),"
        f" avg(regexp_matches({name}, '[0-9]')::integer),"
        f" avg(regexp_matches({name}, '\\p{{Han}}')::integer),"
        f" avg(regexp_matches({name}, '[A-Za-z]')::integer)"
        for name in (identifier(column.name) for column in columns)
    )
    found = session.execute(f"select {measures} from delivered").fetchone() or ()
    shapes = {}
    for place, column in enumerate(columns):
        count, rows, distinct, lengths, *classes = found[8 * place : 8 * place + 8]
        digits, numerals, han, latin = (round(share or 0, 4) for share in classes)
        shapes[column.name] = ColumnProfile(
            given=count,
            nulls=_share(rows - count, rows),
            distinct=_share(distinct, count),
            lengths=tuple(lengths or (0, 0, 0)),
            digits=digits,
            numerals=numerals,
            han=han,
            latin=latin,
        )
    return shapes


def _values(
    session: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    shapes: dict[str, ColumnProfile],
    sampled: str,
) -> dict[str, dict[str, float]]:
    """Shares of values where they are few; days move on from one delivery to the next."""
    listed = [
        column.name
        for column in columns
        if column.sensitivity != "personal"
        and column.data_type not in (*DAYS, "json")
        and 0 < shapes[column.name].distinct * shapes[column.name].given <= FEW_VALUES
    ]
    if not listed:
        return {}
    counted = ", ".join(f"histogram({identifier(name)})" for name in listed)
    found = session.execute(f"select {counted} from {sampled}").fetchone() or ()
    return {
        name: {value: _share(rows, sum(counts.values())) for value, rows in counts.items()}
        for name, counts in zip(listed, found, strict=True)
        if counts
    }


def _orders(
    session: duckdb.DuckDBPyConnection, columns: Sequence[Column], sampled: str
) -> Iterable[Order]:
    open_columns = [column for column in columns if column.sensitivity != "personal"]
    pairs = [
        (first.name, second.name, reading)
        for types, reading in ((DAYS, "left({}, 10)"), (NUMBERS, "try_cast({} as double)"))
        for first, second in combinations((c for c in open_columns if c.data_type in types), 2)
    ]
    if not pairs:
        return
    measures = ", ".join(
        f"count(*) filter ({one} <> {other}), count(*) filter ({one} < {other})"
        for first, second, reading in pairs
        for one, other in [(reading.format(identifier(first)), reading.format(identifier(second)))]
    )
    found = session.execute(f"select {measures} from {sampled}").fetchone() or ()
    for place, (first, second, _) in enumerate(pairs):
        rows, before = found[2 * place : 2 * place + 2]
        yield Order(first=first, second=second, rows=rows, share=_share(before, rows))


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
