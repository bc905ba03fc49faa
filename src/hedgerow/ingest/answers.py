"""The first of several vendors that answers a question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from hedgerow.errors import AuthError, DefinitionError, VendorError
from hedgerow.ingest.vendors import WORDS, Vendors

Value = TypeVar("Value")


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """What one vendor said.

    Parameters
    ----------
    value
        None where nobody could answer.
    source
        Who did.
    failed
        Who was asked before and could not, each with its error in one line.
    error
        The last of those errors; None where somebody answered.
    """

    value: Value | None = None
    source: str | None = None
    failed: dict[str, str] = field(default_factory=dict)
    error: VendorError | AuthError | DefinitionError | None = None

    @property
    def nobody(self) -> bool:
        """Whether nobody was asked, because none of the vendors has anything of the kind."""
        return isinstance(self.error, DefinitionError) and not self.failed


async def first_answer(
    vendors: Vendors, kind: type, ask: Callable[[Any], Awaitable[Value]]
) -> Answer[Value]:
    """Ask one vendor after the other that has what is wanted.

    Parameters
    ----------
    vendors
        Who may be asked, best first.
    kind
        Protocol that those to be asked keep; others are passed over.
    ask
        Asks one of them.
    """
    failed: dict[str, str] = {}
    what = WORDS.get(kind.__name__, kind.__name__)
    names = ", ".join(vendor.name for vendor in vendors.opened)
    error: VendorError | AuthError | DefinitionError = DefinitionError(
        f"no source here has {what} (asked: {names}): name another with --source"
    )
    for vendor in vendors.willing(failed):
        if not isinstance(vendor, kind):
            continue
        try:
            return Answer(await ask(vendor), vendor.name, failed)
        except (VendorError, AuthError) as fault:
            failed[vendor.name] = vendors.note(vendor, fault)
            error = fault
    return Answer(None, None, failed, error)
