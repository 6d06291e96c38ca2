"""Where a fault is tried that has no stream: a folder, nodes of its own, and somebody who listens to them."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from faults.fault import Broken
from faults.judging import SentLog, once_each
from faults.processes import CameraProcess, start_node, wait_until
from faults.troubled import VARIABLE
from faults.watch import Watch, call
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from support.ros_process import NodeProcess

from blendfer_ros.nodes.transport import large_image_environment

START_TIMEOUT_S: Final = 60.0
ID_OF: Final = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
    'cleanup': Transition.TRANSITION_CLEANUP,
}


class Scene:
    """Everything that is started in it ends with it."""

    def __init__(self, domain: int, frames: Path, patience: float = 1.0) -> None:
        self.domain, self.frames, self.patience = domain, frames, patience
        self._stack = ExitStack()

    def __enter__(self) -> Scene:
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(prefix='faults_')))
        self.environment = {**large_image_environment(), 'ROS_DOMAIN_ID': str(self.domain)}
        self.watch = Watch(self.domain)
        self._stack.callback(self.watch.close)
        self.sent = SentLog()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, executable: str, *, troubled: bool = False, **parameters: Any) -> NodeProcess:
        """One of our nodes; a troubled one has the trouble that the file `trouble` in the folder says."""
        environment = {**self.environment, VARIABLE: str(self.folder / 'trouble')}
        node = start_node(executable, parameters, environment, troubled=troubled)
        self._stack.callback(node.end)
        return node

    def start_camera(self, **settings: Any) -> CameraProcess:
        camera = CameraProcess(self.frames, self.environment, settings, self.sent)
        self._stack.callback(camera.close)
        return camera

    def wait_until_up(self, node: str) -> None:
        """Until a node can be asked for its state."""
        if call(self.watch.node, GetState, f'/{node}/get_state', GetState.Request(), resend_s=1.0) is None:
            known = sorted(name for name, _ in self.watch.node.get_node_names_and_namespaces())
            raise Broken(f'{node} did not tell its state; nodes known: {", ".join(known)}')

    def change(self, node: str, transition: str) -> bool:
        """Take a node through a transition; whether it went."""
        request = ChangeState.Request(transition=Transition(id=ID_OF[transition]))
        answer = call(self.watch.node, ChangeState, f'/{node}/change_state', request)
        if answer is None:
            raise Broken(f'{node} did not answer when it was to {transition}')
        return bool(answer.success)

    def begin_change(self, node: str, transition: str) -> None:
        """The same, without waiting for what comes of it."""
        client = self.watch.node.create_client(ChangeState, f'/{node}/change_state')
        if not client.wait_for_service(START_TIMEOUT_S):
            raise Broken(f'{node} cannot be asked to {transition}')
        client.call_async(ChangeState.Request(transition=Transition(id=ID_OF[transition])))

    def wait_for(self, condition: Any, what: str, timeout_s: float = START_TIMEOUT_S) -> Any:
        """What the condition gave when it first held; raises Broken when it does not in time."""
        result = wait_until(condition, timeout_s)
        if not result:
            raise Broken(f'{what} did not come in {timeout_s:g} s')
        return result

    def wait_for_told(self, cause: str, timeout_s: float = START_TIMEOUT_S) -> None:
        """Until /diagnostics says it."""
        since_s = time.monotonic() - 2.0
        try:
            self.wait_for(lambda: self.watch.diagnosed(cause, since_s), cause, timeout_s)
        except Broken as error:
            said = once_each(sorted({told.text for told in list(self.watch.told)}))
            raise Broken(f'/diagnostics did not say {cause!r}, but {"; ".join(said)}') from error


def end_of(node: NodeProcess, limit_s: float, *signals: signal.Signals) -> float:
    """Send signals, 50 ms apart; how long it took to end [s]. Raises Broken where it did not end as promised."""
    began_s = time.monotonic()
    for number, sent in enumerate(signals):
        if number:
            time.sleep(0.05)
        if node.is_alive:
            node.process.send_signal(sent)
    if not wait_until(lambda: not node.is_alive, 30.0, 0.005):
        node.process.kill()
        raise Broken(f'{name_of(node)} did not end in 30 s')
    took_s = time.monotonic() - began_s
    node.end()
    output = '\n'.join(node.lines)
    name = name_of(node)
    if node.process.returncode:
        raise Broken(f'{name} ended with exit code {node.process.returncode}: {output[-2000:]}')
    if 'Traceback' in output or 'Exception ignored' in output or 'terminate called' in output:
        raise Broken(f'{name} ended with a trace: {output[-2000:]}')
    if took_s > limit_s:
        raise Broken(f'{name} took {took_s:.1f} s to end, promised are {limit_s:g} s')
    return took_s


def name_of(node: NodeProcess) -> str:
    return Path(str(node.process.args[0])).name  # type: ignore[index]
