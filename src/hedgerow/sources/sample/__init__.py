"""Real prices and exchange rates bundled with the package, for a first run without a network."""

from hedgerow.sources.sample.closes import SampleCloses
from hedgerow.sources.sample.fx import SampleFx
from hedgerow.sources.sample.ohlcv import SampleOhlcv
from hedgerow.sources.sample.passports import PASSPORTS, Passport

__all__ = ["PASSPORTS", "Passport", "SampleCloses", "SampleFx", "SampleOhlcv"]
