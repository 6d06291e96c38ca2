"""`blendfer evaluate domains` measures what a list names, and `blendfer calibrate` draws the line by it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.commands import cli
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.evaluation.domain_list import read_domains
from blendfer_ros.evaluation.domains import mean_macro_f1, measure_domains


@pytest.fixture
def listed(labelled_pictures: Path, tmp_path: Path) -> Path:
    """Eighteen pictures, and the same without the sad ones."""
    path = tmp_path / 'domains.yaml'
    path.write_text(
        'domains:\n'
        f'  everything: {{stills: {labelled_pictures}}}\n'
        f'  cheerful: {{stills: {labelled_pictures}, labels: {{Happiness: happy, neutral: unknown}}}}\n'
    )
    return path


@pytest.fixture
def model(blendshapes_model: Path, tmp_path: Path) -> Path:
    """A model whose card may be changed."""
    for suffix in ('.tflite', '.json'):
        shutil.copy(blendshapes_model.with_suffix(suffix), tmp_path)
    return tmp_path / blendshapes_model.name


def test_the_scores_of_each_domain_are_written_and_shown(
    listed: Path, model: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'scores.json'
    command = ['evaluate', 'domains', str(listed), '--model', str(model), '--bundle', str(bundle)]
    assert cli.main([*command, '--json', str(output)]) == 0
    printed = capsys.readouterr().out.splitlines()
    results = json.loads(output.read_text())
    classifier = load_classifier(model)
    assert (results['model'], results['model_sha256']) == (classifier.card.name, classifier.card.sha256)
    scores = measure_domains(read_domains(listed), classifier, bundle, lambda name: None)
    assert results['domains'] == {name: score.as_json() for name, score in scores.items()}
    assert list(results['domains']) == ['everything', 'cheerful']
    assert [domain['n'] for domain in results['domains'].values()] == [18, 12]
    assert results['domains']['cheerful']['recall']['sad'] is None
    for domain in results['domains'].values():
        assert {'n', 'accuracy', 'macro_f1', 'ece', 'low', 'high'} < set(domain)
        assert 0.0 <= domain['low'] <= domain['macro_f1'] <= domain['high'] <= 1.0
    assert results['mean_macro_f1'] == pytest.approx(mean_macro_f1(scores), abs=1e-6)
    assert [line.split()[0] for line in printed[:3]] == ['domain', 'everything', 'cheerful']
    assert f'mean macro-F1 over 2 domains {results["mean_macro_f1"]:.4f}' in printed[3]


def test_calibration_changes_where_the_line_is_drawn_for_the_better_and_nothing_else(
    listed: Path, model: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # This one calls everybody sad.
    spoilt = json.loads(model.with_suffix('.json').read_text())
    spoilt['decision_weights'] = [0.001, 0.001, 1.0]
    spoilt['metrics'] = {'PublicTest': {'accuracy': 0.99}, 'parity': {'mean_difference': 0.001}}
    spoilt['training'] = {'data': 'made up'}
    model.with_suffix('.json').write_text(json.dumps(spoilt))
    file = model.read_bytes()

    def mean() -> float:
        return mean_macro_f1(measure_domains(read_domains(listed), load_classifier(model), bundle, lambda name: None))

    before = mean()
    assert cli.main(['calibrate', str(model), str(listed), '--bundle', str(bundle)]) == 0
    after = mean()
    assert after > before
    card = load_classifier(model).card
    assert card.decision_weights[EMOTIONS.index('unknown')] == 1.0
    assert card.training == {
        'data': 'made up',
        'operating_point': {'chosen_by': 'mean macro-F1 over domains', 'domains': ['everything', 'cheerful']},
    }
    # What was measured at the old operating point is gone; how far the file is from its network is as it was.
    assert list(card.metrics) == ['parity', 'domains']
    assert card.metrics['parity'] == spoilt['metrics']['parity']
    assert list(card.metrics['domains']) == ['everything', 'cheerful']
    assert model.read_bytes() == file
    assert f'mean macro-F1 over 2 domains {after:.4f}' in capsys.readouterr().out


@pytest.mark.parametrize('command', ['evaluate domains', 'calibrate'])
@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('domains: {mine: {bags: recordings}}', 'domain mine: expected one of fer2013, stills, clips in it'),
        ('domains: {mine: {stills: ., fps: 3}}', 'domain mine: there is no key fps beside stills'),
        ('domains: [', 'cannot be read as a list of domains'),
    ],
)
def test_a_list_that_is_wrong_is_refused_in_one_sentence_and_the_card_left_alone(
    command: str, text: str, cause: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'wrong.yaml'
    path.write_text(text)
    card = model.with_suffix('.json').read_text()
    words = {
        'evaluate domains': ['evaluate', 'domains', str(path), '--model', str(model)],
        'calibrate': ['calibrate', str(model), str(path)],
    }
    assert cli.main(words[command]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f'blendfer: {path}')
    assert cause in sentence
    assert model.with_suffix('.json').read_text() == card
