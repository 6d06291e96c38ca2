"""The package's exceptions: few, named by what went wrong, each message naming cause and remedy."""

from __future__ import annotations

from enum import Enum


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


def cause(error: Exception) -> str:
    """What went wrong with a file, in words for people: Python's own are for those who write Python."""
    if isinstance(error, UnicodeDecodeError):
        return 'it is not text in UTF-8'
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
