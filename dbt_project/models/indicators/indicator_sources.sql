-- One row per indicator and source table that it is made from.
select *
from (
    {{ compile_indicator_sources(read_indicators()) | indent(4) }}
) as declared
