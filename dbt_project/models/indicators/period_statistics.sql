-- One row per input, published period, area and breakdown value: medians, percentiles and distinct
-- counts, taken from the rows of the ledger. See monthly_measures for how the ledgers are found.
-- depends_on: {{ ref('indicator_periods') }}
-- depends_on: {{ ref('stg_night__business_day') }}
-- depends_on: {{ ref('stg_night__source_days') }}
{{ compile_period_statistics(read_indicators()) }}
