"""Profile breaks: columns that no longer hold what they held in the delivery before.

What belongs here: comparing two profiles, and how known the values of one delivery are in the
columns of another. What does not: making profiles. A bureau's months differ, and every rule here
asks for more than a change: a shape that cannot be the same column's, or two columns of which each
fits the other's past. Messages are for stewards: shares and lengths, never a value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import duckdb

from pipelines.errors import ExtractHeldError
from pipelines.sources.contracts import SourceTable
from pipelines.sources.extracts import Extract
from pipelines.sources.profiles import (
    FEW_VALUES,
    LEAST_ROWS,
    ColumnProfile,
    Order,
    Profile,
    read_profile,
)
from pipelines.sources.refusals import PROFILE_CHANGED
from pipelines.sources.sampling import is_sampled
from pipelines.sql_text import exact_path, identifier, literal

_CLASS_MOVED = 0.8
"""Of a class of characters: from nearly all values to nearly none. Names of firms with Latin
letters move by a tenth from month to month."""
_LONGER = 1.5
"""Times the longest of one delivery that the shortest of another must be (5 % and 95 %): a code of
18 for one of 10, 5 digits for 2; texts of any length overlap."""
_CODE_LONGER, _CODE_DISTINCT = 2, 0.9
"""Characters by which codes of one length, nearly all distinct, differ from those of another: 18 of
a credit code from 15 of a serial number. Numbers that are counted on grow by one at a time."""
_BROKEN, _FIT = 0.3, 0.15
"""What lies between two shapes, at the one point where they differ most: of a column from its own
past, and from the other's, when the two were exchanged. Shares of a hundred values stray by 0.1,
and both columns have to do it, each to the other's place."""
_SHARES_BROKEN, _SHARES_FIT = 0.4, 0.2
"""Of a list of words, the part of all values that another month has otherwise: kinds of cases move
by 0.1 to 0.2, and a sample of a hundred by as much through chance."""
_KNOWN, _BETTER_KNOWN = 0.5, 0.4
"""Share of a column's values that stood in another column before, and by how much it must be more
than of those that stood in its own. Two months share banks, streets and chains of shops; that two
columns are both better known elsewhere, no month brings about."""
_ORDERED, _LEAST_ORDERED = 0.9, 50
"""Share of rows in which one day is before another, or one number less, that is the rule and not
chance; and of how many rows. Exchanged columns turn 0.9 and more to 0.1 and less."""
_TOLD = 3
"""So many findings stand in a message."""

Familiarity = Mapping[tuple[str, str], float]
"""(column now, column before): share of the values now that stood there before."""


class _Break(NamedTuple):
    columns: tuple[str, ...]
    told: str


def require_same_profile(
    session: duckdb.DuckDBPyConnection,
    table: SourceTable,
    now: Profile,
    predecessor: Extract,
) -> None:
    """Refuse a delivery whose columns hold what other columns held, or something else.

    Raises:
        ExtractHeldError: PROFILE_CHANGED.
        ZhibiaoError: the profile of the predecessor is missing or damaged.
    """
    before = read_profile(predecessor)
    texts = [
        column.name
        for column in table.columns
        if column.data_type == "text" and _are_telling(now, before, column.name)
    ]
    familiarity = _measure_familiarity(session, texts, predecessor) if len(texts) > 1 else {}
    labels = table.labels
    found = list(
        find_breaks(
            _in_words(now, labels),
            _in_words(before, labels),
            [labels[name] for name in texts],
            {(labels[n], labels[past]): share for (n, past), share in familiarity.items()},
        )
    )
    if found:
        rest = f"等 {len(found)} 处" if len(found) > _TOLD else ""
        raise ExtractHeldError(
            f"{table.label}：与上次已采用的报送（{predecessor.origin}）相比，列的内容已变："
            f"{'；'.join(each.told for each in found[:_TOLD])}{rest}。"
            "请核对这些列，改正后重新报送；如系统确已变更，请通知维护人员提高约定的版本号。",
            reason=PROFILE_CHANGED,
        )


