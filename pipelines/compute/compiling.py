"""Has dbt compile the project, when it has changed, and keeps what came of it.

Dbt takes two seconds to be imported and five to compile; the SQL of a night changes with the
project alone, so that nearly every night does without. Belongs here: invoking dbt, and what of its
manifest a night carries out. Does not: carrying it out (`build`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from pipelines.compute.compiled import (
    PARTS,
    SEED_FILE,
    CompiledProject,
    CompiledTable,
    DataTest,
    as_compiled,
    in_order,
)
from pipelines.compute.relations import relations_in
from pipelines.dbt_manifest import is_of_the_release, read_dbt_manifest
from pipelines.durable import write_file
from pipelines.errors import ContractError
from pipelines.hashing import hash_bytes, hash_file
from pipelines.layout import Layout
from pipelines.own_code import hash_of_room
from pipelines.sql_text import identifier, literal

_DATABASE = "build.duckdb"
"""A name and no path: dbt opens nothing to compile, and would parse all anew for another path."""
_PART = re.compile(r"-- part: (\w+)\n(.*?)-- end of part", re.DOTALL)
_USUAL_TEST = {
    "severity": "ERROR",
    "warn_if": "!= 0",
    "error_if": "!= 0",
    "fail_calc": "count(*)",
    "limit": None,
}
_MEANT = {
    "is_key": "主键 {columns} 缺失或重复",
    "unique": "{columns} 有重复值",
    "not_null": "{columns} 有空值",
    "has_no_nulls": "{columns} 有空值",
    "relationships": "{columns} 在所引用的表中找不到",
    "accepted_values": "{columns} 有未规定的取值",
    "has_counts": "各组行数与声明不符",
    "has_unbroken_spans": "有效期不连续",
}


def compile_project(layout: Layout) -> CompiledProject:
    """What dbt compiles of the project; anew only when the project, dbt or this code has changed.

    Raises:
        ContractError: dbt cannot compile the project, in its own words, or the project asks for
            what a night does not carry out.
    """
    current = _hash_of_project(layout)
    stamp = layout.dbt_target / "project.sha256"
    if stamp.exists() and stamp.read_text() == current and layout.dbt_manifest.exists():
        try:
            return CompiledProject.model_validate_json(layout.compiled_project.read_bytes())
        except (OSError, ValidationError):
            pass  # a file that somebody removed or cut: it is made again
    _invoke_dbt(layout)
    project = _read_project(read_dbt_manifest(layout), layout.dbt_project)
    write_file(layout.compiled_project, project.model_dump_json())
    write_file(stamp, current)
    return project


def _hash_of_project(layout: Layout) -> str:
    return hash_bytes(_pieces(layout.dbt_project))


def _pieces(dbt_project: Path) -> Iterator[bytes]:
    for package in ("dbt-core", "dbt-duckdb", "duckdb"):
        yield f"{package} {version(package)} ".encode()
    yield hash_of_room("compute").encode()
    for path in sorted(p for p in dbt_project.rglob("*") if p.suffix in {".yml", ".sql", ".csv"}):
        if "target" not in path.relative_to(dbt_project).parts:
            yield path.relative_to(dbt_project).as_posix().encode()
            yield path.read_bytes()


def _invoke_dbt(layout: Layout) -> None:
    from dbt.cli.main import dbtRunner

    os.environ.update({"ZHIBIAO_BUILD_DATABASE": _DATABASE, "DO_NOT_TRACK": "1"})
    layout.dbt_target.mkdir(parents=True, exist_ok=True)
    done = dbtRunner().invoke(
        [
            "--quiet",
            "--no-populate-cache",
            "--log-level-file", "info",
            "--log-path", str(layout.dbt_target),
            "compile",
            "--no-introspect",
            "--project-dir", str(layout.dbt_project),
            "--profiles-dir", str(layout.dbt_project),
            "--target-path", str(layout.dbt_target),
        ]
    )  # fmt: skip
    if not done.success:
        raise ContractError(
            f"dbt_project: expected a project that dbt can compile, got: {_words_of(done)}. "
            "Mend the file that dbt names."
        )


def _words_of(done: Any) -> str:  # noqa: ANN401 dbt's own
    if done.exception is not None:
        return str(done.exception).strip()
    failed = [result for result in done.result or () if result.message]
    return "; ".join(str(result.message).strip() for result in failed[:3])


def _read_project(manifest: Mapping[str, Any], dbt_project: Path) -> CompiledProject:
    nodes = manifest["nodes"].values()
    with duckdb.connect() as engine:
        tables: list[CompiledTable] = []
        for node in nodes:
            if node["resource_type"] == "seed":
                tables.append(_read_seed(node, dbt_project))
            elif node["resource_type"] == "model":
                tables += _read_model(node, engine)
        tests = [
            _read_test(node, manifest, engine) for node in nodes if node["resource_type"] == "test"
        ]
        _check_own_rows(tables, engine)
    return CompiledProject(tables=in_order(tables), tests=tuple(sorted(tests, key=_name)))


def _check_own_rows(tables: Sequence[CompiledTable], engine: duckdb.DuckDBPyConnection) -> None:
    """Refuse a table that would see rows of other sources, and whose key would not know of them.

    It is shown its own rows under another name, in place of the one that dbt writes.
    """
    for shared in (table for table in tables if table.is_per_source):
        for table in tables:
            rest = table.sql.replace(as_compiled(shared.name), '"own"')
            if shared.name in table.reads and shared.name in relations_in(engine, rest, table.name):
                raise ContractError(
                    f"{table.name}: expected {shared.name} as ref() writes it, got it by another "
                    "spelling as well. Use ref(), so that it is shown the rows of its own sources."
                )


def _name(test: DataTest) -> str:
    return test.name


def _name_of(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node['name']}"


def _read_model(node: Mapping[str, Any], engine: duckdb.DuckDBPyConnection) -> list[CompiledTable]:
    """The model, behind the parts that are marked in it (macro `as_part`)."""
    kind = node["config"]["materialized"]
    if kind not in {"table", "view"}:
        raise ContractError(
            f"model {node['name']}: expected a table or a view, got {kind!r}. A night makes tables "
            "anew when something that they read has changed; declare it as one of the two."
        )
    sql = node["compiled_code"].strip()
    parts = [
        CompiledTable(
            name=f"{PARTS}.{name}",
            kind="table",
            sql=select.strip(),
            reads=relations_in(engine, select, f"{node['name']}, part {name}"),
            description=f"Part of {_name_of(node)}.",
        )
        for name, select in _PART.findall(sql)
    ]
    sql = _PART.sub(rf'select * from "build"."{PARTS}"."\1"', sql)
    model = CompiledTable(
        name=_name_of(node),
        kind=kind,
        sql=sql,
        reads=relations_in(engine, sql, node["name"]),
        columns=_published_columns(node),
        is_per_source=bool(node["config"].get("meta", {}).get("per_source")),
        description=node.get("description", ""),
    )
    return [*parts, model]


def _read_seed(node: Mapping[str, Any], dbt_project: Path) -> CompiledTable:
    path = dbt_project / node["original_file_path"]
    types = node["config"]["column_types"]
    if undeclared := [column for column in node["columns"] if column not in types]:
        raise ContractError(
            f"seed {node['name']}: expected a type for each column, got none for "
            f"{', '.join(undeclared)}. Add it to column_types, so that no cell decides it."
        )
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
    return CompiledTable(
        name=_name_of(node),
        kind="table",
        sql=f"select {', '.join(map(identifier, types))} from read_csv({SEED_FILE},"
        f" header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
        f" nullstr = '', columns = {{{columns}}})",
        reads=(),
        seed=node["original_file_path"],
        content=hash_file(path),
        columns=_published_columns(node),
        description=node.get("description", ""),
    )


def _published_columns(node: Mapping[str, Any]) -> tuple[str, ...]:
    if not node["config"].get("meta", {}).get("published"):
        return ()
    described = node["columns"].items()
    return tuple(name for name, column in described if not is_of_the_release(column))


def _read_test(
    node: Mapping[str, Any], manifest: Mapping[str, Any], engine: duckdb.DuckDBPyConnection
) -> DataTest:
    said = {word: node["config"].get(word) for word in _USUAL_TEST}
    said["severity"] = str(said["severity"]).upper()
    if said != _USUAL_TEST:
        unusual = ", ".join(word for word, value in said.items() if value != _USUAL_TEST[word])
        raise ContractError(
            f"data test {node['name']}: expected one that fails when it returns a row, got others "
            f"of {unusual}. Rules that warn belong into expectations/."
        )
    attached = [node["attached_node"]] if node.get("attached_node") else []
    subject = next(
        (
            manifest["nodes"][n]
            for n in attached + node["depends_on"]["nodes"]
            if n in manifest["nodes"]
        ),
        node,
    )
    return DataTest(
        name=node["name"],
        sql=node["compiled_code"].strip(),
        reads=relations_in(engine, node["compiled_code"], node["name"]),
        subject=_name_of(subject),
        meaning=_meaning(node),
    )


def _meaning(node: Mapping[str, Any]) -> str:
    metadata = node.get("test_metadata") or {}
    arguments = metadata.get("kwargs") or {}
    named = arguments.get("columns") or [arguments.get("column_name") or ""]
    meant = _MEANT.get(str(metadata.get("name")))
    if meant:
        return meant.format(columns="、".join(map(str, named)))
    return str(node.get("description") or node["name"].replace("_", " ")).strip()
