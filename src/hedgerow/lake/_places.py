"""The two ends of a copy: a folder of this machine and a prefix of a bucket.

Both write a file whole or not at all, check what they wrote by its MD5, and can refuse to
replace one that is there, which is what keeps two writers of one log apart.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from hedgerow.credentials import aws_client
from hedgerow.errors import DefinitionError, StoreError
from hedgerow.lake._options import store_options

_CHUNK = 2**20
_PART = "#part-"  # which the janitor takes for a leftover, as a killed copy leaves it
_PLAIN_MD5 = re.compile(r"[0-9a-f]{32}")
_NOT_NEW = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


@dataclass(frozen=True)
class Entry:
    """One file of a place.

    Parameters
    ----------
    path
        Relative to the place, with forward slashes.
    size
        In bytes.
    md5
        Of its content, in hex; None where the place keeps none.
    """

    path: str
    size: int
    md5: str | None


class Place(Protocol):
    """Where files lie."""

    @property
    def where(self) -> str:
        """Its path or address."""
        ...

    def names(self) -> list[str]:
        """Folders right below, sorted."""
        ...

    def entries(self, folder: str) -> dict[str, Entry]:
        """Every file below a folder, by path."""
        ...

    def entry(self, path: str) -> Entry | None:
        """One file right in the place; None where there is none."""
        ...

    def known_md5(self, entry: Entry) -> str | None:
        """MD5 of a file's content, where it can be had without fetching the file."""
        ...

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        """A file's content, from the beginning."""
        ...

    def put(self, path: str, content: BinaryIO, md5: str | None, *, only_new: bool) -> bool:
        """Store a file; False where ``only_new`` and there is one already."""
        ...

    def remove(self, path: str) -> None:
        """Remove a file; fine where it is gone already."""
        ...


def read(place: Place, path: str) -> bytes:
    """A small file's content."""
    with place.opened(path) as stream:
        return stream.read()


def may_be_same(one: Entry, other: Entry, here: Place, there: Place) -> bool:
    """Whether two files have the same size and, where both are known, the same MD5."""
    if one.size != other.size:
        return False
    ours, theirs = here.known_md5(one), there.known_md5(other)
    return None in (ours, theirs) or ours == theirs


def is_same(one: Entry, other: Entry, here: Place, there: Place) -> bool:
    """Whether two small files have the same content, fetching it where its MD5 is not known."""
    if one.size != other.size:
        return False
    ours, theirs = here.known_md5(one), there.known_md5(other)
    if None in (ours, theirs):
        return read(here, one.path) == read(there, other.path)
    return ours == theirs


def place_at(uri: str | Path, options: dict[str, str] | None = None) -> Place:
    """A folder, or a prefix of a bucket.

    Raises
    ------
    DefinitionError
        The address is neither.
    AuthError
        The address is in a bucket, and the extra ``aws`` is not installed.
    """
    text = str(uri).removeprefix("file://")
    if "://" not in text:
        return Folder(Path(text).expanduser().absolute())
    scheme, _, rest = text.partition("://")
    bucket, _, prefix = rest.strip("/").partition("/")
    if scheme not in {"s3", "s3a"} or not bucket:
        raise DefinitionError(f"address {text!r} is not s3://bucket/prefix, nor a folder", uri=text)
    settings = store_options(text, options) or {}
    client = aws_client("s3", settings or None)
    return Bucket(f"s3://{rest.rstrip('/')}", bucket, f"{prefix}/" if prefix else "", client)


@dataclass(frozen=True)
class Folder:
    """A folder of this machine."""

    root: Path
    _digests: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def where(self) -> str:
        """Its path."""
        return str(self.root)

    def names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(entry.name for entry in self.root.iterdir() if entry.is_dir())

    def entries(self, folder: str) -> dict[str, Entry]:
        found = {}
        for path in sorted((self.root / folder).rglob("*")):
            if path.is_file() and _PART not in path.name:
                name = path.relative_to(self.root).as_posix()
                found[name] = Entry(name, path.stat().st_size, None)
        return found

    def entry(self, path: str) -> Entry | None:
        file = self.root / path
        return Entry(path, file.stat().st_size, None) if file.is_file() else None

    def known_md5(self, entry: Entry) -> str | None:
        # Files of a lake never change, so each is read for it once.
        if entry.path not in self._digests:
            with self.opened(entry.path) as stream:
                self._digests[entry.path] = md5_of(stream)
        return self._digests[entry.path]

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        with (self.root / path).open("rb") as stream:
            yield stream

    def put(self, path: str, content: BinaryIO, md5: str | None, *, only_new: bool) -> bool:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}{_PART}{uuid.uuid4().hex}")
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with part.open("xb") as out:
                while chunk := content.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
            if md5 is not None and digest.hexdigest() != md5:
                raise StoreError(f"{self.where}/{path} was damaged on its way: run it again")
            if only_new:
                os.link(part, target)  # unlike a rename, fails where there is one already
            else:
                part.replace(target)
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
        self._digests[path] = digest.hexdigest()
        return True

    def remove(self, path: str) -> None:
        self._digests.pop(path, None)
        (self.root / path).unlink(missing_ok=True)


@dataclass(frozen=True)
class Bucket:
    """A prefix of a bucket in an object store that speaks S3."""

    where: str
    bucket: str
    prefix: str
    client: Any = field(repr=False)

    def names(self) -> list[str]:
        found = []
        for page in self._pages(self.prefix, Delimiter="/"):
            found += [one["Prefix"] for one in page.get("CommonPrefixes", [])]
        return sorted(name.removeprefix(self.prefix).rstrip("/") for name in found)

    def entries(self, folder: str) -> dict[str, Entry]:
        return self._listed(f"{folder}/")

    def entry(self, path: str) -> Entry | None:
        return self._listed(path).get(path)

    def _listed(self, start: str) -> dict[str, Entry]:
        found = {}
        for page in self._pages(self.prefix + start):
            for one in page.get("Contents", []):
                name = one["Key"].removeprefix(self.prefix)
                etag = str(one.get("ETag", "")).strip('"')
                # Written in parts, or encrypted by another key, its ETag is no MD5.
                md5 = etag if _PLAIN_MD5.fullmatch(etag) else None
                found[name] = Entry(name, int(one["Size"]), md5)
        return found

    def known_md5(self, entry: Entry) -> str | None:
        return entry.md5

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        with _faults():
            answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + path)
            body = answer["Body"]
            try:
                yield body
            finally:
                body.close()

    def put(self, path: str, content: BinaryIO, md5: str | None, *, only_new: bool) -> bool:
        if md5 is None:
            md5 = md5_of(content)
            content.seek(0)
        condition = {"IfNoneMatch": "*"} if only_new else {}
        with _faults():
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=self.prefix + path,
                    Body=content,
                    ContentMD5=base64.b64encode(bytes.fromhex(md5)).decode(),
                    **condition,
                )
            except self.client.exceptions.ClientError as fault:
                if only_new and fault.response.get("Error", {}).get("Code") in _NOT_NEW:
                    return False
                raise
        return True

    def remove(self, path: str) -> None:
        with _faults():
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + path)

    def _pages(self, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
        with _faults():
            pages = self.client.get_paginator("list_objects_v2")
            yield from pages.paginate(Bucket=self.bucket, Prefix=prefix, **more)


def md5_of(stream: BinaryIO) -> str:
    """MD5 of what is left in a stream, in hex."""
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _faults() -> Iterator[None]:
    """Faults of the S3 library as the operating system's own, which are explained elsewhere."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as fault:
        raise OSError(" ".join(str(fault).split())) from None
