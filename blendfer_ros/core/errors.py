"""The package's exceptions: few, named by what went wrong, each message naming cause and remedy."""

from __future__ import annotations

from enum import Enum
from reprlib import Repr
from typing import Final

# Longer texts of others are cut short where they are shown.
MAX_SHOWN: Final = 200

MAX_NAME: Final = 128

# Unlike `repr`, in bounded time: some lists in YAML are small and have a billion entries.
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlevel = 2


class BlendferError(Exception):
    """Base of every error this package raises on purpose."""


class AssetError(BlendferError):
    """A file that is not shipped (the FaceLandmarker bundle) is missing or is not the one expected."""


class ModelError(BlendferError):
    """A classifier model or its card is missing, damaged, or does not say what the code needs."""


class SkipReason(str, Enum):
    """Why one image or message cannot be used. The value is the sentence under which it is counted, N for numbers."""

    REPEATED_STAMP = 'stamp N s repeats the last one: does the camera driver stamp its images?'
    STAMP_OUT_OF_ORDER = 'stamp N s is out of order: the last one was N s'
    UNKNOWN_ENCODING = 'unknown encoding'
    NO_PIXELS = 'image of size N holds no pixels'
    ODD_WIDTH = 'width N is odd, which this encoding cannot be'
    SHORT_STEP = 'step N is less than the N bytes of a row'
    TRUNCATED = 'truncated: N bytes, expected N'
    UNDECODABLE = 'cannot decode N bytes of compressed image'
    WRONG_IMAGE_SHAPE = 'expected an RGB image of shape (height, width, N) and type uint8, got (N,) and uint8'
    UNREADABLE_FILE = 'a file cannot be read as a picture'
    UNREADABLE_MESSAGE = 'a message cannot be read'
    LANDMARKER_FAILED = 'MediaPipe cannot process this image'
    HUNG = 'no answer within N s'
    NETWORK_FAILED = 'TFLite cannot run a network'
    CASCADE_FAILED = 'OpenCV cannot search this image'
    WRONG_BLENDSHAPES_SHAPE = 'expected blendshapes of shape (N,) or (N,), got (N,)'
    WRONG_GEOMETRY_SHAPE = 'expected geometry of shape (N,) or (N,), got (N,)'
    WRONG_SCORES_SHAPE = 'expected expression scores of shape (N,) or (N,), got (N,)'
    WRONG_LANDMARKS_SHAPE = 'expected N or N landmark coordinates, got N'
    NOT_FINITE = "face 'face_N' has values that are not finite numbers"
    MISSING_FEATURES = "face 'face_N' comes without something this model needs"
    FOREIGN_SCORES = 'the expression scores are from another network than the model reads'
    FOREIGN_FACE_ID = 'face id is not of the form face_N'
    WRONG_FACE_ID = 'a face id is no name of up to N letters, digits, dots, dashes and underscores'
    TOO_MANY_FACES = 'N faces are more than the N that can be'
    OUT_OF_RANGE = "face 'face_N' has values that cannot be"
    WRONG_STAMP = 'stamp of N s and N ns is no time'
    WRONG_EMOTION = 'an emotion that cannot be'


class FrameError(BlendferError):
    """One image cannot be used; the next one may be fine.

    reason: by which such errors are told apart and counted; the message says what it was this time.
    """

    def __init__(self, reason: SkipReason, message: str) -> None:
        # Both are arguments of the exception, or it could not be pickled on its way from another process.
        super().__init__(reason, message)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[1])


class SourceError(BlendferError):
    """A camera, video file or picture folder cannot be opened or read."""


class DatasetError(BlendferError):
    """A data set, recording or label file is missing, incomplete or damaged."""


class ParameterError(BlendferError):
    """A parameter has a value that cannot be."""


class DependencyError(BlendferError):
    """A package that only one feature needs is not installed."""


def shown(value: object) -> str:
    """A value of others as an error may show it: short, on one line, and without what a terminal would obey."""
    text = _SHORT.repr(value)
    return text if len(text) <= MAX_SHOWN else f'{text[: MAX_SHOWN - 3]}...'


def check_name(name: str, value: object) -> None:
    """Refuse a name of others that is no word: names become parts of paths, messages and logs.

    Raises:
        ModelError: it is no printable text, has slashes in it, or is longer than any name.
    """
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME or not value.isprintable() or {*'/\\'} & {*value}:
        raise ModelError(f'{name} is {shown(value)}, expected text that may be a name')


def one_line(error: object) -> str:
    """What another library says, as `shown` would show it but without quotes."""
    text = ' '.join(str(error).split())
    text = ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text[: MAX_SHOWN + 1])
    return text if len(text) <= MAX_SHOWN else f'{text[: MAX_SHOWN - 3]}...'


def cause(error: Exception) -> str:
    """What went wrong with a file, in words for people: Python's own are for those who write Python."""
    if isinstance(error, UnicodeDecodeError):
        return 'it is not text in UTF-8'
    if isinstance(error, OSError):
        return error.strerror or one_line(error)
    return one_line(error)
