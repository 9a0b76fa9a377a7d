"""The outbox: what is sent stays sent, what waits becomes one message, and no target holds another.

What one digest says is tests/quality/test_alerts.py, what an answer means test_channels.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from pipelines.errors import DeliveryError
from pipelines.layout import Layout
from pipelines.operations import open_operations
from pipelines.quality.alerts import deliver_outbox, queue_operator_message
from pipelines.quality.incidents import settle_checks
from pipelines.quality.letters import TimeLimits
from pipelines.quality.suites import Suite
from pipelines.quality.validation import CheckResult
from pipelines.settings import PROJECT_ROOT, Settings
from tests.quality.alert_servers import Webhook, drip, serving, speaking
from tests.quality.test_alerts import DAY, bad_street, outbox, queue, queue_bad_street, with_targets


class Mailbox:
    """A sender that keeps what it is given, and fails for the addresses it is told to."""

    def __init__(self, *failing: str, is_silent: bool = False) -> None:
        self.failing, self.is_silent = set(failing), is_silent
        self.tried: list[str] = []
        self.received: list[tuple[str, str, str]] = []

    def __call__(self, address: str, subject: str, body: str, _: float) -> None:
        self.tried.append(address)
        if address in self.failing:
            raise DeliveryError("alert: expected a delivery, got none.", is_silent=self.is_silent)
        self.received.append((address, subject, body))

    @property
    def bodies(self) -> list[str]:
        return [body for _, _, body in self.received]


def fail_night(layout: Layout, number: int, message: str | None = None) -> None:
    """Queue the operator's message of one failed night."""
    with open_operations(layout.operations) as operations:
        queue_operator_message(
            operations, night_id=f"night-{number}", business_date=DAY + timedelta(days=number),
            stage="校验", message=message or f"原因第{number}号", has_release=True,
        )  # fmt: skip


def close_one(layout: Layout, suites: dict[str, Suite], number: int) -> None:
    """A night in which a problem of the statistics section was found and is over."""
    with open_operations(layout.operations) as operations:
        since = operations.execute("select strftime('%Y-%m-%dT%H:%M:%f+00:00')").fetchone()[0]
        for success in (False, True):
            check = CheckResult(
                f"rule_{number}", "row", "critical", success, f"问题第{number}号", "statistics", 1,
                0.1,
            )  # fmt: skip
            settle_checks(operations, f"table_{number}", [check])
        queue(operations, suites, layout, f"night-{number}", since)


