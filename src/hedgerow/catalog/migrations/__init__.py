"""Alembic migrations of the catalog: one file per revision in ``versions``."""
