"""Self-contained pages, from the templates in `templates/`."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

import cv2
import jinja2

from blendfer_ros.core.image_types import RgbImage

PICTURE_SIDE_PX: Final = 320
JPEG_QUALITY: Final = 85


def render(template: str, **values: Any) -> str:
    """The page as text. Values are escaped except where the template marks them `safe`."""
    return _environment().get_template(template).render(**values)


def script(template: str) -> dict[str, str]:
    """What `render` needs for a page with a script: its text and its hash, which lets the page run it and no other."""
    text = _environment().get_template(template).render()
    return {'script': text, 'script_sha256': base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}


def picture_uri(rgb: RgbImage) -> str:
    """A picture, (height, width, 3) uint8, as the address of a small JPEG that holds it."""
    factor = min(1.0, PICTURE_SIDE_PX / max(rgb.shape[:2]))
    width, height = (max(1, round(side * factor)) for side in (rgb.shape[1], rgb.shape[0]))
    bgr = cv2.cvtColor(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
    jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}'


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader('blendfer_ros.pages'),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
