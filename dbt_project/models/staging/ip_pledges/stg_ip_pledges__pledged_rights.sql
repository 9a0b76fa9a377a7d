-- One row per delivered right under a contract; the pledgor's name goes no further.
select
    {{ recode('"权利类型"', {
        '专利权': 'patent',
        '商标权': 'trademark',
        '数据知识产权': 'data_ip',
        '著作权': 'copyright',
    }) }} as right_kind,
    {{ recode('"金额类型"', {
        '担保金额': 'secured',
        '最高债权额': 'secured',
        '授信额度': 'credit_line',
        '实际放款': 'drawn',
    }) }} as amount_kind,
    {{ try_cast('"登记日期"', 'date') }} as registered_on,
    {{ try_cast(
        try_cast('"质押金额(万元)"', 'decimal(22,6)') ~ ' * cast(10000 as decimal(10,0))',
        'decimal(20,2)',
    ) }} as pledge_yuan,
    "质押合同编号" as contract_no,
    "权利号" as right_no,
    "所属街道" as street,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('ip_pledges', 'pledged_rights') }}
