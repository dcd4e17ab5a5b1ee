"""A week of history for entities that have just been created."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
import sqlite3
import time
from typing import Final

from .waiting import until

STEP: Final = 1800
WEEK: Final = 7 * 24 * 3600


def write(folder: Path, entity_id: str, value_at: Callable[[float], float]) -> None:
    """Give an entity a state every half an hour; `value_at` is asked with how many hours ago.

    The entity has just been removed and added again. Newer releases record the time between as no
    state, which seems to be zero in a graph.
    """
    with closing(sqlite3.connect(folder / "home-assistant_v2.db", timeout=30)) as database:
        metadata_id, attributes_id = until(
            lambda: _recorded(database, entity_id), 30, f"{entity_id} is recorded"
        )
        now = time.time()
        moments = [now - ago for ago in range(WEEK, 0, -STEP)]
        database.executemany(
            "INSERT INTO states (metadata_id, attributes_id, state, last_updated_ts, origin_idx)"
            " VALUES (?, ?, ?, ?, 0)",
            [
                (metadata_id, attributes_id, str(value_at((now - moment) / 3600)), moment)
                for moment in moments
            ],
        )
        database.execute(
            "UPDATE states SET state = 'unavailable' WHERE metadata_id = ? AND state IS NULL",
            (metadata_id,),
        )
        database.commit()


def _recorded(database: sqlite3.Connection, entity_id: str) -> tuple[int, int] | None:
    """Return what the recorder has called the entity and its attributes since it is back."""
    found: tuple[int, int] | None = database.execute(
        "SELECT metadata_id, states.attributes_id FROM states JOIN states_meta USING (metadata_id)"
        " JOIN states AS gone USING (metadata_id)"
        " WHERE states_meta.entity_id = ? AND gone.state = 'unavailable'"
        " AND states.state != 'unavailable' AND states.last_updated_ts > gone.last_updated_ts",
        (entity_id,),
    ).fetchone()
    return found
