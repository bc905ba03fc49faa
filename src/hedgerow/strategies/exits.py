"""Rules that close a position whatever the signal says."""

from __future__ import annotations

from dataclasses import dataclass

from hedgerow.errors import DefinitionError
from hedgerow.features import Feature

Level = float | Feature | None


@dataclass(frozen=True)
class Exits:
    """Rules that depend on the path since a position was opened.

    Parameters
    ----------
    stop
        Loss at which to leave, as a fraction of the entry price: a number, or a row-wise
        feature read at the bar that decided the entry, such as
        ``2 * hr.col("atr") / hr.col("close")``.
    target
        Gain at which to leave, likewise.
    trailing
        Fall from the best price since the entry at which to leave, likewise.
    max_bars
        Bars after the entry fill at whose close the position is given up.
    exit_when
        Condition at a bar's close that gives the position up.

    Notes
    -----
    A gapped stop fills at the open. If stop and target fall into one bar, the stop wins.
    A close-only series leaves at the fill after the close that broke the level.

    Raises
    ------
    DefinitionError
        A fixed level is not above zero, a stop is not below one, or ``max_bars`` is below one.
    """

    stop: Level = None
    target: Level = None
    trailing: Level = None
    max_bars: int | None = None
    exit_when: Feature | None = None

    def __post_init__(self) -> None:
        for name in ("stop", "target", "trailing"):
            level = getattr(self, name)
            if isinstance(level, Feature) or level is None:
                continue
            if not 0 < level < (float("inf") if name == "target" else 1):
                raise DefinitionError(
                    f"exit {name}={level!r} is not allowed: give a fraction of the price such "
                    "as 0.05"
                )
        if self.max_bars is not None and self.max_bars < 1:
            raise DefinitionError(f"exit max_bars={self.max_bars} is not allowed: give at least 1")

    @property
    def levels(self) -> dict[str, float | Feature]:
        """The declared price levels by name."""
        named = {"stop": self.stop, "target": self.target, "trailing": self.trailing}
        return {name: level for name, level in named.items() if level is not None}
