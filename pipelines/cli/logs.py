"""The log on standard error: how much, in which form, and what never appears in it.

What belongs here: Python's logging. What does not: what a command answers (`output`), and Dagster's
event log, which keeps every event of a night whatever is set here.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, TextIO
from urllib.parse import unquote

from pipelines.personal_numbers import mask_personal_numbers
from pipelines.settings import Settings

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails

OURS = "pipelines"
HIDDEN = "•••"
_log = logging.getLogger(__name__)


class MaskedFormatter(logging.Formatter):
    """Writes a record, its traceback too, without secrets and personal numbers."""

    def __init__(self, secrets: list[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        self._secrets = sorted(secrets, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return mask_personal_numbers(text)


class CurrentStandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is now: a moving line puts itself in its place meanwhile."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Looked up for each record."""
        return sys.stderr


def write_logs(settings: Settings) -> None:
    """Write our own log from `log_level` on, and other libraries' from warnings on.

    Libraries log rows and statements at their lower levels, which no log of ours may hold.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    handler = CurrentStandardError()
    handler.setFormatter(MaskedFormatter(_secrets(settings)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(OURS).setLevel(level)
    _log_retries()


def _secrets(settings: Settings) -> list[str]:
    """Every configured address and the password in it, as written and as sent."""
    targets = [target for targets in settings.alert_targets.values() for target in targets]
    addresses = [s.get_secret_value() for s in [*settings.connections.values(), *targets]]
    secrets = set(addresses)
    for address in addresses:
        _, colon, password = address.partition("://")[2].rpartition("@")[0].partition(":")
        if colon:
            secrets |= {password, unquote(password)}
    return [secret for secret in secrets if secret]


def _log_retries() -> None:
    """One line a retry; the stock hook prints the arguments of what is tried to standard output."""
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([_log_retry])


def _log_retry(details: RetryDetails) -> None:
    _log.warning(
        "%s Try %d follows in %.0f s.",
        details.caused_by,
        details.retry_num + 1,
        details.wait_for,
    )
