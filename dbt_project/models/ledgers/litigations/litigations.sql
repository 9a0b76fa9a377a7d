with known as (
    {{ known_rows('litigations__hearings', 'filed_on', {'judged_on': none}, [
        'case_no', 'instance', 'hearing_no', 'heard_on', 'is_head_called', 'head_present',
        'procedure',
    ], has_street=false) }}
),

-- A hearing that is still to come has taken place for nobody. Heads are the principal, the deputies
-- and others who share the charge; co-defendants may agree on the head of one of them.
hearings as (
    select
        *,
        coalesce(heard_on <= as_of, false) as is_held,
        coalesce(
            head_present in ('principal', 'deputy', 'other_head', 'codefendant_head'), false
        ) as has_head
    from known
),

-- One attendance is enough for all hearings of an instance, but for a later one to which the court
-- called the head again.
ordered as (
    select
        *,
        is_held
        and coalesce(is_head_called, false)
        and row_number() over (
            partition by case_no, instance, is_held
            order by heard_on nulls last, hearing_no nulls last
        ) > 1 as is_called_again
    from hearings
),

-- What belongs to the instance stands on each of its hearings. Where these contradict one another,
-- no value is chosen: it is null, and the test for it names the case.
instances as (
    select
        case_no,
        instance,
        {{ agreed('filed_on') }} as filed_on,
        {{ agreed('procedure') }} as procedure,
        min(heard_on) filter (where is_held) as heard_on,
        cast(count(*) filter (where is_held) as integer) as hearing_count,
        bool_or(is_held and has_head) and not bool_or(is_called_again and not has_head)
            as has_head_present,
        coalesce(bool_or(is_held and head_present = 'principal'), false) as has_principal_come,
        max(judged_on) as judged_on,
        max(extract_id) as extract_id,
        min(row_number) as row_number
    from ordered
    group by case_no, instance
)

select
    case_no,
    instance,
    filed_on,
    procedure,
    heard_on,
    hearing_count,
    has_head_present,
    has_head_present and has_principal_come as has_principal_present,
    judged_on,
    extract_id,
    row_number
from instances
