{%- from 'penalty_decisions.sql' import decision_fields -%}
{%- from 'unified_social_credit_code.sql' import has_credit_code_checks -%}
-- A template (pipelines/quality/rule_functions.py): what the dbt project says is taken from there.
-- Functions that the rules of landed tables may call, for what a type cannot say: texts are trimmed
-- and not empty, or null (pipelines/quality/candidates.py).

-- Whether a text has the form of a unified social credit code and both its check characters.
-- Lower case is the sender's habit, not an error. The list of one binds the code once: written out
-- 25 times, upper doubled the time.
create macro has_uscc_checks(written) as [
    {{ has_credit_code_checks('code') }}
    for code in [upper(written)]
][1];

-- Whether a street is one of the district's. Without a value it is null.
create macro is_street(written) as written in ({{ street_spellings() }});

-- The decisions of a penalty case as a list of structs; null when the text is not such an array.
create macro penalty_decisions(written) as case
    when json_valid(written) and json_type(written) = 'ARRAY'
        then from_json(written, '[{
            {%- for field in decision_fields().split() %}
            "{{ field }}": {{ '["VARCHAR"]' if field == 'penalty_types' else '"VARCHAR"' }}{{ ',' if not loop.last }}
            {%- endfor %}
        }]')
end;

-- Registered capital as dbt_project/macros/registered_capital.sql reads it: what does not match is
-- null in the ledger. A test holds the names of the currencies against that macro's.
create macro is_readable_capital(written) as regexp_full_match(
    translate(written, '０１２３４５６７８９．,，()（） 　', '0123456789.'),
    '[0-9]+([.][0-9]+)?('
        || '(亿|千万|百万|十万|万|千)元?元?|元元?|(亿|千万|百万|十万|万|千)?元?('
        || '人民币|美元|美金|港元|港币|香港元|港圆|欧元|日元|日圆|日本元|英镑|新加坡元|'
        || '新元|新币|澳大利亚元|澳元|澳币|加拿大元|加元|加币|瑞士法郎|韩元|韩国元|韩圆|'
        || '韩国圆|新台币|台币|台湾元|澳门元|澳门币|新西兰元|纽元|瑞典克朗|挪威克朗|丹麦克朗|'
        || '林吉特|马来西亚林吉特|马来西亚元|马币|泰铢|泰国铢|菲律宾比索|印尼盾|印度尼西亚盾|'
        || '印尼卢比|越南盾|印度卢比|巴基斯坦卢比|卢布|俄罗斯卢布|兰特|南非兰特|墨西哥比索|'
        || '巴西雷亚尔|土耳其里拉|沙特里亚尔|阿联酋迪拉姆|波兰兹罗提|匈牙利福林|捷克克朗|'
        || '以色列谢克尔|以色列新谢克尔|科威特第纳尔|埃及镑|哈萨克斯坦坚戈|坚戈|蒙古图格里克|'
        || '缅元|缅甸元|柬埔寨瑞尔|老挝基普|文莱元|斯里兰卡卢比|孟加拉塔卡|尼泊尔卢比|德国马克|'
        || '马克|法国法郎|意大利里拉|荷兰盾|比利时法郎|奥地利先令'
        || ')元?)'
);
