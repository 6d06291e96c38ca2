"""Faces too small for FaceLandmarker in the whole image: looked for, and then followed, in parts of it.

FaceLandmarker's detector sees every picture as 128x128 pixels and misses faces narrower than
MIN_FACE_SHARE of the picture's longer side, in a usual camera's image those beyond about two metres.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from blendfer_ros.core.face import WHOLE_PICTURE, Face, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.options import option

# Of the longer side of what FaceLandmarker is shown: faces this wide are always detected, at 0.13 almost always.
MIN_FACE_SHARE: Final = 0.15
# Of a tile's side, shared by neighbours. Faces are detected once their middle is half their width inside,
# mostly from a third on; faces too wide for that are found in the larger tiles.
TILE_OVERLAP: Final = 0.2
# How much larger the next larger tiles are.
TILE_GROWTH: Final = 1.8

# The side of a crop that follows a face, in widths of the face.
CROP_FACE_WIDTHS: Final = 6.0
# A crop is held still while this much around the face is inside it, in widths of the face.
# FaceLandmarker reads landmarks from a quarter of a face's width around it.
CROP_MARGIN: Final = 0.5
# A face unseen for longer than this is searched for everywhere; a hand or a blink of the detector lasts less.
MAX_HIDDEN_NS: Final = 500_000_000


class Landmarker(Protocol):
    """What `FaceLandmarker` does in `video` mode."""

    def detect(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        """The faces of the next image."""

    def close(self) -> None:
        """Release what it holds."""


@dataclass(frozen=True)
class FarFaceOptions:
    """How far faces are looked for; halving their least width quadruples the tiles to search."""

    min_far_face_px: float = option(
        60.0, 'width of the narrowest face to look for in parts of the image', 'px', 30.0, 1000.0
    )
    tiles_per_image: int = option(2, 'parts looked at in an image without a face; 0: no far faces', '', 0, 20)


@dataclass(frozen=True)
class Crop:
    """A rectangle of whole pixels inside an image."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int

    @property
    def middle_px(self) -> tuple[float, float]:
        """Of x and y in the image [px]."""
        return self.x_px + self.width_px / 2, self.y_px + self.height_px / 2

    def cut(self, rgb: RgbImage) -> RgbImage:
        """The crop's part of an image, C-contiguous."""
        rows = slice(self.y_px, self.y_px + self.height_px)
        return np.ascontiguousarray(rgb[rows, self.x_px : self.x_px + self.width_px])

    def region_in(self, width_px: int, height_px: int) -> Region:
        """The crop as fractions of its image."""
        return Region(
            self.x_px / width_px,
            self.y_px / height_px,
            (self.x_px + self.width_px) / width_px,
            (self.y_px + self.height_px) / height_px,
        )


