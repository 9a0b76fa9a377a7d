"""A landing in a process of its own, which the test kills or keeps short of room.

Called with: the bureau's folder, and `wait` or a limit of bytes for each file.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from pathlib import Path

from pipelines.errors import StorageError
from pipelines.sources import deliveries
from tests.sources.bureau import Bureau, csv_contract


def main() -> None:
    """Land, and stop where the test wants it."""
    bureau = Bureau(Path(sys.argv[1]))
    if sys.argv[2] == "wait":
        write = deliveries.write_tables

        def write_and_wait(*arguments: object) -> None:
            write(*arguments)  # type: ignore[arg-type]
            print("written", flush=True)
            time.sleep(60)

        deliveries.write_tables = write_and_wait  # type: ignore[assignment]
    else:
        limit = int(sys.argv[2])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        bureau.land(csv_contract())
    except StorageError as error:
        print(error, flush=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
