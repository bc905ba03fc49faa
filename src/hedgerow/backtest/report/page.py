"""One HTML file with everything in it: styles, scripts and data."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import zlib
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hedgerow.backtest.report import facts, formatting, months

if TYPE_CHECKING:
    from jinja2 import Environment

_STYLES = ("uplot.min.css", "page.css", "figures.css", "tables.css", "charts.css", "print.css")
_SCRIPTS = (
    "page.js",
    "format.js",
    "scales.js",
    "charts.js",
    "tables.js",
    "trades.js",
    "start.js",
)


def render(template: str, payloads: Mapping[str, object], **view: object) -> str:
    """Fill a template and put styles, scripts and data into it.

    Parameters
    ----------
    template
        File name in ``templates/``.
    payloads
        Data for the scripts by the id they ask for; must be JSON once NaN is left out.
    **view
        Names the template uses. All text is escaped.

    Returns
    -------
    str
        A complete HTML document that asks the network for nothing. Its content security
        policy allows only the styles and scripts of this package, by their hash, so that
        text which slipped through as markup could still run nothing.
    """
    style, script = _style(), _script()
    page = _environment().get_template(template)
    return page.render(
        style=style,
        script=script,
        policy=_policy(style, script),
        payloads={name: pack(value) for name, value in payloads.items()},
        **view,
    )


def pack(value: object) -> str:
    """JSON, deflated and in base64; the page's script unpacks it.

    Raises
    ------
    ValueError
        A number is NaN or infinite.

    Examples
    --------
    >>> zlib.decompress(base64.b64decode(pack({"a": [1, None]})))
    b'{"a":[1,null]}'
    """
    compact = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(compact.encode(), 9)).decode()


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hedgerow.backtest.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "count": formatting.count,
        "day": facts.day,
        "decimal": formatting.decimal,
        "money": formatting.money,
        "percent": formatting.percent,
        "points": formatting.points,
        "shade": months.shade,
        "tone": formatting.tone,
    }
    environment.filters.update(filters)
    environment.globals.update(missing=formatting.MISSING, months=months.MONTHS)
    return environment


def _asset(name: str) -> str:
    return (files("hedgerow.backtest.report") / "assets" / name).read_text(encoding="utf-8")


@functools.cache
def _style() -> str:
    return "\n".join(_asset(name) for name in _STYLES)


@functools.cache
def _script() -> str:
    # The licence of the chart library travels with every copy of it.
    licence = f"/*! uPlot\n{_asset('uplot.LICENSE.txt').strip()}\n*/"
    own = "\n".join(_asset(name) for name in _SCRIPTS)
    return "\n".join([licence, _asset("uplot.min.js"), '(() => {\n"use strict";', own, "})();"])


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()
