"""Pictures are looked at once; what is known of their faces afterwards is what FaceLandmarker found."""

from __future__ import annotations

import errno
import zipfile
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.made_up_faces import DamagedPicture, made_up_faces, made_up_pictures

from blendfer_ros.classification.features import PARTS, FeaturePart, FeatureReader, size_of
from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.errors import BlendferError, DatasetError, ModelError
from blendfer_ros.core.face import HeadPose, Region
from blendfer_ros.datasets.face_dataset import ARRAYS, FaceDataset
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, SPLITS, read_fer2013
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.datasets.variation import ROTATED, SMALL, UPRIGHT, Variation
from blendfer_ros.perception.crops import crop_face, standardised
from blendfer_ros.perception.expressions import ExpressionNetwork, square_of
from blendfer_ros.perception.stills import StillLandmarker, still_attempts

# As many as the fixture small_fer2013 takes.
PER_SPLIT_AND_EXPRESSION = 6


@pytest.fixture(scope='module')
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('cache')


@pytest.fixture
def dataset(small_fer2013: Path) -> PictureDataset:
    return read_fer2013(small_fer2013)


@pytest.fixture
def found(dataset: PictureDataset, bundle: Path, cache: Path) -> FaceDataset:
    """The faces of all pictures, looked at once for all tests."""
    return load_faces(dataset, bundle, workers=2, cache=cache)


def test_faces_are_found_once_and_then_come_from_the_cache(
    dataset: PictureDataset, bundle: Path, cache: Path, found: FaceDataset, capfd: pytest.CaptureFixture[str]
) -> None:
    again = load_faces(dataset, bundle, workers=2, cache=cache)
    assert 'FaceLandmarker' not in capfd.readouterr().err
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(again, name))
    assert len(found) == PER_SPLIT_AND_EXPRESSION * len(EXPRESSIONS) * len(SPLITS)
    assert found.detected.mean() > 0.8
    assert not found.unreadable.any()
    for name in ('blendshapes', 'geometry', 'landmarks', 'poses', 'regions'):
        assert not getattr(found, name)[~found.detected].any()
        assert getattr(found, name)[found.detected].any(axis=-1).all()
    assert sum(found.lost_per_class().values()) == (~found.detected).sum()


def test_the_progress_bar_says_what_is_looked_at(
    dataset: PictureDataset, bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:2])
    load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    told = capfd.readouterr().err
    assert 'FaceLandmarker, PrivateTest' in told
    assert '100%' in told


def test_the_answer_does_not_depend_on_the_number_of_workers(
    dataset: PictureDataset, bundle: Path, found: FaceDataset, tmp_path: Path
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.VALIDATION).samples[:8])
    one = load_faces(few, bundle, UPRIGHT, [Role.VALIDATION], workers=1, cache=tmp_path)
    rows = np.isin(found.sample_ids, one.sample_ids)
    np.testing.assert_array_equal(one.blendshapes, found.blendshapes[rows])


def test_every_picture_keeps_its_id_its_label_and_its_role(dataset: PictureDataset, found: FaceDataset) -> None:
    expected = {sample.sample_id: (sample.label, sample.role.value) for sample in dataset.samples}
    rows = zip(found.sample_ids.tolist(), found.labels.tolist(), found.roles.tolist(), strict=True)
    assert {sample_id: (label, role) for sample_id, label, role in rows} == expected
    assert found.classes == EXPRESSIONS


def test_each_face_is_what_facelandmarker_finds_in_the_picture(
    dataset: PictureDataset, bundle: Path, found: FaceDataset
) -> None:
    (i, *_) = np.flatnonzero(found.detected)
    with closing(StillLandmarker(bundle)) as stills:
        alone = stills.detect(still_attempts(dataset.picture_of()(str(found.sample_ids[i]))))
    assert alone is not None
    face = list(found.faces())[i]
    np.testing.assert_array_equal(face.blendshapes, alone.blendshapes)
    np.testing.assert_array_equal(face.geometry, alone.geometry)
    np.testing.assert_allclose(face.landmarks, alone.landmarks, atol=1e-3)
    assert face.pose.yaw_rad == pytest.approx(alone.pose.yaw_rad)
    assert (face.region.x_min, face.region.y_max) == pytest.approx((alone.region.x_min, alone.region.y_max))


