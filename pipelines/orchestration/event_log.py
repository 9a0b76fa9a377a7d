"""Dagster's event log in SQLite, with one connection kept per file.

The stock class opens and closes a connection for every event; each close is a checkpoint and each
commit a flush: 8 s of a 20 s night. Here a file's connection stays open and a commit is flushed at
the next checkpoint. A power cut can cost the last events of a run, never a figure: what a night did
stands in the operations store and in the release. A server that stays up for months opens a file a
night, so only the last few stay open.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

# The index and the runs in progress; each open file costs three descriptors.
_KEPT_FILES = 8


class KeptConnectionEventLog(SqliteEventLogStorage):
    """The stock event log; only how it connects differs."""

    @classmethod
    def from_config_value(
        cls,
        inst_data: ConfigurableClassData | None,
        config_value: Any,  # noqa: ANN401 as in the stock class
    ) -> KeptConnectionEventLog:
        """This class; the stock method makes the stock one, whatever it is called on."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with (
            self._db_lock,
            self._engine_of(shard).connect() as connection,
            connection.begin(),
        ):
            yield connection

    def _engine_of(self, shard: str) -> Engine:
        """The engine of a file; called under the lock, so the one let go of is not in use."""
        kept: OrderedDict[str, Engine] = self.__dict__.setdefault("_kept_engines", OrderedDict())
        if shard not in kept:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={"timeout": 60, "check_same_thread": False},
            )
            event.listen(engine, "connect", _flush_at_checkpoints)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            kept[shard] = engine
            if len(kept) > _KEPT_FILES:
                kept.popitem(last=False)[1].dispose()
        kept.move_to_end(shard)
        return kept[shard]

    def dispose(self) -> None:
        """Close every kept connection."""
        for engine in self.__dict__.pop("_kept_engines", {}).values():
            engine.dispose()
        super().dispose()


def _flush_at_checkpoints(connection: Any, _: object) -> None:  # noqa: ANN401 a DB-API connection
    connection.execute("pragma synchronous = normal")
