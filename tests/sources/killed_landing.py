"""A landing in a process of its own, which the test kills or keeps short of room.

Called with: the bureau's folder, and `wait` or a limit of bytes for each file.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pipelines.errors import StorageError
from pipelines.sources import deliveries, extract_folder
from tests.sources.bureau import Bureau, csv_contract


def main() -> None:
    """Land, and stop where the test wants it."""
    bureau = Bureau(Path(sys.argv[1]))
    if sys.argv[2] == "wait":

        def write_and_wait(*arguments: Any) -> None:
            extract_folder.write_tables(*arguments)
            print("written", flush=True)
            time.sleep(10_000)

        vars(deliveries)["write_tables"] = write_and_wait
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
