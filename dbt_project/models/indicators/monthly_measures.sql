-- One row per input, month, street and breakdown value: everything that can be added up, before it
-- is. Compiled from the semantic layer (macros/indicators); each ledger is scanned once.
--
-- The ledgers are found in dbt's graph, which is complete only at execution, so that a new ledger
-- needs no ref() here. dbt therefore does not know the edge: the indicators are a second invocation
-- after the ledgers, and the compilation refuses when a ledger's table is not there. A night reads
-- the edges from what is compiled.
-- depends_on: {{ ref('stg_night__business_day') }}
-- depends_on: {{ ref('stg_night__source_days') }}
{{ compile_monthly_measures(read_indicators()) }}
