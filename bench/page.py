"""What `make bench` found, as the tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NAMES: Final = {
    'bare loop': 'bare loop',
    'one process': '`emotion_pipeline`',
    'two processes': '`face_landmarker_node` and `emotion_classifier_node`',
    'cnn_lstm_node': '`cnn_lstm_node`',
    'fer': '`fer`: Haar cascade and its network',
}
COST_HEAD: Final = (
    '| | CPU an image [ms] | age, median [ms] | age, 95th percentile [ms] | resident memory [MB] |\n'
    '|---|---|---|---|---|'
)
AIMS_HEAD: Final = '| what | aim | measured |\n|---|---|---|'
ARRIVALS_HEAD: Final = '| | answered | age, median [ms] | 95th percentile | largest |\n|---|---|---|---|---|'


def in_words(found: Mapping[str, Any], seconds: float) -> str:
    """Three tables: what an image costs, which aims are reached, and which images arrive in streams of `seconds`."""
    parts = [
        '\n'.join([COST_HEAD, *(_cost(NAMES[name], row) for name, row in found['cost'].items())]),
        '\n'.join([AIMS_HEAD, *(f'| {what} | {aim} | {measured} |' for what, aim, measured in _aims(found))]),
        f'Images that arrive, of those a camera at 30 Hz sends in {seconds:g} s, and how old their answers are:',
        '\n'.join([ARRIVALS_HEAD, *(_arrival(name, row) for name, row in found['arrivals'].items())]),
    ]
    return '\n\n'.join(parts)


def _cost(name: str, row: Mapping[str, float]) -> str:
    cells = [f'{row[key]:.1f} ({row[f"{key}_spread"]:.1f})' for key in ('cpu_ms', 'median_ms', 'p95_ms')]
    memory = f'{row["rss_mb"]:.0f}' if row['rss_mb'] else ''
    return f'| {name} | {" | ".join(cells)} | {memory} |'


def _aims(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What, its aim, and what was measured."""
    starts = [
        f'{name} {times["first_s"]:.1f} s, later {times["later_s"]:.1f} s, at best {times["least_s"]:.1f} s'
        f'{", with TensorFlow" * times["tensorflow"]} (a plain subscription: {times["plain_s"]:.1f} s)'
        for name, times in found['start'].items()
    ]
    aims = [
        ('CPU an image, one process / bare loop', '≤ 1.15', f'{found["cpu_ratio_composed"]:.2f}'),
        ('CPU an image, two processes / bare loop', '≤ 1.35', f'{found["cpu_ratio_separate"]:.2f}'),
        (
            '95th percentile of the age, two processes / bare loop',
            '≤ 1.25',
            f'{found["p95_ratio_separate"]:.2f}; one process {found["p95_ratio_composed"]:.2f}',
        ),
        (
            'resident memory, one and two processes',
            '≤ 240, ≤ 300 MB',
            f'{found["rss_mb_composed"]:.0f}, {found["rss_mb_separate"]:.0f} MB',
        ),
        (
            'four faces in view',
            '≥ 20 images a second',
            f'{found["four_faces_images_per_s"]:.0f} of a camera at 60 Hz',
        ),
        ('start to the first answer about an image', '≤ 2 s, the second no slower', '; '.join(starts)),
        ('images, but nobody listens: share of a core', '≤ 2 %', _shares(found['idle'], 'nobody listens')),
        ('nobody sends images: share of a core', '≤ 1 %', _shares(found['idle'], 'no images')),
        (
            'nobody in view for 10 s / one face; somebody new is seen',
            '≤ 0.5; within 0.5 s',
            f'{found["nobody_cost_ratio"]:.2f}; {found["somebody_seen_s"]:.2f} s',
        ),
        (
            'after decoding, 1280x720 and 4K / 640x480',
            '≤ 1.2',
            f'{found["size_ratio_720p"]:.2f}, {found["size_ratio_4k"]:.2f}',
        ),
    ]
    if 'fer_speed_ratio' in found:
        speeds = f'{found["fer_speed_ratio"]:.1f}; two processes {found["fer_speed_ratio_separate"]:.1f}'
        aims.insert(3, ('CPU of `fer` / one process', '≥ 5', f'{speeds}; wall time {found["fer_wall_ratio"]:.1f}'))
    return aims


def _shares(idle: Mapping[str, float], what: str) -> str:
    shares = ((name.partition(':')[0], share) for name, share in idle.items() if what in name)
    return ', '.join(f'{name} {share:.1%}' for name, share in shares)


def _arrival(name: str, row: Mapping[str, float]) -> str:
    ages = (f'{row[key]:.0f}' for key in ('age_median_ms', 'age_p95_ms', 'age_max_ms'))
    return f'| {name} | {row["share"]:.1%} | {" | ".join(ages)} |'
