"""Digests: what a steward or the operator is told, once a night, in Chinese.

Belongs here: composing the text from open incidents. Does not: queueing and sending it (`alerts`).
A digest names files, row numbers, reasons and what to do; never a value from the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from pipelines.clock import zone
from pipelines.personal_numbers import mask_personal_numbers
from pipelines.quality.incidents import Incident
from pipelines.quality.stewards import OPERATOR, Steward
from pipelines.sources.row_places import describe_places

LISTED_INCIDENTS = 50
_OPEN_CHARACTERS, _LATE_CHARACTERS, _REASON_CHARACTERS = 8_000, 4_000, 3_000
"""Of open problems, of what older digests add, and of why a night failed: robots take a message in
pieces of some 700 characters, 20 a minute."""
_CLOSED_CHARACTERS, _LASTING_CHARACTERS = 300, 200
"""Of one closed problem, and of one failed night among older digests."""
_STEWARD_DOES = (
    "1. 在原系统（或原表格）中更正上列各行，再按原路径、原文件名重新报送整份文件；"
    "由数据库直接读取的，更正后当晚自动重取。",
    "2. 整批未采用的报送在更正前不参与计算：合格数据截至日及以前的各期，指标维持原有状态；"
    "跨过该日的期间标注“陈旧”，整个期间都未报送的标注“缺报”。",
    "3. 请勿修改指标平台内的文件；清单文件中的个人信息已作假名处理。",
)
_OPERATOR_DOES = ("按上列原因修正后重新运行 zhibiao nightly；zhibiao status 可查看各阶段状态。",)


@dataclass(frozen=True)
class Digest:
    """A message to be sent."""

    steward: str
    subject: str
    body: str
    lasting: tuple[str, ...] = ()
    """Lines that no later digest repeats: problems that are closed, a night that failed."""


def compose_steward_digest(
    steward: Steward,
    business_date: date,
    *,
    opened: Sequence[Incident],
    standing: Sequence[Incident],
    closed: Sequence[Incident],
    labels: Mapping[str, str],
    reaches: Mapping[int, str] | None = None,
    note: str = "",
) -> Digest:
    """One steward's digest of a night.

    Args:
        steward: Who is told.
        business_date: The night's date.
        opened: Incidents opened tonight.
        standing: Incidents of earlier nights that are still open.
        closed: Incidents that tonight's gate closed.
        labels: Chinese names of the tables.
        reaches: How far the good data reaches, by the number of an incident of a held delivery.
        note: What must be known to read the rest.
    """
    reaches = reaches or {}
    problems = [
        *_section("一、今晚新发现的问题", opened, labels, reaches, since=False),
        *_section("二、以前发现、仍未解决的问题", standing, labels, reaches, since=True),
    ]
    over = _closed_lines(closed, labels)
    parts = [
        f"{steward.name_zh}：",
        f"{business_date:%Y-%m-%d} 的数据检查结果如下。",
        *([note] if note else []),
        *_within(problems, _OPEN_CHARACTERS),
    ]
    if closed:
        parts += ["", "三、已解决的问题", *(f"- {line}" for line in over)]
    if opened or standing:
        parts += ["", "请怎样处理", *(_OPERATOR_DOES if steward == OPERATOR else _STEWARD_DOES)]
    urgent = sum(i.severity == "critical" for i in [*opened, *standing])
    subject = (
        f"【指标】{business_date:%Y-%m-%d} {steward.name_zh}："
        f"新问题{len(opened)}项，未解决{len(standing)}项"
        + (f"，其中须更正{urgent}项" if urgent else "")
        + (f"，已解决{len(closed)}项" if closed else "")
    )
    lasting = tuple(f"已解决：{line}" for line in over)
    return _masked(Digest(steward.key, subject, "\n".join(parts) + "\n", lasting))


def compose_operator_digest(
    business_date: date, stage: str, message: str, *, has_release: bool
) -> Digest:
    """What the operator is told when a night fails.

    Args:
        business_date: The night's date.
        stage: Where it stopped.
        message: Why.
        has_release: Whether readers have a release of before.
    """
    effect = (
        "已发布的上一版仍然有效，查询和报表不受影响，但数据停留在上一版的日期。"
        if has_release
        else "还没有任何已发布的版本，查询和报表暂不可用。"
    )
    reason = _cut(message.strip(), _REASON_CHARACTERS)
    body = (
        f"{business_date:%Y-%m-%d} 的夜间任务未能完成，停在“{stage}”。\n\n"
        f"原因：{reason}\n\n"
        f"影响：{effect}\n"
        "处理：按上述原因排除后重新运行 zhibiao nightly（可重复运行，已完成的部分不会重复入库）；"
        "zhibiao status 可查看各阶段状态和未解决的问题。\n"
    )
    subject = f"【指标】{business_date:%Y-%m-%d} 夜间任务失败：{stage}"
    failed = f"夜间任务失败，停在“{stage}”：{_cut(' '.join(reason.split()), _LASTING_CHARACTERS)}"
    return _masked(Digest(OPERATOR.key, subject, body, (failed,)))


def combine_digests(waiting: Sequence[tuple[str, Digest]]) -> tuple[int, Digest]:
    """One message for several digests of one steward, and how many of the older ones it tells.

    The newest is told whole: what was open before is open in it or was closed since. Of the older
    ones follows what no later one repeats, the oldest first, as far as there is room; what finds
    none is for another message.

    Args:
        waiting: (business date, digest), the oldest first; not empty.
    """
    *older, (_, newest) = waiting
    told, lines = 0, list[str]()
    for day, digest in older:
        added = [f"- {day}", *(f"  · {line}" for line in digest.lasting)] if digest.lasting else []
        if told and sum(map(len, [*lines, *added])) > _LATE_CHARACTERS:
            break
        told, lines = told + 1, [*lines, *added]
    if not told:
        return 0, newest
    first, last = older[0][0], older[told - 1][0]
    days = first if first == last else f"{first} 至 {last}"
    said = "上面没有说到的如下：" if lines else "其内容已包括在上面。"
    late = ["", f"此前{told}晚（{days}）的通知未能送达，{said}", *lines]
    return told, Digest(
        newest.steward,
        f"{newest.subject}（附此前{told}晚未送达的通知）",
        newest.body + "\n".join(late) + "\n",
    )


def _masked(digest: Digest) -> Digest:
    return Digest(
        digest.steward,
        mask_personal_numbers(digest.subject),
        mask_personal_numbers(digest.body),
        tuple(map(mask_personal_numbers, digest.lasting)),
    )


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[:characters]}…"


def _within(lines: Sequence[str], characters: int) -> Iterable[str]:
    """As many lines as there is room for, and how many are left out."""
    length = 0
    for place, line in enumerate(lines):
        length += len(line)
        if length > characters:
            yield f"- 另有{len(lines) - place}行未列出，zhibiao status 可查看全部。"
            return
        yield line


def _closed_lines(closed: Sequence[Incident], labels: Mapping[str, str]) -> list[str]:
    lines = [
        f"{_place(incident, labels)}：{_cut(incident.message, _CLOSED_CHARACTERS)}"
        for incident in closed[:LISTED_INCIDENTS]
    ]
    left = len(closed) - len(lines)
    return [*lines, f"另有{left}项未列出"] if left else lines


def _section(
    title: str,
    incidents: Sequence[Incident],
    labels: Mapping[str, str],
    reaches: Mapping[int, str],
    *,
    since: bool,
) -> Iterable[str]:
    if not incidents:
        return
    yield ""
    yield f"{title}（{len(incidents)}项）"
    # What must be mended comes first when not all can be listed; messengers cut long texts.
    listed = sorted(incidents, key=lambda i: i.severity)[:LISTED_INCIDENTS]
    ordered = sorted(listed, key=lambda i: (i.subject, i.origin or "", i.severity, i.rule_id))
    for place, group in groupby(ordered, key=lambda i: _place(i, labels)):
        here = list(group)
        said = (reaches[i.incident_id] for i in here if i.incident_id in reaches)
        yield f"- {place}{next(said, '')}"
        for incident in here:
            yield f"  · {_describe(incident, since=since)}"
    if len(listed) < len(incidents):
        yield f"- 另有{len(incidents) - len(listed)}项未列出，zhibiao status 可查看全部。"


def _place(incident: Incident, labels: Mapping[str, str]) -> str:
    label = labels.get(incident.subject, incident.subject)
    return f"{label} {incident.origin}" if incident.origin else label


def _describe(incident: Incident, *, since: bool) -> str:
    mark = "须更正" if incident.severity == "critical" else "请留意"
    text = f"［{mark}］{incident.message.rstrip('。')}。"
    if incident.rows_affected:
        has_fallen = (incident.rows_before or 0) > incident.rows_affected
        text += f"原{incident.rows_before}行，现" if has_fallen else "共"
        text += f"{incident.rows_affected}行"
        if incident.first_rows:
            listed = describe_places(incident.first_rows)
            more = " 等" if incident.rows_affected > len(incident.first_rows) else ""
            text += f"，{listed}{more}"
        text += "。"
    if incident.quarantine_path and incident.severity == "critical":
        text += f"完整清单：{incident.quarantine_path}。"
    if since:
        opened = datetime.fromisoformat(incident.opened_at).astimezone(zone())
        text += f"自{opened:%Y-%m-%d}起未解决"
        text += "（已确认）。" if incident.acknowledged_at else "。"
    return text
