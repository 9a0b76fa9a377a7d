-- One row per indicator and citation that it rests on.
select *
from (
    {{ compile_indicator_legal_bases(read_indicators()) | indent(4) }}
) as declared