def find_breaks(
    now: Profile, before: Profile, texts: list[str], familiarity: Familiarity
) -> Iterator[_Break]:
    """The breaks between two profiles; a column is told of once, by its strongest sign."""
    seen: set[str] = set()
    for found in (
        *_exchanged_orders(now, before),
        *_exchanged_words(now, before),
        *_exchanged_names(now, before, texts, familiarity),
        *_exchanged_shapes(now, before, texts),
        *_other_shapes(now, before, texts),
    ):
        if not seen & set(found.columns):
            seen |= set(found.columns)
            yield found


def _in_words(profile: Profile, labels: Mapping[str, str]) -> Profile:
    """The profile with its columns as people call them."""
    columns = {labels.get(name, name): shape for name, shape in profile.columns.items()}
    orders = tuple(
        order.model_copy(
            update={
                "first": labels.get(order.first, order.first),
                "second": labels.get(order.second, order.second),
            }
        )
        for order in profile.orders
    )
    return profile.model_copy(update={"columns": columns, "orders": orders})


def _are_telling(now: Profile, before: Profile, name: str) -> bool:
    return all(
        name in profile.columns and profile.columns[name].given >= LEAST_ROWS
        for profile in (now, before)
    )


def _other_shapes(now: Profile, before: Profile, texts: list[str]) -> Iterator[_Break]:
    for name in texts:
        new, old = now.columns[name], before.columns[name]
        if _is_other_shape(new, old):
            others = [other for other in texts if other != name]
            fits = [other for other in others if _distance(new, before.columns[other]) <= _FIT]
            like = f"，与以前的“{fits[0]}”列相近" if len(fits) == 1 else ""
            yield _Break((name,), f"“{name}”列现为{_told(new)}，以前为{_told(old)}{like}")


def _moved(new: ColumnProfile, old: ColumnProfile) -> float:
    """How far the shares of the classes of characters lie apart, at most."""
    return max(
        abs(new.digits - old.digits),
        abs(new.numerals - old.numerals),
        abs(new.han - old.han),
        abs(new.latin - old.latin),
    )


def _distance(new: ColumnProfile, old: ColumnProfile) -> float:
    """How far two shapes lie apart: 0 for one and the same, 1 for nothing in common."""
    lengths = sorted((new.lengths[1], old.lengths[1]))
    return max(
        _moved(new, old),
        abs(new.distinct - old.distinct),
        abs(new.nulls - old.nulls),
        1 - lengths[0] / max(lengths[1], 1),
    )


def _is_other_shape(new: ColumnProfile, old: ColumnProfile) -> bool:
    # A list of words gets a new one: only its characters tell.
    is_open = old.distinct * old.given > FEW_VALUES
    is_longer = is_open and new.lengths[0] >= _LONGER * old.lengths[2]
    is_shorter = is_open and old.lengths[0] >= _LONGER * new.lengths[2]
    are_codes = all(
        shape.lengths[0] == shape.lengths[2] and shape.distinct >= _CODE_DISTINCT
        for shape in (new, old)
    )
    is_other_code = are_codes and abs(new.lengths[1] - old.lengths[1]) >= _CODE_LONGER
    return _moved(new, old) >= _CLASS_MOVED or is_longer or is_shorter or is_other_code


def _exchanged_shapes(now: Profile, before: Profile, texts: list[str]) -> Iterator[_Break]:
    for one, other in combinations(texts, 2):
        pairs = ((one, other), (other, one))
        if all(
            _distance(now.columns[name], before.columns[name]) >= _BROKEN
            and _distance(now.columns[name], before.columns[past]) <= _FIT
            for name, past in pairs
        ):
            yield _exchange(now, before, one, other)


