"""The engine: Great Expectations in place on one DuckDB database.

Belongs here: importing Great Expectations once a process, and asking it for its verdicts on a table
without the sources, assets and stores of a project, which it would write out anew for each suite.
Does not: rules, and what its verdicts mean for us (`validation`).
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import GateError

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.execution_engine.sqlalchemy_execution_engine import (
        SqlAlchemyExecutionEngine,
    )
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )
    from sqlalchemy import Engine

_NOT_NEEDED = ("altair", "scipy.stats")
"""What Great Expectations imports for a chart and for tests of distributions: with what they import
themselves half of its import, 1.6 of 3.3 s."""


class _Deferred(ModuleType):
    """Stands for a module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _deferring(names: Sequence[str]) -> Iterator[None]:
    """Give whoever imports these modules inside the block a stand-in; outside all is as it was."""
    deferred = {name: _Deferred(name) for name in names if name not in sys.modules}
    sys.modules.update(deferred)
    try:
        yield
    finally:
        for name, module in deferred.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


@lru_cache(maxsize=1)
def import_great_expectations() -> None:
    """Once a process: import it with our dialect and our expectation, and silence it."""
    with _deferring(_NOT_NEEDED):
        import great_expectations  # noqa: F401 - its modules find one another only after it

        from pipelines.quality import counted_rows  # noqa: F401 - registers the expectation
    from pipelines.quality.buffered_dialect import register_dialect

    # It logs the database's own words, and a conversion error quotes the cell. Some of its modules
    # set a level of their own, so each logger is silenced.
    for name in [*logging.root.manager.loggerDict, "great_expectations"]:
        if name.partition(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    register_dialect()


@contextmanager
def open_engine(
    database: Path | duckdb.DuckDBPyConnection, threads: int, memory_limit: str
) -> Iterator[SqlAlchemyExecutionEngine]:
    """Great Expectations' engine on a file, which is free again after the block, or a connection.

    Raises:
        GateError: the file cannot be read.
    """
    import_great_expectations()
    from great_expectations.execution_engine.sqlalchemy_execution_engine import (
        SqlAlchemyExecutionEngine,
    )

    connections = (
        _of_file(database, threads, memory_limit)
        if isinstance(database, Path)
        else _of_connection(database)
    )
    try:
        yield SqlAlchemyExecutionEngine(engine=connections, create_temp_table=False)
    finally:
        # An open handle would lock out the next step, which writes the same file.
        connections.dispose()


def _of_file(database: Path, threads: int, memory_limit: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import URL

    from pipelines.quality.buffered_dialect import URL_SCHEME

    options = {"access_mode": "read_only", "threads": str(threads), "memory_limit": memory_limit}
    connections = create_engine(URL.create(URL_SCHEME, database=str(database), query=options))
    try:
        connections.connect().close()
    except Exception as error:
        raise GateError(
            f"{database.name}: expected a database that can be read, got {type(error).__name__}. "
            "See that the file exists and that nothing else has it open for writing."
        ) from None
    return connections


def _of_connection(connection: duckdb.DuckDBPyConnection) -> Engine:
    from duckdb_engine import ConnectionWrapper
    from sqlalchemy import create_engine

    from pipelines.quality.buffered_dialect import URL_SCHEME

    return create_engine(f"{URL_SCHEME}://", creator=lambda: ConnectionWrapper(connection.cursor()))


def validate(
    engine: SqlAlchemyExecutionEngine,
    schema_table: str,
    configurations: Sequence[ExpectationConfiguration],
    result_format: Mapping[str, Any],
) -> list[ExpectationValidationResult]:
    """Great Expectations' verdicts on a table, in one pass and not always in the order given."""
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.validator.validator import Validator

    schema, table = schema_table.split(".")
    rows = SqlAlchemyBatchData(engine, schema_name=schema, table_name=table)
    validator = Validator(engine, batches=[Batch(data=rows)])  # type: ignore[arg-type]
    validator.metrics_calculator.show_progress_bars = False
    return validator.graph_validate(
        list(configurations), runtime_configuration={"result_format": dict(result_format)}
    )


def verdict_on(configuration: ExpectationConfiguration, values: Mapping[str, Any]) -> bool:
    """Great Expectations' verdict on values of its metrics, by their names, that we measured."""
    expectation = configuration.to_domain_obj()
    asked = expectation.get_validation_dependencies().metric_configurations
    return bool(
        expectation.metrics_validate(
            {asked[name].id: value for name, value in values.items()}
        ).success
    )
