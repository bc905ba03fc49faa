"""Documentation site: `make docs` writes docs/_build/html, and any warning fails it."""

from __future__ import annotations

import importlib
import inspect

import hedgerow

project = "Hedgerow"
author = "the Hedgerow developers"
project_copyright = "the Hedgerow developers"
release = hedgerow.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
]
exclude_patterns = ["_build"]

autodoc_default_options = {"members": True}
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_use_type_comments = False
add_module_names = False
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

# autodoc lists the members of a class itself, with their own docstrings.
numpydoc_show_class_members = False

myst_enable_extensions = ["colon_fence", "dollarmath", "substitution"]
myst_heading_anchors = 3
nb_execution_mode = "auto"
nb_execution_raise_on_error = True
nb_execution_timeout = 120

html_theme = "pydata_sphinx_theme"
html_title = f"Hedgerow {release}"
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}


def _documented_in(value: object, name: str) -> str:
    """Module whose reference page shows an object: its room where that exports the name."""
    room = ".".join(value.__module__.split(".")[:2])
    return room if name in importlib.import_module(room).__all__ else value.__module__


def _public_names() -> str:
    """Table of what ``import hedgerow as hr`` gives, linked to where it is documented."""
    rows = ["| name | what it is |", "|---|---|"]
    for name in hedgerow.__all__:
        found = getattr(hedgerow, name)
        value = getattr(found, name) if inspect.ismodule(found) else found
        summary = (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ")
        target = f"{_documented_in(value, name)}.{name}"
        rows.append(f"| {{py:obj}}`hr.{name} <{target}>` | {summary} |")
    return "\n".join(rows)


myst_substitutions = {"public_names": _public_names()}