def test_another_opinion_about_the_same_pictures_needs_no_second_look(
    dataset: PictureDataset, bundle: Path, cache: Path, found: FaceDataset, capfd: pytest.CaptureFixture[str]
) -> None:
    sad = EXPRESSIONS.index('sad')
    changed = replace(dataset, samples=tuple(replace(sample, label=sad) for sample in dataset.samples))
    again = load_faces(changed, bundle, cache=cache)
    assert 'FaceLandmarker' not in capfd.readouterr().err
    assert set(again.labels.tolist()) == {sad}
    np.testing.assert_array_equal(again.blendshapes, found.blendshapes)


def test_other_pictures_and_other_variations_are_looked_at_anew(
    dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:2])
    load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    for other, variation in ((few, SMALL), (few, ROTATED), (replace(few, identity='another'), UPRIGHT)):
        n_before = len(list(tmp_path.iterdir()))
        load_faces(other, bundle, variation, [Role.TEST], workers=1, cache=tmp_path)
        assert len(list(tmp_path.iterdir())) == n_before + 1


def test_a_full_disk_is_named_and_leaves_nothing(
    dataset: PictureDataset, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b'half')
        raise OSError(errno.ENOSPC, 'No space left on device')

    few = replace(dataset, samples=dataset.of_role(Role.VALIDATION).samples[:1])
    monkeypatch.setattr(np, 'savez', full)
    with pytest.raises(BlendferError, match=rf'cannot write {tmp_path}/.*\.npz: No space left'):
        load_faces(few, bundle, roles=[Role.VALIDATION], workers=1, cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_changed_in_a_folder_is_looked_at_again(
    small_fer2013: Path, bundle: Path, tmp_path: Path
) -> None:
    pictures = tmp_path / 'pictures' / 'happy'
    pictures.mkdir(parents=True)
    with zipfile.ZipFile(small_fer2013) as archive:
        names = sorted(n for n in archive.namelist() if 'happy/PublicTest_' in n)[:3]
        for name in names:
            (pictures / Path(name).name).write_bytes(archive.read(name))

    def look() -> FaceDataset:
        return load_faces(read_fer2013(tmp_path / 'pictures'), bundle, roles=[Role.VALIDATION], cache=tmp_path)

    before = look()
    first, second, _ = sorted(pictures.iterdir())
    first.write_bytes(second.read_bytes())
    after = look()
    changed = (before.blendshapes != after.blendshapes).any(axis=1)
    assert after.sample_ids[changed].tolist() == [first.stem]


def test_a_role_without_pictures_is_refused_by_the_name_of_its_split(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match='made up has no picture in the split PrivateTest'):
        load_faces(made_up_pictures([0], Role.TRAIN), bundle, roles=[Role.TEST], cache=tmp_path)


def test_rotated_pictures_are_rotated_the_same_way_each_time() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    first, again = (next(ROTATED.attempts(rgb, 'Training_1')).rgb for _ in range(2))
    other = next(ROTATED.attempts(rgb, 'Training_2')).rgb
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != next(UPRIGHT.attempts(rgb, 'Training_1')).rgb).any()
    assert (next(replace(ROTATED, seed=1).attempts(rgb, 'Training_1')).rgb != first).any()


@pytest.mark.parametrize(('scale', 'size'), [(0.5, (200, 300)), (0.25, (100, 150)), (0.001, (1, 1))])
def test_a_shrunk_picture_has_that_part_of_its_size_and_is_then_prepared_like_any_other(
    scale: float, size: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (400, 600, 3), np.uint8)
    shrunk = cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA)
    made = list(Variation(scale=scale).attempts(rgb, 'any'))
    expected = list(still_attempts(shrunk))
    assert len(made) == len(expected)
    for attempt, as_any in zip(made, expected, strict=True):
        np.testing.assert_array_equal(attempt.rgb, as_any.rgb)
        assert attempt.region == as_any.region


def test_a_rotated_picture_keeps_its_size_and_its_place() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    for rotated, upright in zip(ROTATED.attempts(rgb, 'a'), UPRIGHT.attempts(rgb, 'a'), strict=True):
        assert rotated.rgb.shape == upright.rgb.shape
        assert rotated.region == upright.region


