"""What `zhibiao status` says on one screen of 24 lines: counts, what is out of order, the verdict.

Belongs here: choosing and wording. Does not: finding out (`status`), where all of it is listed by
`--all`, and in CSV and JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipelines.orchestration.stage_names import describe_stage

Rows = Sequence[Mapping[str, Any]]
LISTED = 2
"""Of each kind of trouble; the rest is counted."""
OWNERS = 3
UNTROUBLED = "done"


def summarize_status(sections: Mapping[str, Rows]) -> tuple[list[str], str]:
    """The lines, and apart from them the verdict, which stands last.

    Args:
        sections: The rows of each list of the status, by its title.
    """
    (night,) = sections["night"] or [{}]
    stages = sections["stages"]
    if not night:
        return [], "no night has run; run `zhibiao nightly`"
    lines = [f"night of {night['business_date']}: {_times(night)}"]
    lines += _stages(stages)
    lines += _freshness(sections["freshness"])
    lines += _held(sections["held extracts"])
    lines += _incidents(sections["open incidents"])
    lines.append("all of it: zhibiao status --all")
    return lines, _verdict(night, stages)


def _times(night: Mapping[str, Any]) -> str:
    if night["ended_at"] is None:
        return f"{night['started_at']} to —"
    day, _, time = str(night["ended_at"]).partition(" ")
    is_same_day = str(night["started_at"]).startswith(day)
    return f"{night['started_at']} to {time if is_same_day else night['ended_at']}"


def _stages(stages: Rows) -> Iterable[str]:
    counts = Counter(stage["outcome"] for stage in stages)
    yield "stages: " + (", ".join(f"{n} {outcome}" for outcome, n in counts.items()) or "none")
    yield from _list(
        f"{stage['outcome']}: {describe_stage(stage['stage'])}"
        for stage in sorted(stages, key=lambda stage: stage["outcome"] != "failed")
        if stage["outcome"] != UNTROUBLED
    )


def _freshness(sources: Rows) -> Iterable[str]:
    if not sources:
        return
    late = [source for source in sources if source["stale_from"] or source["reason"]]
    reaches = max((str(source["data_through"] or "") for source in sources), default="")
    yield f"sources: {len(sources)} to {reaches or '—'}, {len(late)} of them late"
    yield from _list(
        f"{source['source']}: through {source['data_through'] or '—'}, "
        f"{source['reason'] or 'stale'}"
        for source in late
    )


def _held(extracts: Rows) -> Iterable[str]:
    yield f"held deliveries: {len(extracts)}"
    yield from _list(f"{held['origin'] or held['table']}: {held['why']}" for held in extracts)


def _incidents(incidents: Rows) -> Iterable[str]:
    critical = sum(incident["severity"] == "critical" for incident in incidents)
    yield f"open incidents: {len(incidents)}, {critical} of them critical"
    owners = Counter(incident["owner"] for incident in incidents)
    yield from _list((f"{owner}: {n}" for owner, n in owners.most_common()), OWNERS)


def _list(entries: Iterable[str], most: int = LISTED) -> Iterable[str]:
    listed = list(entries)
    yield from (f"  {entry}" for entry in listed[:most])
    if len(listed) > most:
        yield f"  … {len(listed) - most} more"


def _verdict(night: Mapping[str, Any], stages: Rows) -> str:
    current = night["current_release"]
    stands = f"current is {current}" if current else "there is no release yet"
    if night["outcome"] == "running":
        last = f", the last: {describe_stage(stages[-1]['stage'])}" if stages else ""
        return f"running: {len(stages)} stages have ended{last}; {stands}"
    why = f": {night['message']}" if night["message"] else ""
    return f"{night['outcome']}, {stands}{why}"
