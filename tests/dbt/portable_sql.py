"""The forms of SQL that two engines do not read alike, each with its reason and what to write.

What belongs here: finding them in the text that dbt compiles for Spark, where what is dispatched
stands in Spark's own form already. What does not: compiling it (test_portable_sql). The engines are
DuckDB 1.5 and Spark 4; what is said of them was seen on both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Find = Callable[[str], Iterator[str]]
"""From SQL without its literals and comments to each place where a form stands."""

_LITERAL_OR_COMMENT = re.compile(
    r"""'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | --[^\n]* | /\*.*?\*/""", re.VERBOSE | re.DOTALL
)


class Form(NamedTuple):
    """A form that is refused: what it is, why, and what is written instead."""

    name: str
    reason: str
    instead: str
    find: Find


def find_forms(sql: str) -> list[str]:
    """What is wrong with one statement, a sentence each; empty when both engines read it alike."""
    bare = _LITERAL_OR_COMMENT.sub(_blank, sql)
    problems = [
        f"{form.name} ({' '.join(place.split())}): {form.reason}. Write {form.instead}."
        for form in FORMS
        for place in form.find(sql if form.find in _OF_LITERALS else bare)
    ]
    try:
        sqlglot.parse_one(sql, dialect="spark")
    except SqlglotError as error:
        return [*problems, f"expected SQL that sqlglot reads as Spark's, got: {error}"]
    return problems


def _blank(found: re.Match[str]) -> str:
    """A literal as an empty one, a comment as nothing."""
    text = found.group()
    return "''" if text[0] == "'" else '"x"' if text[0] == '"' else " "


def _matches(pattern: str) -> Find:
    compiled = re.compile(pattern)
    return lambda sql: (found.group() for found in compiled.finditer(sql))


def _literals(pattern: str) -> Find:
    compiled = re.compile(pattern)

    def find(sql: str) -> Iterator[str]:
        for found in _LITERAL_OR_COMMENT.finditer(sql):
            text = found.group() + sql[found.end() : found.end() + 1]
            if text[0] == "'" and compiled.search(text):
                yield text

    return find


def _nodes(kind: type[exp.Expr], is_refused: Callable[[exp.Expr], bool]) -> Find:
    def find(sql: str) -> Iterator[str]:
        for tree in _trees(sql):
            for node in tree.find_all(kind):
                if is_refused(node):
                    yield node.sql(dialect="spark")[:80]

    return find


def _trees(sql: str) -> Iterator[exp.Expr]:
    """The statement as a tree; none when it cannot be read, which is said apart."""
    try:
        yield sqlglot.parse_one(sql, dialect="spark")
    except SqlglotError:
        return


def _is_filtered_window(node: exp.Expr) -> bool:
    return isinstance(node.this, exp.Filter)


def _asks_for_a_grouping(node: exp.Expr) -> bool:
    return any(name.lower() == "grouping" for name in _function_names(node))


def _function_names(node: exp.Expr) -> Iterator[str]:
    for function in node.find_all(exp.Func):
        yield function.name if isinstance(function, exp.Anonymous) else function.sql_name()


def _has_an_inexact_division(node: exp.Expr) -> bool:
    dividend = node.this.unnest()
    return not (isinstance(dividend, exp.Sub) and isinstance(dividend.expression.unnest(), exp.Mod))


def _names_its_own_alias(node: exp.Expr) -> bool:
    select = node.parent
    if not isinstance(select, exp.Select):
        return False
    own = {
        alias.alias
        for alias in select.expressions
        if isinstance(alias, exp.Alias)
        and not (isinstance(alias.this, exp.Column) and alias.this.name == alias.alias)
    }
    return any(
        column.name in own and not column.table and column.find_ancestor(exp.Select) is select
        for column in node.find_all(exp.Column)
    )


def _orders_without_nulls(sql: str) -> Iterator[str]:
    for start in re.finditer(r"\border by\b", sql):
        for item in _items(sql[start.end() :]):
            if not re.search(r"\bnulls (first|last)$", item):
                yield f"order by {item}"


def _items(rest: str) -> Iterator[str]:
    """The comma-separated expressions up to the end of their clause."""
    depth, item = 0, ""
    for token in re.findall(r"\w+|\s+|.", rest):
        depth += (token == "(") - (token == ")")
        if depth < 0 or token in {"rows", "range", "limit", "union"}:
            break
        if token == "," and depth == 0:
            yield item.strip()
            item = ""
        else:
            item += token
    yield item.strip()


_doubled_quote, _backslash = _literals(r".''\Z"), _literals(r"\\(?!')")
_OF_LITERALS = {_doubled_quote, _backslash}

FORMS = (
    Form("varchar", "Spark wants its length", "string", _matches(r"\b(varchar|text)\b(?!\s*\()")),
    Form(
        '"name"',
        "a text on Spark and no name, without an error",
        "adapter.quote()",
        _matches(r'"x"'),
    ),
    Form(
        "'x''y'",
        "two texts one after the other on Spark, the quote lost without an error",
        "dbt.escape_single_quotes()",
        _doubled_quote,
    ),
    Form("a backslash", "an escape on Spark and a sign on DuckDB", "[.] for \\.", _backslash),
    Form("qualify", "no clause of Spark", "a subselect and its where", _matches(r"\bqualify\b")),
    Form(
        "group by all",
        "Spark counts other columns as aggregated",
        "the columns, or ordinals() where they are compiled",
        _matches(r"\bgroup by all\b"),
    ),
    Form(
        "filter (where …) over",
        "Spark filters no window",
        "count(case when … then 1 end) over",
        _nodes(exp.Window, _is_filtered_window),
    ),
    Form(
        "* replace or exclude",
        "Spark has neither",
        "the columns by their names",
        _matches(r"\*\s*(replace|exclude)\b"),
    ),
    Form(
        "an alias in where",
        "Spark does not know it there",
        "an outer select around it",
        _nodes(exp.Where, _names_its_own_alias),
    ),
    Form(
        "having grouping()",
        "Spark wants it selected",
        "an outer select whose where asks for it",
        _nodes(exp.Having, _asks_for_a_grouping),
    ),
    Form(
        "a trailing comma",
        "an error on Spark",
        "none after the last column",
        _matches(r",\s*(\bfrom\b|\bwhere\b|\bgroup by\b|\)|$)"),
    ),
    Form(
        "a quotient",
        "decimals divide to a double on DuckDB, to a rounded decimal on Spark",
        "divide_half_up()",
        _nodes(exp.Div, _has_an_inexact_division),
    ),
    Form(
        "order by without nulls",
        "they come last on DuckDB, first on Spark",
        "nulls last",
        _orders_without_nulls,
    ),
    Form(
        "weekday()",
        "Sunday is 0 on DuckDB, 6 on Spark",
        "is_weekday()",
        _matches(r"\bweekday\s*\("),
    ),
    Form("::", "no cast of Spark", "cast(… as …)", _matches(r"::")),
)

SOURCE_FORMS = {
    r"dbt\.dateadd\(": "a timestamp on Spark, a date on DuckDB. Write add_days() or add_months()",
    r"dbt\.datediff\(": "counts hours by other rules on each engine. Write days_between()",
    r"dbt\.date_spine\(": "asks the database while it compiles. Write numbers()",
    r"dbt\.safe_cast\(": "a plain cast on both engines. Write try_cast()",
    r"dbt\.type_float\(": "32 bits on DuckDB, 64 on Spark. Write decimal",
}
"""Macros of dbt's own that do not mean one thing on both engines."""
