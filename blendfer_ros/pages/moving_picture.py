"""A recording of numbers as one SVG that moves: the face, its strongest blendshapes, and what is said over time.

No pixel of anyone is in it, and it loads nothing. Where it cannot move, it shows its first moment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTION_CLASSES
from blendfer_ros.core.files import write_text
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS
from blendfer_ros.pages.drawn_face import CONTOURS, face_edges, face_points
from blendfer_ros.reading.reading import Reading

SIZE: Final = (880, 420)
FACE_CENTRE: Final = (190.0, 140.0)
FACE_SCALE: Final = 118.0
N_BARS: Final = 6
BARS_LEFT: Final = 560
BAR_WIDTH: Final = 270.0
BARS_TOP: Final = 40
BAR_STEP: Final = 38
PLOT_TOP, PLOT_BOTTOM = 300, 396
PLOT_LEFT, PLOT_RIGHT = 24, 856
# Moments a second; in between it moves evenly.
RATE_HZ: Final = 2.5
# The colours of EMOTION_CLASSES are readable on light and dark ground; these are for the rest.
STYLE: Final = """
text { font: 15px system-ui, sans-serif; fill: #57606a; }
.mesh { fill: none; stroke: #8c959f; stroke-opacity: .45; stroke-width: .8; }
.contour { fill: none; stroke: #57606a; stroke-width: 2.2; stroke-linejoin: round; }
.bar { fill: #8c959f; } .track { fill: #8c959f; fill-opacity: .18; }
.curve { fill: none; stroke-width: 2.2; } .axis { stroke: #8c959f; stroke-opacity: .4; }
.cursor { stroke: #57606a; stroke-width: 1.5; } .said { font-size: 26px; font-weight: 600; }
@media (prefers-color-scheme: dark) { text { fill: #adbac7; } .contour, .cursor { stroke: #cdd9e5; } }
"""
DASHES: Final = {'-': '', ':': ' stroke-dasharray="2 4"', '--': ' stroke-dasharray="8 5"'}


def moving_picture(readings: Sequence[Reading]) -> str:
    """The SVG as text.

    Args:
        readings: in order of time, each with one face that has geometry.
    """
    moments = _moments(readings)
    duration_s = moments[-1].stamp_s - moments[0].stamp_s
    width, height = SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="A landmark mesh that turns from sad to happy, its strongest blendshapes, and the probabilities">',
        f'<style>{STYLE}</style>',
        *_face(moments, duration_s),
        *_bars(moments, duration_s),
        *_timeline(moments, duration_s),
        '</svg>',
    ]
    return '\n'.join(parts) + '\n'


def _moments(readings: Sequence[Reading]) -> list[Reading]:
    """RATE_HZ of them."""
    stamps_s = np.array([reading.stamp_s for reading in readings])
    wanted_s = np.arange(stamps_s[0], stamps_s[-1], 1.0 / RATE_HZ)
    return [readings[i] for i in np.searchsorted(stamps_s, wanted_s)]


def _face(moments: Sequence[Reading], duration_s: float) -> list[str]:
    places = [_places(reading) for reading in moments]
    edges = face_edges(moments[0].frame.faces[0])
    lines = [[GEOMETRY_LANDMARKS.index(landmark) for landmark in contour] for contour in CONTOURS]
    meshes = [''.join(f'M{_pair(p[a])}L{_pair(p[b])}' for a, b in edges) for p in places]
    contours = [''.join('M' + 'L'.join(_pair(p[i]) for i in line) for line in lines) for p in places]
    return [
        f'<path class="mesh" d="{meshes[0]}">{_animation("d", meshes, duration_s)}</path>',
        f'<path class="contour" d="{contours[0]}">{_animation("d", contours, duration_s)}</path>',
    ]


def _places(reading: Reading) -> npt.NDArray[np.float64]:
    face = reading.frame.faces[0]
    return np.asarray(face_points(face)[:, :2] * (FACE_SCALE, -FACE_SCALE) + FACE_CENTRE, np.float64)


def _bars(moments: Sequence[Reading], duration_s: float) -> list[str]:
    """Of the blendshapes that differ most within the recording, the highest first."""
    scores = np.array([reading.frame.faces[0].blendshapes for reading in moments])
    chosen = np.argsort(-(scores.max(axis=0) - scores.min(axis=0)))[:N_BARS]
    parts = []
    for row, i in enumerate(chosen):
        y = BARS_TOP + row * BAR_STEP
        widths = [f'{BAR_WIDTH * score:.0f}' for score in scores[:, i]]
        parts += [
            f'<text x="{BARS_LEFT - 12}" y="{y + 14}" text-anchor="end">{BLENDSHAPE_NAMES[i]}</text>',
            f'<rect class="track" x="{BARS_LEFT}" y="{y}" width="{BAR_WIDTH:.0f}" height="18" rx="4"/>',
            f'<rect class="bar" x="{BARS_LEFT}" y="{y}" width="{widths[0]}" height="18" rx="4">'
            f'{_animation("width", widths, duration_s)}</rect>',
        ]
    return parts


def _timeline(moments: Sequence[Reading], duration_s: float) -> list[str]:
    xs = np.linspace(PLOT_LEFT, PLOT_RIGHT, len(moments))
    parts = [
        f'<line class="axis" x1="{PLOT_LEFT}" x2="{PLOT_RIGHT}" y1="{y}" y2="{y}"/>' for y in (PLOT_TOP, PLOT_BOTTOM)
    ]
    for column, emotion in enumerate(EMOTION_CLASSES):
        probabilities = np.array([reading.primary.probabilities[column] for reading in moments])
        ys = PLOT_BOTTOM - probabilities * (PLOT_BOTTOM - PLOT_TOP)
        points = ' '.join(_pair(pair) for pair in zip(xs, ys, strict=True))
        dashes = DASHES[emotion.line_style]
        parts.append(f'<polyline class="curve" stroke="{emotion.colour}"{dashes} points="{points}"/>')
    said = [reading.emotion for reading in moments]
    for emotion in EMOTION_CLASSES:
        seen = ['1' if each == emotion.name else '0' for each in said]
        parts.append(
            f'<text class="said" x="{PLOT_LEFT}" y="{PLOT_TOP - 14}" style="fill:{emotion.colour}" opacity="{seen[0]}">'
            f'{emotion.name}{_animation("opacity", seen, duration_s, steps=True)}</text>'
        )
    places = [f'{x:.0f}' for x in xs]
    moves = _animation('x1', places, duration_s) + _animation('x2', places, duration_s)
    parts.append(
        f'<line class="cursor" x1="{PLOT_LEFT}" x2="{PLOT_LEFT}" y1="{PLOT_TOP}" y2="{PLOT_BOTTOM}">{moves}</line>'
    )
    return parts


def _animation(attribute: str, values: Sequence[str], duration_s: float, *, steps: bool = False) -> str:
    mode = ' calcMode="discrete"' if steps else ''
    return (
        f'<animate attributeName="{attribute}" dur="{duration_s:.1f}s" repeatCount="indefinite"{mode} '
        f'values="{";".join(values)}"/>'
    )


def _pair(place: Sequence[float] | npt.NDArray[np.float64]) -> str:
    return f'{place[0]:.0f},{place[1]:.0f}'


def main() -> int:
    """Write the picture of the README from the shipped recording, at the working directory's checkout."""
    from blendfer_ros.reading.blendfer import Blendfer

    write_text(Path('docs', 'sad_to_happy.svg'), moving_picture(list(Blendfer().stream('sad_to_happy'))))
    return 0


if __name__ == '__main__':
    sys.exit(main())
