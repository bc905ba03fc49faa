"""``hedgerow doctor``: what is installed, reachable and missing, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hedgerow.cli._options import WorkspaceOption, workspace_path

if TYPE_CHECKING:
    from hedgerow.lake import Lake


# Extras of pyproject.toml that a user may want: the package behind each, and what it is for.
_EXTRAS = {
    "aws": ("boto3", "secrets, flat files and lakes in S3"),
    "mysql": ("pymysql", "a catalog on MySQL or MariaDB"),
    "postgres": ("psycopg", "a catalog on PostgreSQL"),
    "yahoo": ("yfinance", "Yahoo's prices"),
}
# A key of two parts is of no use without its second.
_SECOND_PARTS = {
    "Massive's flat files": ("MASSIVE_S3_SECRET_ACCESS_KEY", "POLYGON_S3_SECRET_ACCESS_KEY")
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; what is optional and absent needs no mending."""

    what: str
    good: bool
    found: str
    remedy: str = ""
    optional: bool = False


def doctor(workspace: WorkspaceOption = None) -> None:
    """Check what is installed, reachable and missing; exit 1 where something needs mending."""
    from hedgerow.cli._console import say, show_table

    findings = [*_python(), *_packages(), *_extras(), *_configured(workspace)]
    show_table(
        ["", "what", "found", "to do"],
        [(_mark(f), f.what, f.found, f.remedy) for f in findings],
    )
    bad = sum(not finding.good for finding in findings)
    if bad:
        say(f"{bad} of {len(findings)} need mending.")
        raise typer.Exit(1)
    say("All is well.")


def _mark(finding: Finding) -> str:
    if finding.optional:
        return "–"
    return "ok" if finding.good else "!!"


def _python() -> Iterator[Finding]:
    import os
    import platform

    found = f"{platform.python_version()} on {platform.machine()}, {os.cpu_count()} processors"
    yield Finding("Python", good=True, found=found)


def _packages() -> Iterator[Finding]:
    from packaging.requirements import Requirement

    for text in requires("hedgerow") or []:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            have = version(wanted.name)
        except PackageNotFoundError:
            yield Finding(wanted.name, good=False, found="missing", remedy=f"pip install '{text}'")
            continue
        good = wanted.specifier.contains(have, prereleases=True)
        yield Finding(wanted.name, good, have, "" if good else f"pip install '{text}'")


def _extras() -> Iterator[Finding]:
    """What can be installed beside, and for what."""
    for extra, (package, what) in _EXTRAS.items():
        try:
            yield Finding(f"extra {extra}", good=True, found=f"{package} {version(package)}")
        except PackageNotFoundError:
            remedy = f"pip install 'hedgerow[{extra}]' for {what}"
            yield Finding(f"extra {extra}", good=True, found="–", remedy=remedy, optional=True)


def _configured(given: Path | None) -> Iterator[Finding]:
    from hedgerow.errors import DefinitionError
    from hedgerow.settings import load_settings

    try:
        load_settings()
    except DefinitionError as error:
        yield Finding("settings", good=False, found=error.message, remedy="see the message")
        return
    yield Finding("settings", good=True, found="all are allowed")
    yield from _keys()
    yield from _workspace(workspace_path(given))


def _keys() -> Iterator[Finding]:
    """Which vendors can be asked: the name of each key and where it is, never the key."""
    from hedgerow.credentials import VENDOR_KEYS, find_credential
    from hedgerow.errors import HedgerowError

    for vendor, names in VENDOR_KEYS.items():
        what = f"key of {vendor}"
        try:
            parts = {given: find_credential(*given) for given in _parts(vendor, names)}
        except HedgerowError as error:
            yield Finding(what, good=False, found=error.message, remedy="see the message")
            continue
        found = ", ".join(f"{one.name} from {one.where}" for one in parts.values() if one)
        lacking = " and ".join(given[0] for given, one in parts.items() if one is None)
        if not lacking:
            yield Finding(what, good=True, found=found)
        elif found:
            yield Finding(what, good=False, found=found, remedy=f"set {lacking} too")
        else:
            remedy = f"set {lacking} to ask it"
            yield Finding(what, good=True, found="–", remedy=remedy, optional=True)


def _parts(vendor: str, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    second = _SECOND_PARTS.get(vendor)
    return [names] if second is None else [names, second]


def _workspace(path: Path) -> Iterator[Finding]:
    import shutil

    from hedgerow.cli._console import shown_path
    from hedgerow.errors import HedgerowError
    from hedgerow.workspace import Workspace

    place = path if path.exists() else path.absolute().parent
    if place.exists():
        free = shutil.disk_usage(place).free / 2**30
        remedy = "" if free > 1 else "free some space, or use another folder with --workspace"
        yield Finding("disk", good=free > 1, found=f"{free:.1f} GiB free", remedy=remedy)
    if not Workspace.exists(path):
        note = "hedgerow demo makes one with prices in it"
        yield Finding("workspace", good=True, found=f"none at {shown_path(path)} yet", remedy=note)
        return
    try:
        ws = Workspace(path)
    except HedgerowError as error:
        yield Finding("catalog", good=False, found=error.message, remedy="see the message")
        return
    yield Finding("workspace", good=True, found=shown_path(path))
    yield Finding("catalog", good=True, found=ws.catalog.url)  # opening it has reached it
    elsewhere = "://" in ws.lake.uri
    try:
        names = list(ws.lake.versions())
    except HedgerowError as error:
        yield Finding("lake", good=False, found=error.message, remedy="see the message")
        return
    where = ws.lake.uri if elsewhere else shown_path(Path(ws.lake.uri))
    yield Finding("lake", good=True, found=f"{where}: {len(names)} tables")
    # In a bucket, opening every file would take as long as reading it all.
    for name in [] if elsewhere else names:
        yield from _table(ws.lake, name)


def _table(lake: Lake, name: str) -> Iterator[Finding]:
    """What is wrong with a table; nothing where each of its data files can be read."""
    import polars as pl

    from hedgerow.errors import HedgerowError

    remedy = "bring the file back from a copy, or load the workspace anew"
    try:
        # Counting alone would trust the log; a column of each file cannot be had without it.
        lake.scan(name).select(pl.first().is_null().sum()).collect()
    except (HedgerowError, pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0].partition(" (set POLARS_")[0]
        yield Finding(f"table {name}", good=False, found=reason, remedy=remedy)
