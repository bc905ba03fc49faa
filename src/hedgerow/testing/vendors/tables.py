"""Ways in which a table of text comes that are no fault, or a quiet one.

Each is a change of a sound answer, for ``faults.changed``::

    fake.script(faults.changed(tables.with_bom))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hedgerow.testing.vendors.server import Response

Change = Callable[[Response], Response]


def with_bom(answer: Response) -> Response:
    """A byte-order mark comes first."""
    return replace(answer, body=b"\xef\xbb\xbf" + answer.body)


def with_crlf(answer: Response) -> Response:
    """Lines end as on Windows, and a blank one comes last."""
    return replace(answer, body=answer.body.replace(b"\n", b"\r\n") + b"\r\n")


def with_commas_at_the_end(answer: Response) -> Response:
    """Each line ends with a comma, as in the bank's own files."""
    lines = answer.body.decode().splitlines()
    return replace(answer, body="".join(f"{line},\n" for line in lines).encode())


def reordered(answer: Response) -> Response:
    """The columns come in the opposite order."""
    lines = answer.body.decode().splitlines()
    turned = (",".join(reversed(line.split(","))) for line in lines)
    return replace(answer, body="".join(f"{line}\n" for line in turned).encode())


def renamed(old: str, new: str) -> Change:
    """A column has another name."""

    def change(answer: Response) -> Response:
        header, _, rest = answer.body.decode().partition("\n")
        names = [new if name == old else name for name in header.split(",")]
        return replace(answer, body=f"{','.join(names)}\n{rest}".encode())

    return change


def without_first(count: int) -> Change:
    """The table begins some rows later."""

    def change(answer: Response) -> Response:
        lines = answer.body.splitlines(keepends=True)
        return replace(answer, body=b"".join([lines[0], *lines[1 + count :]]))

    return change


def without_last(count: int) -> Change:
    """The table ends some rows earlier, as one that was not brought up to date."""

    def change(answer: Response) -> Response:
        lines = answer.body.splitlines(keepends=True)
        return replace(answer, body=b"".join(lines[: max(1, len(lines) - count)]))

    return change


def with_line(line: str) -> Change:
    """A further line comes last."""

    def change(answer: Response) -> Response:
        return replace(answer, body=answer.body + line.encode() + b"\n")

    return change
