"""Alerts: one digest per steward and night, durable, never twice, without personal values."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from pydantic import SecretStr

from pipelines.errors import DeliveryError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.alerts import (
    deliver_outbox,
    queue_digests,
    queue_operator_message,
    subject_labels,
)
from pipelines.quality.digests import compose_operator_digest
from pipelines.quality.gates import judge_extracts
from pipelines.quality.incidents import hold_delivery, open_incident, settle_checks, settle_extracts
from pipelines.quality.stewards import read_stewards
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult
from pipelines.quality.verdicts import Finding, record_verdicts
from pipelines.settings import PROJECT_ROOT, Settings
from pipelines.sources.contracts import read_contracts
from tests.machine import PATIENCE_SECONDS
from tests.quality.landed import contract, land, registration

STEWARDS = read_stewards(PROJECT_ROOT / "expectations")
CONTRACTS = read_contracts(PROJECT_ROOT / "dbt_project")
DAY = date(2025, 1, 15)
LONG_AGO, FAR_AHEAD = "2000-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00"
PHONE, IDENTITY, NAME = "13812345678", "330108199003071234", "欧阳修竹"


def queue(
    operations: sqlite3.Connection,
    suites: dict[str, Suite],
    layout: Layout,
    night_id: str = "night-1",
    since: str = LONG_AGO,
) -> list[str]:
    return queue_digests(
        operations,
        night_id=night_id,
        business_date=DAY,
        since=since,
        stewards=STEWARDS,
        labels=subject_labels(CONTRACTS, suites),
        layout=layout,
    )


def bad_street(operations: sqlite3.Connection, rows: int = 2) -> None:
    finding = Finding(
        "street_is_a_street", "critical", "registration", "所属街道不在本区，请核对", rows,
        tuple(range(2, 2 + min(rows, 20))),
    )  # fmt: skip
    open_incident(
        operations, "registrations__events", finding, extract_id="202412.v001.aa", slot="202412",
        origin="registrations/registrations_202412.csv",
        listed_in="quarantine/registrations/events/202412.v001.aa.parquet",
    )  # fmt: skip


def queue_bad_street(layout: Layout, suites: dict[str, Suite]) -> None:
    """One digest that waits, for the steward of the registrations."""
    with open_operations(layout.operations) as operations:
        bad_street(operations)
        queue(operations, suites, layout)


def outbox(layout: Layout) -> list[dict[str, object]]:
    with open_operations(layout.operations) as operations:
        return [dict(row) for row in operations.execute("select * from outbox order by message_id")]


class Post:
    """A sender that fails for the addresses it is told to."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.sent: list[str] = []

    def __call__(self, address: str, *_: object) -> None:
        if address in self.failing:
            raise DeliveryError(
                "alert by dingtalk: expected a confirmed delivery, got code 130101."
            )
        self.sent.append(address)


def with_targets(settings: Settings, **targets: list[str]) -> Settings:
    secret = {key: [SecretStr(url) for url in urls] for key, urls in targets.items()}
    return settings.model_copy(update={"alert_targets": secret})


def test_a_digest_says_which_file_which_rows_why_and_what_to_do(
    layout: Layout, suites: dict[str, Suite]
) -> None:
    with open_operations(layout.operations) as operations:
        bad_street(operations, rows=25)
        assert queue(operations, suites, layout) == ["registration"]
    (message,) = outbox(layout)
    body = str(message["body"])
    assert message["subject"] == (
        "【指标】2025-01-15 登记注册科：新问题1项，未解决0项，其中须更正1项"
    )
    for part in (
        "市场主体登记事项 registrations/registrations_202412.csv",
        "所属街道不在本区，请核对。共25行，行号：2、3、4、",
        "、21 等。",
        "完整清单：quarantine/registrations/events/202412.v001.aa.parquet",
        "重新报送整份文件",
    ):
        assert part in body


def test_what_is_mended_in_part_stays_unsolved_and_says_from_how_many_it_fell(
    layout: Layout, suites: dict[str, Suite]
) -> None:
    with open_operations(layout.operations) as operations:
        bad_street(operations, rows=25)
        bad_street(operations, rows=2)
        queue(operations, suites, layout, since=FAR_AHEAD)
    (message,) = outbox(layout)
    assert "新问题0项，未解决1项" in str(message["subject"])
    assert "已解决" not in str(message["subject"])
    assert "请核对。原25行，现2行，行号：2、3。" in str(message["body"])


def test_what_stays_open_is_told_again_the_next_night_with_its_age(
    layout: Layout, suites: dict[str, Suite]
) -> None:
    with open_operations(layout.operations) as operations:
        bad_street(operations)
        queue(operations, suites, layout)
        assert queue(operations, suites, layout, "night-2", FAR_AHEAD) == ["registration"]
    body = str(outbox(layout)[1]["body"])
    assert "以前发现、仍未解决的问题（1项）" in body
    assert "起未解决" in body


def test_a_night_without_problems_tells_nobody(layout: Layout, suites: dict[str, Suite]) -> None:
    with open_operations(layout.operations) as operations:
        assert queue(operations, suites, layout) == []


