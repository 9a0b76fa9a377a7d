"""The kinds of expectation that a suite may use, by what they can say. Nothing else."""

from __future__ import annotations

UNEXPECTED_ROWS = "unexpected_rows_expectation"
ROW_COUNT = "expect_table_row_count_to_be_between"
ROW_KINDS = frozenset(
    {
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_values_to_be_unique",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        UNEXPECTED_ROWS,
    }
)
"""Kinds that can name the rows at fault. Every kind has a case in the self-test."""
TABLE_KINDS = frozenset(
    {
        # Its query for the rows at fault is broken (an unbound parameter, 1.24.1): it only counts.
        "expect_compound_columns_to_be_unique",
        ROW_COUNT,
        "expect_table_columns_to_match_set",
        "expect_column_to_exist",
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_max_to_be_between",
        "expect_column_sum_to_be_between",
    }
)
"""Kinds that judge a table as a whole."""
