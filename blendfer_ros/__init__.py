"""Happy, sad or unknown: what a face in a camera image shows.

>>> from blendfer_ros import Blendfer
>>> Blendfer().read('face.jpg').emotion
'happy'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blendfer_ros.reading.blendfer import Blendfer

__all__ = ['Blendfer']
__version__ = '0.1.0'


def __getattr__(name: str) -> Any:
    # When asked for only: whoever imports a message from here needs neither OpenCV nor TFLite.
    if name == 'Blendfer':
        from blendfer_ros.reading.blendfer import Blendfer

        return Blendfer
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
