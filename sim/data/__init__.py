"""What is known: CSV tables with one row a number, each with its range, unit, year, source and confidence."""

from __future__ import annotations

from sim.data.tables import (
    SHIPPED,
    District,
    Instrument,
    Outcome,
    Quantity,
    Tables,
    load_tables,
    rows_of,
)

__all__ = ["SHIPPED", "District", "Instrument", "Outcome", "Quantity", "Tables", "load_tables", "rows_of"]
