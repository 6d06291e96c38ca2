"""Where files that are not code are found: the FaceLandmarker bundle, models, recordings, test data."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from blendfer_ros.core.connections import download
from blendfer_ros.core.errors import AssetError

ASSETS_VARIABLE: Final = 'BLENDFER_ASSETS'

BUNDLE_NAME: Final = 'face_landmarker.task'
BUNDLE_URL: Final = (
    'https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/face_landmarker.task'
)
BUNDLE_SHA256: Final = '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff'
# Four times what it has.
MAX_BUNDLE_BYTES: Final = 2**24
# For all of it: a slow line takes a minute.
DOWNLOAD_TIMEOUT_S: Final = 300.0

DEFAULT_MODEL: Final = 'blendfer'
EXPRESSION_MODEL: Final = 'expressions'
# The systems that read emotions, each with the model it reads by unless another is named.
SYSTEMS: Final = {'blendfer': DEFAULT_MODEL, 'cnn_lstm': 'cnn_lstm'}

# Where the package lies when it runs from source; colcon's --symlink-install leads here too.
_CHECKOUT: Final = Path(__file__).resolve().parents[2]
_PACKAGE: Final = Path(__file__).resolve().parents[1]


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open('rb') as file:
        digest = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def sha256_of_room(room: str = '') -> str:
    """Hexadecimal SHA-256 of the code of a room of this package, or of all of it.

    It says more than a version: it differs from commit to commit of a checkout, too.
    """
    digest = hashlib.sha256()
    for path in sorted((_PACKAGE / room).rglob('*.py')):
        # A build by links keeps the link to a module that is gone.
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_dir() -> Path:
    """The user's cache folder for this package (XDG base directory specification)."""
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'blendfer_ros'


def find_asset(relative: str) -> Path | None:
    """A file or folder below $BLENDFER_ASSETS or `../shared`, such as `data/clips`; None when neither has it."""
    for root in _asset_roots():
        if (root / relative).exists():
            return root / relative
    return None


def find_bundle(explicit: str = '') -> Path:
    """The FaceLandmarker bundle, with its SHA-256 checked.

    Looked for as `explicit` when given, else below $BLENDFER_ASSETS, in the user's cache and in
    `../shared/models` beside a source checkout, then downloaded into the cache from its public address.

    Raises:
        AssetError: there is none to be had, or the one found is not float16/1.
    """
    if explicit:
        path = Path(explicit).expanduser()
        if not path.is_file():
            raise AssetError(f'no FaceLandmarker bundle at {path}')
        return _checked_bundle(path)
    for path in _bundle_places():
        if path.is_file():
            return _checked_bundle(path)
    return _download_bundle()


def find_model(name_or_path: str = DEFAULT_MODEL) -> Path:
    """The `.tflite` file of a shipped model's name, or of a path; raises AssetError when there is none."""
    path = Path(name_or_path).expanduser()
    if path.suffix == '.tflite':
        if not path.is_file():
            raise AssetError(f'no model at {path}')
        return path
    try:
        return _shipped(f'models/{name_or_path}.tflite')
    except AssetError as error:
        names = ', '.join(model_names())
        raise AssetError(
            f'there is no model {name_or_path}: give one of {names}, or the path of a .tflite file'
        ) from error


def model_names() -> list[str]:
    """The names of the shipped models, without the network that looks at pixels for them."""
    names = {path.stem for root in _share_roots() for path in (root / 'models').glob('*.tflite')}
    return sorted(names - {EXPRESSION_MODEL})


def find_expressions(name_or_path: str = EXPRESSION_MODEL) -> Path:
    """The file of the network that scores expressions from pixels; arguments and errors as `find_model`."""
    try:
        return find_model(name_or_path)
    except AssetError as error:
        raise AssetError(
            f'there is no network {name_or_path} that looks at pixels: give {EXPRESSION_MODEL}, '
            'or the path of a .tflite file'
        ) from error


def find_recording(name_or_path: str) -> Path:
    """A rosbag2 folder: a path, or the name of a shipped recording; raises AssetError when there is none."""
    path = Path(name_or_path).expanduser()
    if path.exists():
        return path
    try:
        return _shipped(f'resource/recordings/{name_or_path}')
    except AssetError as error:
        raise AssetError(f'there is no bag {path}, nor a shipped recording of this name') from error


def find_config(name: str) -> Path:
    """A shipped file of `config/`."""
    return _shipped(f'config/{name}')


def find_message_definitions() -> Path:
    """The folder with this package's `.msg` files."""
    return _shipped('msg')


def _asset_roots() -> Iterator[Path]:
    if root := os.environ.get(ASSETS_VARIABLE):
        yield Path(root).expanduser()
    yield _CHECKOUT.parent / 'shared'


def _bundle_places() -> Iterator[Path]:
    if root := os.environ.get(ASSETS_VARIABLE):
        yield Path(root).expanduser() / BUNDLE_NAME
        yield Path(root).expanduser() / 'models' / BUNDLE_NAME
    yield cache_dir() / BUNDLE_NAME
    yield _CHECKOUT.parent / 'shared' / 'models' / BUNDLE_NAME


def _checked_bundle(path: Path) -> Path:
    found = sha256_of(path)
    if found != BUNDLE_SHA256:
        raise AssetError(
            f'{path} has sha256 {found[:12]}…, expected {BUNDLE_SHA256[:12]}…: '
            f'get the float16/1 bundle from {BUNDLE_URL}'
        )
    return path


def _download_bundle() -> Path:
    target = cache_dir() / BUNDLE_NAME
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder, BUNDLE_NAME)
            download(BUNDLE_URL, part, MAX_BUNDLE_BYTES, DOWNLOAD_TIMEOUT_S)
            _checked_bundle(part).replace(target)
    except OSError as error:
        raise AssetError(
            f'no FaceLandmarker bundle, and downloading it failed ({error}): '
            f'put {BUNDLE_URL} into {target.parent} or name its folder in ${ASSETS_VARIABLE}'
        ) from error
    return target


def _shipped(relative: str) -> Path:
    for root in _share_roots():
        if (root / relative).exists():
            return root / relative
    raise AssetError(f'{relative} is not part of this installation of blendfer_ros')


def _share_roots() -> Iterator[Path]:
    """A source checkout, a pip installation, colcon's install space."""
    yield _CHECKOUT
    yield _PACKAGE / 'share'
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix, 'share', 'blendfer_ros')
