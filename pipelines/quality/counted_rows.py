"""Counted rows: how Great Expectations counts the rows that a rule's query finds.

Its own expectation asks two questions a rule, for 200 of the rows and for their number. Ours gives
the number as an aggregate, and Great Expectations puts all aggregates of a table into one query.
Belongs here: the expectation and its metric. Does not: which rule is carried out so (`validation`).
Imports Great Expectations, so it is imported inside functions only.
"""

from __future__ import annotations

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

COUNTED_ROWS = "expect_no_counted_rows"
_COUNT = "counted_rows.count"


class CountedRows(TableMetricProvider):
    """The number of rows that a query over `{batch}` finds."""

    metric_name = _COUNT
    value_keys = ("unexpected_rows_query",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805 - Great Expectations makes it a method of the class
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],  # noqa: ARG002 - its signature
        runtime_configuration: dict[str, Any],  # noqa: ARG002
    ) -> tuple[sa.ColumnElement[int], dict[str, Any], dict[str, Any]]:
        batch = execution_engine.get_domain_records(metric_domain_kwargs)
        query = str(metric_value_kwargs["unexpected_rows_query"]).format(batch=batch)
        # Counting the table as well, which costs nothing, makes an aggregate of it: one row and not
        # one for each of the table's. A line's end closes a comment that the query ends with.
        count = f"0 * count(*) + (select count(*) from ({query}\n) as rows_at_fault)"
        return sa.literal_column(count), metric_domain_kwargs, {}


class ExpectNoCountedRows(UnexpectedRowsExpectation):
    """That a query over `{batch}` finds no row."""

    metric_dependencies: ClassVar[tuple[str, ...]] = (_COUNT,)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Great Expectations' own verdict on our number; of the rows themselves it takes none."""
        given = {
            "unexpected_rows_query.table": [],
            "unexpected_rows_query.row_count": metrics[_COUNT],
        }
        return super()._validate(given, runtime_configuration, execution_engine)
