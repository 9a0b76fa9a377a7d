"""Letters: what waits for one steward as one message to each address, all sent side by side.

What belongs here: which digests go into one message, and sending within the night's time. What does
not: the outbox itself (`alerts`), the words (`digests`), the wire (`channels`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pipelines.errors import DeliveryError
from pipelines.quality.channels import KEPT
from pipelines.quality.digests import Digest, combine_digests

Sender = Callable[[str, str, str, float], None]
"""Sends (address, subject, body) within so many seconds; raises DeliveryError."""

_AT_ONCE = 16
"""Addresses that are served side by side, each by one small process at a time."""


@dataclass(frozen=True)
class TimeLimits:
    """How long telling may take, in seconds by the clock.

    The longest digest goes to a robot in some thirty pieces, with a pause of 3 s between two.
    """

    message: float = 150.0
    """One message to one address."""
    night: float = 300.0
    """All messages of one night."""


@dataclass(frozen=True)
class Waiting:
    """One digest in the outbox."""

    message_id: int
    business_date: str
    digest: Digest
    has_it: frozenset[str]
    """Fingerprints of the addresses that have it."""


@dataclass(frozen=True)
class Letter:
    """One message for one address: what it lacks of one steward's digests."""

    address: str
    steward: str
    message_ids: tuple[int, ...]
    subject: str
    body: str


def write_letter(address: str, lacking: Sequence[Waiting]) -> Letter:
    """The message that tells one address what it lacks, oldest first and not empty.

    Older digests that find no room in it are left for the next night.
    """
    told, digest = combine_digests([(w.business_date, w.digest) for w in lacking])
    ids = tuple(w.message_id for w in (*lacking[:told], lacking[-1]))
    return Letter(address, digest.steward, ids, digest.subject, digest.body)


def send_letters(
    letters: Sequence[Letter],
    sender: Sender,
    limits: TimeLimits,
    on_delivered: Callable[[Letter], None],
) -> dict[Letter, str | None]:
    """Send all letters, those to one address one after the other; why each was not delivered.

    Args:
        letters: What is to be sent.
        sender: Sends one.
        limits: For each and for all.
        on_delivered: Notes a success before the next message goes to that address.
    """
    by_address: dict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        by_address[letter.address].append(letter)
    deadline = time.monotonic() + limits.night

    def serve(mine: list[Letter]) -> list[tuple[Letter, str | None]]:
        return list(_send_in_turn(mine, sender, limits.message, deadline, on_delivered))

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return dict(pair for served in pool.map(serve, by_address.values()) for pair in served)


def _send_in_turn(
    letters: Sequence[Letter],
    sender: Sender,
    seconds: float,
    deadline: float,
    on_delivered: Callable[[Letter], None],
) -> Iterator[tuple[Letter, str | None]]:
    """Send to one address until it does not answer: it is then left alone until the next night."""
    is_silent = False
    for letter in letters:
        left = deadline - time.monotonic()
        if is_silent or left <= 0:
            got = "an address that did not answer" if is_silent else "no time left for messages"
            yield letter, f"alert: expected to be sent tonight, got {got}. {KEPT}"
            continue
        try:
            sender(letter.address, letter.subject, letter.body, min(seconds, left))
        except DeliveryError as error:
            is_silent = error.is_silent
            yield letter, str(error)
        else:
            on_delivered(letter)
            yield letter, None
