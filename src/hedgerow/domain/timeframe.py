"""How long a bar is."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import polars as pl

from hedgerow.errors import DefinitionError

_UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_PATTERN = re.compile(r"(\d+)([mhdw])")


@dataclass(frozen=True, order=True)
class Timeframe:
    """The length of a bar, such as ``1m``, ``15m``, ``1h``, ``1d`` or ``1w``.

    Parameters
    ----------
    seconds
        Nominal length in seconds. A daily bar is 86,400 long by name, though its
        session is shorter.
    code
        The short name used in every frame and command.
    """

    seconds: int
    code: str

    @classmethod
    def parse(cls, text: str | Timeframe) -> Timeframe:
        """Read a short name.

        Raises
        ------
        DefinitionError
            The text is not a positive whole number followed by ``m``, ``h``, ``d`` or ``w``.

        Examples
        --------
        >>> Timeframe.parse("15m").seconds
        900
        """
        if isinstance(text, Timeframe):
            return text
        match = _PATTERN.fullmatch(text.strip().lower())
        if match is None or int(match[1]) == 0:
            raise DefinitionError(
                f"timeframe {text!r} is not known: give a whole number and a unit, "
                "such as 1m, 15m, 1h, 1d or 1w",
                timeframe=text,
            )
        count, unit = int(match[1]), match[2]
        return cls(seconds=count * _UNITS[unit], code=f"{count}{unit}")

    @property
    def duration(self) -> dt.timedelta:
        """Nominal length as a time span."""
        return dt.timedelta(seconds=self.seconds)

    @property
    def intraday(self) -> bool:
        """Whether the bar is shorter than a session."""
        return self.seconds < _UNITS["d"]

    def period(self, timestamp: pl.Expr) -> pl.Expr:
        """Partition label of a bar: its year, or its month for bars below one hour.

        Parameters
        ----------
        timestamp
            UTC bar starts.

        Returns
        -------
        pl.Expr
            String, ``2014`` or ``2014-03``; null where the timestamp is null.
        """
        return timestamp.dt.strftime("%Y-%m" if self.seconds < _UNITS["h"] else "%Y")

    def __str__(self) -> str:
        return self.code
