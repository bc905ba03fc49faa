"""Reads a report as a strict browser would."""

from __future__ import annotations

import base64
import json
import re
import zlib
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "img", "br", "hr", "input", "link", "line", "polyline"}
ADDRESSES = {"src", "href", "action", "poster", "srcset", "data", "xlink:href", "formaction"}


class Markup(HTMLParser):
    """Elements, addresses, scripts and marked figures of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open_tags: list[str] = []
        self.mistakes: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.styled: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[str] = []
        self.data: dict[str, str] = {}
        self.figures: dict[str, str] = {}
        self.text = ""
        self._attributes: dict[str, str | None] = {}
        self.feed(page)
        self.close()
        self.mistakes += [f"<{tag}> is never closed" for tag in self.open_tags]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes = dict(attrs)
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.styled += [tag for name, _ in attrs if name == "style"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open_tags.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags[-1] != tag:
            self.mistakes.append(f"</{tag}> closes {self.open_tags[-1:]} at {self.getpos()}")
        else:
            self.open_tags.pop()

    def handle_data(self, data: str) -> None:
        inside = self.open_tags[-1] if self.open_tags else ""
        if inside == "script" and self._attributes.get("type") == "text/plain":
            self.data[self._attributes["id"] or ""] = data
        elif inside == "script":
            self.scripts.append(data)
        elif inside != "style":
            self.text += data
            if "data-figure" in self._attributes:
                self.figures.setdefault(self._attributes["data-figure"] or "", data)

    def payload(self, name: str) -> Any:
        """Data that the page's script unpacks."""
        return json.loads(zlib.decompress(base64.b64decode(self.data[f"data-{name}"])))


def style_of(page: str) -> str:
    """The style sheet of a page."""
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found
    return found[1]
