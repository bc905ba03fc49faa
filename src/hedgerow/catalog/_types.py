"""Column types that mean the same on SQLite, PostgreSQL and MySQL."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import DateTime, String, Text
from sqlalchemy.dialects.mysql import DATETIME, MEDIUMTEXT
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from hedgerow.catalog._json import canonical_json
from hedgerow.errors import DataError

MYSQL = ("mysql", "mariadb")  # two names of one dialect; the URL decides which

# Options of every table there.
MYSQL_TABLE = {
    f"{name}_{option}": value
    for name in MYSQL
    for option, value in (
        ("engine", "InnoDB"),
        ("default_charset", "utf8mb4"),
        ("collate", "utf8mb4_bin"),
    )
}


def name_text(length: int) -> String:
    """Short text compared and ordered by its bytes, whatever the database's locale."""
    return (
        String(length)
        .with_variant(String(length, collation="C"), "postgresql")
        .with_variant(String(length, collation="utf8mb4_bin"), *MYSQL)
    )


def long_text() -> Text:
    """Text without a practical limit; MySQL's own TEXT ends at 64 KiB."""
    return Text().with_variant(MEDIUMTEXT(), *MYSQL)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """UTC instant to the microsecond.

    SQLite and MySQL keep no zone, so the value is stored in UTC and the zone put back on
    reading. A value without a zone is refused.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in MYSQL:
            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise DataError(f"instant {value.isoformat()} has no time zone: give one, such as UTC")
        instant = value.astimezone(dt.UTC)
        return instant if dialect.name == "postgresql" else instant.replace(tzinfo=None)

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class JsonText(TypeDecorator[Any]):
    """Plain value kept as canonical JSON text: the same bytes on every database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return MEDIUMTEXT() if dialect.name in MYSQL else super().load_dialect_impl(dialect)

    def process_bind_param(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> str:
        return canonical_json(value)

    def process_result_value(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> Any:
        return None if value is None else json.loads(value)
