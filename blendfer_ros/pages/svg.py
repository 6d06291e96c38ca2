"""Plots as SVG that takes the colours of the page around it: light or dark."""

from __future__ import annotations

import html
import importlib.util
import io
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

from blendfer_ros.core.errors import BlendferError

if TYPE_CHECKING:
    # An optional dependency, and one that takes a second to import.
    from matplotlib.figure import Figure

# Stands for the colour of the page's text until the SVG is in the page.
INK: Final = '#010203'
FAINT: Final = '#8f8f88'
STYLE: Final[dict[Any, Any]] = {
    'svg.fonttype': 'none',
    'svg.hashsalt': 'blendfer',
    'font.size': 10,
    'text.color': INK,
    'axes.edgecolor': FAINT,
    'axes.labelcolor': INK,
    'axes.titlecolor': INK,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'xtick.color': FAINT,
    'ytick.color': FAINT,
    'xtick.labelcolor': INK,
    'ytick.labelcolor': INK,
    'legend.frameon': False,
    'legend.labelcolor': INK,
}


def require_matplotlib() -> None:
    """Raises BlendferError when matplotlib is not installed."""
    if importlib.util.find_spec('matplotlib') is None:
        raise BlendferError("the page's plots need matplotlib: pip install it, or run `make test`, which does")


def style() -> Any:
    """A context in which plots look as they do on our pages."""
    from matplotlib import rc_context

    return rc_context(STYLE)


def figure(size_in: tuple[float, float], **grid: Any) -> tuple[Figure, Any]:
    """A figure and its axes, without pyplot's global state; `grid` as `Figure.subplots` takes it."""
    from matplotlib.figure import Figure

    made = Figure(figsize=size_in, layout='constrained')
    return made, made.subplots(**grid)


def element(figure: Figure, name: str, alt: str) -> str:
    """The figure as an element of a page.

    Args:
        figure: with INK for what is to have the colour of the page's text.
        name: its class.
        alt: a text for those who do not see it, another one for each figure of a page.
    """
    buffer = io.StringIO()
    no_metadata = dict.fromkeys(('Creator', 'Date', 'Format', 'Type'))
    figure.savefig(buffer, format='svg', transparent=True, metadata=no_metadata)
    svg = buffer.getvalue()
    body = svg[svg.index('>', svg.index('<svg')) + 1 :].replace(INK, 'currentColor')
    # Every figure counts its parts from 1, and a page has many figures, some of which look the same.
    prefix = f'{name}-{zlib.crc32(f"{alt}{body}".encode()):08x}-'
    body = re.sub(r'(\bid="|url\(#|href="#)', rf'\g<1>{prefix}', body)
    box = ' '.join(f'{72 * side:g}' for side in figure.get_size_inches())
    return f'<svg class="{name}" role="img" aria-label="{html.escape(alt)}" viewBox="0 0 {box}">{body}'
