"""Settings, from the environment or a ``.env`` file; every name begins with ``HEDGEROW_``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set without code.

    Each attribute is read from ``HEDGEROW_<NAME>``, first in the environment, then in a
    ``.env`` file of the current folder.
    """

    model_config = SettingsConfigDict(env_prefix="HEDGEROW_", env_file=".env", extra="ignore")

    workspace: Path = Field(
        default=Path("workspace"), description="folder used when no --workspace is given"
    )
    source_priority: list[str] = Field(
        default=["sample_ohlcv", "sample_closes", "synthetic"],
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


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """Settings of this process, read once."""
    return Settings()
