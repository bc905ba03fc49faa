"""From rows of a long frame to tables of bars x instruments.

A table that holds one value throughout is kept as one cell; the kernel reads it so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Where each row of a long frame goes in a table of bars x instruments.

    Parameters
    ----------
    shape
        Bars and instruments.
    row, column
        Place of each row of the frame.
    block
        Whether the frame is a full block: every instrument has every bar, in order.
    """

    shape: tuple[int, int]
    row: Places
    column: Places
    block: bool

    def table(self, column: pl.Series) -> Floats:
        """Values as a table; one cell where the column holds one value."""
        values = column.cast(pl.Float64)
        if values.null_count() == len(values):
            return np.full((1, 1), np.nan)
        if values.null_count() == 0 and values.min() == values.max() and values.is_finite().all():
            return np.full((1, 1), float(values[0]))
        return self._place(values.fill_null(np.nan).to_numpy(), np.nan)

    def prices(self, column: pl.Series) -> Floats:
        """Values as a full table, NaN where there is no bar; one NaN cell where all are null."""
        if column.null_count() == len(column):
            return np.full((1, 1), np.nan)
        return self._place(column.cast(pl.Float64).fill_null(np.nan).to_numpy(), np.nan)

    def codes(self, column: pl.Series) -> Bytes:
        """Small whole numbers as a full table, 0 where there is no bar."""
        return self._place(column.cast(pl.Int8).fill_null(0).to_numpy(), 0)

    def _place(self, values: npt.NDArray, fill: float) -> npt.NDArray:  # type: ignore[type-arg]
        bars, instruments = self.shape
        if self.block:
            return np.array(values.reshape(instruments, bars).T, order="C")
        table = np.full(bars * instruments, fill, dtype=values.dtype)
        table[self.row * instruments + self.column] = values
        return table.reshape(self.shape)


def lay_out(bars: pl.DataFrame, clock: pl.DataFrame) -> Layout:
    """Layout of bars, sorted by instrument and time, on a clock.

    Parameters
    ----------
    bars
        ``instrument_id, timestamp`` of each row.
    clock
        ``timestamp`` of each bar, sorted.
    """
    column = bars["instrument_id"].rle_id().cast(pl.Int64).to_numpy()
    shape = (len(clock), int(column[-1]) + 1)
    if len(bars) == shape[0] * shape[1]:
        return Layout(shape, np.tile(np.arange(shape[0]), shape[1]), column, block=True)
    places = clock.select("timestamp").with_row_index("_row")
    joined = bars.select("timestamp").join(
        places, on="timestamp", how="left", maintain_order="left"
    )
    return Layout(shape, joined["_row"].cast(pl.Int64).to_numpy(), column, block=False)
