"""The tables that documentation takes."""

from __future__ import annotations

from dataclasses import replace

from blendfer_ros.study.markdown import looks, markdown
from blendfer_ros.study.study import Study


def test_there_is_a_table_of_models_and_one_of_ablations(study: Study) -> None:
    models, ablations, sentence = markdown(study).split('\n\n')
    lines = models.splitlines()
    assert lines[0].startswith('| model | PublicTest: accuracy / macro-F1 | PrivateTest: accuracy / macro-F1 |')
    assert [line.split(' | ')[0] for line in lines[2:]] == [
        '| blendfer',
        '| fer 1',
        '| the paper, as published (arXiv:2501.13432), on 1,646 rows of its own',
        '| always unknown',
    ]
    assert lines[2] == '| blendfer | 0.400 / 0.300 | 0.400 / 0.300 | 0.33, 0.50, nan | 0.480 |  |'
    assert lines[4].endswith('|  | 0.720 / 0.630 |  |  |  |')
    # Two of five labels are unknown; sad, which nobody is and nobody is taken for, does not count.
    assert lines[5] == '| always unknown | 0.400 / 0.286 | 0.400 / 0.286 | 0.00, 1.00, 0.00 |  |  |'
    assert [line.split(' | ')[0] for line in ablations.splitlines()[2:]] == ['| as it is', '| focal']
    assert sentence == f'{looks(study)}\n'
    assert 'measured on with 3 model files in all' in sentence


def test_votes_have_a_column_of_their_own(study: Study) -> None:
    voted = replace(study.models[0], voted=study.models[0].private_test)
    lines = markdown(replace(study, models=(voted,))).splitlines()
    assert lines[2].endswith('| 0.400 / 0.300 |')
    assert lines[5].endswith('| 0.00, 1.00, 0.00 |  | 0.400 / 0.286 |')


def test_every_row_has_as_many_cells_as_the_first(study: Study) -> None:
    rows = [line for line in markdown(study).splitlines() if line.startswith('|')]
    assert {row.count('|') for row in rows} == {7}


def test_without_ablations_and_peer_there_is_one_table(study: Study) -> None:
    text = markdown(replace(study, ablations=(), peer=None, candidates=1))
    assert text.count('| --- | --- | --- | --- | --- | --- |') == 1
    assert 'fer 1' not in text
    assert 'measured on with one model file in all' in text


def test_domains_get_a_table_where_any_model_was_measured_on_them(study: Study) -> None:
    assert 'data set' not in markdown(study)
    model = replace(study.models[0], domains={'clips': {'macro_f1': 0.8444, 'flips_per_min': 3.02}})
    lines = markdown(replace(study, models=(model,))).splitlines()
    (header,) = [line for line in lines if line.startswith('| macro-F1 by data set')]
    assert header == '| macro-F1 by data set | files | time a face | clips | mean | flips a minute |'
    row = lines[lines.index(header) + 2]
    assert row.startswith(f'| {model.name} |')
    assert row.endswith('| 0.844 | 0.844 | 3.0 |')
