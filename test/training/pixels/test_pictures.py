"""What the CNN is trained on: real pictures, where their faces are, what was voted, and how they are varied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blendfer_ros.core.errors import DatasetError, ParameterError
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS, FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.perception.crops import CROP_SIZE_PX, Square, crop_face, standardised
from blendfer_ros.training.pixels.augmentation import varied_crop
from blendfer_ros.training.pixels.fitting import upright_crops
from blendfer_ros.training.pixels.pictures import PixelPictures, load_pictures
from blendfer_ros.training.pixels.recipe import PixelRecipe


@pytest.fixture(scope='module')
def dataset(small_fer2013: Path) -> PictureDataset:
    """A few pictures of each expression."""
    few = read_fer2013(small_fer2013)
    taken = [few.of_role(role).samples[::2] for role in (Role.TRAIN, Role.VALIDATION)]
    return replace(few, samples=tuple(sample for of_role in taken for sample in of_role))


@pytest.fixture(scope='module')
def votes(dataset: PictureDataset) -> FerPlus:
    """Seven of ten for contempt, three for what is no expression; the first picture has votes for none."""
    row = dict.fromkeys(COLUMNS, 0)
    given_votes = {sample.sample_id: tuple((row | {'contempt': 7, 'NF': 3}).values()) for sample in dataset.samples}
    given_votes[dataset.of_role(Role.TRAIN).samples[0].sample_id] = tuple((row | {'NF': 10}).values())
    return FerPlus(given_votes)


@pytest.fixture(scope='module')
def pictures(dataset: PictureDataset, bundle: Path, votes: FerPlus) -> PixelPictures:
    return load_pictures(dataset, bundle, votes, Role.TRAIN)


def test_pictures_on_which_nobody_voted_for_an_expression_are_left_out(
    dataset: PictureDataset, pictures: PixelPictures
) -> None:
    samples = dataset.of_role(Role.TRAIN).samples
    assert pictures.sample_ids.tolist() == [sample.sample_id for sample in samples[1:]]
    assert pictures.labels.tolist() == [sample.label for sample in samples[1:]]
    assert len(pictures) == len(samples) - 1


def test_the_votes_are_shares_of_those_for_expressions(pictures: PixelPictures) -> None:
    assert pictures.votes.shape == (len(pictures), 8)
    np.testing.assert_array_equal(pictures.votes, np.tile(np.eye(8, dtype=np.float32)[7], (len(pictures), 1)))


def test_every_picture_is_grey_and_has_a_square_for_all_of_it(pictures: PixelPictures) -> None:
    assert {grey.shape for grey in pictures.greys} == {(48, 48)}
    assert set(pictures.whole) == {Square(24.0, 24.0, 24.0)}
    for grey, whole in zip(pictures.greys, pictures.whole, strict=True):
        np.testing.assert_array_equal(crop_face(grey, whole), grey)


def test_where_a_face_is_found_it_is_framed_and_elsewhere_the_whole_picture_is(pictures: PixelPictures) -> None:
    found = [square for square in pictures.aligned if square]
    assert len(found) > 0.7 * len(pictures)
    assert all(10.0 < square.half_side_px < 48.0 for square in found)
    nowhere = replace(pictures, aligned=(None,) * len(pictures))
    expected = [standardised(grey)[..., None] for grey in pictures.greys]
    np.testing.assert_array_equal(upright_crops(nowhere), expected)
    crops = upright_crops(pictures)
    assert (crops.shape, crops.dtype) == ((len(pictures), CROP_SIZE_PX, CROP_SIZE_PX, 1), np.float32)
    for crop, whole, square in zip(crops, expected, pictures.aligned, strict=True):
        assert np.array_equal(crop, whole) == (square is None)


@pytest.mark.parametrize('given_votes', [{}, {'Training_0': (9,) * len(COLUMNS)}])
def test_votes_on_other_pictures_are_none(
    given_votes: dict[str, tuple[int, ...]], dataset: PictureDataset, bundle: Path
) -> None:
    with pytest.raises(DatasetError, match=r'FER\+ has no votes on the pictures of Training'):
        load_pictures(dataset, bundle, FerPlus(given_votes), Role.TRAIN)


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), i=st.integers(0, len(EXPRESSIONS)))
def test_a_varied_crop_is_a_crop_and_the_same_for_the_same_seed(seed: int, i: int, pictures: PixelPictures) -> None:
    grey, square = pictures.greys[i], pictures.aligned[i] or pictures.whole[i]
    first, again = (varied_crop(grey, square, np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first.shape, first.dtype) == ((CROP_SIZE_PX, CROP_SIZE_PX), np.float32)
    assert np.isfinite(first).all()
    assert 0.3 < first.std() < 2.0


def test_variations_differ_and_remain_the_face_or_its_mirror_image(pictures: PixelPictures) -> None:
    grey, square = pictures.greys[1], pictures.aligned[1] or pictures.whole[1]
    plain = standardised(crop_face(grey, square))
    rng = np.random.default_rng(0)
    varied = [varied_crop(grey, square, rng) for _ in range(200)]
    straight = np.array([np.corrcoef(crop.ravel(), plain.ravel())[0, 1] for crop in varied])
    mirrored = np.array([np.corrcoef(crop.ravel(), plain[:, ::-1].ravel())[0, 1] for crop in varied])
    assert np.median(np.maximum(straight, mirrored)) > 0.5
    assert np.maximum(straight, mirrored).max() < 0.9999
    assert 0.3 < (straight > mirrored).mean() < 0.7


@pytest.mark.parametrize(
    ('option', 'value'), [('width', 0), ('dropout', 1.0), ('whole_pictures', 1.5), ('epochs', 0), ('batch_size', 0)]
)
def test_an_option_out_of_range_is_refused_by_name(option: str, value: float) -> None:
    with pytest.raises(ParameterError, match=option):
        PixelRecipe(**{option: value})
