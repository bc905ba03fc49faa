"""Settings, from the environment or a ``.env`` file; every name begins with ``HEDGEROW_``."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from hedgerow.errors import DefinitionError

_PREFIX = "HEDGEROW_"


class Settings(BaseSettings):
    """What can be set without code.

    Each attribute is read from ``HEDGEROW_<NAME>``, first in the environment, then in a
    ``.env`` file of the current folder; an empty one counts as not set. A list is written
    ``mine,other`` or as JSON, and ``~`` in a folder is the home folder.

    Examples
    --------
    >>> Settings(_env_file=None, source_priority="mine, other").source_priority
    ['mine', 'other']
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
    )

    workspace: Path = Field(
        default=Path("workspace"), description="folder used when no --workspace is given"
    )
    source_priority: Annotated[list[str], NoDecode] = Field(
        default=[
            "massive",
            "alphavantage",
            "fmp",
            "yahoo",
            "cboe",
            "fred",
            "sample_ohlcv",
            "sample_closes",
            "synthetic",
        ],
        description="whose bars a read prefers, best first; sources not named come after, by name",
    )
    stale_run: int = Field(
        default=10, ge=2, description="identical bars in a row from which a series counts as stale"
    )
    jump_warning: float = Field(
        default=0.40, gt=0, description="one-bar move, as a fraction, that warns without a split"
    )
    log_retention_days: int = Field(
        default=3650, ge=1, description="days the lake keeps its commit log, for old versions"
    )
    file_retention_days: int = Field(
        default=30, ge=0, description="days a replaced data file stays readable before vacuum"
    )
    leftover_hours: float = Field(
        default=24.0, ge=0, description="age from which a killed writer's partial files are removed"
    )

    catalog_url: str = Field(
        default="",
        repr=False,  # it may hold a password
        description="SQLAlchemy URL of the catalog; a file in the workspace when empty",
    )
    lake_uri: str = Field(
        default="", description="place of the lake, such as s3://bucket/prefix; in the workspace"
    )
    secrets: str = Field(
        default="", description="where keys are kept that are set nowhere, such as ssm:/folder"
    )
    cache: Path = Field(
        default=Path("~/.cache/hedgerow"), description="folder of vendor answers and used quotas"
    )
    massive_plan: Literal["free", "premium"] = Field(
        default="free", description="5 requests a minute, or unlimited"
    )
    massive_url: str = Field(default="https://api.massive.com", description="host of Massive")
    massive_files_url: str = Field(
        default="https://files.massive.com", description="S3 endpoint of Massive's flat files"
    )
    alphavantage_plan: Literal["free", "premium"] = Field(
        default="free", description="25 requests a day, or 75 a minute"
    )
    alphavantage_url: str = Field(
        default="https://www.alphavantage.co", description="host of Alpha Vantage"
    )
    fmp_plan: Literal["free", "starter", "premium", "ultimate"] = Field(
        default="free", description="250 requests a day, or 300, 750 or 3,000 a minute"
    )
    fmp_url: str = Field(
        default="https://financialmodelingprep.com", description="host of Financial Modeling Prep"
    )
    cboe_url: str = Field(default="https://cdn.cboe.com", description="host of Cboe's files")
    fred_url: str = Field(default="https://api.stlouisfed.org", description="host of FRED")
    fred_files_url: str = Field(
        default="https://fred.stlouisfed.org", description="host of FRED's files without a key"
    )
    ecb_url: str = Field(default="https://www.ecb.europa.eu", description="host of the ECB")
    yahoo_url: str = Field(
        default="", description="host to ask in place of Yahoo's own, such as a proxy"
    )

    @field_validator("workspace", "cache")
    @classmethod
    def _at_home(cls, folder: Path) -> Path:
        try:
            return folder.expanduser()
        except RuntimeError as error:
            raise ValueError(str(error)) from None

    @field_validator("source_priority", mode="before")
    @classmethod
    def _names(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        if given.lstrip().startswith("["):
            return json.loads(given)
        return [name.strip() for name in given.split(",") if name.strip()]


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process, read once.

    Raises
    ------
    DefinitionError
        A variable, or a line of ``.env``, has a value that is not allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        given = first["input"]
        raise DefinitionError(
            f"setting {_PREFIX}{name.upper()}={given if isinstance(given, str) else repr(given)} "
            f"is not allowed: {_valid(name)}. Mend it in the environment or in .env",
            setting=name,
            value=given,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"file .env of this folder cannot be read: {error}") from None


def _valid(name: str) -> str:
    field = Settings.model_fields[name]
    if field.annotation is Path:
        return "it must be a folder, such as ~/prices"
    if field.annotation not in (int, float):
        return "it must be names with commas between, such as mine,sample_ohlcv"
    bounds = [
        f" of {one.ge} or more" if hasattr(one, "ge") else f" above {one.gt}"
        for one in field.metadata
        if hasattr(one, "ge") or hasattr(one, "gt")
    ]
    kind = "a whole number" if field.annotation is int else "a number"
    return f"it must be {kind}{''.join(bounds)}, such as {field.default}"