def test_every_row_becomes_a_face_and_is_named() -> None:
    faces = replace(
        made_up_faces(Role.TEST, 3, seed=1),
        poses=np.arange(9, dtype=np.float32).reshape(3, 3) / 10,
        regions=np.arange(12, dtype=np.float32).reshape(3, 4) / 10,
    )
    made = list(faces.faces())
    assert [face.face_id for face in made] == faces.sample_ids.tolist()
    for i, face in enumerate(made):
        np.testing.assert_array_equal(face.blendshapes, faces.blendshapes[i])
        np.testing.assert_array_equal(face.geometry, faces.geometry[i])
        assert face.landmarks.shape == (478, 3)
        assert face.landmarks.dtype == np.float32
    assert made[1].pose == HeadPose(*map(float, faces.poses[1]))
    assert made[2].region == Region(*map(float, faces.regions[2]))


@pytest.mark.parametrize('feature_set', ['blendshapes', 'geometry', 'blendshapes+geometry'])
def test_features_are_those_of_the_faces_row_by_row(feature_set: str) -> None:
    faces = made_up_faces(Role.TEST, 4, seed=2)
    features = faces.features(feature_set)
    assert features.shape == (4, size_of(feature_set))
    np.testing.assert_array_equal(features, FeatureReader(feature_set).read(list(faces.faces())))


def test_a_part_added_to_the_others_counts_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    head = FeaturePart(3, lambda face: np.array(astuple(face.pose)), 'head pose')
    monkeypatch.setitem(PARTS, 'poses', head)
    faces = replace(made_up_faces(Role.TEST, 2, seed=2), poses=np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    assert faces.features('blendshapes+poses').shape == (2, 52 + 3)
    np.testing.assert_array_equal(faces.features('blendshapes+poses')[:, 52:], faces.poses)
    with pytest.raises(ModelError, match="feature_set is 'blendshapes\\+pixels'"):
        faces.features('blendshapes+pixels')


def test_of_blendshapes_nothing_else_is_known() -> None:
    blendshapes = np.random.default_rng(0).random((2, 52), np.float32)
    faces = FaceDataset.of_blendshapes(['line 2', 'line 3'], np.array([2, 0]), blendshapes)
    assert faces.emotion_labels.tolist() == [2, 0]
    assert faces.detected.all()
    np.testing.assert_array_equal(faces.features('blendshapes'), blendshapes)
    assert [face.geometry.size for face in faces.faces()] == [0, 0]


def test_mirrored_faces_twice_are_the_faces_and_once_a_smile_changes_sides(found: FaceDataset) -> None:
    mirrored = found.mirrored()
    twice = mirrored.mirrored()
    np.testing.assert_array_equal(twice.blendshapes, found.blendshapes)
    np.testing.assert_array_equal(twice.geometry, found.geometry)
    assert (mirrored.blendshapes != found.blendshapes).any()
    np.testing.assert_array_equal(mirrored.labels, found.labels)


def test_rows_are_chosen_joined_and_relabelled_together() -> None:
    faces = made_up_faces(Role.TRAIN, 6, seed=3)
    first, rest = faces.where(np.arange(6) < 2), faces.where(np.arange(6) >= 2)
    joined = FaceDataset.joined([first, rest])
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(joined, name), getattr(faces, name))
    sad = EXPRESSIONS.index('sad')
    again = faces.relabelled(made_up_pictures([sad, sad], Role.TRAIN, ['Training_4', 'Training_1']))
    assert again.sample_ids.tolist() == ['Training_1', 'Training_4']
    assert again.labels.tolist() == [sad, sad]
    np.testing.assert_array_equal(again.blendshapes, faces.blendshapes[[1, 4]])


def test_new_labels_go_by_the_id_and_not_by_the_place() -> None:
    faces = made_up_faces(Role.TRAIN, 3, seed=3)
    voted = made_up_pictures([0, 1, 2], Role.TRAIN, ['Training_2', 'Training_0', 'Training_9'])
    again = faces.relabelled(voted)
    assert dict(zip(again.sample_ids.tolist(), again.labels.tolist(), strict=True)) == {
        'Training_0': 1,
        'Training_2': 0,
    }


def test_an_empty_data_set_has_a_row_for_each_picture_and_no_face() -> None:
    empty = FaceDataset.empty(made_up_pictures([0, 3, 3], Role.TEST))
    assert len(empty) == 3
    assert not len(empty.with_face())
    assert not len(empty.of_role(Role.TRAIN))
    assert empty.lost_per_class()['happy'] == 2


