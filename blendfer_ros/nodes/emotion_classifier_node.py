"""`blendshapes` → `emotion`, `emotion/changed` and `emotions`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.service import Service
from rclpy.subscription import Subscription
from rclpy.task import Future
from rclpy.timer import Timer
from std_msgs.msg import Bool, Header
from std_srvs.srv import Trigger

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import EmotionEstimator
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.estimate import EmotionEstimate
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_messages import message_to_frame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.core.stopwatch import Stopwatch
from blendfer_ros.core.worker import Worker, give_up
from blendfer_ros.msg import BlendshapesArray, Emotion, EmotionArray
from blendfer_ros.nodes import switch
from blendfer_ros.nodes.conversions import estimate_to_message, estimates_to_message
from blendfer_ros.nodes.diagnostics import ERROR, OK, RESTING, WARN, Health, values_of, why_nothing_can_come, why_silent
from blendfer_ros.nodes.lazy import LazySubscription, anybody_listens
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import LATCHED, RELIABLE, SENSOR_DATA
from blendfer_ros.nodes.stream_meter import StreamMeter
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER, estimator_options

# Learning takes 2 s of a face that is seen well; after this long it will not come any more.
LESSON_TIMEOUT_NS = 10 * NS_PER_S


@dataclass(frozen=True)
class _Lesson:
    """Somebody waiting for `calibrate_neutral` to be answered; the deadline is of the steady clock."""

    face_id: str
    deadline_ns: int
    end: Future


class EmotionClassifierNode(ManagedNode):
    """Classifies every face of every image and keeps saying what the primary person feels."""

    PARAMETERS = EMOTION_CLASSIFIER
    # What it waits for, for people.
    INPUT = 'blendshapes'

    _estimator: EmotionEstimator
    _input: LazySubscription
    _worker: Worker[tuple[EmotionEstimate, ...]]
    _timer: Timer
    _service: Service
    _last_answer: EmotionArray

    def __init__(self, name: str = 'emotion_classifier_node') -> None:
        super().__init__(name)
        self._frame_id = ''
        self._enabled = True
        self._last_published: EmotionEstimate | None = None
        self._meter = StreamMeter()
        self._lesson: _Lesson | None = None
        # Apart from the rest, which goes on while a lesson lasts; one lesson at a time.
        self._lessons = MutuallyExclusiveCallbackGroup()

    def configure(self) -> None:
        model = self._load()
        self._model = {'Model': model.card.name, 'Model SHA-256': model.card.sha256}
        self._time_limit_s = self.value('time_limit_s')
        self._worker = Worker('the classifier')
        self._last_published = None
        self._fell_back = False
        self._last_message: Any = None
        self._emotion = self.create_lifecycle_publisher(Emotion, 'emotion', RELIABLE)
        self._changed = self.create_lifecycle_publisher(Emotion, 'emotion/changed', LATCHED)
        self._emotions = self.create_lifecycle_publisher(EmotionArray, 'emotions', RELIABLE)
        self._switched = self.create_subscription(Bool, switch.TOPIC, self._on_face_reading, LATCHED)
        self._service = self.create_service(
            Trigger, '~/calibrate_neutral', self._on_calibrate_neutral, callback_group=self._lessons
        )
        self.get_logger().info(f'model {model.card.name}, sha256 {model.card.sha256[:12]}')

    def activate(self) -> None:
        self._open_input()
        self._repeat()

    def health(self) -> Health:
        summary = self._meter.summary(self.steady_ns())
        values = {**self._model, 'Models in use': ', '.join(self._estimator.models_in_use()), **values_of(summary)}
        if not self._enabled:
            return Health(OK, 'the reading of faces is switched off', values)
        if not self._is_wanted():
            reason = self._why_nothing_can_come()
            return Health(ERROR, f'no {self.INPUT}: {reason}', values) if reason else Health(OK, RESTING, values)
        if summary.is_silent:
            return Health(ERROR, f'no {self.INPUT}: {self._why_silent()}', values)
        if summary.skipped:
            return Health(WARN, f'some {self.INPUT} cannot be used: {summary.newest_problem}', values)
        if summary.is_overloaded:
            return Health(WARN, f'classifying takes {summary.processing_p95_ms:.1f} ms an image: too slow', values)
        return Health(OK, 'faces in view' if summary.n_faces else 'nobody in view', values)

    def check(self, values: Mapping[str, Any]) -> None:
        estimator_options(values)

    def retune(self) -> None:
        self._estimator.options = estimator_options(self.values())
        if self._active:
            self.destroy_timer(self._timer)
            self._repeat()

    def deactivate(self) -> None:
        self.destroy_timer(self._timer)
        self._close_input()
        self._end_lesson(False, 'the node was deactivated')

    def cleanup(self) -> None:
        self.destroy_service(self._service)
        self.destroy_subscription(self._switched)
        for publisher in (self._emotion, self._changed, self._emotions):
            self.destroy_lifecycle_publisher(publisher)
        self._worker.close()

    def wants_faces(self) -> bool:
        """Whether anything comes of them."""
        return self._active and self._is_wanted()

    def take_faces(self, frame: FaceFrame, header: Header) -> None:
        """Answer about everybody in the image that `header` belongs to; raises nothing, whatever it is."""
        if self._active:
            self._take(header, header, lambda _watch: frame)

    def enable(self, *, enabled: bool) -> None:
        """Go by faces, or say that their reading is switched off."""
        self._enabled = enabled
        if not self._configured:
            return
        self._estimator.enable(enabled=enabled)
        if self._active:
            self._tell(repeat=False)

    def _load(self) -> Classifier:
        model = load_classifier(find_model(self.value('model')))
        self._estimator = EmotionEstimator(model, estimator_options(self.values()))
        self._estimator.enable(enabled=self._enabled)
        return model

    def _start_over(self) -> None:
        """Load the model anew, after a call that did not return and may be using what there was."""
        give_up(self._estimator)
        self._load()

    def _repeat(self) -> None:
        # No `partial`: rclpy's executor in C++ takes functions and methods only.
        self._timer = self.every(1.0 / self.value('publish_rate'), self._tell_again)

    def _is_wanted(self) -> bool:
        if not self._enabled:
            return False
        if not self.value('lazy') or self.is_watched():
            return True
        return anybody_listens([self._emotion, self._changed, self._emotions])

    def _open_input(self) -> None:
        """Begin to take faces while they are wanted."""
        self._input = LazySubscription(self, self._subscribe, self._is_wanted)

    def _close_input(self) -> None:
        self._input.close()

    def _why_silent(self) -> str:
        return why_silent(self, self._input.current) if self._input.current else 'they have just been asked for'

    def _why_nothing_can_come(self) -> str:
        return why_nothing_can_come(self, self.resolve_topic_name('blendshapes'), BlendshapesArray)

    def _subscribe(self) -> Subscription:
        return self.create_subscription(BlendshapesArray, 'blendshapes', self._on_blendshapes, SENSOR_DATA)

    def _on_face_reading(self, message: Bool) -> None:
        self.enable(enabled=message.data)

    def _on_blendshapes(self, message: BlendshapesArray) -> None:
        def read(watch: Stopwatch) -> FaceFrame:
            frame = message_to_frame(message)
            watch.lap('decoded')
            return frame

        self._take(message.header, message, read)

    def _take(self, header: Header, message: Any, read: Callable[[Stopwatch], FaceFrame]) -> None:
        """Answer about the faces that `read` finds, in a message or whatever else; raises nothing, whatever it is."""
        self._frame_id = header.frame_id
        watch = Stopwatch()
        try:
            frame = read(watch)
            estimates = self._worker.call(partial(self._estimator.observe, frame, self.now_ns()), self._time_limit_s)
            watch.lap('classified')
        except FrameError as error:
            self._meter.skipped(self.steady_ns(), error)
            if error.reason is SkipReason.HUNG:
                self._start_over()
            if error.reason is SkipReason.REPEATED_STAMP and message == self._last_message:
                # Whoever sends the very same again has missed the answer.
                self._emotions.publish(self._last_answer)
            else:
                self.warn(error.reason, f'{self.INPUT} skipped: {error}')
            return
        self._last_message, self._last_answer = message, estimates_to_message(estimates, header)
        self._emotions.publish(self._last_answer)
        self._tell(repeat=False)
        watch.lap('published')
        latency_ns = self.now_ns() - frame.stamp_ns
        self._meter.used(
            self.steady_ns(), frame.stamp_ns, latency_ns, watch.total_ns(), len(frame.faces), watch.laps_ns
        )
        self._tell_of_fallback()

    def _tell_of_fallback(self) -> None:
        """Say when another model than the one asked for begins to answer, and when it ends."""
        in_use = self._estimator.models_in_use()
        falls_back = any(name != self._model['Model'] for name in in_use)
        if falls_back and not self._fell_back:
            self.get_logger().warning(
                f'faces come without expression scores that {self._model["Model"]} reads: {", ".join(in_use)} answers'
            )
        elif self._fell_back and in_use and not falls_back:
            self.get_logger().info(f'expression scores are there: {self._model["Model"]} answers')
        if in_use:
            self._fell_back = falls_back

    def _tell_again(self) -> None:
        self._tell(repeat=True)

    def _tell(self, *, repeat: bool) -> None:
        """Publish a change at once on both topics; what has not changed only to repeat it.

        The repetition also notices what no message tells, that images stopped coming.
        """
        estimate = self._estimator.report(self.now_ns())
        changed = self._last_published is None or not estimate.says_the_same_as(self._last_published)
        message = estimate_to_message(estimate, self._frame_id)
        if changed or repeat:
            self._emotion.publish(message)
        if changed:
            self._last_published = estimate
            self._changed.publish(message)
        self._check_lesson()

    async def _on_calibrate_neutral(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Answers when the resting face is learnt, or cannot be; the node goes on meanwhile."""
        face_id = self._estimator.learn_neutral(self.now_ns()) if self._active else ''
        if not face_id:
            response.message = 'nobody is in view' if self._active else 'the node is not active'
            return response
        self._lesson = _Lesson(face_id, self.steady_ns() + LESSON_TIMEOUT_NS, Future(executor=self.executor))
        response.success, response.message = await self._lesson.end
        return response

    def _check_lesson(self) -> None:
        if self._lesson is None:
            return
        face_id = self._lesson.face_id
        learnt = self._estimator.has_learnt_neutral(face_id)
        if learnt:
            self._end_lesson(True, f'{face_id}: resting face learnt')
        elif learnt is None:
            self._end_lesson(False, f'{face_id} has left before its resting face was learnt')
        elif self.steady_ns() > self._lesson.deadline_ns:
            self._end_lesson(False, f'{face_id} was not seen well enough to learn its resting face')

    def _end_lesson(self, success: bool, message: str) -> None:
        if self._lesson is not None:
            self._lesson.end.set_result((success, message))
            self._lesson = None


def main() -> int:
    """Entry point of `ros2 run blendfer_ros emotion_classifier_node`."""
    return run(EmotionClassifierNode)
