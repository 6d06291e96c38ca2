"""A running stream that faults are inflicted on: a camera, our nodes, and whoever listens to them."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from faults import judging
from faults.fault import Arrangement, Broken, CannotTry, Outcome, StreamFault
from faults.judging import SentLog
from faults.processes import CameraProcess, Holding, LaunchedNodes, growth, kill, start_node, wait_until
from faults.troubled import VARIABLE
from faults.watch import Watch
from support.dialogue_server import DialogueServer
from support.ros_process import NodeProcess

from blendfer_ros.nodes.transport import large_image_environment

START_TIMEOUT_S: Final = 60.0
END_TIMEOUT_S: Final = 10.0
# A process still grows until it has seen the whole clip, which lasts 6 s.
WARM_UP_S: Final = 8.0
EMPTY_S: Final = 1.0
# What is left of the fault before has passed out of what nodes remember.
SETTLE_S: Final = 1.0
# A node says how it is once a second, and why nothing comes when nothing has for five.
TOLD_WITHIN_S: Final = 2.5
# DDS forgets a process that died without a word after 20 s, and lets go of what it holds for it.
LET_GO_WITHIN_S: Final = 25.0


class Bench:
    """An arrangement that runs; close it when done.

    domain: of DDS. patience: times the promised limits, for machines that do other things as well.
    """

    def __init__(self, arrangement: Arrangement, frames: Path, domain: int, patience: float = 1.0) -> None:
        self.arrangement, self.patience, self.domain = arrangement, patience, domain
        self._stack = ExitStack()
        try:
            self._open(frames)
        except BaseException:
            self._stack.close()
            raise

    def _open(self, frames: Path) -> None:
        arrangement = self.arrangement
        self.folder = Path(self._stack.enter_context(TemporaryDirectory(prefix='faults_')))
        self._trouble = self.folder / 'trouble'
        self.environment = {
            **large_image_environment(),
            'ROS_DOMAIN_ID': str(self.domain),
            VARIABLE: str(self._trouble),
            **arrangement.environment,
        }
        self.sent = SentLog()
        self.watch = Watch(self.domain)
        self._stack.callback(self.watch.close)
        self.server: Any = None
        if arrangement.serves_dialogue:
            self.server = DialogueServer()
            self._stack.callback(lambda: self.server.close())
        self.nodes: dict[str, NodeProcess] = {}
        self.launched: LaunchedNodes | None = None
        if arrangement.launched:
            if shutil.which('ros2') is None:
                raise CannotTry('there is no `ros2 launch` here: it comes with ROS 2 from apt and not from PyPI')
            self.launched = LaunchedNodes(arrangement.launched, self.environment)
            self._stack.callback(self.launched.end)
        for name in arrangement.nodes:
            self.start(name)
        self._stack.callback(self._end_nodes)
        self.camera = CameraProcess(frames, self.environment, arrangement.camera, self.sent)
        self._stack.callback(lambda: self.camera.close())
        self._await_right(time.monotonic(), START_TIMEOUT_S)
        time.sleep(WARM_UP_S)

    def start(self, name: str) -> None:
        """Start a node of the arrangement, with its parameters."""
        parameters = dict(self.arrangement.nodes[name])
        if self.server is not None and parameters.get('adapter') == 'http':
            parameters['http_url'] = self.server.url
        self.nodes[name] = start_node(name, parameters, self.environment, troubled=self.arrangement.troubled)

    def trouble(self, text: str) -> None:
        """Give the nodes of a troubled arrangement their trouble; empty takes it away."""
        if text:
            part = self._trouble.with_suffix('.part')
            part.write_text(text)
            part.replace(self._trouble)
        else:
            self._trouble.unlink(missing_ok=True)

    def has_trouble(self) -> bool:
        """Whether it is still there; a call that hangs takes it away."""
        return self._trouble.exists()

    def pids(self) -> dict[str, int]:
        """The living processes of our nodes."""
        if self.launched:
            return self.launched.pids()
        return {name: node.process.pid for name, node in self.nodes.items() if node.is_alive}

    def kill(self, name: str) -> None:
        kill(self.pids()[name])

    def holdings(self) -> dict[str, Holding]:
        found = {name: Holding.of(pid) for name, pid in self.pids().items()}
        return {name: holding for name, holding in found.items() if holding}

    def try_fault(self, fault: StreamFault) -> Outcome:
        """Inflict it, and say what came of it."""
        self.show_nobody()
        self._await_right(time.monotonic(), START_TIMEOUT_S)
        time.sleep(SETTLE_S)
        before = self.holdings()
        self.watch.clear()
        began_s = time.monotonic()
        with fault.inflict(self):
            ends_s = began_s + fault.lasts_s
            time.sleep(max(0.0, ends_s - time.monotonic()))
            ended_s = time.monotonic()
        limit_s = fault.limit_s * self.patience
        right_s = wait_until(
            lambda: judging.first_right_s(list(self.watch.heard), self.sent, ended_s), max(3.0 * limit_s, 15.0)
        )
        problems = self._problems(fault, began_s, ended_s, right_s)
        recovered_s = right_s - ended_s if right_s else None
        if recovered_s is None:
            problems.append(f'not right again {max(3.0 * limit_s, 15.0):.0f} s after the end of the cause')
        elif recovered_s > limit_s:
            problems.append(f'right again after {recovered_s:.1f} s, promised are {limit_s:g} s')
        wait_until(lambda: not growth(before, self.holdings(), fault.mb, fault.threads), LET_GO_WITHIN_S, 0.25)
        after = self.holdings()
        problems += growth(before, after, fault.mb, fault.threads)
        problems += [f'{name} has ended' for name in before if name not in after]
        grown_mb = {n: round(after[n].rss_mb - was.rss_mb, 1) for n, was in before.items() if n in after}
        return Outcome(tuple(problems), recovered_s, noted={'grown_mb': grown_mb})

    def show_nobody(self) -> None:
        """For a while, as the second FaceLandmarker, which looks for far faces, is only made when nobody is near."""
        self.camera.tell(empty=True)
        time.sleep(EMPTY_S)
        self.camera.tell(empty=False)

    def _problems(self, fault: StreamFault, began_s: float, ended_s: float, right_s: float | None) -> list[str]:
        diagnosed = not fault.cause or wait_until(
            lambda: self.watch.diagnosed(fault.cause, began_s), TOLD_WITHIN_S * self.patience
        )
        heard = list(self.watch.heard)
        noticed_s = began_s + judging.MAX_AGE_S * self.patience
        problems: list[str] = []
        if fault.is_aged:
            problems += judging.once_each(judging.aged(heard, self.sent, self.patience))
        problems += judging.once_each(judging.out_of_turn(heard, fault.meanwhile, noticed_s, ended_s))
        if not fault.is_silent:
            problems += judging.once_each(judging.silences(heard, began_s, right_s or ended_s, self.patience))
        if not diagnosed:
            said = judging.once_each(sorted({told.text for told in self.watch.told}))
            problems.append(f'/diagnostics did not say {fault.cause!r}, but {"; ".join(said)}')
        return problems

    def _await_right(self, since_s: float, timeout_s: float) -> None:
        if not wait_until(lambda: judging.first_right_s(list(self.watch.heard), self.sent, since_s), timeout_s):
            output = '\n'.join(line for node in self.nodes.values() for line in node.lines[-5:] if node.has_line(''))
            raise Broken(f'the stream was not right {timeout_s:.0f} s after it began\n{output}')

    def _end_nodes(self) -> None:
        for node in self.nodes.values():
            node.process.send_signal(signal.SIGINT)
        for node in self.nodes.values():
            # One that hangs has been judged already.
            if not wait_until(lambda node=node: not node.is_alive, END_TIMEOUT_S):
                node.process.kill()
            node.end()

    def close(self) -> None:
        """End everything."""
        self._stack.close()

    def wait_for(self, condition: Callable[[], Any], what: str, timeout_s: float) -> Any:
        """What the condition gave when it first held; raises Broken when it does not in time."""
        result = wait_until(condition, timeout_s * self.patience)
        if not result:
            raise Broken(f'{what} did not come in {timeout_s * self.patience:g} s')
        return result