class FarFaceFinder:
    """Searches an image tile by tile over as many images as it takes, and follows whom it finds.

    The crop around somebody stays where it is until the face comes near its edge, for FaceLandmarker
    follows landmarks from image to image as long as the picture does not move.
    """

    def __init__(self, make_landmarker: Callable[[], Landmarker], options: FarFaceOptions | None = None) -> None:
        """Look at crops with a landmarker of its own, which is made when there is something to look at."""
        self._make_landmarker = make_landmarker
        self._made: Landmarker | None = None
        self._options = options or FarFaceOptions()
        self._size_px = (0, 0)
        self._last_seen_px = (0.0, 0.0)
        self._last_seen_ns = 0
        self._followed: Crop | None = None
        self._tiles: deque[Crop] = deque()
        # Whether the landmarker expects a face where the next crop does not show it.
        self._misled = False

    @property
    def follows_somebody(self) -> bool:
        """Whether a far face was found in the last image or shortly before."""
        return self._followed is not None

    def detect(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        """Find the far faces of the next image: first where they were, then in the next tiles.

        Args:
            rgb: (height, width, 3) uint8, C-contiguous.
            stamp_ns: time of the image [ns].

        Returns:
            The faces of one crop, their regions in the whole image; empty when nobody is in the crops looked at.

        Raises:
            FrameError: MediaPipe fails on this image.
        """
        height_px, width_px = rgb.shape[:2]
        if (width_px, height_px) != self._size_px:
            self.forget()
            self._size_px = (width_px, height_px)
            self._last_seen_px = (width_px / 2, height_px / 2)
        if self._followed and stamp_ns - self._last_seen_ns > MAX_HIDDEN_NS:
            self.forget()
        for crop in self._crops(rgb, stamp_ns):
            faces = self._look(crop, rgb, stamp_ns)
            if faces:
                self._last_seen_ns = stamp_ns
                self._keep_in_view(faces, crop)
                return faces
        return ()

    def forget(self) -> None:
        """Follow nobody, as when somebody near is in view."""
        self._misled = self._misled or self.follows_somebody
        self._followed = None
        self._tiles.clear()

    def close(self) -> None:
        """Release the landmarker."""
        if self._made is not None:
            self._made.close()

    @property
    def is_prepared(self) -> bool:
        """Whether its landmarker is there already."""
        return self._made is not None

    def prepare(self) -> None:
        """Make the landmarker now rather than when it is needed."""
        if self._made is None:
            self._made = self._make_landmarker()

    @property
    def _landmarker(self) -> Landmarker:
        self.prepare()
        assert self._made is not None
        return self._made

    def _crops(self, rgb: RgbImage, stamp_ns: int) -> Iterator[Crop]:
        """Where to look in turn: where somebody was last, then where the next tiles show somebody."""
        tiles = self._options.tiles_per_image
        if self._followed:
            yield self._followed
            tiles -= 1
        for _ in range(tiles):
            if crop := self._promising_crop(rgb, stamp_ns):
                yield crop

    def _promising_crop(self, rgb: RgbImage, stamp_ns: int) -> Crop | None:
        """The crop around what the next tile shows: a face if it is found there too, no longer cut off by the tile."""
        tile = self._next_tile()
        faces = self._look(tile, rgb, stamp_ns) if tile else ()
        if not faces:
            return None
        self._misled = True
        return crop_around(_group(faces, *self._size_px), *self._size_px)

    def _next_tile(self) -> Crop | None:
        if not self._tiles:
            tiles = search_tiles(*self._size_px, self._options.min_far_face_px)
            self._tiles.extend(sorted(tiles, key=lambda tile: math.dist(tile.middle_px, self._last_seen_px)))
        return self._tiles.popleft() if self._tiles else None

    def _look(self, crop: Crop, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        part = crop.cut(rgb)
        if self._misled:
            # Nobody to be seen ends its tracking; otherwise it would look for the landmarks in the wrong place.
            self._landmarker.detect(np.zeros_like(part), stamp_ns)
            self._misled = False
        where = crop.region_in(*self._size_px)
        found = self._landmarker.detect(part, stamp_ns)
        return tuple(face.from_part(where) for face in found)

    def _keep_in_view(self, faces: tuple[Face, ...], crop: Crop) -> None:
        regions = _group(faces, *self._size_px)
        needed = _surroundings(regions, *self._size_px)
        self._misled = needed.intersection(crop.region_in(*self._size_px)) != needed
        self._followed = crop_around(regions, *self._size_px) if self._misled else crop
        self._last_seen_px = self._followed.middle_px
        self._tiles.clear()


def search_tiles(width_px: int, height_px: int, min_face_px: float) -> tuple[Crop, ...]:
    """Tiles in which every face from `min_face_px` on is detected that is not detected in the whole image.

    The smallest tiles show a face of `min_face_px` just large enough; larger ones follow for wider faces,
    which the smallest would cut apart, up to the size of the image.

    Returns:
        None at all for an image in which FaceLandmarker sees such a face anyway.
    """
    tiles: list[Crop] = []
    side_px = min_face_px / MIN_FACE_SHARE
    while side_px < max(width_px, height_px):
        columns, tile_width_px = _intervals(width_px, side_px)
        rows, tile_height_px = _intervals(height_px, side_px)
        tiles += [Crop(x_px, y_px, tile_width_px, tile_height_px) for y_px in rows for x_px in columns]
        side_px *= TILE_GROWTH
    return tuple(tiles)


def crop_around(regions: Sequence[Region], width_px: int, height_px: int) -> Crop:
    """The crop to follow faces in: as square as the image allows, the faces in its middle as far as it allows.

    Args:
        regions: the boxes of the faces, at least one.
        width_px: image width [px].
        height_px: image height [px].
    """
    needed = _surroundings(regions, width_px, height_px)
    left_px, right_px = math.floor(needed.x_min * width_px), math.ceil(needed.x_max * width_px)
    top_px, bottom_px = math.floor(needed.y_min * height_px), math.ceil(needed.y_max * height_px)
    widest_px = max(region.width for region in regions) * width_px
    side_px = max(math.ceil(CROP_FACE_WIDTHS * widest_px), right_px - left_px, bottom_px - top_px)
    crop_width_px, crop_height_px = min(side_px, width_px), min(side_px, height_px)
    x_px = (left_px + right_px - crop_width_px) // 2
    y_px = (top_px + bottom_px - crop_height_px) // 2
    return Crop(
        min(max(x_px, 0), width_px - crop_width_px),
        min(max(y_px, 0), height_px - crop_height_px),
        crop_width_px,
        crop_height_px,
    )


def _intervals(length_px: int, side_px: float) -> tuple[list[int], int]:
    """Where intervals start that cover `length_px` evenly, and how long they are, at most `side_px`."""
    if side_px >= length_px:
        return [0], length_px
    overlap_px = TILE_OVERLAP * side_px
    count = math.ceil((length_px - overlap_px) / (side_px - overlap_px))
    last_px = length_px - round(side_px)
    return [round(i * last_px / (count - 1)) for i in range(count)], round(side_px)


def _group(faces: Sequence[Face], width_px: int, height_px: int) -> list[Region]:
    """The boxes of the widest face and of those that are detected in one crop with it."""
    widest, *others = sorted((face.region for face in faces), key=lambda region: -region.width)
    group = [widest]
    for region in others:
        crop = crop_around([*group, region], width_px, height_px)
        if region.width * width_px >= MIN_FACE_SHARE * max(crop.width_px, crop.height_px):
            group.append(region)
    return group


def _surroundings(regions: Sequence[Region], width_px: int, height_px: int) -> Region:
    """What of the picture must be seen to find all these faces."""
    margin_px = CROP_MARGIN * max(region.width for region in regions) * width_px
    margin_x, margin_y = margin_px / width_px, margin_px / height_px
    return Region(
        min(region.x_min for region in regions) - margin_x,
        min(region.y_min for region in regions) - margin_y,
        max(region.x_max for region in regions) + margin_x,
        max(region.y_max for region in regions) + margin_y,
    ).intersection(WHOLE_PICTURE)
