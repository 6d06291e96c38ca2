"""Both nodes in one process, and what `make demo` shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from support.ros_process import NodeProcess, Peer, executable

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import RELIABLE

SUMMARY = re.compile(r'demo: (\d+) emotion messages in [\d.]+ s: happy (\d+), sad (\d+), unknown (\d+)')


def run_demo(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and output of the demo, which takes its nodes with it when it is interrupted."""
    demo = NodeProcess([str(executable('demo')), *arguments], environment)
    try:
        demo.process.wait(120.0)
    finally:
        code = demo.end()
    return code, '\n'.join(demo.lines)


def counts_in(output: str) -> tuple[int, int, int, int]:
    summary = SUMMARY.search(output)
    assert summary, output
    total, happy, sad, unknown = map(int, summary.groups())
    assert total == happy + sad + unknown
    return total, happy, sad, unknown


def test_an_image_into_the_pipeline_is_an_emotion_with_its_stamp(
    bundle: Path, peer: Peer, start: Callable[..., NodeProcess], face_frames: list[RgbImage]
) -> None:
    emotion = peer.collect(Emotion, 'composed/emotion', RELIABLE)
    start('emotion_pipeline', namespace='composed').wait_for_line('waiting for images on /composed/image')
    camera = peer.node.create_publisher(Image, 'composed/image', qos_profile_sensor_data)
    sent_ns: list[int] = []

    def send() -> None:
        sent_ns.append((5 + len(sent_ns)) * 10**9)
        camera.publish(bgr_to_message(face_frames[0][..., ::-1], ns_to_time(sent_ns[-1]), 'camera'))

    seen = peer.deliver(
        send,
        lambda: next((message for message in emotion if message.state == Emotion.TRACKING), None),
    )
    assert time_to_ns(seen.header.stamp) in sent_ns


def test_the_demo_shows_a_clip_turning_happy_and_leaves_it_annotated(bundle: Path, clips: Path, tmp_path: Path) -> None:
    out = tmp_path / 'demo'
    code, output = run_demo({}, '--source', str(clips / 'neutral_to_happy.mp4'), '--out', str(out))
    assert code == 0, output
    total, happy, _, _ = counts_in(output)
    assert total > 10
    assert happy > 0
    assert f'{out}/annotated.mp4: written\n{out}/timeline.html: written' in output
    assert sorted(path.name for path in out.iterdir()) == ['annotated.mp4', 'timeline.html']


def test_without_a_bundle_the_demo_says_so_and_replays_a_recording(tmp_path: Path) -> None:
    (tmp_path / 'face_landmarker.task').write_bytes(b'not the bundle')
    code, output = run_demo({'BLENDFER_ASSETS': str(tmp_path)})
    assert code == 0, output
    assert "replaying the shipped blendshape recording 'sad_to_happy' instead" in output
    total, happy, sad, _ = counts_in(output)
    assert total > 100
    assert happy > 0
    assert sad > 0
    greeted, glad = (output.index(f'robot: {said}') for said in ('Hello. Is everything', 'Glad to see you smile!'))
    assert greeted < glad


def test_a_source_that_is_not_there_ends_the_demo_with_its_name(bundle: Path) -> None:
    code, output = run_demo({}, '--source', '/nowhere/clip.mp4')
    assert code == 1
    assert output == "demo: no camera, video file or picture folder at '/nowhere/clip.mp4'"


def test_a_source_that_cannot_be_looked_at_ends_the_demo_instead_of_another(clips: Path, tmp_path: Path) -> None:
    (tmp_path / 'face_landmarker.task').write_bytes(b'not the bundle')
    code, output = run_demo({'BLENDFER_ASSETS': str(tmp_path)}, '--source', str(clips / 'neutral_to_happy.mp4'))
    assert code == 1
    (sentence,) = output.splitlines()
    assert sentence.startswith(f'demo: {tmp_path}/face_landmarker.task has sha256 ')
