-- One row per delivered registration event; names, phones and addresses go no further.
select
    {{ recode('"业务类型"', {
        '设立': 'establishment',
        '变更': 'change',
        '注销': 'deregistration',
        '吊销': 'revocation',
        '迁入': 'move_in',
        '迁出': 'move_out',
        '歇业': 'dormancy',
        '撤销设立登记': 'cancellation',
        '撤销变更登记': 'change_cancellation',
        '撤销注销登记': 'restoration',
        '恢复登记': 'restoration',
    }) }} as event_kind,
    {{ recode('"市场主体类别"', {
        '企业': 'enterprise',
        '企业分支机构': 'enterprise',
        '外国公司分支机构': 'enterprise',
        '个体工商户': 'individual_household',
        '农民专业合作社': 'cooperative',
        '农民专业合作社分支机构': 'cooperative',
    }) }} as declared_entity_kind,
    {{ try_cast('"核准日期"', 'date') }} as occurred_on,
    {{ parse_capital_amount('"注册资本"') }} as registered_capital_amount,
    {{ parse_capital_currency_code('"注册资本"') }} as registered_capital_currency_code,
    "业务流水号" as event_no,
    upper("统一社会信用代码") as uscc,
    "行业代码" as industry_code,
    "所属街道" as street,
    coalesce("市场主体类别" like '%分支机构', false) as is_branch,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('registrations', 'events') }}
