"""How good the stored bars are: the report, and the gaps behind it."""

from __future__ import annotations

import datetime as dt

import polars as pl

from hedgerow.domain import Timeframe, knowledge_instant
from hedgerow.domain.schemas import BARS, QUALITY
from hedgerow.lake.quality import SERIES
from hedgerow.workspace.base import WorkspaceBase
from hedgerow.workspace.quality import assess, gap_ranges, presence
from hedgerow.workspace.request import Instant
from hedgerow.workspace.symbols import Symbols


class Checking(WorkspaceBase):
    """The part of a workspace that judges its own rows."""

    def quality(
        self,
        symbols: Symbols = None,
        timeframe: str | Timeframe | None = None,
        *,
        source: str | None = None,
        as_of: Instant = None,
        store: bool = True,
    ) -> pl.DataFrame:
        """Check the stored bars: are they complete, fresh, plausible, and as other sources say.

        Parameters
        ----------
        symbols
            As for ``bars``.
        timeframe
            The only length to check; all by default.
        source
            The only source to report.
        as_of
            Instant (or session date) whose knowledge counts, and by which sessions must have
            closed to be overdue; the present by default.
        store
            Whether to keep the report in the table ``quality``.

        Returns
        -------
        pl.DataFrame
            One row for each source, instrument, length and adjustment, with the columns of the
            table ``quality``, sorted by symbol: sessions expected by the exchange's calendar,
            missing and overdue; runs of identical bars (``settings.stale_run`` or more); rows
            in the quarantine by rule; closes more than 50 basis points from the best other
            source's; splits of no simple ratio; moves beyond ``settings.jump_warning`` that no
            split explains. ``problems`` names what is wrong, by the words of
            `hedgerow.workspace.quality.PROBLEMS`.

        Raises
        ------
        DataError
            A symbol is not known.

        Notes
        -----
        A series may be one session behind without being late: the night's load may be to
        come. After a delisting nothing is expected. Rows of the quarantine stay there after
        a vendor has mended them.

        Examples
        --------
        >>> import tempfile
        >>> from hedgerow.sources import SampleOhlcv
        >>> from hedgerow.workspace import Workspace
        >>> ws = Workspace(tempfile.mkdtemp())
        >>> done = ws.ingest(SampleOhlcv())
        >>> report = ws.quality("AAPL", as_of="2013-03-01")
        >>> report.select("bars", "coverage", "jumps", "problems").row(0)
        (3270, 1.0, 1, 'jumps')
        """
        then = None if as_of is None else knowledge_instant(as_of)
        instant = then or dt.datetime.now(dt.UTC)
        length = None if timeframe is None else Timeframe.parse(timeframe).code
        report = assess(
            self.lake,
            self.instruments(symbols, then and then.date()),
            every=symbols is None,
            timeframe=length,
            source=source,
            as_of=then,
            checked_at=instant,
        )
        if store and not report.is_empty():
            self.lake.merge(QUALITY, report, ingested_at=instant)
        return report

    def last_quality(self, symbols: Symbols = None) -> pl.DataFrame:
        """What was last found of each series, from the table ``quality``.

        Returns
        -------
        pl.DataFrame
            Rows as ``quality`` gives them, one a series, sorted by symbol; none where nothing
            was ever checked.

        Raises
        ------
        DataError
            A symbol is not known.
        """
        rows = self.lake.scan(QUALITY)
        if symbols is not None:
            asked = [one.instrument_id for one in self.instruments(symbols)]
            rows = rows.filter(pl.col("instrument_id").is_in(asked))
        return (
            rows.sort("checked_at")
            .unique([*SERIES, "symbol"], keep="last", maintain_order=True)
            .sort("symbol", "instrument_id", "timeframe", "source", "adjustment")
            .collect()
        )

    def gaps(self, symbols: Symbols = None, timeframe: str | Timeframe = "1d") -> pl.DataFrame:
        """Every run of sessions without a bar between the first and the last of each series.

        Returns
        -------
        pl.DataFrame
            ``source, timeframe, instrument_id, adjustment, first, last`` (both missing) and
            ``sessions`` (their number), sorted. Exchanges whose calendar is not known, and
            bars longer than a day, are left out.

        Raises
        ------
        DataError
            A symbol is not known.
        """
        asked = {one.instrument_id: one.exchange for one in self.instruments(symbols)}
        exchanges = pl.DataFrame(
            {"instrument_id": list(asked), "exchange": list(asked.values())},
            schema={"instrument_id": pl.String, "exchange": pl.String},
        )
        bars = (
            self.lake.scan(BARS)
            .filter(
                pl.col("timeframe") == Timeframe.parse(timeframe).code,
                pl.col("instrument_id").is_in(list(asked)),
            )
            .select(*SERIES, "session")
            .sort(*SERIES, "session")
            .collect()
        )
        return gap_ranges(presence(bars, exchanges))
