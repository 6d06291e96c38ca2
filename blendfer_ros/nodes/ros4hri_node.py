"""`blendshapes` and `emotions` → ROS4HRI (REP-155): `/humans/faces/…`, and where there is `camera_info` faces in TF."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rclpy.publisher import Publisher
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.face_messages import message_to_frame, message_to_landmarks
from blendfer_ros.msg import BlendshapesArray, EmotionArray
from blendfer_ros.nodes import hri_conversions
from blendfer_ros.nodes.diagnostics import ERROR, OK, WARN, Health, values_of, why_silent
from blendfer_ros.nodes.hri_conversions import hri_id
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import LATCHED, NEWEST_RELIABLE, RELIABLE, SENSOR_DATA, TRANSFORMS
from blendfer_ros.nodes.stream_meter import StreamMeter
from blendfer_ros.parameters.table import ROS4HRI
from blendfer_ros.ros4hri.face_pose import Camera, estimate_face_pose
from blendfer_ros.ros4hri.roster import FaceRoster

SILENCE_CHECK_S = 0.2


@dataclass(frozen=True)
class _FaceTopics:
    """The publishers of one face."""

    roi: Publisher
    facs: Publisher
    landmarks: Publisher
    expression: Publisher


class Ros4HriNode(ManagedNode):
    """Publishes every tracked face under a name of its own, and who is tracked."""

    PARAMETERS = ROS4HRI

    _roster: FaceRoster
    _blendshapes: Subscription
    _emotions: Subscription
    _camera_info: Subscription
    _timer: Timer

    def __init__(self) -> None:
        super().__init__('ros4hri_node')
        self._meter = StreamMeter()
        self._faces: dict[str, _FaceTopics] = {}
        self._camera: Camera | None = None
        self._tf: Publisher | None = None

    def configure(self) -> None:
        hri_conversions.require_hri_msgs()
        self._faces_namespace = f'{self.value("humans").rstrip("/")}/faces'
        # Latched for whoever asks for it. libhri does not, so it is also repeated with every image.
        topic = f'{self._faces_namespace}/tracked'
        self._tracked = self.create_lifecycle_publisher(hri_conversions.IdsList, topic, LATCHED)
        if hri_conversions.HAS_TF2_MSGS:
            self._tf = self.create_lifecycle_publisher(hri_conversions.TFMessage, '/tf', TRANSFORMS)
        else:
            self.get_logger().info('faces have no frames in TF: tf2_msgs is not installed')

    def activate(self) -> None:
        self._roster = FaceRoster(self.value('face_confirm_s'))
        self._blendshapes = self.create_subscription(BlendshapesArray, 'blendshapes', self._on_blendshapes, SENSOR_DATA)
        self._emotions = self.create_subscription(EmotionArray, 'emotions', self._on_emotions, RELIABLE)
        self._camera_info = self.create_subscription(CameraInfo, 'camera_info', self._on_camera_info, SENSOR_DATA)
        self._last_message: BlendshapesArray | None = None
        self._timer = self.every(SILENCE_CHECK_S, self._notice_silence)

    def health(self) -> Health:
        summary = self._meter.summary(self.steady_ns())
        values = {**values_of(summary), 'Tracked': ', '.join(self._faces), 'Frames in TF': self._has_frames()}
        if summary.is_silent:
            return Health(ERROR, f'no blendshapes: {why_silent(self, self._blendshapes)}', values)
        if summary.skipped:
            return Health(WARN, f'some blendshapes cannot be used: {summary.newest_problem}', values)
        return Health(OK, 'faces tracked' if self._faces else 'nobody tracked', values)

    def deactivate(self) -> None:
        self.destroy_timer(self._timer)
        self.destroy_subscription(self._blendshapes)
        self.destroy_subscription(self._emotions)
        self.destroy_subscription(self._camera_info)
        self._track((), self._now_header())

    def cleanup(self) -> None:
        self.destroy_lifecycle_publisher(self._tracked)
        if self._tf is not None:
            self.destroy_lifecycle_publisher(self._tf)
            self._tf = None

    def _on_blendshapes(self, message: BlendshapesArray) -> None:
        began_ns = time.perf_counter_ns()
        now_ns = self.now_ns()
        try:
            frame = message_to_frame(message)
            faces = {hri_id(face.face_id): face for face in frame.faces}
            landmarks = {hri_id(face.face_id): message_to_landmarks(face) for face in message.faces}
            self._roster.observe(faces, frame.stamp_ns, now_ns)
        except FrameError as error:
            self._meter.skipped(self.steady_ns(), error)
            # The very same again is for whoever has missed it.
            if error.reason is not SkipReason.REPEATED_STAMP or message != self._last_message:
                self.warn(error.reason, f'blendshapes skipped: {error}')
            return
        self._last_message = message
        self._track(self._roster.tracked(now_ns), message.header)
        transforms = []
        for name, face in faces.items():
            if name in self._faces:
                topics = self._faces[name]
                topics.roi.publish(hri_conversions.face_to_region(face, message.header))
                topics.facs.publish(hri_conversions.face_to_action_units(face, message.header))
                if landmarks[name].size:
                    topics.landmarks.publish(
                        hri_conversions.landmarks_to_message(landmarks[name], face.quality, message)
                    )
                    pose = estimate_face_pose(landmarks[name], self._camera) if self._camera else None
                    if pose is not None:
                        transforms.append(hri_conversions.pose_to_transform(pose, name, message.header))
        if self._tf is not None and transforms:
            self._tf.publish(hri_conversions.TFMessage(transforms=transforms))
        processing_ns = time.perf_counter_ns() - began_ns
        latency_ns = self.now_ns() - frame.stamp_ns
        self._meter.used(self.steady_ns(), frame.stamp_ns, latency_ns, processing_ns, len(frame.faces))

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._camera = hri_conversions.camera_from_message(message)
        if self._camera is None:
            lens = f'{message.distortion_model!r}, K begins {message.k[0]:g}'
            self.warn('camera', f'faces have no frames in TF: {self._camera_info.topic_name} is of no use ({lens})')

    def _has_frames(self) -> str:
        """Whether faces have frames, and why not."""
        if self._tf is None:
            return 'no: tf2_msgs is not installed'
        return 'yes' if self._camera else f'no: no calibration on {self._camera_info.topic_name}'

    def _on_emotions(self, message: EmotionArray) -> None:
        try:
            emotions = {hri_id(emotion.face_id): emotion for emotion in message.emotions}
        except FrameError as error:
            self.warn(error.reason, f'emotions skipped: {error}')
            return
        for name, emotion in emotions.items():
            if name in self._faces:
                self._faces[name].expression.publish(hri_conversions.emotion_to_expression(emotion))

    def _notice_silence(self) -> None:
        if self._faces and not self._roster.tracked(self.now_ns()):
            self._track((), self._now_header())

    def _track(self, names: tuple[str, ...], header: Header) -> None:
        """Say who is tracked: only once their topics are there, and before those of who has left are gone."""
        for name in names:
            if name not in self._faces:
                self._faces[name] = self._create_topics(f'{self._faces_namespace}/{name}')
        self.say(self._tracked, hri_conversions.ids_to_message(names, header))
        for name in set(self._faces) - set(names):
            self._destroy_topics(self._faces.pop(name))

    def _create_topics(self, namespace: str) -> _FaceTopics:
        return _FaceTopics(
            landmarks=self.create_publisher(hri_conversions.FacialLandmarks, f'{namespace}/landmarks', NEWEST_RELIABLE),
            roi=self.create_publisher(
                hri_conversions.NormalizedRegionOfInterest2D, f'{namespace}/roi', NEWEST_RELIABLE
            ),
            facs=self.create_publisher(hri_conversions.FacialActionUnits, f'{namespace}/facs', NEWEST_RELIABLE),
            expression=self.create_publisher(hri_conversions.Expression, f'{namespace}/expression', NEWEST_RELIABLE),
        )

    def _destroy_topics(self, topics: _FaceTopics) -> None:
        for publisher in (topics.roi, topics.facs, topics.landmarks, topics.expression):
            self.destroy_publisher(publisher)

    def _now_header(self) -> Header:
        return Header(stamp=self.get_clock().now().to_msg())


def main() -> int:
    """Entry point of `ros2 run blendfer_ros ros4hri_node`."""
    return run(Ros4HriNode)
