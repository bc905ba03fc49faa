"""The ``hedgerow`` command: one file a command, one line an error."""

from hedgerow.cli._app import main

__all__ = ["main"]
