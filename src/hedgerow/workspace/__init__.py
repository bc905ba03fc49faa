"""The front door: reads, adjustment, as-of and SQL over one lake and one catalog."""

from hedgerow.workspace.gathering import Gathered
from hedgerow.workspace.workspace import Workspace

__all__ = ["Gathered", "Workspace"]
