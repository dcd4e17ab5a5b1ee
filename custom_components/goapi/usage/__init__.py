"""Which tasks an account ran, and what each model used.

Nothing here knows Home Assistant, writes a file or has a clock of its own.
"""

from .reader import HistoryReader
from .record import UsageRecord
from .report import GROUP_BY, UsageRow, top_model, usage_report
from .series import Series, all_series, drop_before, series_rows

__all__ = [
    "GROUP_BY",
    "HistoryReader",
    "Series",
    "UsageRecord",
    "UsageRow",
    "all_series",
    "drop_before",
    "series_rows",
    "top_model",
    "usage_report",
]
