"""A page taken apart."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {'meta', 'img', 'br'}


class Page(HTMLParser):
    """Elements, attributes and text; notices tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ''
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.attributes += [(tag, name, value or '') for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {'style', 'script'} & set(self.open):
            self.text += f' {data.strip()}'
