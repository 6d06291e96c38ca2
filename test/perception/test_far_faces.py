"""Faces too small for FaceLandmarker in the whole image are found, followed, and looked for at a bounded cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.region_overlap import overlap

from blendfer_ros.core.face import Face, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import TIME_JUMP_NS
from blendfer_ros.perception.face_landmarker import FaceLandmarker, LandmarkerOptions
from blendfer_ros.perception.far_faces import (
    CROP_MARGIN,
    MAX_HIDDEN_NS,
    MIN_FACE_SHARE,
    Crop,
    FarFaceFinder,
    FarFaceOptions,
    crop_around,
    search_tiles,
)
from blendfer_ros.perception.perceiver import FacePerceiver

WIDTH_PX, HEIGHT_PX = 1280, 720
FACE_PX = 60.0
FRAME_NS = 33_333_333
START_NS = 1_700_000_000 * 10**9
CLIP_FRAMES = 120
NEAR_NOTICED_NS = 200_000_000

MakeFace = Callable[..., Face]


@dataclass(frozen=True)
class FarPicture:
    """A picture small enough for a face of FACE_PX; where in it the middle of the face is and how large [px]."""

    rgb: RgbImage
    middle_px: np.ndarray
    size_px: np.ndarray

    def at(self, x_px: float, y_px: float, background: RgbImage) -> tuple[RgbImage, Region]:
        """The background with the face around this point, and where the face then is."""
        height_px, width_px = self.rgb.shape[:2]
        x, y = (np.array([x_px, y_px]) - self.middle_px).round().astype(int)
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width_px, WIDTH_PX), min(y + height_px, HEIGHT_PX)
        image = background.copy()
        image[top:bottom, left:right] = self.rgb[top - y : bottom - y, left - x : right - x]
        middle = self.middle_px + np.array([x, y])
        corners = np.array([middle - self.size_px / 2, middle + self.size_px / 2]) / [WIDTH_PX, HEIGHT_PX]
        return image, Region.around(corners.astype(np.float32))


@pytest.fixture(scope='module')
def far_pictures(bundle: Path, clips: Path) -> list[FarPicture]:
    """Five seconds of a woman, reduced until the box around her landmarks is FACE_PX wide."""
    capture = cv2.VideoCapture(str(clips / 'woman_sad_to_happy.mp4'))
    frames = [cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB) for _ in range(CLIP_FRAMES)]
    capture.release()
    with FaceLandmarker(bundle) as landmarker:
        regions = [landmarker.detect(rgb, i * FRAME_NS)[0].region for i, rgb in enumerate(frames)]
    scale = FACE_PX / (float(np.median([region.width for region in regions])) * frames[0].shape[1])
    pictures = []
    for rgb, region in zip(frames, regions, strict=True):
        small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        size_px = np.array(small.shape[1::-1])
        middle = np.array([region.x_min + region.x_max, region.y_min + region.y_max]) / 2
        pictures.append(FarPicture(small, middle * size_px, np.array([region.width, region.height]) * size_px))
    return pictures


@pytest.fixture(scope='module')
def backgrounds(clips: Path) -> dict[str, RgbImage]:
    capture = cv2.VideoCapture(str(clips / 'no_face.mp4'))
    room = cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB)
    capture.release()
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    return {
        'room': np.asarray(cv2.resize(room, (WIDTH_PX, HEIGHT_PX)), np.uint8),
        'noise': np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.uint8),
    }


@pytest.fixture
def perceiver(bundle: Path) -> Iterator[FacePerceiver]:
    perceiver = FacePerceiver(bundle)
    yield perceiver
    perceiver.close()


@pytest.mark.parametrize('background', ['room', 'noise'])
@pytest.mark.parametrize('place_px', [(640, 360), (1240, 670), (400, 180)], ids=['middle', 'corner', 'edge of a tile'])
def test_a_face_of_60_px_is_found_where_it_is(
    place_px: tuple[int, int],
    background: str,
    perceiver: FacePerceiver,
    far_pictures: list[FarPicture],
    backgrounds: dict[str, RgbImage],
) -> None:
    found = []
    for i, picture in enumerate(far_pictures):
        image, truth = picture.at(*place_px, backgrounds[background])
        found += [(face, truth) for face in perceiver.perceive(image, START_NS + i * FRAME_NS).faces]
    assert 0.95 * CLIP_FRAMES <= len(found) <= CLIP_FRAMES
    assert all(overlap(face.region, truth) > 0.8 for face, truth in found)
    assert len({face.face_id for face, _ in found}) == 1


@pytest.mark.parametrize('num_faces', [1, 4])
def test_a_far_face_that_moves_is_kept(
    num_faces: int, bundle: Path, far_pictures: list[FarPicture], backgrounds: dict[str, RgbImage]
) -> None:
    perceiver = FacePerceiver(bundle, LandmarkerOptions(num_faces=num_faces))
    found = []
    for i, picture in enumerate(far_pictures):
        image, truth = picture.at(1100 - 7 * i, 350 + 2 * i, backgrounds['room'])
        found += [(face, truth) for face in perceiver.perceive(image, START_NS + i * FRAME_NS).faces]
    perceiver.close()
    assert 0.95 * CLIP_FRAMES <= len(found) <= CLIP_FRAMES
    assert all(overlap(face.region, truth) > 0.6 for face, truth in found)
    assert len({face.face_id for face, _ in found}) == 1


def test_a_near_face_gives_what_it_gives_without_a_search(bundle: Path, face_frames: list[RgbImage]) -> None:
    with_search, without = FacePerceiver(bundle), FacePerceiver(bundle, far_options=FarFaceOptions(tiles_per_image=0))
    for i, rgb in enumerate([np.zeros_like(face_frames[0]), *face_frames]):
        found = with_search.perceive(rgb, START_NS + i * FRAME_NS).faces
        expected = without.perceive(rgb, START_NS + i * FRAME_NS).faces
        assert len(found) == len(expected) == min(i, 1)
        for face, same in zip(found, expected, strict=True):
            assert face.region == same.region
            np.testing.assert_array_equal(face.blendshapes, same.blendshapes)
    with_search.close()
    without.close()


def test_somebody_who_comes_near_is_noticed_while_a_far_face_is_followed(
    perceiver: FacePerceiver,
    far_pictures: list[FarPicture],
    face_frames: list[RgbImage],
    backgrounds: dict[str, RgbImage],
) -> None:
    for i, picture in enumerate(far_pictures[:10]):
        image, _ = picture.at(100, 100, backgrounds['room'])
        perceiver.perceive(image, START_NS + i * FRAME_NS)
    # A face of more than 200 px on the right, the far one still on the left.
    image[:, 640:] = cv2.resize(face_frames[0], (WIDTH_PX, HEIGHT_PX))[:, 560:1200]
    stamps_ns = range(START_NS + 10 * FRAME_NS, START_NS + 10 * FRAME_NS + NEAR_NOTICED_NS, FRAME_NS)
    frames = [perceiver.perceive(image, stamp_ns) for stamp_ns in stamps_ns]
    assert [face.region.x_min < 0.5 for face in frames[0].faces] == [True]
    assert [face.region.x_min > 0.5 for face in frames[-1].faces] == [True]


def test_a_jump_back_in_time_searches_anew(
    perceiver: FacePerceiver, far_pictures: list[FarPicture], backgrounds: dict[str, RgbImage]
) -> None:
    ids = []
    for start_ns in (START_NS, START_NS - TIME_JUMP_NS):
        for i, picture in enumerate(far_pictures[:10]):
            image, _ = picture.at(1200, 360, backgrounds['noise'])
            ids.append({face.face_id for face in perceiver.perceive(image, start_ns + i * FRAME_NS).faces})
    assert ids[0] == ids[10] == set()
    assert len(ids[9]) == len(ids[19]) == 1
    assert ids[9] != ids[19]


class SpotLandmarker:
    """Takes white rectangles for faces, where they are as large in the picture as FaceLandmarker needs them."""

    def __init__(self, make_face: MakeFace) -> None:
        self._make_face = make_face
        self.seen: list[RgbImage] = []

    def detect(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        self.seen.append(rgb)
        height_px, width_px = rgb.shape[:2]
        _, _, boxes, _ = cv2.connectedComponentsWithStats((rgb[:, :, 0] == 255).astype(np.uint8))
        regions = [
            Region(x / width_px, y / height_px, (x + width) / width_px, (y + height) / height_px)
            for x, y, width, height, _ in boxes[1:]
            if width >= MIN_FACE_SHARE * max(width_px, height_px)
        ]
        return tuple(self._make_face(region=region) for region in regions)

    def close(self) -> None:
        pass

    def dark_pictures(self) -> int:
        """How often it was shown that nobody is there."""
        return sum(not rgb.any() for rgb in self.seen)


@pytest.fixture
def landmarker(make_face: MakeFace) -> SpotLandmarker:
    return SpotLandmarker(make_face)


def grey_image(*spots_px: tuple[int, int], width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> RgbImage:
    """With white squares of FACE_PX around these points."""
    image = np.full((height_px, width_px, 3), 90, np.uint8)
    for x_px, y_px in spots_px:
        image[y_px - 30 : y_px + 30, x_px - 30 : x_px + 30] = 255
    return image


def middles_px(faces: tuple[Face, ...]) -> list[tuple[int, int]]:
    regions = [face.region for face in faces]
    return sorted(
        (round((r.x_min + r.x_max) / 2 * WIDTH_PX), round((r.y_min + r.y_max) / 2 * HEIGHT_PX)) for r in regions
    )


@pytest.mark.parametrize('tiles_per_image', [0, 1, 2, 5])
def test_an_image_without_a_face_costs_so_many_tiles_and_no_more(
    tiles_per_image: int, landmarker: SpotLandmarker
) -> None:
    finder = FarFaceFinder(lambda: landmarker, FarFaceOptions(tiles_per_image=tiles_per_image))
    for i in range(20):
        assert finder.detect(grey_image(), i * FRAME_NS) == ()
        assert len(landmarker.seen) == (i + 1) * tiles_per_image


def test_a_small_image_is_not_searched(landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    assert finder.detect(grey_image(width_px=320, height_px=240), 0) == ()
    assert landmarker.seen == []


@pytest.mark.parametrize('spot_px', [(640, 360), (30, 30), (1250, 690), (400, 360), (840, 180)])
def test_a_face_anywhere_is_found_within_five_images(spot_px: tuple[int, int], landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    found = [middles_px(finder.detect(grey_image(spot_px), i * FRAME_NS)) for i in range(8)]
    first = found.index([spot_px])
    assert first < 5
    assert found[first:] == [[spot_px]] * (8 - first)


def test_the_crop_is_held_still_until_the_face_nears_its_edge(landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    finder.detect(grey_image((600, 300)), 0)
    landmarker.seen.clear()
    for i in range(100):
        assert middles_px(finder.detect(grey_image((600 + 4 * i, 300)), (i + 1) * FRAME_NS)) == [(600 + 4 * i, 300)]
    # 400 px in crops that let a face move by 2 of its widths, each announced by one dark picture.
    assert landmarker.dark_pictures() == 3
    assert len(landmarker.seen) == 103


@pytest.mark.parametrize('missed', [1, MAX_HIDDEN_NS // FRAME_NS - 1])
def test_a_face_that_was_hidden_briefly_is_found_at_once(missed: int, landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    images = [*[grey_image((1200, 650))] * 5, *[grey_image()] * missed, grey_image((1200, 600))]
    found = [finder.detect(image, i * FRAME_NS) for i, image in enumerate(images)]
    assert found[5:-1] == [()] * missed
    assert middles_px(found[-1]) == [(1200, 600)]


def test_somebody_lost_is_searched_for_everywhere_and_nobody_followed(landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    for i in range(5):
        finder.detect(grey_image((1200, 650)), i * FRAME_NS)
    assert finder.follows_somebody
    landmarker.seen.clear()
    start_ns = 5 * FRAME_NS + MAX_HIDDEN_NS
    found = [middles_px(finder.detect(grey_image((60, 60)), start_ns + i * FRAME_NS)) for i in range(5)]
    assert found[0] == []
    assert found[-1] == [(60, 60)]
    # What was tracked in the crop is ended before a tile is looked at, and again before the new crop.
    assert landmarker.dark_pictures() == 2
    assert not landmarker.seen[0].any()


def test_what_is_seen_in_a_tile_only_is_no_face_and_the_search_goes_on(make_face: MakeFace) -> None:
    class TileOnly(SpotLandmarker):
        def detect(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
            faces = super().detect(rgb, stamp_ns)
            # A grey pixel marks the true face; the false one is seen in a picture of a tile's size only.
            return faces if rgb.shape[1] == 400 or (rgb == 200).any() else ()

    finder = FarFaceFinder(lambda: TileOnly(make_face))
    image = grey_image((700, 360), (1100, 650))
    image[650, 1100] = 200
    found = [middles_px(finder.detect(image, i * FRAME_NS)) for i in range(8)]
    assert found[0] == []
    assert found[-1] == [(1100, 650)]


def test_faces_side_by_side_are_found_together(landmarker: SpotLandmarker) -> None:
    spots = [(560, 300), (690, 310)]
    finder = FarFaceFinder(lambda: landmarker)
    found = [middles_px(finder.detect(grey_image(*spots), i * FRAME_NS)) for i in range(3)]
    assert found[1:] == [spots, spots]


def test_an_image_of_another_size_starts_anew(landmarker: SpotLandmarker) -> None:
    finder = FarFaceFinder(lambda: landmarker)
    assert finder.detect(grey_image((640, 360)), 0)
    assert finder.detect(grey_image(width_px=640, height_px=480), FRAME_NS) == ()
    assert not finder.follows_somebody
    (face,) = finder.detect(grey_image((320, 240), width_px=640, height_px=480), 2 * FRAME_NS)
    assert face.region == pytest.approx(Region(290 / 640, 210 / 480, 350 / 640, 270 / 480))


SIDES_PX = st.integers(16, 2000)


@given(width_px=SIDES_PX, height_px=SIDES_PX, min_face_px=st.floats(40.0, 250.0), size=st.floats(0.0, 1.0))
def test_every_face_that_the_whole_image_misses_is_large_enough_and_far_enough_inside_a_tile(
    width_px: int, height_px: int, min_face_px: float, size: float
) -> None:
    tiles = search_tiles(width_px, height_px, min_face_px)
    widest_missed_px = MIN_FACE_SHARE * max(width_px, height_px)
    assert bool(tiles) == (min_face_px < widest_missed_px)
    for tile in tiles:
        assert 0 <= tile.x_px < tile.x_px + tile.width_px <= width_px
        assert 0 <= tile.y_px < tile.y_px + tile.height_px <= height_px
    if tiles:
        face_px = min_face_px + size * (widest_missed_px - min_face_px)
        fitting = [tile for tile in tiles if face_px >= MIN_FACE_SHARE * max(tile.width_px, tile.height_px) - 0.1]
        assert shown_everywhere(fitting, face_px / 3.0, width_px, height_px)


@given(width_px=SIDES_PX, height_px=SIDES_PX, min_face_px=st.floats(40.0, 250.0))
def test_a_face_of_the_least_width_is_wholly_in_one_tile(width_px: int, height_px: int, min_face_px: float) -> None:
    tiles = search_tiles(width_px, height_px, min_face_px)
    assert not tiles or shown_everywhere(tiles, min_face_px / 2.0, width_px, height_px)


def shown_everywhere(tiles: Sequence[Crop], around_px: float, width_px: int, height_px: int) -> bool:
    """Whether around every point of the image so much of it is inside one tile, but for a rounded pixel."""
    left = np.array([tile.x_px for tile in tiles])
    top = np.array([tile.y_px for tile in tiles])
    right = left + [tile.width_px for tile in tiles]
    bottom = top + [tile.height_px for tile in tiles]
    # Where tiles end and halfway between: a point that is worse off than all others is among these.
    x, y = np.meshgrid(ends_and_halves(left, right), ends_and_halves(top, bottom))
    x, y = x.reshape(-1, 1), y.reshape(-1, 1)
    shown = (
        (left <= np.maximum(x - around_px, 0.0) + 1.0)
        & (right >= np.minimum(x + around_px, width_px) - 1.0)
        & (top <= np.maximum(y - around_px, 0.0) + 1.0)
        & (bottom >= np.minimum(y + around_px, height_px) - 1.0)
    )
    return bool(shown.any(axis=1).all())


def ends_and_halves(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    places = np.unique(np.concatenate([starts, ends]))
    return np.concatenate([places, (places[1:] + places[:-1]) / 2.0])


@given(
    width_px=st.integers(16, 4000),
    height_px=st.integers(16, 4000),
    boxes=st.lists(st.tuples(*[st.floats(-0.1, 1.0)] * 2, *[st.floats(0.02, 0.5)] * 2), min_size=1, max_size=4),
)
def test_a_crop_shows_its_faces_with_a_margin_as_far_as_the_image_goes(
    width_px: int, height_px: int, boxes: list[tuple[float, float, float, float]]
) -> None:
    regions = [Region(x, y, x + width, y + height) for x, y, width, height in boxes]
    crop = crop_around(regions, width_px, height_px)
    assert 0 <= crop.x_px < crop.x_px + crop.width_px <= width_px
    assert 0 <= crop.y_px < crop.y_px + crop.height_px <= height_px
    margin_px = CROP_MARGIN * max(region.width for region in regions) * width_px
    assert crop.x_px <= max(min(r.x_min for r in regions) * width_px - margin_px, 0.0)
    assert crop.y_px <= max(min(r.y_min for r in regions) * height_px - margin_px, 0.0)
    assert crop.x_px + crop.width_px >= min(max(r.x_max for r in regions) * width_px + margin_px, width_px)
    assert crop.y_px + crop.height_px >= min(max(r.y_max for r in regions) * height_px + margin_px, height_px)
