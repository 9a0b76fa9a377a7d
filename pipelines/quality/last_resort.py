"""The last resort: the operator is told of a night although nothing can be recorded.

The operations store is damaged, the disk is full, the warehouse takes nothing: then the outbox,
which tells of everything else, is not there. What belongs here: one message, sent past the outbox
in bounded time, or left in a file where there is room. What does not: what went wrong. A night is
told in one of the two ways and never in both.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from pipelines.durable import make_folder, sync
from pipelines.errors import DeliveryError
from pipelines.layout import Layout
from pipelines.quality.channels import KEPT, send_bounded
from pipelines.quality.digests import Digest, compose_operator_digest
from pipelines.quality.stewards import OPERATOR
from pipelines.settings import Settings

SECONDS = 60.0
"""For all targets together: a night that failed must end, whatever a messenger does."""
_NOTE = (
    "说明：运行记录（operations.sqlite）或磁盘不可用，这条消息由应急途径发出，未登记在案；"
    "恢复后的第一个夜间任务会自动重建运行记录。\n"
)
_told: set[str] = set()
_log = logging.getLogger(__name__)


def note_told(night_id: str) -> None:
    """The outbox has the operator's message of a night: the last resort is not needed."""
    _told.add(night_id)


def tell_operator(
    layout: Layout,
    settings: Settings,
    night_id: str,
    day: date,
    message: str,
    *,
    seconds: float = SECONDS,
) -> str:
    """Tell the operator of a night that the outbox could not take; once, and only then.

    Args:
        layout: Where the digests lie, if there is room.
        settings: The operator's targets.
        night_id: Of the night.
        day: Its business date, as far as it is known.
        message: Why it could not begin or end.
        seconds: For all targets together.

    Returns:
        How it was told, for standard error; empty when it had been told already.
    """
    if night_id in _told:
        return ""
    _told.add(night_id)
    has_release = False
    with suppress(OSError):
        has_release = layout.current.exists()
    digest = compose_operator_digest(day, "启动", message, has_release=has_release)
    digest = Digest(digest.steward, digest.subject, digest.body + _NOTE)
    targets = settings.alert_targets.get(OPERATOR.key, settings.alert_targets.get("default", []))
    addresses = [target.get_secret_value() for target in targets]
    sent = _send_to_each(addresses, digest, seconds)
    if addresses and sent == len(addresses):
        how = f"sent to {sent} alert target(s), past the outbox"
    else:
        folders = [layout.digests, Path(tempfile.gettempdir())]
        path = _write_where_there_is_room(folders, digest, day)
        how = f"written to {path}" if path else "told nowhere else: no target, and no room"
    _log.warning("the operator's message about this night was %s", how)
    return how


def _send_to_each(addresses: Sequence[str], digest: Digest, seconds: float) -> int:
    """How many targets have confirmed the message."""
    sent = 0
    for address in addresses:
        try:
            send_bounded(address, digest.subject, digest.body, seconds / len(addresses))
        except DeliveryError as error:
            # It names no address; and nothing keeps this message for another night.
            _log.warning("%s", str(error).removesuffix(KEPT).strip())
        else:
            sent += 1
    return sent


def _write_where_there_is_room(folders: Sequence[Path], digest: Digest, day: date) -> Path | None:
    """The file that only its owner reads, in the first folder that takes it."""
    content = f"# {digest.subject}\n\n{digest.body}".encode()
    for folder in folders:
        path: Path | None = None
        try:
            make_folder(folder, mode=0o700)
            # Its name cannot be known before: the second folder is everybody's.
            descriptor, name = tempfile.mkstemp(".md", f"{day}-{OPERATOR.key}-", folder)
            path = Path(name)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            sync(path)
            sync(folder)
        except OSError:
            if path is not None:
                with suppress(OSError):
                    path.unlink()
            continue
        return path
    return None
