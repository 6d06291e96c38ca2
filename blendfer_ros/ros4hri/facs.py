"""Blendshapes → action units of the Facial Action Coding System (FACS).

The one table goes by what each blendshape moves, and what FACS calls that movement:

- P. Ekman, W. V. Friesen, J. C. Hager, *Facial Action Coding System: The Manual*, 2002: numbers and definitions.
- Apple, *ARFaceAnchor.BlendShapeLocation*: what moves, for the 51 names that FaceLandmarker took from ARKit.
- Meta, *Movement SDK for Unity*, `ARKitFace.cs`: ARKit's blendshapes one by one as expressions of OpenXR's
  `XR_FB_face_tracking`, which are named after action units. The table agrees with it in every row.
- Roblox, *FacsActionUnit*: lips together "relative to the jaw-drop pose", the upper lip moved by the chin raiser.

Where the literature differs: mouthPress is 24, the lip pressor, and not 23, the lip tightener, as it compresses
the lips and does not narrow them. mouthShrugUpper is 17 and not 10, as it is the chin that pushes the upper
lip up. mouthClose is 8: like it, it says something only while the jaw is dropped. eyeBlink is 43, how far the eyes are
closed at one moment; a blink, 45, is closing and opening within half a second, which one image does not show.

Intensities are FaceLandmarker's scores of a movement, not the A to E that a FACS coder would give; 5, 9 and 34 hardly
ever exceed 0.05 (google-ai-edge/mediapipe#4436, #4450).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.face import FloatArray

# Of an array with the number of an action unit as index, as hri_msgs/FacialActionUnits has it.
FACS_SIZE: Final = 99

ACTION_UNITS: Final[dict[int, tuple[str, ...]]] = {
    1: ('browInnerUp',),  # inner brow raiser
    2: ('browOuterUpLeft', 'browOuterUpRight'),  # outer brow raiser
    4: ('browDownLeft', 'browDownRight'),  # brow lowerer
    5: ('eyeWideLeft', 'eyeWideRight'),  # upper lid raiser
    6: ('cheekSquintLeft', 'cheekSquintRight'),  # cheek raiser
    7: ('eyeSquintLeft', 'eyeSquintRight'),  # lid tightener
    8: ('mouthClose',),  # lips toward each other
    9: ('noseSneerLeft', 'noseSneerRight'),  # nose wrinkler
    10: ('mouthUpperUpLeft', 'mouthUpperUpRight'),  # upper lip raiser
    12: ('mouthSmileLeft', 'mouthSmileRight'),  # lip corner puller
    14: ('mouthDimpleLeft', 'mouthDimpleRight'),  # dimpler
    15: ('mouthFrownLeft', 'mouthFrownRight'),  # lip corner depressor
    16: ('mouthLowerDownLeft', 'mouthLowerDownRight'),  # lower lip depressor
    17: ('mouthShrugLower', 'mouthShrugUpper'),  # chin raiser
    18: ('mouthPucker',),  # lip pucker
    20: ('mouthStretchLeft', 'mouthStretchRight'),  # lip stretcher
    22: ('mouthFunnel',),  # lip funneler
    24: ('mouthPressLeft', 'mouthPressRight'),  # lip pressor
    26: ('jawOpen',),  # jaw drop
    28: ('mouthRollLower', 'mouthRollUpper'),  # lip suck
    29: ('jawForward',),  # jaw thrust
    30: ('jawLeft', 'jawRight'),  # jaw sideways
    34: ('cheekPuff',),  # cheek puff
    43: ('eyeBlinkLeft', 'eyeBlinkRight'),  # eyes closed
    61: ('eyeLookOutLeft', 'eyeLookInRight'),  # eyes turn left, the person's left
    62: ('eyeLookInLeft', 'eyeLookOutRight'),  # eyes turn right
    63: ('eyeLookUpLeft', 'eyeLookUpRight'),  # eyes up
    64: ('eyeLookDownLeft', 'eyeLookDownRight'),  # eyes down
}

# `_neutral` is no movement, and FACS has no action unit that moves the closed mouth sideways.
WITHOUT_ACTION_UNIT: Final = ('_neutral', 'mouthLeft', 'mouthRight')

_INDICES: Final = {
    unit: [BLENDSHAPE_NAMES.index(name) for name in blendshapes] for unit, blendshapes in ACTION_UNITS.items()
}


def action_unit_intensities(blendshapes: FloatArray) -> FloatArray:
    """The intensity of each action unit, 0..1.

    Where several blendshapes are one action unit, it is the largest: FACS counts an action that one side of the face
    shows, a wink or a smirk, as that action, and so at its full intensity.

    Args:
        blendshapes: (52,) scores, order of `core.blendshapes.BLENDSHAPE_NAMES`.

    Returns:
        (FACS_SIZE,), by number of action unit; 0 where ACTION_UNITS has none.
    """
    intensities = np.zeros(FACS_SIZE, np.float32)
    for unit, indices in _INDICES.items():
        intensities[unit] = blendshapes[indices].max()
    return intensities.clip(0.0, 1.0)
