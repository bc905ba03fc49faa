"""Models: one row for each version of a strategy's code."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from hedgerow.catalog._json import canonical_json, normalised
from hedgerow.catalog._store import Store, check_fit
from hedgerow.catalog.tables import MODELS

_ID_DIGITS = 32


class Models(Store):
    """The part of the catalog that keeps models."""

    def register_model(
        self,
        name: str,
        source_text: str,
        parameters_schema: Mapping[str, Any],
        *,
        created_at: dt.datetime | None = None,
    ) -> str:
        """Store a version of a strategy's code, once.

        Parameters
        ----------
        name
            Strategy as it is named in commands: ``SmaCross``, ``module:Class`` or
            ``file.py:Class``.
        source_text
            Its source code.
        parameters_schema
            Its parameters with their defaults, ranges and units, as plain values.
        created_at
            Instant to record if the version is new; the present by default.

        Returns
        -------
        str
            ``model_id``: 32 hexadecimal digits that depend on the first three arguments only.

        Raises
        ------
        DataError
            The name is empty or too long, or the schema has no JSON form.

        Examples
        --------
        >>> from hedgerow.catalog import Catalog
        >>> catalog = Catalog("sqlite://")
        >>> first = catalog.register_model("Hold", "class Hold: ...", {})
        >>> first == catalog.register_model("Hold", "class Hold: ...", {})
        True
        """
        model_id = model_identity(name, source_text, parameters_schema)
        row = {
            "model_id": model_id,
            "name": name,
            "source_text": source_text,
            "parameters_schema": normalised(parameters_schema),
            "created_at": created_at or dt.datetime.now(dt.UTC),
        }
        check_fit(MODELS, [row])

        def write(connection: Connection) -> None:
            found = select(MODELS.c.model_id).where(MODELS.c.model_id == model_id)
            if connection.scalar(found) is None:
                connection.execute(MODELS.insert(), row)

        self._commit(write)
        return model_id


def model_identity(name: str, source_text: str, parameters_schema: Mapping[str, Any]) -> str:
    """First 32 hexadecimal digits of the SHA-256 of a strategy's name, code and parameters."""
    content = canonical_json([name, source_text, parameters_schema])
    return hashlib.sha256(content.encode()).hexdigest()[:_ID_DIGITS]
