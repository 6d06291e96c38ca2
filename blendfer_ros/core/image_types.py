"""The types of pixels that rooms hand each other; apart from all that needs OpenCV."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# (height, width, 3) and (height, width).
RgbImage = npt.NDArray[np.uint8]
GreyImage = npt.NDArray[np.uint8]
