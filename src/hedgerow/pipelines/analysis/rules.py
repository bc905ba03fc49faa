"""What a bar is judged by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hedgerow.domain import Timeframe
from hedgerow.errors import DefinitionError

_WEEK_SECONDS = 604_800

# The longest regular closing of New York is a half day on Thursday, a holiday on Friday and a
# weekend: a daily VIX of that Thursday, 13:15, is still the last one on Monday at 16:00, after
# 4 days 3 hours. A feed that stops for longer must not be taken for news.
_INTRADAY_AGE = dt.timedelta(days=5)
# The same, and the closing of September 2001 from a Monday to the next.
_DAILY_AGE = dt.timedelta(days=7)
# A weekly value is as old as the week before when the bar ends.
_WEEKLY_AGE = dt.timedelta(days=14)


@dataclass(frozen=True)
class AnalysisRules:
    """Thresholds and windows of the market analysis.

    Parameters
    ----------
    band
        Move, in percent, that is a signal when the VIX stands at ``reference_vix``.
    reference_vix
        VIX, in points, at which the threshold equals ``band``.
    beta_window
        Bars in the rolling regression.
    max_age
        Age of the last known VIX or SPX beyond which it counts as unknown; by default 5 days
        for intraday bars, 7 for daily and 14 for weekly ones.

    Raises
    ------
    DefinitionError
        A value is out of range.

    Examples
    --------
    >>> AnalysisRules(band=0.75).age_limit("1h").days
    5
    """

    band: float = 0.5
    reference_vix: float = 15.0
    beta_window: int = 60
    max_age: dt.timedelta | None = None

    def __post_init__(self) -> None:
        if not self.band > 0:
            raise DefinitionError(f"band {self.band} must be above zero: percent, such as 0.5")
        if not self.reference_vix > 0:
            raise DefinitionError(
                f"reference_vix {self.reference_vix} must be above zero: points, such as 15"
            )
        if self.beta_window < 2:
            raise DefinitionError(
                f"beta_window {self.beta_window} is too short: a slope needs at least 2 bars"
            )
        if self.max_age is not None and self.max_age <= dt.timedelta():
            raise DefinitionError(f"max_age {self.max_age} must be above zero, such as 5 days")

    def age_limit(self, timeframe: str | Timeframe) -> dt.timedelta:
        """Oldest VIX or SPX that still counts for bars of a timeframe."""
        if self.max_age is not None:
            return self.max_age
        length = Timeframe.parse(timeframe)
        if length.intraday:
            return _INTRADAY_AGE
        return _WEEKLY_AGE if length.seconds >= _WEEK_SECONDS else _DAILY_AGE
