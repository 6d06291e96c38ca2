"""FaceLandmarker on FER2013: the pictures without a face, and the distribution of blendshapes in the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.datasets.face_dataset import FaceDataset

# Of the full Training split: pictures without a face as the paper counts them (arXiv:2501.13432), and all pictures.
PAPER_LOST: Final = {
    'angry': (597, 3995),
    'disgust': (72, 436),
    'fear': (616, 4097),
    'happy': (377, 7215),
    'sad': (835, 4830),
    'surprise': (239, 3171),
    'neutral': (261, 4965),
}
PERCENTILES: Final = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Lost:
    """Training pictures of an expression without a face, of how many; here and in the paper."""

    expression: str
    lost: int
    n: int
    paper_lost: int
    paper_n: int

    @property
    def share(self) -> float:
        """0..1; 0 where there are no pictures."""
        return self.lost / max(self.n, 1)

    @property
    def paper_share(self) -> float:
        """The share in the paper."""
        return self.paper_lost / self.paper_n


@dataclass(frozen=True, eq=False)
class BlendshapeStatistics:
    """Distribution of the scores over all Training pictures with a face.

    means: (3, 52) of each emotion. percentiles: (5, 52) at PERCENTILES.
    """

    means: FloatArray
    percentiles: FloatArray

    def most_different(self, k: int) -> list[int]:
        """Indices of the k blendshapes whose means differ most between emotions, the most different first."""
        spread = self.means.max(axis=0) - self.means.min(axis=0)
        return [int(i) for i in np.argsort(-spread, kind='stable')[:k]]

    def as_json(self) -> dict[str, Any]:
        """By blendshape: the mean of each emotion, and the percentiles."""
        return {
            name: {
                'mean': {emotion: round(float(self.means[e, i]), 5) for e, emotion in enumerate(EMOTIONS)},
                'percentiles': {str(p): round(float(self.percentiles[j, i]), 5) for j, p in enumerate(PERCENTILES)},
            }
            for i, name in enumerate(BLENDSHAPE_NAMES)
        }


def lost_faces(training: FaceDataset) -> tuple[Lost, ...]:
    """How many Training pictures of each expression have no face."""
    lost = training.lost_per_class()
    return tuple(
        Lost(name, lost[name], int(np.sum(training.labels == i)), *PAPER_LOST[name])
        for i, name in enumerate(training.classes)
    )


def blendshape_statistics(training: FaceDataset) -> BlendshapeStatistics:
    """Of the Training pictures with a face, at least one; an emotion without any has means of 0."""
    scores, emotions = training.blendshapes[training.detected], training.emotion_labels[training.detected]
    of_emotion = [scores[emotions == e] for e in range(len(EMOTIONS))]
    return BlendshapeStatistics(
        means=np.array([rows.sum(axis=0) / max(1, len(rows)) for rows in of_emotion], np.float32),
        percentiles=np.asarray(np.percentile(scores, PERCENTILES, axis=0), np.float32),
    )
