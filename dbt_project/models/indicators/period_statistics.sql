-- One row per input, published period, area and breakdown value: medians, percentiles and distinct
-- counts, taken from the rows of the ledger. See monthly_measures for how the ledgers are found.
-- depends_on: {{ ref('indicator_periods') }}
{{ compile_period_statistics(read_indicators()) }}
