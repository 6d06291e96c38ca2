"""The 52 blendshapes: their names, in the one order that messages, models and feature vectors follow."""

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
