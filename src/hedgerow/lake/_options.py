"""How an object store is reached: what the environment says, and how long to try."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hedgerow.credentials import aws_settings
from hedgerow.errors import AuthError

# A store that is down must be told within seconds; one that is only busy gets a second chance.
_TRIES, _SECONDS = 5, 15
_PATIENCE = {
    "max_retries": str(_TRIES),
    "retry_timeout": f"{_SECONDS}s",
    "connect_timeout": "5s",
}
# The same for Polars, which has its own names for it and takes numbers.
_POLARS_PATIENCE = {"max_retries": _TRIES, "retry_timeout_ms": _SECONDS * 1000}

_S3 = ("s3://", "s3a://")


def store_options(uri: str, given: Mapping[str, str] | None) -> dict[str, str] | None:
    """Options of the store at an address, under the names of environment variables.

    Parameters
    ----------
    uri
        Folder, or address such as ``s3://bucket/prefix``.
    given
        Options that go before those of the environment and of ``.env``.

    Returns
    -------
    dict[str, str] or None
        None for a folder. An ``http://`` endpoint is allowed unless ``AWS_ALLOW_HTTP`` says
        otherwise. Buckets are named in the path, and commits are conditional puts: both are
        what the storage library does by itself.

    Raises
    ------
    AuthError
        ``.env`` cannot be read, or the address or the endpoint holds a login.
    """
    if not uri.startswith(_S3):
        return dict(given) if given else None
    if "@" in uri.partition("://")[2].partition("/")[0]:
        raise AuthError(
            "the address of a bucket cannot hold a login: write s3://bucket/prefix, and set "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    found = aws_settings() | dict(given or {})
    endpoint = found.get("AWS_ENDPOINT_URL_S3") or found.get("AWS_ENDPOINT_URL")
    region = found.get("AWS_REGION") or found.get("AWS_DEFAULT_REGION")
    # A profile of ~/.aws may name the region itself.
    if region is None and (endpoint or not _has_profile(found)):
        region = "us-east-1"
    told = {
        "AWS_ACCESS_KEY_ID": found.get("AWS_ACCESS_KEY_ID"),
        "AWS_SECRET_ACCESS_KEY": found.get("AWS_SECRET_ACCESS_KEY"),
        "AWS_SESSION_TOKEN": found.get("AWS_SESSION_TOKEN"),
        "AWS_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": found.get("AWS_ALLOW_HTTP")
        or ("true" if (endpoint or "").startswith("http://") else None),
    }
    return dict(given or {}) | {name: value for name, value in told.items() if value}


def for_delta(options: Mapping[str, str] | None) -> dict[str, str] | None:
    """Options as the Delta library takes them, with an end to its patience."""
    return None if options is None else {**_PATIENCE, **options}


def for_polars(options: Mapping[str, str] | None) -> dict[str, str | int] | None:
    """Options as Polars takes them, with an end to its patience."""
    return None if options is None else {**_POLARS_PATIENCE, **options}


def _has_profile(found: Mapping[str, str]) -> bool:
    named = os.environ.get("AWS_CONFIG_FILE")
    return "AWS_PROFILE" in found or Path(named or "~/.aws/config").expanduser().is_file()
