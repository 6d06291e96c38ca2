"""Faces and emotions as ROS4HRI (REP-155) has them; what happens without hri_msgs is in test_refusals.py."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import QoSProfile, qos_profile_system_default
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from support.ros_process import NodeProcess, Peer, executable
from support.shown_faces import sad_face, shown

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import Face, Region
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Blendshapes, Emotion
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.qos import LATCHED, RELIABLE, SENSOR_DATA
from blendfer_ros.ros4hri.face_pose import FACE_POINTS_M, RIGID_LANDMARKS
from blendfer_ros.ros4hri.facs import ACTION_UNITS, action_unit_intensities

hri = pytest.importorskip(
    'hri_msgs.msg', reason='needs hri_msgs, which comes with ROS 2 Jazzy from apt and not from PyPI'
)

from blendfer_ros.nodes import hri_conversions  # noqa: E402, after it is known to be of use

NEEDS_TF2 = pytest.mark.skipif(
    importlib.util.find_spec('tf2_msgs') is None,
    reason='needs tf2_msgs, which comes with ROS 2 from apt and not from PyPI',
)
SMILE = 12
UNMEASURED = 80
HEADER = Header(stamp=ns_to_time(5), frame_id='camera')
# What libhri asks for.
ANY: QoSProfile = qos_profile_system_default


def face(face_id: str) -> Blendshapes:
    message = sad_face()
    message.face_id = face_id
    return message


def test_ids_are_letters_and_digits_and_stay_the_same() -> None:
    assert [hri_conversions.hri_id(face_id) for face_id in ('face_7', 'face_7', 'face_123456')] == [
        'f00007',
        'f00007',
        'f123456',
    ]


@pytest.mark.parametrize('face_id', ['', '7', 'face_', 'face_7/roi', 'anna'])
def test_an_id_of_another_form_is_refused_by_name(face_id: str) -> None:
    with pytest.raises(FrameError, match=repr(face_id)):
        hri_conversions.hri_id(face_id)


@pytest.mark.parametrize(
    ('region', 'expected'),
    [
        (Region(0.4, 0.3, 0.6, 0.7), (0.4, 0.3, 0.6, 0.7)),
        (Region(-0.5, 0.3, 0.2, 1.7), (0.0, 0.3, 0.2, 1.0)),
        (Region(1.2, 0.3, 1.4, 0.7), (1.0, 0.3, 1.0, 0.7)),
    ],
)
def test_a_region_is_what_of_the_face_is_in_the_image(
    region: Region, expected: tuple[float, ...], make_face: Callable[..., Face]
) -> None:
    seen = make_face(region=region)
    message = hri_conversions.face_to_region(seen, HEADER)
    assert (message.xmin, message.ymin, message.xmax, message.ymax) == pytest.approx(expected)
    assert message.c == pytest.approx(seen.quality)
    assert message.header == HEADER


def test_action_units_say_which_of_them_are_measured(make_face: Callable[..., Face]) -> None:
    message = hri_conversions.face_to_action_units(make_face(mouthSmileLeft=0.75), HEADER)
    assert message.intensity[SMILE] == pytest.approx(0.75)
    assert message.confidence[SMILE] == pytest.approx(1.0)
    assert set(np.flatnonzero(message.confidence)) == set(ACTION_UNITS)
    assert (message.intensity[UNMEASURED], message.confidence[UNMEASURED]) == (0.0, 0.0)
    assert message.header == HEADER


@pytest.mark.parametrize(
    ('emotion', 'expression', 'confidence'), [('happy', 'happy', 0.75), ('sad', 'sad', 0.75), ('unknown', '', 0.0)]
)
def test_an_emotion_is_an_expression_and_unknown_is_none(emotion: str, expression: str, confidence: float) -> None:
    message = hri_conversions.emotion_to_expression(Emotion(header=HEADER, emotion=emotion, confidence=0.75))
    assert (message.expression, message.confidence) == (expression, confidence)
    assert expression in ('', hri.Expression.HAPPY, hri.Expression.SAD)
    assert math.isnan(message.valence)
    assert math.isnan(message.arousal)
    assert message.header == HEADER


@pytest.fixture(scope='module')
def classifier(start: Callable[..., NodeProcess]) -> NodeProcess:
    process = start('emotion_classifier_node', namespace='hri')
    process.wait_for_line('model blendfer')
    return process


@pytest.fixture
def node() -> Iterator[NodeProcess]:
    """One at a time, for a robot has one /humans."""
    process = NodeProcess([str(executable('ros4hri_node')), '--ros-args', '-r', '__ns:=/hri'])
    yield process
    code = process.end()
    assert code == 0, '\n'.join(process.lines)
    assert 'Traceback' not in '\n'.join(process.lines)


def topics(peer: Peer) -> set[str]:
    """What the node publishes below /humans."""
    try:
        published = peer.node.get_publisher_names_and_types_by_node('ros4hri_node', '/hri')
    except RuntimeError:
        # Not found yet.
        return set()
    return {name for name, _ in published if name.startswith('/humans')}


def test_a_face_has_its_region_action_units_and_expression(
    node: NodeProcess, classifier: NodeProcess, peer: Peer
) -> None:
    tracked = peer.collect(hri.IdsList, '/humans/faces/tracked', ANY)
    rois = peer.collect(hri.NormalizedRegionOfInterest2D, '/humans/faces/f00007/roi', ANY)
    facs = peer.collect(hri.FacialActionUnits, '/humans/faces/f00007/facs', ANY)
    expressions = peer.collect(hri.Expression, '/humans/faces/f00007/expression', ANY)
    with shown(peer, 'hri', [face('face_7')]):
        peer.spin_until(lambda: tracked and tracked[-1].ids == ['f00007'])
        peer.spin_until(lambda: rois and facs and expressions and expressions[-1].expression == 'sad')
    scores = np.array(face('face_7').scores)
    assert len(scores) == len(BLENDSHAPE_NAMES)
    assert facs[-1].intensity == pytest.approx(action_unit_intensities(scores))
    assert 0.0 <= rois[-1].xmin < rois[-1].xmax <= 1.0
    assert 0.0 < expressions[-1].confidence <= 1.0
    for message in (tracked[-1], rois[-1], facs[-1], expressions[-1]):
        assert time_to_ns(message.header.stamp) > 0


def standing_face(face_id: str) -> Blendshapes:
    """A face 1 m before a camera of 640x360 pixels and 500 px focal length, on its axis, looking at it."""
    message = face(face_id)
    landmarks = np.full((70, 2), 1.5, np.float32)
    right, down, away = (0, 1, 0), (0, 0, -1), (-1, 0, 0)
    points = FACE_POINTS_M @ np.array([right, down, away]).T + (0.0, 0.0, 1.0)
    landmarks[list(RIGID_LANDMARKS)] = points[:, :2] / points[:, 2:] * 500.0 / (640, 360) + 0.5
    message.landmarks = landmarks.reshape(-1).tolist()
    return message


def test_a_face_has_its_landmarks_those_outside_the_image_without_confidence(node: NodeProcess, peer: Peer) -> None:
    received = peer.collect(hri.FacialLandmarks, '/humans/faces/f00007/landmarks', ANY)
    seen = standing_face('face_7')
    with shown(peer, 'hri', [seen]):
        message = peer.spin_until(lambda: received and received[-1])
    assert (message.width, message.height, len(message.landmarks)) == (640, 360, 70)
    sellion, mouth = message.landmarks[hri.FacialLandmarks.SELLION], message.landmarks[48]
    assert (sellion.x, sellion.y) == pytest.approx((0.5, 0.5), abs=1e-6)
    assert sellion.c > 0.5
    assert (mouth.x, mouth.y, mouth.c) == (1.0, 1.0, 0.0)


@NEEDS_TF2
def test_without_calibration_faces_have_no_frames_which_is_said(node: NodeProcess, peer: Peer) -> None:
    camera = peer.node.create_publisher(CameraInfo, '/hri/camera_info', SENSOR_DATA)
    peer.deliver(
        lambda: camera.publish(CameraInfo()), lambda: node.has_line('faces have no frames in TF: /hri/camera_info')
    )


@NEEDS_TF2
def test_a_face_has_a_frame_where_it_stands_when_the_camera_is_calibrated(node: NodeProcess, peer: Peer) -> None:
    from tf2_msgs.msg import TFMessage

    transforms = peer.collect(TFMessage, '/tf', RELIABLE)
    camera = peer.node.create_publisher(CameraInfo, '/hri/camera_info', SENSOR_DATA)
    matrix = [500.0, 0.0, 320.0, 0.0, 500.0, 180.0, 0.0, 0.0, 1.0]
    info = CameraInfo(width=640, height=360, distortion_model='plumb_bob', k=matrix, d=[0.0] * 5)
    with shown(peer, 'hri', [standing_face('face_7')]):
        peer.deliver(lambda: camera.publish(info), lambda: transforms)
    (transform,) = transforms[-1].transforms
    assert transform.child_frame_id == 'face_f00007'
    position, rotation = transform.transform.translation, transform.transform.rotation
    assert (position.x, position.y, position.z) == pytest.approx((0.0, 0.0, 1.0), abs=0.01)
    # The face looks at the camera: x of its frame is against the optical axis, z is up, against the image's y.
    assert (rotation.x, rotation.y, rotation.z, rotation.w) == pytest.approx((0.5, 0.5, -0.5, 0.5), abs=0.01) or (
        (-rotation.x, -rotation.y, -rotation.z, -rotation.w) == pytest.approx((0.5, 0.5, -0.5, 0.5), abs=0.01)
    )


def test_two_robots_have_their_humans_in_their_namespaces(peer: Peer) -> None:
    command = [str(executable('ros4hri_node')), '--ros-args', '-r', '__ns:=/r2', '-p', 'humans:=humans']
    process = NodeProcess(command)
    tracked = peer.collect(hri.IdsList, '/r2/humans/faces/tracked', ANY)
    with shown(peer, 'r2', [face('face_7')]):
        peer.spin_until(lambda: tracked and tracked[-1].ids == ['f00007'])
        peer.spin_until(lambda: peer.node.count_publishers('/r2/humans/faces/f00007/roi'))
    assert process.end() == 0


def test_a_face_that_cannot_be_judged_has_no_expression(node: NodeProcess, classifier: NodeProcess, peer: Peer) -> None:
    expressions = peer.collect(hri.Expression, '/humans/faces/f00008/expression', ANY)
    small = face('face_8')
    small.x_max = small.x_min + 0.01
    with shown(peer, 'hri', [small]):
        peer.spin_until(lambda: expressions)
    assert (expressions[-1].expression, expressions[-1].confidence) == ('', 0.0)


def test_topics_come_and_go_with_the_face_and_who_joins_later_learns_it_is_gone(node: NodeProcess, peer: Peer) -> None:
    with shown(peer, 'hri', [face('face_1'), face('face_2')]):
        names = {
            f'/humans/faces/{name}/{topic}' for name in ('f00001', 'f00002') for topic in ('roi', 'facs', 'landmarks')
        }
        peer.spin_until(lambda: names <= topics(peer))
    # Images have stopped, so that this list is the last one and told to nobody again.
    peer.spin_until(lambda: topics(peer) == {'/humans/faces/tracked'})
    latched = peer.collect(hri.IdsList, '/humans/faces/tracked', LATCHED)
    assert peer.spin_until(lambda: latched)[0].ids == []


def test_ids_that_change_with_every_image_get_no_topics(node: NodeProcess, peer: Peer) -> None:
    tracked = peer.collect(hri.IdsList, '/humans/faces/tracked', ANY)
    flicker = face('face_100')
    seen: list[set[str]] = []

    def changed() -> bool:
        flicker.face_id = f'face_{100 + len(seen)}'
        seen.append(topics(peer))
        return len([message for message in tracked if message.ids == ['f00001']]) > 50

    with shown(peer, 'hri', [face('face_1'), flicker]):
        peer.spin_until(changed)
    # Who is tracked, and the four of one face.
    assert max(map(len, seen)) <= 5
    assert all(name.startswith(('/humans/faces/f00001/', '/humans/faces/tracked')) for names in seen for name in names)


def test_deactivated_it_tracks_nobody_and_activated_again_it_does(node: NodeProcess, peer: Peer) -> None:
    tracked = peer.collect(hri.IdsList, '/humans/faces/tracked', ANY)

    def change(transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return bool(peer.call(ChangeState, '/hri/ros4hri_node/change_state', request).success)

    with shown(peer, 'hri', [face('face_1')]):
        peer.spin_until(lambda: tracked and tracked[-1].ids)
        assert change(Transition.TRANSITION_DEACTIVATE)
        peer.spin_until(lambda: tracked[-1].ids == [] and topics(peer) == {'/humans/faces/tracked'})
        assert change(Transition.TRANSITION_ACTIVATE)
        peer.spin_until(lambda: tracked[-1].ids == ['f00001'])


def test_an_id_of_another_form_is_skipped_with_its_cause(node: NodeProcess, peer: Peer) -> None:
    tracked = peer.collect(hri.IdsList, '/humans/faces/tracked', ANY)
    with shown(peer, 'hri', [face('anna')]):
        peer.spin_until(lambda: node.has_line("blendshapes skipped: face id 'anna'"))
    with shown(peer, 'hri', [face('face_1')]):
        peer.spin_until(lambda: tracked and tracked[-1].ids == ['f00001'])


def test_diagnostics_name_what_is_missing_and_who_is_tracked(node: NodeProcess, peer: Peer) -> None:
    diagnostics = peer.collect(DiagnosticArray, '/diagnostics', RELIABLE)

    def told(level: bytes, text: str) -> bool:
        return any(
            status.name == '/hri/ros4hri_node: stream' and status.level == level and text in status.message
            for message in diagnostics
            for status in message.status
        )

    peer.spin_until(lambda: told(DiagnosticStatus.ERROR, 'no blendshapes: nobody publishes on /hri/blendshapes'))
    with shown(peer, 'hri', [face('face_1')]):
        peer.spin_until(lambda: told(DiagnosticStatus.OK, 'faces tracked'))
    with shown(peer, 'hri', [face('anna')]):
        peer.spin_until(lambda: told(DiagnosticStatus.WARN, 'cannot be used'))
