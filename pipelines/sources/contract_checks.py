"""What a contract may not say: names that are no columns, and words that would do nothing.

What belongs here: what columns, key and dialect say together. What does not: one column on its own
(columns), and trying formats and paths in the database (trial_readings).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipelines.sources.columns import BLANKS, DAYS, NUMBERS
from pipelines.sources.trial_readings import format_problem, path_problem

if TYPE_CHECKING:  # the contract asks for these checks
    from pipelines.sources.contracts import ExcelDialect, JsonLinesDialect, SourceTable, SqlDialect

_PERIOD = "{period}"


def contract_problems(table: SourceTable) -> Iterator[str]:
    """Everything that a contract says and cannot mean; nothing when it is usable."""
    dialect = table.dialect
    yield from _repeated("column names", [c.name for c in table.columns])
    yield from _repeated("labels", list(table.labels.values()))
    yield from _repeated("names under `as`", [c.as_ for c in table.columns if c.as_])
    yield from _unknown(table, "key", table.key)
    yield from _location_problems(table)
    yield from _column_problems(table)
    yield from _absence_problems(table)
    if dialect.connector == "excel":
        yield from _excel_problems(table, dialect)
    elif dialect.connector == "sql":
        yield from _sql_problems(table, dialect)
    elif dialect.connector == "jsonl":
        yield from _json_problems(table, dialect)


def _repeated(what: str, names: Sequence[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"expected distinct {what}, got {name!r} {times} times. Name each once"


def _unknown(table: SourceTable, where: str, names: Sequence[str]) -> Iterator[str]:
    yield from _repeated(f"names in {where}", names)
    declared = {column.name for column in table.columns}
    for name in names:
        if name not in declared:
            yield f"{where} names {name!r}, which is not a column. Name one that is delivered"


def _location_problems(table: SourceTable) -> Iterator[str]:
    location = PurePosixPath(table.dialect.location)
    is_database = table.dialect.connector == "sql"
    if table.delivery == "increment" and not is_database:
        yield "delivery increment needs the sql connector"
    if table.delivery == "period" and (is_database or _PERIOD not in location.name):
        yield (
            "delivery period needs {period} in location, in the name of a file. Name the files "
            "by period, or declare delivery full"
        )
    at_most = 0 if is_database else 1
    if _PERIOD in str(location.parent) or location.name.count(_PERIOD) > at_most:
        yield (
            f"location: expected {{period}} at most once, in the name of a file, got "
            f"{table.dialect.location!r}. Elsewhere it stands for itself"
        )


def _column_problems(table: SourceTable) -> Iterator[str]:
    types = {column.name: column for column in table.columns}
    for null in table.dialect.nulls:
        if null != null.strip(BLANKS):
            yield f"nulls: expected texts without blanks around them, got {null!r}. Trim it"
    yield from _repeated("nulls", table.dialect.nulls)
    if "" not in table.dialect.nulls:
        yield 'nulls: expected "" among them, got none. An empty cell is null for all that follows'
    for column in table.columns:
        for word in sorted(set(column.words) & set(table.dialect.nulls)):
            yield (
                f"column {column.name}: expected a word or a null, got {word!r} as both. It is "
                "read as null; leave it out of `words`"
            )
        if column.path is not None and table.dialect.connector != "jsonl":
            yield (
                f"column {column.name}: expected `path` with the jsonl connector only, got it "
                f"with {table.dialect.connector}. Leave it out"
            )
        if column.not_before is not None:
            yield from _unknown(table, "not_before", [column.not_before])
            other = types.get(column.not_before)
            if other and (other.data_type not in DAYS or other.sensitivity == "personal"):
                yield (
                    f"column {column.name}: expected `not_before` to name a date or timestamp "
                    f"that lands as such, got {other.name!r} ({other.data_type}, "
                    f"{other.sensitivity}). Leave it out"
                )
        if problem := format_problem(column):
            yield f"column {column.name}: {problem}"


def _absence_problems(table: SourceTable) -> Iterator[str]:
    """A delivery is read by some of its columns: without them there would be nothing to read by."""
    dialect = table.dialect
    used = {
        word: names
        for word in ("cursor", "fill_down", "footer_sums")
        if (names := getattr(dialect, word, None))
    }
    for word, names in used.items():
        for column in table.columns:
            if column.may_be_absent and column.name in ([names] if word == "cursor" else names):
                yield (
                    f"{word}: expected a column that is always delivered, got {column.name!r}, "
                    "which may_be_absent. Leave one of the two out"
                )
    if all(column.may_be_absent for column in table.columns):
        yield "columns: expected one that is always delivered, got none. A delivery is known by it"


def _excel_problems(table: SourceTable, dialect: ExcelDialect) -> Iterator[str]:
    yield from _unknown(table, "fill_down", dialect.fill_down)
    yield from _unknown(table, "footer_sums", dialect.footer_sums)
    if dialect.footer_sums and dialect.footer_marker is None:
        yield (
            "footer_sums: expected a footer_marker beside it, got none. Say which row holds the "
            "totals"
        )
    for column in table.columns:
        if column.name in dialect.footer_sums and column.data_type not in NUMBERS:
            yield (
                f"footer_sums: expected columns of numbers, got {column.name!r} "
                f"({column.data_type}). Leave it out, or mend data_type"
            )


def _sql_problems(table: SourceTable, dialect: SqlDialect) -> Iterator[str]:
    is_read_by_cursor = table.delivery == "increment" and dialect.cursor is not None
    if "overlap_days" in dialect.model_fields_set and not is_read_by_cursor:
        yield (
            "overlap_days: expected delivery increment and a cursor beside it, got "
            f"{table.delivery} and {dialect.cursor}. Leave it out"
        )
    if dialect.cursor is None:
        return
    yield from _unknown(table, "cursor", [dialect.cursor])
    for column in table.columns:
        if column.name == dialect.cursor and (
            column.data_type not in DAYS or column.sensitivity == "personal"
        ):
            yield (
                f"cursor: expected a date or timestamp that lands as such, got {column.name!r} "
                f"({column.data_type}, {column.sensitivity}). Changes are found by its day"
            )


def _json_problems(table: SourceTable, dialect: JsonLinesDialect) -> Iterator[str]:
    yield from _repeated("paths in ignored", dialect.ignored)
    yield from _repeated("paths", [column.path for column in table.columns if column.path])
    declared = {column.path for column in table.columns if column.path}
    for path in dialect.ignored:
        if path in declared:
            yield f"ignored: {path} is the path of a column, which is taken. Leave one of them out"
        if problem := path_problem(path.replace("[*]", "[0]")):
            yield f"ignored: {problem}"
    for column in table.columns:
        if column.path and (problem := path_problem(column.path)):
            yield f"column {column.name}: {problem}"