def _exchanged_words(now: Profile, before: Profile) -> Iterator[_Break]:
    listed = [
        name
        for name, old in before.columns.items()
        if old.values and _are_telling(now, before, name) and now.columns[name].values
    ]
    for one, other in combinations(listed, 2):
        has_left_its_own = all(
            _difference(now.columns[name], before.columns[name]) >= _SHARES_BROKEN
            for name in (one, other)
        )
        fits_the_other = all(
            _difference(now.columns[name], before.columns[past]) <= _SHARES_FIT
            for name, past in ((one, other), (other, one))
        )
        if has_left_its_own and fits_the_other:
            yield _exchange(now, before, one, other)


def _difference(new: ColumnProfile, old: ColumnProfile) -> float:
    """The part of the values that would have to be others, from 0 to 1."""
    ours, theirs = new.values or {}, old.values or {}
    return sum(abs(ours.get(v, 0) - theirs.get(v, 0)) for v in ours.keys() | theirs.keys()) / 2


def _exchanged_names(
    now: Profile, before: Profile, texts: list[str], familiarity: Familiarity
) -> Iterator[_Break]:
    def has_gone_to(name: str, past: str) -> bool:
        there, here = familiarity.get((name, past), 0), familiarity.get((name, name), 0)
        return past != name and there >= _KNOWN and there - here >= _BETTER_KNOWN

    for one in texts:
        for other in texts:
            if not has_gone_to(one, other):
                continue
            # A number of the case before this one is known from the other column, too; but then
            # that column has not gone anywhere.
            if any(has_gone_to(other, past) for past in texts):
                yield _exchange(now, before, one, other)


def _exchanged_orders(now: Profile, before: Profile) -> Iterator[_Break]:
    past = {(order.first, order.second): order for order in before.orders}
    for order in now.orders:
        old = past.get((order.first, order.second))
        if old and _is_turned(order, old):
            yield _Break(
                (order.first, order.second),
                f"“{order.first}”与“{order.second}”疑似互换：前者小于（早于）后者的行"
                f"现为 {order.share:.0%}，以前为 {old.share:.0%}",
            )


def _is_turned(new: Order, old: Order) -> bool:
    least, most = sorted((new.share, old.share))
    return min(new.rows, old.rows) >= _LEAST_ORDERED and most >= _ORDERED and least <= 1 - _ORDERED


def _exchange(now: Profile, before: Profile, one: str, other: str) -> _Break:
    said = "；".join(
        f"“{name}”列现为{_told(now.columns[name])}，以前为{_told(before.columns[name])}"
        for name in (one, other)
    )
    return _Break((one, other), f"“{one}”与“{other}”疑似互换（{said}）")


def _told(profile: ColumnProfile) -> str:
    shortest, _, longest = profile.lengths
    return (
        f"长度 {shortest}～{longest}、含汉字 {profile.han:.0%}、含字母 {profile.latin:.0%}、"
        f"纯数字 {profile.digits:.0%}、不同值 {profile.distinct:.0%}、空值 {profile.nulls:.0%}"
    )


def _measure_familiarity(
    session: duckdb.DuckDBPyConnection, texts: list[str], predecessor: Extract
) -> Familiarity:
    """How much of each column's values stood in each column of the delivery before.

    Personal values are compared as pseudonyms: the same value has the same one.
    """
    counted = session.execute("select count(*) from screened").fetchone() or (0,)
    now, before = (
        " union all ".join(
            f"select {literal(name)} as column_name, hash({identifier(name)}) as value"
            f" from {relation} where {identifier(name)} is not null"
            for name in texts
        )
        for relation in (
            f"(from screened where {is_sampled(counted[0])})",
            f"read_parquet({exact_path(predecessor.data_path)})",
        )
    )
    found = session.execute(f"""
        with now as (select column_name, value, count(*) as rows from ({now}) group by all),
        before as (select distinct column_name, value from ({before}) semi join now using (value)),
        totals as (
            select column_name, sum(rows) as rows from now group by column_name
        )
        select now.column_name, before.column_name, sum(now.rows) / any_value(totals.rows)
        from now
        inner join totals using (column_name)
        inner join before using (value)
        group by all
    """).fetchall()
    return {(name, past): float(share) for name, past, share in found}
