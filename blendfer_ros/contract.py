"""What every room of the package shares, written once: names, orders, sizes.

A model card, a message and a feature vector all follow the orders given here;
they are checked against it wherever data comes in from outside.
"""

from __future__ import annotations

from typing import Final

# The order in which MediaPipe FaceLandmarker (face_landmarker.task, float16/1) gives its scores.
BLENDSHAPE_NAMES: Final[tuple[str, ...]] = (
    '_neutral',
    'browDownLeft',
    'browDownRight',
    'browInnerUp',
    'browOuterUpLeft',
    'browOuterUpRight',
    'cheekPuff',
    'cheekSquintLeft',
    'cheekSquintRight',
    'eyeBlinkLeft',
    'eyeBlinkRight',
    'eyeLookDownLeft',
    'eyeLookDownRight',
    'eyeLookInLeft',
    'eyeLookInRight',
    'eyeLookOutLeft',
    'eyeLookOutRight',
    'eyeLookUpLeft',
    'eyeLookUpRight',
    'eyeSquintLeft',
    'eyeSquintRight',
    'eyeWideLeft',
    'eyeWideRight',
    'jawForward',
    'jawLeft',
    'jawOpen',
    'jawRight',
    'mouthClose',
    'mouthDimpleLeft',
    'mouthDimpleRight',
    'mouthFrownLeft',
    'mouthFrownRight',
    'mouthFunnel',
    'mouthLeft',
    'mouthLowerDownLeft',
    'mouthLowerDownRight',
    'mouthPressLeft',
    'mouthPressRight',
    'mouthPucker',
    'mouthRight',
    'mouthRollLower',
    'mouthRollUpper',
    'mouthShrugLower',
    'mouthShrugUpper',
    'mouthSmileLeft',
    'mouthSmileRight',
    'mouthStretchLeft',
    'mouthStretchRight',
    'mouthUpperUpLeft',
    'mouthUpperUpRight',
    'noseSneerLeft',
    'noseSneerRight',
)


def _mirrored(name: str) -> str:
    """`mouthSmileLeft` for `mouthSmileRight` and the other way round; names without a side stay."""
    if name.endswith('Left'):
        return f'{name.removesuffix("Left")}Right'
    return f'{name.removesuffix("Right")}Left' if name.endswith('Right') else name


# Where in BLENDSHAPE_NAMES each score of a mirrored face stands.
MIRRORED_BLENDSHAPES: Final = tuple(BLENDSHAPE_NAMES.index(_mirrored(name)) for name in BLENDSHAPE_NAMES)

HAPPY: Final = 'happy'
UNKNOWN: Final = 'unknown'
SAD: Final = 'sad'

# The class order of the BlendFER-Lite paper's confusion matrix: 0 happy, 1 unknown, 2 sad.
EMOTIONS: Final[tuple[str, ...]] = (HAPPY, UNKNOWN, SAD)

# Landmarks of MediaPipe's canonical face model whose places carry expression. The person's right
# half (left in the picture) mirrors the left half one by one.
MIDLINE_LANDMARKS: Final = (0, 13, 14, 17)
RIGHT_LIPS: Final = (37, 39, 40, 61, 78, 80, 81, 82, 84, 87, 88, 91, 95, 146, 178, 181, 185, 191)
LEFT_LIPS: Final = (267, 269, 270, 291, 308, 310, 311, 312, 314, 317, 318, 321, 324, 375, 402, 405, 409, 415)
RIGHT_EYE: Final = (7, 33, 133, 144, 145, 153, 154, 155, 157, 158, 159, 160, 161, 163, 173, 246)
LEFT_EYE: Final = (249, 263, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 390, 398, 466)
RIGHT_BROW: Final = (46, 52, 53, 55, 63, 65, 66, 70, 105, 107)
LEFT_BROW: Final = (276, 282, 283, 285, 293, 295, 296, 300, 334, 336)
RIGHT_LANDMARKS: Final = RIGHT_LIPS + RIGHT_EYE + RIGHT_BROW
LEFT_LANDMARKS: Final = LEFT_LIPS + LEFT_EYE + LEFT_BROW
GEOMETRY_LANDMARKS: Final = MIDLINE_LANDMARKS + RIGHT_LANDMARKS + LEFT_LANDMARKS
GEOMETRY_SIZE: Final = 3 * len(GEOMETRY_LANDMARKS)

# What a classifier may be fed, and how many numbers that is.
BLENDSHAPES_ONLY: Final = 'blendshapes'
BLENDSHAPES_AND_GEOMETRY: Final = 'blendshapes+geometry'
FEATURE_SETS: Final[dict[str, int]] = {
    BLENDSHAPES_ONLY: len(BLENDSHAPE_NAMES),
    BLENDSHAPES_AND_GEOMETRY: len(BLENDSHAPE_NAMES) + GEOMETRY_SIZE,
}

NS_PER_S: Final = 1_000_000_000

# How long a face may be out of view and come back as the same one [ns].
MAX_GAP_NS: Final = 1_000_000_000
