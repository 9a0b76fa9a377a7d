with known as (
    {{ known_rows('litigations__hearings', 'filed_on', {'judged_on': none}, has_street=false) }}
),

-- A hearing that is still to come has taken place for nobody.
hearings as (
    select
        *,
        coalesce(heard_on <= as_of, false) as is_held
    from known
)

-- What belongs to the instance stands on each of its hearings. Where these contradict one another,
-- no value is chosen: it is null, and the test for it names the case.
select
    case_no,
    instance,
    {{ agreed('filed_on') }} as filed_on,
    {{ agreed('procedure') }} as procedure,
    min(heard_on) filter (where is_held) as heard_on,
    cast(count(*) filter (where is_held) as integer) as hearing_count,
    -- Deputies are heads too, and one attendance is enough for all hearings of an instance.
    coalesce(bool_or(is_held and head_present in ('principal', 'deputy')), false)
        as has_head_present,
    coalesce(bool_or(is_held and head_present = 'principal'), false) as has_principal_present,
    max(judged_on) as judged_on,
    max(extract_id) as extract_id,
    min(row_number) as row_number
from hearings
group by case_no, instance
