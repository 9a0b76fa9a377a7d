-- One row per indicator: the catalogue, as declared beside the metrics.
select *
from (
    {{ compile_catalogue(read_indicators()) | indent(4) }}
) as declared
