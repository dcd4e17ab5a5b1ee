"""A day of history for entities that have just been created."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import sqlite3
import time
from typing import Final

from .waiting import until

STEP: Final = 600
DAY: Final = 24 * 3600


def write(folder: Path, entity_id: str, value_at: Callable[[float], float]) -> None:
    """Give an entity a state every ten minutes; `value_at` is asked with how many hours ago."""
    with closing(sqlite3.connect(folder / "home-assistant_v2.db", timeout=30)) as database:
        metadata_id, attributes_id = until(
            lambda: _recorded(database, entity_id), 30, f"{entity_id} is recorded"
        )
        now = time.time()
        moments = [now - ago for ago in range(DAY, STEP, -STEP)]
        database.executemany(
            "INSERT INTO states (metadata_id, attributes_id, state, last_updated_ts, origin_idx)"
            " VALUES (?, ?, ?, ?, 0)",
            [
                (metadata_id, attributes_id, str(value_at((now - moment) / 3600)), moment)
                for moment in moments
            ],
        )
        database.commit()


def _recorded(database: sqlite3.Connection, entity_id: str) -> tuple[int, int] | None:
    """Return what the recorder has called the entity and its attributes."""
    found: tuple[int, int] | None = database.execute(
        "SELECT metadata_id, attributes_id FROM states JOIN states_meta USING (metadata_id)"
        " WHERE states_meta.entity_id = ? AND attributes_id IS NOT NULL ORDER BY last_updated_ts",
        (entity_id,),
    ).fetchone()
    return found
