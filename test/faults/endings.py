"""Ends and beginnings: signals in every state and during every transition, and nodes started in any order."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from faults import judging
from faults.fault import RECOVER_S, RESTART_S, Broken, CannotTry, SceneFault
from faults.frames import CLIP
from faults.scene import Scene, end_of
from support.ros_process import NodeProcess

from blendfer_ros.core.assets import find_asset

INT, TERM = signal.SIGINT, signal.SIGTERM
# What leads to each state from the one before.
STATES: Final = {'unconfigured': (), 'inactive': ('configure',), 'active': ('configure', 'activate')}
# What to do before a transition can be asked for.
BEFORE: Final = {
    'configure': (),
    'activate': ('configure',),
    'deactivate': ('configure', 'activate'),
    'cleanup': ('configure',),
}
# Early in the transition, in the middle of it, and about when it is over.
DELAYS_S: Final = (0.0, 0.15, 0.6)
# While Python starts, while it imports, and while ROS is initialised.
START_DELAYS_S: Final = (0.02, 0.1, 0.3, 0.6, 1.0)
# The managed nodes in each executable, in the order they are taken through transitions.
NODES: Final = {
    'emotion_pipeline': ('emotion_classifier_node', 'face_landmarker_node'),
    'cnn_lstm_node': ('cnn_lstm_node',),
    'dialogue_bridge_node': ('dialogue_bridge_node',),
    'video_source_node': ('video_source_node',),
}


def idle(scene: Scene, executable: str) -> NodeProcess:
    """A process that waits for transitions."""
    clip = find_asset(CLIP)
    if clip is None:
        raise CannotTry(f'there is no {CLIP} below $BLENDFER_ASSETS')
    source = {'source': clip, 'loop': 'true'} if executable == 'video_source_node' else {}
    return scene.start(executable, autostart='false', **source)


def end_in(state: str, *signals: signal.Signals) -> Callable[[Scene], float]:
    """The longest that any executable took to end in this state [s]."""

    def act(scene: Scene) -> float:
        started = {name: idle(scene, name) for name in NODES}
        for name in NODES:
            for node in NODES[name]:
                scene.wait_until_up(node)
            for node, transition in itertools.product(NODES[name], STATES[state]):
                if not scene.change(node, transition):
                    raise Broken(f'{node} could not {transition}')
        took_s = [end_of(process, RECOVER_S * scene.patience, *signals) for process in started.values()]
        camera = Path('/proc', str(started['video_source_node'].process.pid))
        if camera.exists():
            raise Broken('the camera is still held')
        return max(took_s)

    return act


def end_early(*signals: signal.Signals) -> Callable[[Scene], float]:
    """The longest that any executable took to end when told so while it starts [s]."""

    def act(scene: Scene) -> float:
        took_s = []
        for name, delay_s in itertools.product(NODES, START_DELAYS_S):
            process = idle(scene, name)
            time.sleep(delay_s)
            took_s.append(end_of(process, RECOVER_S * scene.patience, *signals))
        return max(took_s)

    return act


def end_during(transition: str, *signals: signal.Signals) -> Callable[[Scene], float]:
    """The longest that any executable took to end when told so during a transition of its last node [s]."""

    def act(scene: Scene) -> float:
        took_s = []
        for delay_s in DELAYS_S:
            started = {name: idle(scene, name) for name in NODES}
            for name, process in started.items():
                for node in NODES[name]:
                    scene.wait_until_up(node)
                for node, before in itertools.product(NODES[name], BEFORE[transition]):
                    if not scene.change(node, before):
                        raise Broken(f'{node} could not {before}')
                scene.begin_change(NODES[name][-1], transition)
                # It is the moment of the signal that is tried here, and nothing tells of it.
                time.sleep(delay_s)
                took_s.append(end_of(process, RECOVER_S * scene.patience, *signals))
        return max(took_s)

    return act


def end_while_it_hangs(scene: Scene) -> float:
    """How long the pipeline took to end while a call of FaceLandmarker did not return [s]."""
    process = scene.start('emotion_pipeline', troubled=True)
    scene.start_camera()
    scene.wait_for(lambda: any(heard.state == judging.TRACKING for heard in scene.watch.heard), 'TRACKING')
    trouble = scene.folder / 'trouble'
    trouble.write_text('landmarker hangs')
    scene.wait_for(lambda: not trouble.exists(), 'a call of FaceLandmarker')
    return end_of(process, RESTART_S * scene.patience, INT)


def any_order(scene: Scene) -> float:
    """The longest that any order took from the last start until /emotion was right [s]."""
    starts: dict[str, Callable[[], object]] = {
        'camera': scene.start_camera,
        'landmarker': lambda: scene.start('face_landmarker_node'),
        'classifier': lambda: scene.start('emotion_classifier_node'),
    }
    took_s = []
    for order in itertools.permutations(starts):
        scene.watch.clear()
        started = []
        for name in order:
            last_s = time.monotonic()
            started.append(starts[name]())
            time.sleep(1.0)
        right = lambda since_s=last_s: judging.first_right_s(list(scene.watch.heard), scene.sent, since_s)  # noqa: E731
        took_s.append(scene.wait_for(right, f'TRACKING after {", ".join(order)}') - last_s)
        for process in started:
            process.end() if isinstance(process, NodeProcess) else process.close()  # type: ignore[attr-defined]
    return max(took_s)


def signal_rows(by: str, *signals: signal.Signals) -> tuple[SceneFault, ...]:
    """In every state and during every transition; `by`: the signals, for people."""

    def row(when: str, what: str, act: Callable[[Scene], float]) -> SceneFault:
        return SceneFault(
            name=f'{by.replace(" ", "-").lower()}-{when}',
            what=f'{by} {what}',
            nodes=', '.join(f'`{name}`' for name in NODES),
            act=act,
            said='exit code 0, no trace',
            quick=(by, when) == ('SIGINT', 'active'),
        )

    return (
        row('while-starting', '0.02 to 1 s after the process was started', end_early(*signals)),
        *(row(state, f'while {state}', end_in(state, *signals)) for state in STATES),
        *(
            row(f'during-{transition}', f'0, 0.15 and 0.6 s after `{transition}`', end_during(transition, *signals))
            for transition in BEFORE
        ),
    )


ENDING_FAULTS: Final = (
    *signal_rows('SIGINT', INT),
    *signal_rows('SIGTERM', TERM),
    *signal_rows('SIGINT twice', INT, INT),
    SceneFault(
        name='sigint-while-it-hangs',
        what='SIGINT while a call of FaceLandmarker does not return',
        nodes='one process',
        act=end_while_it_hangs,
        said='exit code 0, no trace',
        # `time_limit_s` is waited for.
        limit_s=RESTART_S,
    ),
    SceneFault(
        name='any-order',
        what='camera and nodes are started a second apart, in all six orders',
        nodes='two processes',
        act=any_order,
        said='',
        limit_s=RESTART_S,
    ),
)
