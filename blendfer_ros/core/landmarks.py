"""The landmarks of MediaPipe's canonical face model: those of geometry features, and those that messages carry."""

from __future__ import annotations

from typing import Final

# Those whose places carry expression. The person's right
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

# How many FaceLandmarker gives of each face.
N_LANDMARKS: Final = 478

# The 68 of dlib and OpenPose and the pupils, in the order of hri_msgs/FacialLandmarks: contour from the right ear to
# the left, brows, nose, eyes, outer lips, inner lips.
FACIAL_LANDMARKS: Final = (
    *(127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356),
    *(70, 63, 105, 66, 107),
    *(336, 296, 334, 293, 300),
    *(168, 197, 5, 4),
    *(98, 97, 2, 326, 327),
    *(33, 160, 158, 133, 153, 144),
    *(362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    *(78, 82, 13, 312, 308, 317, 14, 87),
    *(468, 473),
)
