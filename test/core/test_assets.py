"""Files that are not code are found where the README says, and checked."""

from __future__ import annotations

import urllib.error
from pathlib import Path

import pytest

from blendfer_ros.core import assets
from blendfer_ros.core.errors import AssetError


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No assets anywhere and no network."""

    def no_network(*_: object, **__: object) -> None:
        raise urllib.error.URLError('no network')

    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv(assets.ASSETS_VARIABLE, str(tmp_path / 'assets'))
    monkeypatch.setattr(assets, '_CHECKOUT', tmp_path / 'checkout')
    monkeypatch.setattr('urllib.request.urlopen', no_network)
    return tmp_path


def test_without_a_bundle_the_refusal_says_where_to_get_one_and_where_to_put_it(nowhere: Path) -> None:
    with pytest.raises(AssetError) as refusal:
        assets.find_bundle()
    for part in (assets.BUNDLE_URL, str(nowhere / 'cache' / 'blendfer_ros'), assets.ASSETS_VARIABLE):
        assert part in str(refusal.value)
    assert not list((nowhere / 'cache' / 'blendfer_ros').iterdir())


@pytest.mark.parametrize(
    'place',
    [
        'assets/face_landmarker.task',
        'assets/models/face_landmarker.task',
        'cache/blendfer_ros/face_landmarker.task',
        'shared/models/face_landmarker.task',
    ],
)
def test_the_bundle_is_found_in_each_documented_place(place: str, nowhere: Path, bundle: Path) -> None:
    path = nowhere / place
    path.parent.mkdir(parents=True)
    path.symlink_to(bundle.resolve())
    assert assets.find_bundle() == path


def test_a_bundle_of_another_version_is_refused_in_every_place(nowhere: Path) -> None:
    path = nowhere / 'assets' / 'face_landmarker.task'
    path.parent.mkdir()
    path.write_bytes(b'another version')
    for explicit in ('', str(path)):
        with pytest.raises(AssetError, match=r'has sha256 [0-9a-f]{12}…, expected 64184e229b26…'):
            assets.find_bundle(explicit)


def test_a_download_is_checked_and_nothing_wrong_is_kept(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = nowhere / 'wrong'
    wrong.write_bytes(b'a captive portal says hello')
    monkeypatch.setattr('urllib.request.urlopen', lambda *_, **__: wrong.open('rb'))
    with pytest.raises(AssetError, match='expected 64184e229b26'):
        assets.find_bundle()
    assert not list((nowhere / 'cache' / 'blendfer_ros').iterdir())


def test_a_right_download_is_kept(nowhere: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('urllib.request.urlopen', lambda *_, **__: bundle.open('rb'))
    kept = assets.find_bundle()
    assert kept == nowhere / 'cache' / 'blendfer_ros' / 'face_landmarker.task'
    assert assets.sha256_of(kept) == assets.BUNDLE_SHA256


def test_models_are_found_by_name_and_by_path() -> None:
    path = assets.find_model('blendfer')
    assert path.is_file()
    assert assets.find_model(str(path)) == path


@pytest.mark.parametrize('name', ['no_such_model', '/nowhere/model.tflite'])
def test_a_model_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(AssetError, match=name):
        assets.find_model(name)
