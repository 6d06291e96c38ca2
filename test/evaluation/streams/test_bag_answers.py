"""Bags are answered as the nodes would, and how their images came is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.bag_maker import (
    BLENDSHAPES,
    COMPRESSED_IMAGE,
    IMAGE,
    blendshapes_bag,
    image_messages,
    restamped,
    shipped_messages,
    storage_file,
    write_bag,
)

from blendfer_ros.bags.reading import typestore
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.core.answers import Answer
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face_messages import message_to_frame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, BagTime, Candidate, answer_bag

SHIPPED = Candidate('shipped', find_model())
RATE_HZ = 24.0


def no_bundle() -> Path:
    raise AssertionError('blendshapes need no bundle')


def answered(path: Path, *candidates: Candidate) -> AnsweredBag:
    return answer_bag(path, candidates or (SHIPPED,), no_bundle, quiet=True)


def said(bag: AnsweredBag, candidate: int = 0) -> list[tuple[float, str]]:
    return [(round(answer.stamp_s, 6), answer.said) for answer in bag.series[candidate].answers()]


def test_answers_are_those_of_the_estimator_at_each_image(tmp_path: Path) -> None:
    bag = answered(blendshapes_bag(tmp_path / 'bag'))
    estimator, types, expected = EmotionEstimator(load_classifier(find_model())), typestore(), []
    messages = shipped_messages()
    for message in messages:
        frame = message_to_frame(types.deserialize_cdr(message.cdr, BLENDSHAPES))
        estimator.observe(frame, message.recorded_ns)
        at_s = (message.recorded_ns - messages[0].recorded_ns) / 1e9
        expected.append(Answer.of(at_s, estimator.report(message.recorded_ns)))
    assert list(bag.series[0].answers()) == expected
    assert {answer.said for answer in expected} == {'sad', 'unknown', 'happy'}
    assert (bag.topic, bag.n_people, bag.damage) == ('/blendshapes', 1, None)
    assert bag.first_stamp_ns == messages[0].recorded_ns
    stream = bag.stream
    assert (stream.n_messages, stream.n_frames, stream.skipped, stream.n_lost, stream.gaps) == (236, 236, {}, 0, ())
    assert stream.interval_s == pytest.approx(1001 / 12000, abs=1e-6)
    assert stream.duration_s == pytest.approx(235 * 1001 / 12000, abs=1e-6)


def test_each_candidate_answers_as_if_it_were_the_only_one(tmp_path: Path) -> None:
    path = blendshapes_bag(tmp_path / 'bag')
    raw = Candidate('raw', find_model(), UNSMOOTHED)
    both = answered(path, SHIPPED, raw)
    assert said(both, 0) == said(answered(path, SHIPPED))
    assert said(both, 1) == said(answered(path, raw))
    assert said(both, 0) != said(both, 1)
    assert len(both.series[0].at_images) == len(both.series[1].at_images) == 236


def test_raw_and_compressed_images_are_answered_alike(
    face_frames: list[RgbImage], bundle: Path, tmp_path: Path
) -> None:
    bags = []
    for kind in (IMAGE, COMPRESSED_IMAGE):
        path = tmp_path / kind.rpartition('/')[2]
        write_bag(path, image_messages(face_frames[:12], RATE_HZ, kind), kind, '/camera')
        bags.append(answer_bag(path, [SHIPPED], lambda: bundle, quiet=True))
    assert said(bags[0]) == said(bags[1])
    assert [name for _, name in said(bags[0])] == ['sad'] * 12
    assert bags[0].stream == bags[1].stream
    assert bags[0].perception.median_ms > 0.0


def test_a_pause_is_stale_until_the_next_image_and_told_as_lost_images_and_a_gap(tmp_path: Path) -> None:
    bag = answered(write_bag(tmp_path / 'bag', restamped([10.0, 10.1, 10.2, 12.2, 12.3])))
    times = said(bag)
    assert [at_s for at_s, _ in times] == [0.0, 0.1, 0.2, 1.2, 2.2, 2.3]
    assert times[3] == (1.2, 'stale')
    assert 'stale' not in {name for at_s, name in times if at_s != 1.2}
    assert bag.stream.gaps == ((pytest.approx(0.2), pytest.approx(2.0)),)
    assert bag.stream.n_lost == 19


def test_when_images_turn_stale_is_up_to_each_candidate(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', restamped([10.0, 10.1, 10.2, 12.2, 12.3]))
    patient = Candidate('patient', find_model(), EstimatorOptions(stale_after_s=5.0))
    bag = answered(path, SHIPPED, patient)
    assert 'stale' not in {name for _, name in said(bag, 1)}
    assert 'stale' in {name for _, name in said(bag, 0)}


def test_images_recorded_late_are_stale_before_them_and_time_does_not_fall(tmp_path: Path) -> None:
    # The recorder was held up for three seconds, the camera was not.
    stamps_s, recorded_s = [10.0, 10.1, 10.2, 10.3], [10.0, 10.1, 13.1, 13.2]
    times = said(answered(write_bag(tmp_path / 'bag', restamped(stamps_s, recorded_s))))
    assert [at_s for at_s, _ in times] == [0.0, 0.1, 0.2, 0.2, 0.3]
    assert times[2][1] == 'stale'


def test_repeated_and_late_stamps_are_skipped_and_counted(tmp_path: Path) -> None:
    stamps_s = [10.0, 10.1, 10.1, 10.2, 10.15, 10.05, 10.3]
    recorded_s = [10.0 + 0.1 * i for i in range(7)]
    stream = answered(write_bag(tmp_path / 'bag', restamped(stamps_s, recorded_s))).stream
    assert (stream.n_messages, stream.n_frames) == (7, 4)
    assert (stream.stamps_repeated, stream.stamps_out_of_order) == (1, 2)
    assert sorted(stream.skipped.values()) == [1, 2]


def test_where_stamps_jump_back_time_goes_on_by_the_recording(tmp_path: Path) -> None:
    stamps_s, recorded_s = [10.0, 10.1, 5.0, 5.1], [10.0, 10.1, 10.4, 10.5]
    bag = answered(write_bag(tmp_path / 'bag', restamped(stamps_s, recorded_s)))
    assert [at_s for at_s, _ in said(bag)] == [0.0, 0.1, 0.4, 0.5]
    assert bag.stream.duration_s == pytest.approx(0.5)


def test_bag_time_never_falls() -> None:
    clock = BagTime()
    assert [clock.at_s(*at) for at in ((50, 7), (60, 8), (10, 3), (20, 4))] == [0.0, 1e-8, 1e-8, 2e-8]
    assert clock.first_ns == 50


def test_a_truncated_bag_is_answered_up_to_there(tmp_path: Path) -> None:
    whole = blendshapes_bag(tmp_path / 'whole')
    cut = tmp_path / 'cut'
    shutil.copytree(whole, cut)
    file = storage_file(cut)
    file.write_bytes(file.read_bytes()[:150_000])
    bag = answered(cut)
    assert 90 < bag.stream.n_frames < 120
    assert said(bag) == said(answered(whole))[: bag.stream.n_frames]
    assert (bag.damage.file, bag.damage.offset) == (file.name, 150_000)


def test_a_bag_without_a_usable_image_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = write_bag(tmp_path / 'bag', [(message.recorded_ns, message.cdr[:40]) for message in shipped_messages()[:3]])
    with pytest.raises(DatasetError, match=r'no image of the bag .*bag can be used: a message of /blendshapes cannot'):
        answered(path)
    with pytest.raises(DatasetError, match=r'no image of the bag .*empty can be used: /blendshapes has none'):
        answered(write_bag(tmp_path / 'empty', []))
