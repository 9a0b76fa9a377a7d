-- One row per version of an indicator's definition.
select
    indicator_id,
    version,
    cast(valid_from as date) as valid_from,
    change_zh,
    change_en
from (
    {{ compile_versions(read_indicators()) | indent(4) }}
) as declared
