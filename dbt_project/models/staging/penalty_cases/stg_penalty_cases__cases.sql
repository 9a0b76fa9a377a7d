-- One row per case; parties' names and numbers go no further.
select
    {{ recode("coalesce(procedure, '普通程序')", {
        '普通程序': 'ordinary',
        '简易程序': 'summary',
    }) }} as procedure,
    {{ recode('case_field', {
        '食品': 'food',
        '药品': 'drug',
        '广告': 'advertising',
        '知识产权': 'ip',
        '特种设备': 'equipment',
        '价格': 'price',
        '消费者权益': 'consumer',
        '其他': 'other',
    }) }} as case_field,
    {{ recode('party_kind', {
        '企业': 'enterprise',
        '个体工商户': 'individual_household',
        '自然人': 'person',
    }) }} as party_kind,
    {{ try_cast('filed_on', 'date') }} as filed_on,
    coalesce({{ try_cast('is_panel_reviewed', 'boolean') }}, false) as is_panel_reviewed,
    coalesce({{ try_cast('is_extended', 'boolean') }}, false) as is_extended,
    {%- for days in ['further_extension_days', 'excluded_days'] %}
    coalesce({{ try_cast(days, 'integer') }}, 0) as {{ days }},
    {%- endfor %}
    case_no,
    street_code as street,
    decisions,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('penalty_cases', 'cases') }}
