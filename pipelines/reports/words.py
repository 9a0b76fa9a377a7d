"""What an indicator counts, in Chinese words: made from its formula, its filter and the labels.

Belongs here: turning the SQL of the catalogue, as the compiler wrote it, into words. Does not: the
labels themselves (ledger_labels), or what else is said of an indicator (annual.wording).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.reports.catalogue import CatalogueEntry, has_table

if TYPE_CHECKING:
    import duckdb

TOTAL, UNKNOWN = "合计", "未填"
_ROWS = "记录数"
_COMPARED = {
    "COMPARE_EQUAL": "为",
    "COMPARE_NOTEQUAL": "不为",
    "COMPARE_GREATERTHAN": "大于",
    "COMPARE_GREATERTHANOREQUALTO": "不小于",
    "COMPARE_LESSTHAN": "小于",
    "COMPARE_LESSTHANOREQUALTO": "不大于",
}
_JOINED = {"CONJUNCTION_AND": "，且", "CONJUNCTION_OR": "，或"}
_EMPTY = {"OPERATOR_IS_NULL": "为空", "OPERATOR_IS_NOT_NULL": "不为空"}

_Node = Mapping[str, Any]


class _WithoutWordsError(Exception):
    """An expression for which there are none; it is left out rather than shown as SQL."""


class Words:
    """The labels of one release, and what they make of its catalogue."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._labels: dict[tuple[str, str, str | None], str] = {}
        if has_table(connection, "labels"):
            rows = connection.execute("select ledger, column_name, code, label_zh from labels")
            self._labels = {
                (place, name, code): said for place, name, code, said in rows.fetchall()
            }

    def column(self, ledger: str, column: str) -> str:
        """What people call a column; its name in a release without labels."""
        return self._labels.get((ledger, column, None), column)

    def code(self, ledger: str, column: str, code: str) -> str:
        """What people call a code of a column, also the ones that breakdowns add."""
        if code in ("unknown", "total"):
            return UNKNOWN if code == "unknown" else TOTAL
        return self._labels.get((ledger, column, code), code)

    def breakdowns(self, entry: CatalogueEntry) -> str:
        """By what its values are divided: 主体类型、行业门类."""
        names = entry.breakdowns.split(", ") if entry.breakdowns else []
        return "、".join(self.column(entry.ledger, name) for name in names)

    def filter(self, entry: CatalogueEntry) -> str:
        """Which rows count: “类型”为“直播间”，且“是否绿色”为“是”; empty where all do."""
        return self._say(entry, entry.filter, {})

    def formula(self, entry: CatalogueEntry, catalogue: Mapping[str, CatalogueEntry]) -> str:
        """How a value is made: “学时”合计, 及时办结件数 ÷ 应办结件数."""
        named = {key: other.label_zh for key, other in catalogue.items()}
        return self._say(entry, entry.formula, named if entry.kind == "ratio" else {})

    def time(self, entry: CatalogueEntry) -> str:
        """The day by which a row is counted; empty where there is none."""
        return self._labels.get((entry.ledger, entry.time_column, None), "")

    def _say(self, entry: CatalogueEntry, sql: str, named: Mapping[str, str]) -> str:
        if not sql or not self._labels:
            return ""
        query = "select json_serialize_sql(?)"
        ((text,),) = self._connection.execute(query, [f"select {sql}"]).fetchall()
        parsed = json.loads(text)
        if parsed["error"]:
            return ""
        (node,) = parsed["statements"][0]["node"]["select_list"]
        try:
            return _Sentence(self, entry.ledger, named).say(node)
        except _WithoutWordsError:
            return ""


class _Sentence:
    """One expression over one ledger; `named` are indicators that a rate names."""

    def __init__(self, words: Words, ledger: str, named: Mapping[str, str]) -> None:
        self._words, self._ledger, self._named = words, ledger, named

    def say(self, node: _Node) -> str:
        """The words of an expression.

        Raises:
            _WithoutWordsError: it is of a kind that has none here.
        """
        kind = node["type"]
        if kind in _JOINED:
            return _JOINED[kind].join(self.say(child) for child in node["children"])
        if kind == "FUNCTION":
            return self._function(node)
        if kind == "COLUMN_REF" and node["column_names"][-1] in self._named:
            return self._named[node["column_names"][-1]]
        return self._condition(kind, node)

    def _condition(self, kind: str, node: _Node) -> str:
        from pipelines.metrics.ledger_labels import YES_NO

        if kind in _COMPARED:
            return self._compare(node["left"], _COMPARED[kind], [node["right"]])
        if kind == "COLUMN_REF":
            return f"{self._column(node)}为“{YES_NO['true']}”"
        first, *others = node.get("children") or [node]
        if kind == "COMPARE_IN":
            return self._compare(first, "为", others)
        if kind == "OPERATOR_NOT":
            return f"{self._column(first)}为“{YES_NO['false']}”"
        if kind in _EMPTY:
            return f"{self._column(first)}{_EMPTY[kind]}"
        raise _WithoutWordsError

    def _compare(self, left: _Node, compared: str, values: list[_Node]) -> str:
        name = self._column(left)
        said = [f"“{self._constant(left['column_names'][-1], value)}”" for value in values]
        return f"{name}{compared}{'或'.join(said)}"

    def _constant(self, column: str, node: _Node) -> str:
        if node["class"] == "CAST":
            return self._constant(column, node["child"])
        if node["class"] != "CONSTANT":
            raise _WithoutWordsError
        return self._words.code(self._ledger, column, str(node["value"]["value"]))

    def _function(self, node: _Node) -> str:
        name, children = node["function_name"], node["children"]
        if name == "/":
            return " ÷ ".join(self.say(child) for child in children)
        counted = self._aggregate(name, children, is_distinct=node["distinct"])
        which = node.get("filter")
        return f"（{self.say(which)}的{counted}）" if which else counted

    def _aggregate(self, name: str, children: list[_Node], *, is_distinct: bool) -> str:
        if name == "count_star" or (name == "sum" and children[0]["class"] == "CONSTANT"):
            return _ROWS
        if name == "count" and is_distinct:
            return f"不同{'、'.join(self._columns(children[0]))}的个数"
        said = self._column(children[-1])
        if name == "percentile":
            value = children[0]["value"]
            scale = (value["type"].get("type_info") or {}).get("scale", 0)
            return f"{said}的第{value['value'] * 100 // 10**scale}百分位数"
        forms = {"sum": "{}合计", "median": "{}的中位数", "max": "{}", "min": "{}"}
        if name not in forms:
            raise _WithoutWordsError
        return forms[name].format(said)

    def _columns(self, node: _Node) -> list[str]:
        """The columns that are put together: holder_uscc || ' ' || level."""
        if node["type"] == "COLUMN_REF":
            return [self._column(node)]
        return [said for child in node.get("children", ()) for said in self._columns(child)]

    def _column(self, node: _Node) -> str:
        if node["type"] != "COLUMN_REF":
            raise _WithoutWordsError
        return f"“{self._words.column(self._ledger, node['column_names'][-1])}”"
