"""What a check of the stored bars found, series by series."""

from __future__ import annotations

import dataframely as dy

from hedgerow.domain.schemas._columns import date, instant, number, text, whole
from hedgerow.domain.schemas._table import Table


class Quality(dy.Schema):
    """How complete and how plausible one series of bars was when it was checked."""

    checked_at = instant("instant whose state is described", primary_key=True)
    timeframe = text("length of the bars; empty where refused rows do not say", primary_key=True)
    instrument_id = text("stable identity; empty where refused rows do not say", primary_key=True)
    source = text("who sent the bars", primary_key=True, min_length=1)
    adjustment = text("raw, split or total; empty where refused rows do not say", primary_key=True)
    symbol = text("ticker now; empty where refused rows do not say", primary_key=True)
    bars = whole("bars stored", min=0)
    first_session = date("first session with a bar; null where there is none", nullable=True)
    last_session = date("last session with a bar", nullable=True)
    expected_sessions = whole(
        "sessions of the exchange from the first to the last; null where its calendar is not "
        "known, and for bars longer than a day",
        nullable=True,
        min=0,
    )
    missing_sessions = whole("those of them without a bar; null likewise", nullable=True, min=0)
    coverage = number("share of the expected sessions that is there, fraction", nullable=True)
    gaps = text("longest runs of missing sessions, at most ten; empty where there is none")
    longest_gap = whole("sessions of the longest of them", nullable=True, min=0)
    sessions_behind = whole(
        "completed sessions since the last bar, up to the delisting; null likewise", nullable=True
    )
    stale_runs = whole("runs of identical bars, at least as long as the limit", min=0)
    stale_bars = whole("bars in them that repeat the one before, stored or refused", min=0)
    longest_stale_run = whole("bars of the longest", min=0)
    refused = whole("rows in the quarantine", min=0)
    refused_by_rule = text("their rules with counts, the most frequent first; empty for none")
    compared_bars = whole("bars that another source has too, on the same basis", min=0)
    disagreeing_bars = whole("those whose close is more than 50 bps from the other's", min=0)
    largest_disagreement_bps = number("largest difference of two closes", nullable=True)
    disagrees_with = text("source with which it differs most often; empty where none")
    odd_splits = whole("splits of no simple ratio within its sessions: spin-offs", min=0)
    large_dividends = whole("dividends above half of the price that remains", min=0)
    jumps = whole("one-bar moves beyond the limit that no split explains", min=0)
    largest_jump = number("largest of them, fraction", nullable=True)
    problems = text("names of what is wrong, joined by commas; empty where nothing is")


QUALITY = Table("quality", Quality, cluster_by=("checked_at", "instrument_id"), ignore_changes=())
