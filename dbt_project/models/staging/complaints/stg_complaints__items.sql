-- One row per item; complainants and free text go no further.
select
    {{ recode('item_kind', {'投诉': 'complaint', '举报': 'report', '咨询': 'consultation'}) }}
        as item_kind,
    {{ recode('channel', {
        '电话': 'telephone',
        '互联网': 'internet',
        '来人': 'visit',
        '来函': 'letter',
    }) }} as channel,
    {{ recode('status', {
        '待受理': 'pending',
        '处理中': 'in_progress',
        '不予受理': 'not_accepted',
        '达成调解': 'mediated',
        '终止调解': 'mediation_ended',
        '撤回': 'withdrawn',
        '立案': 'filed',
        '不予立案': 'not_filed',
        '移送': 'transferred',
        '不再另行处理': 'repeated',
        '无管辖权告知': 'out_of_jurisdiction',
        '已答复': 'answered',
    }) }} as status,
    {{ date_of_timestamp('received_at') }} as received_on,
    {{ date_of_timestamp('accepted_at') }} as accepted_on,
    {{ date_of_timestamp('notified_at') }} as notified_on,
    {{ date_of_timestamp('supplemented_at') }} as supplemented_on,
    {{ date_of_timestamp('closed_at') }} as closed_on,
    coalesce({{ try_cast('is_extended', 'boolean') }}, false) as is_extended,
    item_no,
    submission_no,
    street_code as street,
    industry_code,
    _extract_id as extract_id,
    _row_number as row_number
from {{ source('complaints', 'items') }}
