"""The package's exceptions: few, named by what went wrong, each message naming cause and remedy."""

from __future__ import annotations


class BlendferError(Exception):
    """Base of every error this package raises on purpose."""


class AssetError(BlendferError):
    """A file that is not shipped (the FaceLandmarker bundle) is missing or is not the one expected."""


class ModelError(BlendferError):
    """A classifier model or its card is missing, damaged, or does not say what the code needs."""


class FrameError(BlendferError):
    """One image cannot be used; the next one may be fine."""


class SourceError(BlendferError):
    """A camera, video file or picture folder cannot be opened or read."""


class DatasetError(BlendferError):
    """A data set, recording or label file is missing, incomplete or damaged."""


class ParameterError(BlendferError):
    """A parameter has a value that cannot be."""


class DependencyError(BlendferError):
    """A package that only one feature needs is not installed."""
