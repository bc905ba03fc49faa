"""One way to ask a vendor over HTTP: limited, repeated where that helps, checked and remembered."""

from hedgerow.sources.http.client import VendorClient
from hedgerow.sources.http.limits import Rate, RateLimiter
from hedgerow.sources.http.options import HttpOptions
from hedgerow.sources.http.reply import Reply, by_status, retry_after

__all__ = [
    "HttpOptions",
    "Rate",
    "RateLimiter",
    "Reply",
    "VendorClient",
    "by_status",
    "retry_after",
]
