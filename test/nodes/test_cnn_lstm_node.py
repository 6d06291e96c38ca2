"""The CNN–LSTM over DDS: pictures in, emotions out, whichever way it finds faces and whatever it is sent."""

from __future__ import annotations

import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from support.ros_process import NodeProcess, Peer
from support.trained_on_scores import QUICK_CNN_LSTM, trained

from blendfer_ros.core.assets import find_expressions, find_model
from blendfer_ros.core.errors import AssetError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import NS_PER_S, time_to_ns
from blendfer_ros.msg import Emotion, EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.perception.expressions import ExpressionNetwork

START_NS = 1_000 * NS_PER_S
FRAME_NS = NS_PER_S // 3
# Of the clip's images each eighth, and where she is sad and where she smiles among these.
EVERY = 8
SAD_PART = slice(3, 15)
SMILING_PART = slice(42, 58)

Start = Callable[..., NodeProcess]


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped one; where none is shipped, one trained on made-up scores."""
    try:
        return find_model('cnn_lstm')
    except AssetError:
        network = ExpressionNetwork(find_expressions()).card.model_id
        return trained(QUICK_CNN_LSTM, tmp_path_factory.mktemp('cnn_lstm') / 'cnn_lstm.tflite', network)


@pytest.fixture(scope='module')
def clip(clips: Path) -> list[RgbImage]:
    """A woman who is sad and later smiles, small."""
    capture = cv2.VideoCapture(str(clips / 'woman_sad_to_happy.mp4'))
    images = []
    for i in range(472):
        _, bgr = capture.read()
        if i % EVERY == 0:
            images.append(cv2.resize(bgr, (320, 180), interpolation=cv2.INTER_AREA))
    capture.release()
    return images


@dataclass
class Robot:
    """A camera and the node that looks through it."""

    peer: Peer
    node: NodeProcess
    camera: Any
    answers: list[EmotionArray]
    stamp_ns: int = START_NS
    sent: set[int] = field(default_factory=set)

    def image(self, bgr: RgbImage) -> Image:
        """The next image."""
        self.stamp_ns += FRAME_NS
        return bgr_to_message(np.ascontiguousarray(bgr), ns_to_time(self.stamp_ns), 'head')

    def answer_to(self, make: Callable[[], Any]) -> EmotionArray:
        """What is said of a message; sent again it has a new stamp, for repeated ones are refused."""
        sent: set[int] = set()

        def send() -> None:
            message = make()
            sent.add(time_to_ns(message.header.stamp))
            self.camera.publish(message)

        def answered() -> EmotionArray | None:
            return next((each for each in self.answers if time_to_ns(each.header.stamp) in sent), None)

        return self.peer.deliver(send, answered, resend_s=5.0)


def robot(
    namespace: str, peer: Peer, start: Start, model: Path, message_type: Any = Image, **parameters: object
) -> Robot:
    answers = peer.collect(EmotionArray, f'{namespace}/emotions', RELIABLE)
    node = start('cnn_lstm_node', namespace=namespace, model=model, **parameters)
    topic = f'/{namespace}/image/compressed' if message_type is CompressedImage else f'/{namespace}/image'
    camera = peer.node.create_publisher(message_type, topic, qos_profile_sensor_data)
    node.wait_for_line('model cnn_lstm')
    peer.spin_until(camera.get_subscription_count)
    return Robot(peer, node, camera, answers)


@pytest.fixture(scope='module')
def seeing(peer: Peer, start: Start, model: Path) -> Robot:
    """One that finds faces by a cascade."""
    return robot('cascade', peer, start, model)


@pytest.mark.parametrize('detector', ['haar', 'landmarks'])
def test_the_woman_of_the_clip_is_one_person_who_is_happier_when_she_smiles(
    detector: str, bundle: Path, peer: Peer, start: Start, model: Path, clip: list[RgbImage]
) -> None:
    emotion = peer.collect(Emotion, f'clip_{detector}/emotion', RELIABLE)
    playing = robot(f'clip_{detector}', peer, start, model, detector=detector, bundle=bundle)
    answers = [playing.answer_to(lambda bgr=bgr: playing.image(bgr)) for bgr in clip]
    said = [answer.emotions[0] for answer in answers if answer.emotions]
    assert len(said) >= 0.9 * len(clip)
    assert {each.face_id for each in said} == {'face_1'}
    for each in said:
        assert (len(each.expressions), sum(each.expressions)) == (7, pytest.approx(1.0, abs=1e-3))
        total = each.probability_happy + each.probability_unknown + each.probability_sad
        assert total == pytest.approx(1.0, abs=1e-4)
    assert {answer.header.frame_id for answer in answers} == {'head'}
    sad, smiling = (
        np.mean([answer.emotions[0].probability_happy for answer in answers[part] if answer.emotions])
        for part in (SAD_PART, SMILING_PART)
    )
    assert smiling > 0.5 > sad
    peer.spin_until(lambda: emotion and emotion[-1].state == Emotion.STALE)
    assert {each.face_id for each in emotion if each.state == Emotion.TRACKING} == {'face_1'}


def zero_size(image: Image) -> None:
    image.width = image.height = image.step = 0
    image.data = array.array('B')


def wrong_step(image: Image) -> None:
    image.step = image.width


def sixteen_bits(image: Image) -> None:
    image.encoding, image.step = 'mono16', 2 * image.width


def truncated(image: Image) -> None:
    image.data = image.data[:1000]


def late(image: Image) -> None:
    image.header.stamp = ns_to_time(time_to_ns(image.header.stamp) - FRAME_NS - 1)


@pytest.mark.parametrize(
    ('spoil', 'cause'),
    [
        (zero_size, 'image of size 0x0 holds no pixels'),
        (wrong_step, 'step 320 is less than the 960 bytes'),
        (sixteen_bits, "unknown encoding 'mono16'"),
        (truncated, 'truncated: 1000 bytes'),
        (late, 'is out of order'),
    ],
)
def test_a_bad_image_is_skipped_with_its_cause_and_the_next_good_one_is_answered(
    spoil: Callable[[Image], None], cause: str, seeing: Robot, clip: list[RgbImage]
) -> None:
    seeing.answer_to(lambda: seeing.image(clip[0]))
    bad = seeing.image(clip[0])
    spoil(bad)
    seeing.camera.publish(bad)
    assert 'images skipped: ' in seeing.node.wait_for_line(cause)
    assert len(seeing.answer_to(lambda: seeing.image(clip[1])).emotions) == 1
    assert seeing.node.is_alive


def test_images_that_change_their_size_and_lose_their_colour_show_the_same_person(
    seeing: Robot, clip: list[RgbImage]
) -> None:
    def grey() -> Image:
        message = seeing.image(clip[2])
        message.encoding, message.step = 'mono8', message.width
        message.data = array.array('B', cv2.cvtColor(clip[2], cv2.COLOR_BGR2GRAY).tobytes())
        return message

    answers = [seeing.answer_to(lambda: seeing.image(clip[2]))]
    answers += [
        seeing.answer_to(lambda size=size: seeing.image(cv2.resize(clip[2], size)))
        for size in ((640, 360), (321, 181), (1280, 720))
    ]
    answers.append(seeing.answer_to(grey))
    assert [[each.face_id for each in answer.emotions] for answer in answers] == [
        [answers[0].emotions[0].face_id]
    ] * len(answers)


def test_pictures_of_nobody_are_answered_with_nobody(seeing: Robot) -> None:
    for shape in ((1, 1, 3), (3, 700, 3), (180, 320, 3)):
        assert seeing.answer_to(lambda shape=shape: seeing.image(np.full(shape, 90, np.uint8))).emotions == []


def test_an_image_sent_again_is_answered_as_before(seeing: Robot, clip: list[RgbImage]) -> None:
    last: list[Image] = []

    def make() -> Image:
        last.append(seeing.image(clip[3]))
        return last[-1]

    seeing.answer_to(make)
    before = len(seeing.answers)
    seeing.peer.deliver(lambda: seeing.camera.publish(last[-1]), lambda: len(seeing.answers) > before)
    assert seeing.answers[-1] == seeing.answers[before - 1]


def test_diagnostics_say_which_model_answers(seeing: Robot, clip: list[RgbImage]) -> None:
    statuses: list[Any] = []
    seeing.peer.node.create_subscription(
        DiagnosticArray, '/diagnostics', lambda message: statuses.extend(message.status), QoSProfile(depth=10)
    )
    seeing.answer_to(lambda: seeing.image(clip[0]))

    def values() -> list[dict[str, str]]:
        told = [each for each in statuses if each.name == '/cascade/cnn_lstm_node: stream']
        return [{pair.key: pair.value for pair in each.values} for each in told]

    (first, *_) = seeing.peer.spin_until(values)
    assert (first['Model'], first['Models in use']) == ('cnn_lstm', 'cnn_lstm')


def test_compressed_images_are_seen_too(peer: Peer, start: Start, model: Path, clip: list[RgbImage]) -> None:
    squeezed = robot('squeezed', peer, start, model, CompressedImage, compressed='true')

    def jpeg() -> CompressedImage:
        squeezed.stamp_ns += FRAME_NS
        data = array.array('B', cv2.imencode('.jpg', clip[0])[1].tobytes())
        return CompressedImage(header=Header(stamp=ns_to_time(squeezed.stamp_ns)), format='jpeg', data=data)

    assert len(squeezed.answer_to(jpeg).emotions) == 1


@pytest.mark.parametrize(
    ('parameters', 'cause'),
    [
        ({'model': '/nowhere/m.tflite'}, 'cannot configure: no model at /nowhere/m.tflite'),
        ({'model': 'nobody'}, 'cannot configure: there is no model nobody: give one of blendfer, '),
        (
            {'expression_model': 'nobody'},
            'cannot configure: there is no network nobody that looks at pixels: give expressions',
        ),
        ({'expression_model': '/nowhere/e.tflite'}, 'cannot configure: there is no network /nowhere/e.tflite that'),
        ({'detector': 'eyes'}, "cannot configure: detector is 'eyes', expected one of haar, landmarks"),
        ({'detector': 'landmarks', 'bundle': '/nowhere/b'}, 'cannot configure: no FaceLandmarker bundle at /nowhere/b'),
    ],
)
def test_what_it_lacks_is_named_in_one_sentence_and_the_node_stays(
    parameters: dict[str, str], cause: str, start: Start, model: Path
) -> None:
    node = start('cnn_lstm_node', namespace='lacking', **{'model': model, **parameters})
    assert cause in node.wait_for_line('cannot configure')
    assert node.is_alive


@pytest.mark.parametrize(('name', 'value'), [('num_faces', 0), ('publish_rate', 0.0), ('detector', 7)])
def test_a_parameter_that_cannot_be_ends_the_process_with_one_sentence(
    name: str, value: object, start: Start, model: Path
) -> None:
    node = start('cnn_lstm_node', namespace='impossible', model=model, **{name: value})
    assert name in node.wait_for_line('refused: ')
    assert node.process.wait(60.0) == 2


def test_configured_after_a_failure_it_publishes_each_topic_once_and_sees(
    peer: Peer, start: Start, model: Path, clip: list[RgbImage]
) -> None:
    answers = peer.collect(EmotionArray, 'mended/emotions', RELIABLE)
    node = start('cnn_lstm_node', namespace='mended', model=model, expression_model='nobody')
    node.wait_for_line('cannot configure')
    name = '/mended/cnn_lstm_node'
    right = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value='expressions')
    request = SetParameters.Request(parameters=[ParameterMessage(name='expression_model', value=right)])
    assert peer.call(SetParameters, f'{name}/set_parameters', request).results[0].successful
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert peer.call(ChangeState, f'{name}/change_state', request).success
    camera = peer.node.create_publisher(Image, '/mended/image', qos_profile_sensor_data)
    peer.spin_until(camera.get_subscription_count)
    mended = Robot(peer, node, camera, answers)
    assert len(mended.answer_to(lambda: mended.image(clip[0])).emotions) == 1
    for topic in ('emotion', 'emotion/changed', 'emotions'):
        assert peer.node.count_publishers(f'/mended/{topic}') == 1


def test_its_model_is_named_only_when_it_is_loaded(start: Start) -> None:
    """Without a name it wants the shipped one, which is there or is missed by name."""
    node = start('cnn_lstm_node', namespace='shipped')
    try:
        find_model('cnn_lstm')
    except AssetError:
        assert 'models/cnn_lstm.tflite is not part of this installation' in node.wait_for_line('cannot configure')
    else:
        node.wait_for_line('model cnn_lstm, sha256')