def test_what_a_gate_closed_is_told_once(layout: Layout, suites: dict[str, Suite]) -> None:
    def check(*, success: bool) -> CheckResult:
        return CheckResult("a", "row", "critical", success, "金额为负", "statistics", 1, 0.1)

    with open_operations(layout.operations) as operations:
        settle_checks(operations, "penalty_cases", [check(success=False)])
        settle_checks(operations, "penalty_cases", [check(success=True)])
        assert queue(operations, suites, layout) == ["statistics"]
        assert queue(operations, suites, layout, "night-2", FAR_AHEAD) == []
    assert "三、已解决的问题\n- 行政处罚案件台账：金额为负" in str(outbox(layout)[0]["body"])


def test_there_is_one_digest_per_steward_and_night(
    layout: Layout, suites: dict[str, Suite]
) -> None:
    with open_operations(layout.operations) as operations:
        bad_street(operations)
        queue(operations, suites, layout)
        queue(operations, suites, layout)
    assert len(outbox(layout)) == 1


def test_without_a_target_the_digest_is_a_file_that_is_named(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    queue_bad_street(layout, suites)
    (delivery,) = deliver_outbox(layout, settings)
    assert delivery.path == layout.digests / "2025-01-15-registration.md"
    assert "登记注册科" in delivery.path.read_text(encoding="utf-8")
    assert [p.name for p in layout.digests.iterdir()] == ["2025-01-15-registration.md"]
    assert deliver_outbox(layout, settings) == []


def test_a_failed_message_is_kept_with_its_reason_and_sent_the_next_night(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, default=["robot://secret-token"])
    queue_bad_street(layout, suites)
    (first,) = deliver_outbox(layout, settings, sender=Post("robot://secret-token"))
    (waiting,) = outbox(layout)
    assert first.error is not None
    assert (waiting["sent_at"], waiting["attempts"]) == (None, 1)
    assert "130101" in str(waiting["last_error"])
    assert "secret-token" not in json.dumps(waiting)
    post = Post()
    deliver_outbox(layout, settings, sender=post)
    deliver_outbox(layout, settings, sender=post)
    assert post.sent == ["robot://secret-token"]
    assert (outbox(layout)[0]["attempts"], outbox(layout)[0]["last_error"]) == (2, None)


def test_of_two_targets_only_the_one_that_failed_is_tried_again(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, registration=["a://1", "b://2"], default=["c://3"])
    queue_bad_street(layout, suites)
    first, second = Post("a://1"), Post()
    deliver_outbox(layout, settings, sender=first)
    deliver_outbox(layout, settings, sender=second)
    assert (first.sent, second.sent) == (["b://2"], ["a://1"])


def test_a_steward_with_an_empty_list_of_targets_gets_a_file(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, registration=[], default=["c://3"])
    queue_bad_street(layout, suites)
    post = Post()
    (delivery,) = deliver_outbox(layout, settings, sender=post)
    assert (post.sent, delivery.path is None) == ([], False)


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.layout import Layout
from pipelines.quality.alerts import deliver_outbox
from pipelines.settings import Settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(warehouse=Path(sys.argv[1]), alert_targets={"default": ["a://1"]})
deliver_outbox(Layout.of(settings), settings, sender=die)
"""


def test_the_outbox_survives_a_kill_between_writing_and_sending(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    queue_bad_street(layout, suites)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(layout.warehouse)],
        check=False,
        cwd=PROJECT_ROOT,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == -9
    post = Post()
    for _ in range(2):
        deliver_outbox(layout, with_targets(settings, default=["a://1"]), sender=post)
    assert post.sent == ["a://1"]


def test_a_failed_night_is_told_to_the_operator(layout: Layout, settings: Settings) -> None:
    with open_operations(layout.operations) as operations:
        queue_operator_message(
            operations, night_id="n", business_date=DAY, stage="指标校验", has_release=True,
            message="indicator_values: expected rates within 0..1, got 3 beyond.",
        )  # fmt: skip
    (delivery,) = deliver_outbox(layout, settings)
    assert delivery.path == layout.digests / "2025-01-15-operator.md"
    text = delivery.path.read_text(encoding="utf-8")
    assert "夜间任务失败：指标校验" in text
    assert "已发布的上一版仍然有效" in text


def test_a_held_delivery_says_what_the_figures_do_with_the_day_that_good_data_reaches(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    table = contract("registrations__events")
    spans = {"202411": (date(2024, 11, 1), date(2024, 11, 30)), "202501": (DAY, DAY)}
    early = {"核准日期": "2024-11-05"}
    good = land(layout, table, [registration(1, **early)], slot="202411", covers=spans["202411"])
    empty = land(layout, table, [], slot="202501", covers=spans["202501"], sequence=2)
    extracts = [good, empty]
    verdicts = judge_extracts(table, extracts, suites[table.id], layout=layout, settings=settings)
    with open_operations(layout.operations) as operations:
        hold_delivery(
            operations, CONTRACTS["complaints__items"], slot="2025-01-15",
            origin="items@complaints", reason="relation_missing", message="没有这张表",
        )  # fmt: skip
        record_verdicts(operations, verdicts)
        settle_extracts(operations, table, layout=layout, extracts=extracts)
        queue(operations, suites, layout)
    bodies = {str(row["steward"]): str(row["body"]) for row in outbox(layout)}
    assert (
        "registrations_202501.csv（合格数据截至2024-11-30，以前各期状态不变，"
        "跨过该日的期间为“陈旧”，整个期间都未报送的为“缺报”）" in bodies["registration"]
    )
    assert "items@complaints（还没有合格数据，相关指标为“缺报”）" in bodies["consumer_protection"]
    for body in bodies.values():
        assert "指标沿用上一次合格的数据并标注“陈旧”" not in body


def test_nobody_is_told_of_a_release_of_before_when_there_is_none() -> None:
    said = compose_operator_digest(DAY, "ledgers", "失败", has_release=False).body
    assert "已发布的上一版" not in said
    assert "还没有任何已发布的版本" in said


def test_an_email_arrives_at_a_real_server(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    received: list[bytes] = []

    class Mailbox(Message):
        def handle_message(self, message: object) -> None:
            received.append(message.as_bytes())  # type: ignore[attr-defined]

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        address = (
            f"mailto://127.0.0.1:{port}?mode=insecure&from=zhibiao@bureau.test"
            "&to=registration@bureau.test"
        )
        settings = with_targets(settings, registration=[address])
        with open_operations(layout.operations) as operations:
            bad_street(operations)
            queue(operations, suites, layout)
        (delivery,) = deliver_outbox(layout, settings)
    finally:
        server.stop()
    assert delivery.error is None
    mail = message_from_bytes(received[0], policy=policy.default)
    part = mail.get_body(("plain", "html"))
    assert part is not None
    assert mail["Subject"].strip().startswith("【指标】2025-01-15 登记注册科：新问题1项")
    assert "所属街道不在本区，请核对" in part.get_content()
    assert len(received) == 1


def test_a_mail_server_that_is_down_leaves_the_message_in_the_outbox(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    address = "mailto://user:hunter2@127.0.0.1:1?mode=insecure&from=a@b.test&to=c@d.test"
    queue_bad_street(layout, suites)
    (delivery,) = deliver_outbox(layout, with_targets(settings, default=[address]))
    assert delivery.error is not None
    assert "hunter2" not in json.dumps(outbox(layout))


def test_no_personal_value_reaches_a_digest_an_incident_or_a_log(
    layout: Layout,
    settings: Settings,
    suites: dict[str, Suite],
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    personal = {"联系电话": PHONE, "法定代表人": NAME, "住所": IDENTITY, "业务类型": PHONE}
    table = contract("registrations__events")
    rows = [registration(i) for i in range(30)] + [registration(99, **personal)]
    extract = land(layout, table, rows)
    verdicts = judge_extracts(table, [extract], suites[table.id], layout=layout, settings=settings)
    with open_operations(layout.operations) as operations:
        record_verdicts(operations, verdicts)
        settle_extracts(operations, table, layout=layout, extracts=[extract])
        queue_operator_message(
            operations, night_id="night-1", business_date=DAY, stage="入库", has_release=True,
            message=f"Conversion Error: could not convert '{PHONE}' and {IDENTITY}",
        )  # fmt: skip
        queue(operations, suites, layout)
    deliver_outbox(layout, settings)
    with open_operations(layout.operations) as operations:
        stored = "\n".join(operations.iterdump())
    told = "".join(p.read_text(encoding="utf-8") for p in layout.digests.iterdir())
    everything = f"{stored}{told}{verdicts}{''.join(capfd.readouterr())}{caplog.text}"
    assert "event_kind_is_known" in everything
    assert [value for value in (PHONE, IDENTITY, NAME) if value in everything] == []


def test_the_stewards_file_names_everyone_whom_a_contract_names() -> None:
    assert {table.steward for table in CONTRACTS.values()} <= set(STEWARDS)


def test_every_subject_has_a_chinese_name(suites: dict[str, Suite]) -> None:
    labels = subject_labels(CONTRACTS, suites)
    assert set(labels) == {*suites, "operations", "releases"}
    assert not [label for label in labels.values() if not label]


def test_a_digest_that_cannot_be_written_stays_in_the_outbox(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    queue_bad_street(layout, suites)
    Path(layout.digests).write_text("a file where the folder should be")
    (delivery,) = deliver_outbox(layout, settings)
    assert delivery.error is not None
    assert outbox(layout)[0]["sent_at"] is None


def test_a_digest_is_bounded_and_says_what_it_leaves_out(
    layout: Layout, suites: dict[str, Suite]
) -> None:
    with open_operations(layout.operations) as operations:
        for number in range(60):
            finding = Finding(f"rule_{number}", "warning", "registration", "有误，请核对")
            open_incident(operations, "registrations__events", finding)
        bad_street(operations)
        queue(operations, suites, layout)
    body = str(outbox(layout)[0]["body"])
    assert body.count("有误，请核对") == 49
    assert "所属街道不在本区，请核对" in body
    assert "另有11项未列出" in body
