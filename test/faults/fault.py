"""What a fault is, what is promised about it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from blendfer_ros.msg import Emotion

if TYPE_CHECKING:
    from faults.bench import Bench
    from faults.scene import Scene

# Right again within this long of the end of the cause; the second where a process must start.
RECOVER_S: Final = 2.0
RESTART_S: Final = 5.0

STATE_NAMES: Final = {
    Emotion.STALE: 'STALE',
    Emotion.NO_FACE: 'NO_FACE',
    Emotion.TRACKING: 'TRACKING',
    Emotion.DISABLED: 'DISABLED',
}
STALE: Final = frozenset({Emotion.STALE})
NOBODY: Final = frozenset({Emotion.STALE, Emotion.NO_FACE})
DISABLED: Final = frozenset({Emotion.DISABLED})
ANYTHING: Final = frozenset(STATE_NAMES) - DISABLED


class Broken(Exception):  # noqa: N818, what is broken is a promise, not the harness
    """A promise was broken; the message says which."""


class CannotTry(Exception):  # noqa: N818, nothing is wrong but that this machine cannot
    """The fault cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Arrangement:
    """Which nodes run, and how.

    nodes: executables, each with its parameters. troubled: they are started by `troubled.py`, which can make MediaPipe,
    TFLite or the clock fail. launched: arguments of `ros2 launch blendfer_ros emotion.launch.py`, which starts the
    nodes instead, and starts those again that die. camera: settings it begins with.
    environment: for all processes. own_network: they talk over a loopback that is theirs alone.
    serves_dialogue: there is a dialogue server, whose address a bridge with adapter `http` gets.
    """

    name: str
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    troubled: bool = False
    launched: tuple[str, ...] = ()
    camera: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    own_network: bool = False
    serves_dialogue: bool = False

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A row of the table.

    name: for `--only`. what: is done, for people. quick: in the share that `make test` runs.
    """

    name: str
    what: str
    quick: bool = False


@dataclass(frozen=True, kw_only=True)
class StreamFault(Fault):
    """Something happens to a running stream.

    arrangement: which is running. inflict: begins the cause and, when its block is left, ends it. lasts_s: how long the
    block is. meanwhile: the states /emotion may have while the cause lasts, once it has had the time to notice.
    cause: what /diagnostics must say then or soon after, as a regular expression; empty where nothing is wrong.
    limit_s: right again within this long of the end of the cause.
    is_silent: /emotion may say nothing at all meanwhile, for who says it is dead.
    is_aged: stamps are of a clock by which age can be told. mb, threads: a process may grow by so many.
    anew: the arrangement is started for this fault, for `ros2 launch` waits longer from one death to the next.
    """

    arrangement: Arrangement
    inflict: Callable[[Bench], AbstractContextManager[None]]
    lasts_s: float
    meanwhile: frozenset[int] = ANYTHING
    cause: str = ''
    limit_s: float = RECOVER_S
    is_silent: bool = False
    is_aged: bool = True
    anew: bool = False
    mb: float = 4.0
    threads: int = 0


@dataclass(frozen=True, kw_only=True)
class SceneFault(Fault):
    """Something that has no stream: `act` does and checks all of it, and gives the time to be right again, if any [s].

    nodes, meanwhile, said: for people.
    """

    act: Callable[[Scene], float | None]
    nodes: str
    said: str
    meanwhile: str = ''
    limit_s: float = RECOVER_S


@dataclass(frozen=True)
class Outcome:
    """What came of a fault, once.

    problems: promises broken; none: passed. recovered_s: right again after so long; None where that has no meaning.
    cannot: why it was not tried, instead. noted: what else was measured.
    """

    problems: tuple[str, ...] = ()
    recovered_s: float | None = None
    cannot: str = ''
    noted: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.problems and not self.cannot
