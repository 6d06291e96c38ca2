"""Files that are not code are found where the README says, and checked."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest
from support.file_server import Answer, FileServer, drip, whole

from blendfer_ros.core import assets
from blendfer_ros.core.errors import AssetError


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No assets anywhere, and no proxy."""
    for name in ('http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'):
        monkeypatch.delenv(name, raising=False)

    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.setenv(assets.ASSETS_VARIABLE, str(tmp_path / 'assets'))
    monkeypatch.setattr(assets, '_CHECKOUT', tmp_path / 'checkout')
    return tmp_path


def test_without_a_bundle_the_refusal_says_where_to_get_one_and_where_to_put_it(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise urllib.error.URLError('no network')

    monkeypatch.setattr(assets, 'download', no_network)
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


@pytest.fixture
def address(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], FileServer]:
    """The bundle's address is that of a server of the test's own, which answers as it is told."""
    servers = []

    def serve(answer: Answer) -> FileServer:
        server = FileServer(answer)
        servers.append(server)
        monkeypatch.setattr(assets, 'BUNDLE_URL', server.url)
        return server

    yield serve
    for server in servers:
        server.close()


def assert_nothing_is_kept(nowhere: Path) -> None:
    assert not list((nowhere / 'cache' / 'blendfer_ros').iterdir())


def test_a_download_is_checked_and_nothing_wrong_is_kept(nowhere: Path, address: Callable) -> None:
    address(whole(b'a captive portal says hello'))
    with pytest.raises(AssetError, match='expected 64184e229b26'):
        assets.find_bundle()
    assert_nothing_is_kept(nowhere)


def test_a_right_download_is_kept(nowhere: Path, bundle: Path, address: Callable) -> None:
    address(whole(bundle.read_bytes()))
    kept = assets.find_bundle()
    assert kept == nowhere / 'cache' / 'blendfer_ros' / 'face_landmarker.task'
    assert assets.sha256_of(kept) == assets.BUNDLE_SHA256


def test_a_download_that_leads_elsewhere_is_not_followed(nowhere: Path, bundle: Path, address: Callable) -> None:
    other = FileServer(whole(bundle.read_bytes()))
    address(f'HTTP/1.1 302 Found\r\nLocation: {other.url}\r\n\r\n'.encode())
    with pytest.raises(AssetError, match='leads elsewhere'):
        assets.find_bundle()
    other.close()
    assert other.n_requests == 0
    assert_nothing_is_kept(nowhere)


@pytest.mark.parametrize(
    'answer',
    [
        drip(b'HTTP/1.1 200 OK\r\n\r\n', b'x', 0.05),
        drip(b'HTTP/1.1 200 OK\r\n', b'x', 0.05),
        drip(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', b'0', 0.05),
    ],
    ids=['body', 'header', 'size of a chunk'],
)
def test_a_download_that_drips_is_given_up(
    answer: Answer, nowhere: Path, address: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, 'DOWNLOAD_TIMEOUT_S', 1.0)
    address(answer)
    with pytest.raises(AssetError, match=r'takes longer than 1 s|timed out'):
        assets.find_bundle()
    assert_nothing_is_kept(nowhere)


def test_a_download_without_end_is_cut(nowhere: Path, address: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, 'MAX_BUNDLE_BYTES', 10**6)
    server = address(drip(b'HTTP/1.1 200 OK\r\n\r\n', b'x' * 2**16, 0.0))
    with pytest.raises(AssetError, match='larger than 1000000 bytes'):
        assets.find_bundle()
    server.close()
    assert_nothing_is_kept(nowhere)


@pytest.mark.parametrize('status', ['404 Not Found', '500 Oops', '204 No Content', 'x'])
def test_a_download_with_another_status_is_refused(status: str, nowhere: Path, address: Callable) -> None:
    address(f'HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n'.encode())
    with pytest.raises(AssetError):
        assets.find_bundle()
    assert_nothing_is_kept(nowhere)


def test_models_are_found_by_name_and_by_path() -> None:
    path = assets.find_model('blendfer')
    assert path.is_file()
    assert assets.find_model(str(path)) == path


@pytest.mark.parametrize('name', ['no_such_model', '/nowhere/model.tflite'])
def test_a_model_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(AssetError, match=name):
        assets.find_model(name)
