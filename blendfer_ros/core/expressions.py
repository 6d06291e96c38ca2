"""The expressions that pixels are scored for: those of FER2013's labels, then those of FER+'s votes."""

from __future__ import annotations

from typing import Final

# In the order of the class numbers of FER2013 (arXiv:1307.0414) and of the columns of FER+ (arXiv:1608.01041).
LABEL_EXPRESSIONS: Final = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
VOTE_EXPRESSIONS: Final = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'contempt')

# What the numbers of `Face.expression_scores` are.
EXPRESSION_NAMES: Final = tuple(
    [f'label_{name}' for name in LABEL_EXPRESSIONS] + [f'votes_{name}' for name in VOTE_EXPRESSIONS]
)
