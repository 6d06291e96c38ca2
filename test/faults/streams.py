"""Faults of a running stream: of the camera, its stamps, the machine, and of our own processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final

from faults.bench import Bench
from faults.fault import ANYTHING, DISABLED, NOBODY, RESTART_S, STALE, Arrangement, Broken, StreamFault
from faults.processes import start_node, wait_until
from faults.watch import call
from rclpy.qos import qos_profile_sensor_data
from std_srvs.srv import SetBool
from support.shown_faces import recorded_face

from blendfer_ros.msg import BlendshapesArray
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.respawning import LONGEST_DELAY_S

Inflict = Callable[[Bench], AbstractContextManager[None]]

SEPARATE: Final = {'face_landmarker_node': {}, 'emotion_classifier_node': {}}
TWO: Final = Arrangement('two processes', SEPARATE)
COMPOSED: Final = Arrangement('one process', {'emotion_pipeline': {}})
CNN_LSTM: Final = Arrangement('cnn_lstm', {'cnn_lstm_node': {}})
# What is for one test only has a name of its own.
RELIABLE: Final = Arrangement(
    'one process, reliable images', {'emotion_pipeline': {'image_reliability': 'reliable'}}, camera={'reliable': True}
)
BAG: Final = Arrangement(
    'two processes, use_sim_time',
    {name: {'use_sim_time': 'true'} for name in SEPARATE},
    camera={'stamps': 'bag'},
)
TROUBLED: Final = Arrangement('two processes ', SEPARATE, troubled=True)
TROUBLED_COMPOSED: Final = Arrangement('one process ', COMPOSED.nodes, troubled=True)
TROUBLED_CNN_LSTM: Final = Arrangement('cnn_lstm ', CNN_LSTM.nodes, troubled=True)
LAUNCHED: Final = Arrangement('ros2 launch, with bridge', launched=('image_topic:=/image', 'dialogue_adapter:=topic'))
LAUNCHED_COMPOSED: Final = Arrangement('ros2 launch, composed', launched=('image_topic:=/image', 'composed:=true'))
LOSSY: Final = Arrangement(
    'two processes, compressed images, no shared memory',
    {'face_landmarker_node': {'compressed': 'true'}, 'emotion_classifier_node': {}},
    camera={'topic': 'image/compressed', 'shape': 'compressed'},
    environment={'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4'},
    own_network=True,
)
N_MANY: Final = 100
# A thread that hangs cannot be ended, and what it works with not be released: a graph of MediaPipe with its threads.
HELD_MB: Final = 110.0
HELD_THREADS: Final = 16
LOSS_PERCENT: Final = 20
NAMES_SILENCE: Final = r'no images: '


def camera(**settings: Any) -> Inflict:
    """Other settings of the camera, and those from before when it is over."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        before = {name: bench.arrangement.camera.get(name, DEFAULTS[name]) for name in settings}
        bench.camera.tell(**settings)
        yield
        bench.camera.tell(**before)

    return inflict


DEFAULTS: Final = {
    'rate_hz': 20.0,
    'width_px': 640,
    'height_px': 480,
    'encoding': 'bgr8',
    'frame_id': 'camera',
    'stamps': 'now',
    'offset_s': 0.0,
    'clock_stands': False,
    'tiles': 1,
    'shape': 'image',
    'reliable': False,
}


@contextmanager
def camera_killed(bench: Bench) -> Iterator[None]:
    bench.camera.kill()
    yield
    bench.camera.start()
    await_next_image(bench)


@contextmanager
def camera_changed(bench: Bench) -> Iterator[None]:
    bench.camera.kill()
    bench.camera.settings.update(width_px=320, height_px=240, encoding='rgb8', rate_hz=15.0, frame_id='other_eye')
    yield
    bench.camera.start()
    await_next_image(bench)


@contextmanager
def camera_restarted(bench: Bench) -> Iterator[None]:
    """With what it had before another fault changed it."""
    bench.camera.close()
    bench.camera.settings = dict(bench.arrangement.camera)
    yield
    bench.camera.start()
    await_next_image(bench)


def await_next_image(bench: Bench) -> None:
    """The camera's own start is not ours to be quick in."""
    before = bench.sent.n
    bench.wait_for(lambda: bench.sent.n > before, 'an image of the camera', 30.0)


