"""What people call the columns of the ledgers, and the codes that stand in them.

Declared once, beside each ledger: `config: {meta: {label: 类型, values: …}}` of a model's column.
Belongs here: reading and checking these words. Does not: delivered columns (sources/columns), and
where a word is shown (quality, reports).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.declarations import read_declaration
from pipelines.errors import ContractError
from pipelines.sources.columns import HAN
from pipelines.sources.contracts import SourceTable

YES_NO = {"true": "是", "false": "否"}
_IS_YES_OR_NO = ("is_", "has_")

_AS_DELIVERED = "as_delivered"
_SHARED = {
    "area_code": ("所属街道", "areas"),
    "source_table": ("数据来源", "source_tables"),
    "month_end_on": ("月末日期", None),
    "extract_id": ("来源批次", None),
    "row_number": ("来源行号", None),
}
"""What every ledger calls alike."""
_SEEDS = {
    "areas": ("areas.csv", "area_code", "area_name"),
    "industries": ("industries.csv", "industry_code", "name_zh"),
}


@dataclass(frozen=True)
class Label:
    """What people call a column, and each code in it."""

    label_zh: str
    values: Mapping[str, str] = field(default_factory=dict)


Labels = Mapping[str, Mapping[str, Label]]
"""By ledger and column."""


class _Declared(NamedTuple):
    """What the YAML files of a dbt project say, gathered."""

    models: dict[str, tuple[Path, list[dict[str, Any]]]]
    """Columns by model, with the file."""
    dimensions: dict[str, dict[str, str]]
    """Type of each dimension, by model."""
    indicators: dict[str, str]
    """Label of each metric."""


def read_ledger_labels(dbt_project: Path, contracts: Mapping[str, SourceTable]) -> Labels:
    """The labels of every ledger: of the models below `ledgers`, and of those that metrics count.

    `values` of a column is a mapping of codes to words, or says where they stand: `areas` and
    `industries` (the seeds; of industries the sections), `source_tables` and `indicators` (their
    labels), another ledger that has the column, the name of a source (the words of its columns that
    are staged under this name), or `as_delivered` where the codes are words already.

    Raises:
        ContractError: naming the file, the column and what is wrong.
    """
    declared = _gather(dbt_project)
    labels: dict[str, dict[str, Label]] = {}
    for model, (path, columns) in declared.models.items():
        dimensions = declared.dimensions.get(model, {})
        is_ledger = path.is_relative_to(dbt_project / "models" / "ledgers")
        if not is_ledger and not dimensions:
            continue
        named = {column["name"] for column in columns}
        for missing in dimensions.keys() - named:
            raise _refuse(path, model, missing, "among the columns of its model", "none")
        labels[model] = {
            column["name"]: _read_label(path, model, column, dimensions, declared, contracts)
            for column in columns
        }
    return labels


def _gather(dbt_project: Path) -> _Declared:
    declared = _Declared({}, {}, {})
    for path in sorted((dbt_project / "models").rglob("*.yml")):
        said = read_declaration(path) or {}
        for model in said.get("models") or []:
            declared.models[model["name"]] = path, model.get("columns") or []
        for semantic in said.get("semantic_models") or []:
            found = re.search(r"ref\('(\w+)'\)", semantic["model"])
            kinds = {each["name"]: each["type"] for each in semantic.get("dimensions") or []}
            declared.dimensions[found[1] if found else ""] = kinds
        for metric in said.get("metrics") or []:
            declared.indicators[metric["name"]] = metric.get("label", "")
    return declared


def _read_label(
    path: Path,
    model: str,
    column: Mapping[str, Any],
    dimensions: Mapping[str, str],
    declared: _Declared,
    contracts: Mapping[str, SourceTable],
) -> Label:
    name = column["name"]
    meta = column.get("config", {}).get("meta", {})
    label, values = meta.get("label"), meta.get("values")
    if name in _SHARED:
        if label or values:
            raise _refuse(path, model, name, "no label, which all ledgers share", str(label))
        label, values = _SHARED[name]
    elif not HAN.search(str(label)):
        raise _refuse(path, model, name, "a Chinese label in config.meta", str(label))
    is_category = dimensions.get(name) == "categorical"
    if name.startswith(_IS_YES_OR_NO):
        if values:
            raise _refuse(path, model, name, "no values of what is 是 or 否", str(values))
        return Label(str(label), YES_NO)
    if name not in _SHARED and bool(values) != is_category:
        expected = "values" if is_category else "values of categorical dimensions only"
        raise _refuse(path, model, name, expected, str(values))
    return Label(str(label), dict(_resolve(path, model, name, values, declared, contracts)))


def _resolve(
    path: Path,
    model: str,
    name: str,
    values: Any,  # noqa: ANN401 as it stands in the YAML
    declared: _Declared,
    contracts: Mapping[str, SourceTable],
    asking: frozenset[str] = frozenset(),
) -> Mapping[str, str]:
    """The words by code; no ledger that is `asking` is asked itself."""
    if values is None or values == _AS_DELIVERED:
        return {}
    # A list, say, names nothing.
    place = values if isinstance(values, str) else ""
    if isinstance(values, Mapping):
        said = {str(code): str(word) for code, word in values.items()}
    elif place in _SEEDS:
        said = dict(_read_seed(path, *_SEEDS[place]))
    elif place == "source_tables":
        said = {table.id: table.label for table in contracts.values()}
    elif place == "indicators":
        said = declared.indicators
    elif place not in asking | {model} and (there := _values_in(declared, place, name)):
        said = dict(_resolve(path, place, name, there, declared, contracts, asking | {model}))
    else:
        said = _words_of(name, [t for t in contracts.values() if t.source == place])
    if not said or not all(HAN.search(word) for word in said.values()):
        expected = (
            "values: codes with Chinese words, areas, industries, source_tables, indicators, "
            f"{_AS_DELIVERED}, or a ledger or source that has words for {name}"
        )
        raise _refuse(path, model, name, expected, str(values))
    return said


def _values_in(declared: _Declared, model: str, name: str) -> Any:  # noqa: ANN401 as above
    """What another ledger says of its column of that name."""
    _, columns = declared.models.get(model, (None, []))
    return next(
        (c.get("config", {}).get("meta", {}).get("values") for c in columns if c["name"] == name),
        None,
    )


def _words_of(name: str, tables: Sequence[SourceTable]) -> dict[str, str]:
    """The sender's words by our codes, the first one of a code."""
    words: dict[str, str] = {}
    for table in tables:
        for column in table.columns:
            if column.as_ == name:
                for word, code in column.words.items():
                    words.setdefault(code, word)
    return words


def _read_seed(path: Path, file: str, code: str, word: str) -> Iterator[tuple[str, str]]:
    models = next(folder for folder in path.parents if folder.name == "models")
    with (models.parent / "seeds" / file).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if file != "industries.csv" or row["level"] == "section":
                yield row[code], row[word]


def _refuse(path: Path, model: str, column: str, expected: str, got: str) -> ContractError:
    return ContractError(
        f"{path.name}, {model}.{column}: expected {expected}, got {got}. "
        "docs/add-a-source.md says how a ledger's columns are labelled."
    )
