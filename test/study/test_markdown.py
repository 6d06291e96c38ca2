"""The tables a README takes."""

from __future__ import annotations

from dataclasses import replace

from blendfer_ros.study.markdown import markdown
from blendfer_ros.study.study import Study


def test_there_is_a_table_of_models_and_one_of_ablations(study: Study) -> None:
    models, ablations, sentence = markdown(study).split('\n\n')
    lines = models.splitlines()
    assert lines[0].startswith('| model | PublicTest accuracy |')
    assert [line.split(' | ')[0] for line in lines[2:]] == [
        '| blendfer',
        '| fer 1',
        '| the paper, as published (arXiv:2501.13432), on 1,646 rows of its own',
    ]
    assert lines[2] == '| blendfer | 0.400 | 0.300 | 0.400 | 0.300 |'
    assert lines[4].endswith('|  |  | 0.720 | 0.630 |')
    assert [line.split(' | ')[0] for line in ablations.splitlines()[2:]] == ['| as it is', '| focal']
    assert sentence == (
        'PrivateTest was measured on 3 times, with 3 model files in all; everything was chosen on PublicTest.\n'
    )


def test_every_row_has_as_many_cells_as_the_first(study: Study) -> None:
    rows = [line for line in markdown(study).splitlines() if line.startswith('|')]
    assert {row.count('|') for row in rows} == {6}


def test_without_ablations_and_peer_there_is_one_table(study: Study) -> None:
    text = markdown(replace(study, ablations=(), peer=None, candidates=1))
    assert text.count('| --- | --- | --- | --- | --- |') == 1
    assert 'fer 1' not in text
    assert 'measured on once, with one model file in all' in text
