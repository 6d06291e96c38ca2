"""One HTML page with the answers to clips over time: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.metrics.segments import AnsweredClip, score_clips, score_raw
from blendfer_ros.pages.html import render
from blendfer_ros.pages.segments_table import COLUMNS, EXPLANATION, rows
from blendfer_ros.pages.timeline import timeline_plot


def clips_page(title: str, clips: Sequence[AnsweredClip], fps: float | None = None) -> str:
    """The page as text.

    Args:
        title: which model was evaluated on what.
        clips: at least one, all with raw answers or all without.
        fps: at most this many frames per second were evaluated; None: all of them.
    """
    scores, raw = score_clips(clips), score_raw(clips)
    confusions = [each.overall.confusion for each in (scores, raw) if each]
    return render(
        'clips.html',
        title=title,
        with_pictures=False,
        frames='Every frame was evaluated.' if fps is None else f'At most {fps:g} frames per second were evaluated.',
        with_raw=raw is not None,
        columns=COLUMNS,
        explanation=EXPLANATION,
        rows=rows(scores, raw),
        answered=[*EMOTIONS, 'not tracking'],
        # For each emotion and each answer to it the count, and beside it the count of raw answers.
        confusion=[
            (emotion, list(zip(*counts, strict=True))) for emotion, *counts in zip(EMOTIONS, *confusions, strict=True)
        ],
        timelines=[(clip.name, timeline_plot(clip)) for clip in clips],
    )