def test_a_sent_digest_is_never_overwritten(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    queue_bad_street(layout, suites)
    fail_night(layout, 1)
    deliver_outbox(layout, settings)
    sent = outbox(layout)
    with open_operations(layout.operations) as operations:
        bad_street(operations, rows=9)
        queue(operations, suites, layout)
    fail_night(layout, 1, "等会儿再说")
    assert outbox(layout) == sent
    assert deliver_outbox(layout, settings) == []


def test_a_file_is_never_overwritten_by_another_night_of_the_day(
    layout: Layout, settings: Settings
) -> None:
    for number, said in enumerate(["原因一", "原因二", "原因二"]):
        with open_operations(layout.operations) as operations:
            queue_operator_message(
                operations, night_id=f"n{number}", business_date=DAY, stage="校验", message=said,
                has_release=True,
            )  # fmt: skip
        deliver_outbox(layout, settings)
    files = {path.name: path.read_text(encoding="utf-8") for path in layout.digests.iterdir()}
    assert set(files) == {"2025-01-15-operator.md", "2025-01-15-operator-2.md"}
    assert "原因一" in files["2025-01-15-operator.md"]
    assert "原因二" in files["2025-01-15-operator-2.md"]


def test_five_hundred_waiting_digests_are_one_message_a_steward(
    layout: Layout, settings: Settings
) -> None:
    settings = with_targets(settings, default=["a://1"])
    for number in range(500):
        fail_night(layout, number)
    post = Mailbox()
    (delivery,) = deliver_outbox(layout, settings, sender=post)
    ((_, subject, body),) = post.received
    assert delivery.error is None
    assert "原因第499号" in body
    assert "原因第0号" in body
    assert "晚未送达的通知）" in subject
    assert len(body) < 6_000
    nights = 1
    while any(row["sent_at"] is None for row in outbox(layout)):
        deliver_outbox(layout, settings, sender=post)
        nights += 1
    told = "".join(post.bodies)
    assert [n for n in range(500) if f"原因第{n}号" not in told] == []
    assert len(post.received) == nights
    assert nights < 20


def test_a_closed_problem_that_was_never_told_is_told_with_the_newest_digest(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, default=["a://1"])
    for number in range(3):
        close_one(layout, suites, number)
        deliver_outbox(layout, settings, sender=Mailbox("a://1"))
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    (body,) = post.bodies
    for number in range(3):
        assert body.count(f"问题第{number}号") == 1
    assert body.index("问题第2号") < body.index("此前2晚") < body.index("问题第0号")
    assert deliver_outbox(layout, settings, sender=post) == []
    assert {row["attempts"] for row in outbox(layout)} == {4, 3, 2}


def test_a_failed_night_that_also_closed_a_problem_of_the_operator_tells_both_later(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, default=["a://1"])
    fail_night(layout, 1)
    with open_operations(layout.operations) as operations:
        for success in (False, True):
            check = CheckResult("r", "row", "critical", success, "文件夹不可用", "operator", 1, 0.1)
            settle_checks(operations, "sources", [check])
        queue(operations, suites, layout, "night-1")
    fail_night(layout, 2)
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    (body,) = post.bodies
    late = body.partition("此前1晚")[2]
    assert ("原因第1号" in late, "已解决：sources：文件夹不可用" in late) == (True, True)


def test_an_open_problem_is_not_repeated_for_each_night_that_it_waited(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, registration=["a://1"])
    with open_operations(layout.operations) as operations:
        bad_street(operations)
        for number in range(5):
            queue(operations, suites, layout, f"night-{number}")
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    (body,) = post.bodies
    assert body.count("所属街道不在本区") == 1
    assert "此前4晚（2025-01-15）的通知未能送达，其内容已包括在上面。" in body


def test_each_address_is_told_what_it_lacks(layout: Layout, settings: Settings) -> None:
    settings = with_targets(settings, default=["a://1", "b://2", "b://2"])
    fail_night(layout, 1)
    deliver_outbox(layout, settings, sender=Mailbox("b://2"))
    fail_night(layout, 2)
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    told = {address: body for address, _, body in post.received}
    assert len(post.received) == 2
    assert ("原因第1号" in told["a://1"], "原因第2号" in told["a://1"]) == (False, True)
    assert ("原因第1号" in told["b://2"], "原因第2号" in told["b://2"]) == (True, True)
    assert [row["last_error"] for row in outbox(layout)] == [None, None]


def test_an_address_that_is_new_gets_what_waits_and_one_that_is_gone_holds_nothing_up(
    layout: Layout, settings: Settings
) -> None:
    both = with_targets(settings, default=["a://1", "b://2"])
    fail_night(layout, 1)
    deliver_outbox(layout, both, sender=Mailbox("b://2"))
    post = Mailbox()
    deliver_outbox(layout, with_targets(settings, default=["a://1", "c://3"]), sender=post)
    assert [address for address, *_ in post.received] == ["c://3"]
    assert outbox(layout)[0]["sent_at"]
    fail_night(layout, 2)
    deliver_outbox(layout, both, sender=Mailbox("b://2"))
    (delivery,) = deliver_outbox(layout, with_targets(settings, default=["a://1"]), sender=post)
    assert (delivery.error, len(post.received)) == (None, 1)
    assert all(row["sent_at"] for row in outbox(layout))


def test_an_address_that_does_not_answer_is_tried_once_a_night(
    layout: Layout, settings: Settings, suites: dict[str, Suite]
) -> None:
    settings = with_targets(settings, default=["a://1"])
    queue_bad_street(layout, suites)
    close_one(layout, suites, 1)
    fail_night(layout, 1)
    silent, refusing = Mailbox("a://1", is_silent=True), Mailbox("a://1")
    deliveries = deliver_outbox(layout, settings, sender=silent)
    assert (len(deliveries), len(silent.tried)) == (3, 1)
    assert all(delivery.error for delivery in deliveries)
    assert "did not answer" in str(outbox(layout)[-1]["last_error"])
    deliver_outbox(layout, settings, sender=refusing)
    assert len(refusing.tried) == 3


def test_when_the_nights_time_is_over_the_rest_is_kept(layout: Layout, settings: Settings) -> None:
    settings = with_targets(settings, default=["a://1"])
    fail_night(layout, 1)
    post = Mailbox()
    (delivery,) = deliver_outbox(layout, settings, sender=post, limits=TimeLimits(night=0))
    assert (post.tried, "no time left" in str(delivery.error)) == ([], True)
    deliver_outbox(layout, settings, sender=post)
    assert len(post.received) == 1


def test_no_message_is_given_more_than_its_own_time_or_the_nights(
    layout: Layout, settings: Settings
) -> None:
    settings = with_targets(settings, default=["a://1"])
    given: list[float] = []
    for number, limits in enumerate([TimeLimits(message=7), TimeLimits(night=9)]):
        fail_night(layout, number)
        deliver_outbox(layout, settings, limits=limits, sender=lambda *what: given.append(what[3]))
    assert given[0] == 7
    assert 0 < given[1] <= 9


def test_a_target_that_hangs_does_not_delay_the_others(layout: Layout, settings: Settings) -> None:
    """It is listed first, and answers only when the other has its message."""
    settings = with_targets(settings, default=["hanging://1", "b://2"])
    fail_night(layout, 1)
    others_have_it = threading.Event()

    def send(address: str, *_: object) -> None:
        if address == "b://2":
            others_have_it.set()
        elif not others_have_it.wait(60):
            raise DeliveryError("alert: expected the other one to be served, got nothing.")

    (delivery,) = deliver_outbox(layout, settings, sender=send)
    assert delivery.error is None


def test_many_addresses_at_once_are_all_noted(layout: Layout, settings: Settings) -> None:
    settings = with_targets(settings, default=[f"a://{n}" for n in range(40)])
    fail_night(layout, 1)
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    assert sorted(post.tried) == sorted(f"a://{n}" for n in range(40))
    assert len(json.loads(str(outbox(layout)[0]["delivered"]))) == 40
    assert outbox(layout)[0]["sent_at"]


def test_a_real_hanging_server_costs_one_message_its_time(
    layout: Layout, settings: Settings
) -> None:
    with serving(Webhook()) as server, speaking(drip) as (place, _):
        server.answer = {}
        settings = with_targets(settings, default=[f"json://{place}/", f"json://{server.place}/"])
        fail_night(layout, 1)
        began = time.monotonic()
        (delivery,) = deliver_outbox(layout, settings, limits=TimeLimits(message=8))
        assert time.monotonic() - began < 28
        assert [told["title"] for told in server.received] != []
    assert "none within 8 s" in str(delivery.error)
    assert place not in str(outbox(layout))


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.layout import Layout
from pipelines.quality import alerts
from pipelines.settings import Settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def send(*_):
    print("sent", flush=True)

settings = Settings(warehouse=Path(sys.argv[1]), alert_targets={"default": ["a://1"]})
alerts._note_delivered = die
alerts.deliver_outbox(Layout.of(settings), settings, sender=send)
"""


def test_what_was_sent_and_not_noted_is_sent_again(layout: Layout, settings: Settings) -> None:
    """At least once: a message that is told twice is better than one that is not told."""
    fail_night(layout, 1)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(layout.warehouse)],
        check=False, cwd=PROJECT_ROOT, timeout=600, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (-9, "sent\n")
    post = Mailbox()
    for _ in range(2):
        deliver_outbox(layout, with_targets(settings, default=["a://1"]), sender=post)
    assert len(post.received) == 1


@pytest.mark.parametrize("characters", [100, 20_000])
def test_a_message_is_short_whatever_waits(
    layout: Layout, settings: Settings, suites: dict[str, Suite], characters: int
) -> None:
    settings = with_targets(settings, default=["a://1"])
    with open_operations(layout.operations) as operations:
        checks = [
            CheckResult(f"r{n}", "row", "critical", False, "长" * characters, "statistics", 1, 0.1)
            for n in range(120)
        ]
        settle_checks(operations, "complaints", checks)
        queue(operations, suites, layout, "night-1")
        settle_checks(operations, "complaints", [])
        queue(operations, suites, layout, "night-2")
    fail_night(layout, 1, "长" * characters)
    post = Mailbox()
    deliver_outbox(layout, settings, sender=post)
    assert len(post.received) == 2
    assert max(map(len, post.bodies)) < 20_000
    assert "另有70项未列出" in "".join(post.bodies)


def test_what_waits_in_a_store_of_before_is_still_sent(layout: Layout, settings: Settings) -> None:
    fail_night(layout, 1)
    with open_operations(layout.operations) as operations:
        operations.execute("alter table outbox drop column lasting")
        operations.execute("update outbox set body = '甲' || char(10)")
    fail_night(layout, 2)
    post = Mailbox()
    deliver_outbox(layout, with_targets(settings, default=["a://1"]), sender=post)
    (body,) = post.bodies
    assert "原因第2号" in body
    assert "· 甲" in body