def test_expression_scores_have_a_cache_of_their_own(
    dataset: PictureDataset, bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:4])

    def look(expressions: Path | None) -> FaceDataset:
        return load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path, expressions=expressions)

    plain = look(None)
    assert set(plain.expression_models) == {''}
    assert not plain.expressions.any()
    capfd.readouterr()
    scored = look(find_expressions())
    told = capfd.readouterr().err
    assert 'FaceLandmarker' not in told
    assert 'expressions' in told
    assert len(list(tmp_path.iterdir())) == 2
    network = ExpressionNetwork(find_expressions())
    np.testing.assert_array_equal(scored.expression_models == network.card.model_id, scored.detected)
    np.testing.assert_array_equal(scored.expression_models == '', ~scored.detected)
    again = look(find_expressions())
    assert capfd.readouterr().err == ''
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(again, name), getattr(scored, name))
    # Whoever asks for none gets none, whatever has been looked at before.
    assert set(look(None).expression_models) == {''}


def test_scores_are_those_the_network_gives_the_face_in_its_picture(
    dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:3])
    faces = load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path, expressions=find_expressions())
    network = ExpressionNetwork(find_expressions())
    for i, face in enumerate(faces.faces()):
        if faces.detected[i]:
            alone = network.look_at(face, few.samples[i].picture.load())
            np.testing.assert_array_equal(face.expression_scores, alone.expression_scores)
            assert face.expression_model == network.card.model_id


def test_scores_come_with_features_and_stay_in_the_mirror(
    dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:3])
    faces = load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path, expressions=find_expressions())
    np.testing.assert_array_equal(faces.features('expressions'), faces.expressions)
    np.testing.assert_array_equal(faces.mirrored().expressions, faces.expressions)
    np.testing.assert_array_equal(faces.mirrored().expression_models, faces.expression_models)


def test_a_network_that_cannot_be_loaded_is_refused_before_any_picture_is_looked_at(
    dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r'model card .*gone\.json is missing'):
        load_faces(dataset, bundle, cache=tmp_path, expressions=tmp_path / 'gone.tflite')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('variation', [UPRIGHT, ROTATED, SMALL], ids=['upright', 'rotated', 'small'])
def test_the_places_of_a_face_are_those_in_the_picture_as_it_was_varied(
    variation: Variation, dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    samples = [sample for sample in dataset.of_role(Role.TEST).samples if sample.label == EXPRESSIONS.index('happy')]
    few = replace(dataset, samples=tuple(samples))

    def crops(how: Variation) -> dict[str, np.ndarray]:
        faces = load_faces(few, bundle, how, [Role.TEST], workers=1, cache=tmp_path)
        shown = {sample.sample_id: how.of(sample.picture.load(), sample.sample_id) for sample in samples}
        found = zip(faces.sample_ids.tolist(), faces.faces(), faces.detected, strict=True)
        return {i: standardised(crop_face(shown[i], square_of(face, shown[i]))) for i, face, there in found if there}

    upright, varied = crops(UPRIGHT), crops(variation)
    both = upright.keys() & varied.keys()
    assert len(both) >= 3
    alike = [np.corrcoef(upright[i].ravel(), varied[i].ravel())[0, 1] for i in both]
    others = [np.corrcoef(upright[i].ravel(), varied[j].ravel())[0, 1] for i in both for j in both if i != j]
    assert min(alike) > 0.8
    assert np.median(alike) > np.median(others) + 0.2


def test_what_was_found_before_an_interruption_is_not_looked_for_again(
    dataset: PictureDataset, bundle: Path, tmp_path: Path
) -> None:
    few = replace(dataset, samples=dataset.of_role(Role.TEST).samples[:6])
    whole = load_faces(few, bundle, roles=[Role.TEST], workers=1, cache=tmp_path / 'whole')

    def damaged(indices: range) -> PictureDataset:
        samples = (
            replace(sample, picture=DamagedPicture()) if i in indices else sample
            for i, sample in enumerate(few.samples)
        )
        return replace(few, samples=tuple(samples))

    with pytest.raises(DatasetError, match='damaged'):
        load_faces(damaged(range(4, 5)), bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    # The first four cannot be looked at any more, and need not be.
    found = load_faces(damaged(range(4)), bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    np.testing.assert_array_equal(found.detected, whole.detected)
    np.testing.assert_array_equal(found.landmarks[:4], whole.landmarks[:4])
    assert not list(tmp_path.glob('*.part.npz'))