@contextmanager
def switched_off(bench: Bench) -> Iterator[None]:
    def switch(on: bool) -> None:
        answer = call(bench.watch.node, SetBool, '/face_landmarker_node/enable', SetBool.Request(data=on))
        if answer is None or not answer.success:
            raise Broken('the reading of faces could not be switched')

    switch(False)
    yield
    switch(True)


@contextmanager
def wrong_type(bench: Bench) -> Iterator[None]:
    bench.camera.tell(shape='compressed')
    yield
    bench.camera.tell(shape='image')


@contextmanager
def busy_machine(bench: Bench) -> Iterator[None]:
    processes = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(2)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def hundred_faces(bench: Bench) -> Iterator[None]:
    """The camera sees nothing meanwhile, so that the faces are all from here."""
    bench.camera.tell(rate_hz=0.0)
    faces = []
    for number in range(N_MANY):
        face = recorded_face('first' if number % 2 else 'last')
        face.face_id = f'face_{10_000 + number}'
        face.x_min, face.y_min = (number % 10) / 10, (number // 10) / 10
        face.x_max, face.y_max = face.x_min + 0.09, face.y_min + 0.09
        faces.append(face)
    publisher = bench.watch.node.create_publisher(BlendshapesArray, 'blendshapes', qos_profile_sensor_data)
    for _ in range(50):
        message = BlendshapesArray(image_width=1280, image_height=960, faces=faces)
        now_ns = time.time_ns()
        message.header.stamp = ns_to_time(now_ns)
        bench.sent.sent(now_ns, time.monotonic())
        publisher.publish(message)
        time.sleep(0.1)
    if max(bench.watch.n_faces) < N_MANY:
        raise Broken(f'/emotions had {max(bench.watch.n_faces)} of {N_MANY} faces')
    bench.watch.node.destroy_publisher(publisher)
    yield
    bench.camera.tell(rate_hz=20.0)


def another(executable: str) -> Inflict:
    """A second process of a node, under the same name."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        node = start_node(executable, bench.arrangement.nodes[executable], bench.environment)
        yield
        code = node.end()
        if code:
            raise Broken(f'the second {executable} ended with exit code {code}')

    return inflict


def killed(*names: str) -> Inflict:
    """Processes that end at once; whoever started them starts them again."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        before = bench.pids()
        for name in names:
            bench.kill(name)
        assert bench.launched is not None
        yield
        again = lambda: all(bench.pids()[name] != before[name] for name in names)  # noqa: E731
        # `ros2 launch` waits longer each time for one that dies again and again.
        bench.wait_for(again, 'the restart', RESTART_S + LONGEST_DELAY_S)
        said = '\n'.join(bench.launched.launched.lines)
        missing = [name for name in names if f'{name} has died with exit code -9: starting it again' not in said]
        if missing:
            raise Broken(f'nobody said that {", ".join(missing)} had died')

    return inflict


def troubled(text: str) -> Inflict:
    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        bench.trouble(text)
        yield
        bench.trouble('')

    return inflict


def clock_set(offset_s: float) -> Inflict:
    """The clock of nodes and camera, which are of one robot, is set and stays; then it is set right."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        bench.trouble(f'clock {offset_s}')
        bench.camera.tell(offset_s=offset_s)
        yield
        bench.trouble('')
        bench.camera.tell(offset_s=0.0)

    return inflict


@contextmanager
def lossy_network(bench: Bench) -> Iterator[None]:
    drop = f'add rule inet faults in meta l4proto udp numgen random mod 100 < {LOSS_PERCENT} drop'
    for command in ('add table inet faults', 'add chain inet faults in { type filter hook input priority 0; }', drop):
        subprocess.run(['nft', command], check=True)
    yield
    subprocess.run(['nft', 'delete table inet faults'], check=True)


def hung(who: str) -> Inflict:
    """One call never returns; the block is over when it has been made and the node has been rebuilt, or not."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        bench.trouble(f'{who} hangs')
        if not wait_until(lambda: not bench.has_trouble(), 5.0):
            raise Broken(f'nobody called the {who} in 5 s')
        yield

    return inflict


STREAM_FAULTS: Final = (
    StreamFault(
        name='camera-silent',
        what='the camera says nothing for 10 s',
        arrangement=TWO,
        inflict=camera(rate_hz=0.0),
        lasts_s=10.0,
        meanwhile=STALE,
        cause=f'{NAMES_SILENCE}.*nothing arrives',
        quick=True,
    ),
    StreamFault(
        name='camera-silent-composed',
        what='the same',
        arrangement=COMPOSED,
        inflict=camera(rate_hz=0.0),
        lasts_s=10.0,
        meanwhile=STALE,
        cause=f'{NAMES_SILENCE}.*nothing arrives',
    ),
    StreamFault(
        name='camera-silent-cnn-lstm',
        what='the same',
        arrangement=CNN_LSTM,
        inflict=camera(rate_hz=0.0),
        lasts_s=10.0,
        meanwhile=STALE,
        cause=f'{NAMES_SILENCE}.*nothing arrives',
    ),
    StreamFault(
        name='camera-killed',
        what="the camera's process is killed and is back after 8 s",
        arrangement=TWO,
        inflict=camera_killed,
        lasts_s=8.0,
        meanwhile=STALE,
        cause=NAMES_SILENCE,
        # The two have to find each other.
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='camera-changed',
        what='the camera is killed and is back with another resolution, encoding, rate and frame_id',
        arrangement=TWO,
        inflict=camera_changed,
        lasts_s=8.0,
        meanwhile=STALE,
        cause=NAMES_SILENCE,
        # The two have to find each other.
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='camera-as-before',
        what='that camera is stopped, and the one from before is back',
        arrangement=TWO,
        inflict=camera_restarted,
        lasts_s=8.0,
        meanwhile=STALE,
        cause=NAMES_SILENCE,
        # The two have to find each other.
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='camera-changed-cnn-lstm',
        what='the camera is killed and is back with another resolution, encoding, rate and frame_id',
        arrangement=CNN_LSTM,
        inflict=camera_changed,
        lasts_s=8.0,
        meanwhile=STALE,
        cause=NAMES_SILENCE,
        # The two have to find each other.
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='resolution-changes',
        what='from one image to the next images are 1280x720, mono8, and so again back',
        arrangement=COMPOSED,
        inflict=camera(width_px=1280, height_px=720, encoding='mono8'),
        lasts_s=4.0,
        mb=16.0,
    ),
    StreamFault(
        name='unknown-encoding',
        what='images of an encoding that nobody knows, for 6 s',
        arrangement=TWO,
        inflict=camera(encoding='bayer_rggb12'),
        lasts_s=6.0,
        meanwhile=STALE,
        cause="unknown encoding 'bayer_rggb12'",
        quick=True,
    ),
    StreamFault(
        name='truncated-images',
        what='images with half of their bytes, for 6 s',
        arrangement=COMPOSED,
        inflict=camera(shape='truncated'),
        lasts_s=6.0,
        meanwhile=STALE,
        cause='truncated: 921600 bytes',
    ),
    StreamFault(
        name='wrong-type',
        what='CompressedImage on the topic of Image, for 8 s',
        arrangement=COMPOSED,
        inflict=wrong_type,
        lasts_s=8.0,
        meanwhile=STALE,
        cause='/image is published as sensor_msgs/msg/CompressedImage, expected sensor_msgs/msg/Image',
    ),
    StreamFault(
        name='qos-incompatible',
        what='the camera offers best effort where reliable is asked for, for 8 s',
        arrangement=RELIABLE,
        inflict=camera(reliable=False),
        lasts_s=8.0,
        meanwhile=STALE,
        cause='offering BEST_EFFORT/VOLATILE, while RELIABLE/VOLATILE is asked for',
    ),
    StreamFault(
        name='stamps-zero',
        what='all stamps are 0, for 5 s',
        arrangement=TWO,
        inflict=camera(stamps='zero'),
        lasts_s=5.0,
        meanwhile=STALE,
        cause='repeats the last one: does the camera driver stamp its images',
        quick=True,
    ),
    StreamFault(
        name='stamps-repeated',
        what='all stamps are the same, for 5 s',
        arrangement=COMPOSED,
        inflict=camera(stamps='frozen'),
        lasts_s=5.0,
        meanwhile=STALE,
        cause='repeats the last one',
    ),
    StreamFault(
        name='stamps-backwards',
        what='stamps count back, 50 ms an image, for 6 s',
        arrangement=TWO,
        inflict=camera(stamps='backwards'),
        lasts_s=6.0,
        meanwhile=ANYTHING,
        cause='is out of order',
        mb=16.0,
    ),
    StreamFault(
        name='stamps-in-the-future',
        what='stamps are an hour ahead, for 7 s',
        arrangement=TWO,
        inflict=camera(offset_s=3600.0),
        lasts_s=7.0,
        cause='stamps are 3600 s ahead of the clock of this machine',
    ),
    StreamFault(
        name='stamps-of-another-clock',
        what='stamps count from when the machine started, for 7 s',
        arrangement=COMPOSED,
        inflict=camera(stamps='boot'),
        lasts_s=7.0,
        cause=r'stamps are \d+ s behind the clock of this machine',
    ),
    StreamFault(
        name='bag-loops',
        what='a bag of 4 s that loops, with use_sim_time: three jumps back',
        arrangement=BAG,
        inflict=camera(frame_id='camera'),
        lasts_s=13.0,
        mb=16.0,
    ),
    StreamFault(
        name='clock-stands',
        what='/clock and images stop for 6 s, with use_sim_time',
        arrangement=BAG,
        inflict=camera(clock_stands=True, rate_hz=0.0),
        lasts_s=6.0,
        cause='time does not pass: it stands still on /clock',
        # By simulated time nothing grows old meanwhile.
        is_aged=False,
    ),
    StreamFault(
        name='switched-off',
        what='the reading of faces is switched off for 4 s, by `~/enable`',
        arrangement=TWO,
        inflict=switched_off,
        lasts_s=4.0,
        meanwhile=DISABLED,
    ),
    StreamFault(
        name='120-images-a-second',
        what='120 images a second, for 6 s',
        arrangement=TWO,
        inflict=camera(rate_hz=120.0),
        lasts_s=6.0,
    ),
    StreamFault(
        name='busy-machine',
        what='two processes that want all of two cores, for 6 s',
        arrangement=COMPOSED,
        inflict=busy_machine,
        lasts_s=6.0,
    ),
    StreamFault(
        name='100-faces',
        what='100 faces in each of 50 BlendshapesArrays, then nothing for 2 s',
        arrangement=TWO,
        inflict=hundred_faces,
        lasts_s=7.0,
        quick=True,
    ),
    StreamFault(
        name='100-pictured-faces',
        what='images of 100 faces 64 pixels wide, for 6 s',
        arrangement=COMPOSED,
        inflict=camera(tiles=10),
        lasts_s=6.0,
        mb=16.0,
    ),
    StreamFault(
        name='two-classifiers',
        what='a second emotion_classifier_node under the same name, for 12 s',
        arrangement=TWO,
        inflict=another('emotion_classifier_node'),
        lasts_s=12.0,
        cause='2 nodes are called /emotion_classifier_node',
    ),
    StreamFault(
        name='two-landmarkers',
        what='a second face_landmarker_node under the same name, for 12 s',
        arrangement=TWO,
        inflict=another('face_landmarker_node'),
        lasts_s=12.0,
        cause='2 nodes are called /face_landmarker_node',
    ),
    StreamFault(
        name='clock-back',
        what="the robot's clock is set back by an hour, and right again after 4 s",
        arrangement=TROUBLED,
        inflict=clock_set(-3600.0),
        lasts_s=4.0,
        mb=16.0,
    ),
    StreamFault(
        name='clock-forth',
        what="the robot's clock is set forth by an hour, and right again after 4 s",
        arrangement=TROUBLED,
        inflict=clock_set(3600.0),
        lasts_s=4.0,
        mb=16.0,
    ),
    StreamFault(
        name='landmarker-raises',
        what='each call of FaceLandmarker fails, for 6 s',
        arrangement=TROUBLED,
        inflict=troubled('landmarker raises'),
        lasts_s=6.0,
        meanwhile=STALE,
        cause='MediaPipe cannot process this image',
        quick=True,
        mb=16.0,
    ),
    StreamFault(
        name='classifier-raises',
        what='each call of TFLite in the classifier fails, for 6 s',
        arrangement=TROUBLED,
        inflict=troubled('classifier raises'),
        lasts_s=6.0,
        # Where an image shows nobody, nobody is to be classified.
        meanwhile=NOBODY,
        cause='TFLite',
        quick=True,
    ),
    StreamFault(
        name='expressions-raise',
        what='each call of TFLite for pixels fails, for 6 s',
        arrangement=TROUBLED,
        inflict=troubled('expressions raises'),
        lasts_s=6.0,
        # Where an image shows nobody, no pixels are to be looked at.
        meanwhile=NOBODY,
        cause='TFLite',
    ),
    StreamFault(
        name='expressions-hang',
        what='a call of TFLite for pixels never returns',
        arrangement=TROUBLED,
        inflict=hung('expressions'),
        lasts_s=0.0,
        cause='has not answered within 3 s, and is started anew',
        limit_s=RESTART_S,
        is_silent=True,
        mb=HELD_MB,
        threads=HELD_THREADS,
    ),
    StreamFault(
        name='landmarker-hangs',
        what='a call of FaceLandmarker never returns',
        arrangement=TROUBLED,
        inflict=hung('landmarker'),
        lasts_s=0.0,
        cause='has not answered within 3 s, and is started anew',
        limit_s=RESTART_S,
        is_silent=True,
        mb=HELD_MB,
        threads=HELD_THREADS,
    ),
    StreamFault(
        name='classifier-hangs',
        what='a call of TFLite never returns',
        arrangement=TROUBLED,
        inflict=hung('classifier'),
        lasts_s=0.0,
        cause='has not answered within 3 s, and is started anew',
        limit_s=RESTART_S,
        is_silent=True,
        mb=HELD_MB,
        threads=HELD_THREADS,
    ),
    StreamFault(
        name='landmarker-hangs-composed',
        what='a call of FaceLandmarker never returns',
        arrangement=TROUBLED_COMPOSED,
        inflict=hung('landmarker'),
        lasts_s=0.0,
        cause='has not answered within 3 s, and is started anew',
        limit_s=RESTART_S,
        is_silent=True,
        mb=HELD_MB,
        threads=HELD_THREADS,
    ),
    StreamFault(
        name='landmarker-raises-composed',
        what='each call of FaceLandmarker fails, for 6 s',
        arrangement=TROUBLED_COMPOSED,
        inflict=troubled('landmarker raises'),
        lasts_s=6.0,
        meanwhile=STALE,
        cause='MediaPipe cannot process this image',
        mb=16.0,
    ),
    StreamFault(
        name='landmarker-hangs-cnn-lstm',
        what='a call of FaceLandmarker never returns',
        arrangement=TROUBLED_CNN_LSTM,
        inflict=hung('landmarker'),
        lasts_s=0.0,
        cause='has not answered within 3 s, and is started anew',
        limit_s=RESTART_S,
        is_silent=True,
        mb=HELD_MB,
        threads=HELD_THREADS,
    ),
    StreamFault(
        name='kill-landmarker',
        what='face_landmarker_node is killed',
        arrangement=LAUNCHED,
        inflict=killed('face_landmarker_node'),
        lasts_s=0.0,
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='kill-classifier',
        what='emotion_classifier_node is killed',
        arrangement=LAUNCHED,
        inflict=killed('emotion_classifier_node'),
        lasts_s=0.0,
        limit_s=RESTART_S,
        is_silent=True,
    ),
    StreamFault(
        name='kill-bridge',
        what='dialogue_bridge_node is killed',
        arrangement=LAUNCHED,
        inflict=killed('dialogue_bridge_node'),
        lasts_s=0.0,
        limit_s=RESTART_S,
    ),
    StreamFault(
        name='kill-composed',
        what='emotion_pipeline is killed',
        arrangement=LAUNCHED_COMPOSED,
        inflict=killed('emotion_pipeline'),
        lasts_s=0.0,
        limit_s=RESTART_S,
        is_silent=True,
    ),
    StreamFault(
        name='kill-all',
        what='all three are killed at once',
        arrangement=LAUNCHED,
        inflict=killed('face_landmarker_node', 'emotion_classifier_node', 'dialogue_bridge_node'),
        lasts_s=0.0,
        anew=True,
        limit_s=RESTART_S,
        is_silent=True,
    ),
    StreamFault(
        name='network-loses',
        what=f'{LOSS_PERCENT} % of all packets are lost, for 8 s',
        arrangement=LOSSY,
        inflict=lossy_network,
        lasts_s=8.0,
    ),
)
