"""Fixtures shared by all rooms: where the assets that are not shipped are, and small values to build tests from."""

from __future__ import annotations

import csv
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from support.image_bags import write_image_bag

from blendfer_ros.core import assets
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import AssetError
from blendfer_ros.core.face import Face, HeadPose, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, SPLITS
from blendfer_ros.nodes.transport import large_image_environment
from blendfer_ros.perception.face_landmarker import FaceLandmarker

pytest_plugins = ['support.fixtures']

# Fast DDS reads it once, when the first test of this process makes a node.
os.environ.update(large_image_environment())

# How long an example takes says how busy the machine is.
settings.register_profile('busy machine', deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('busy machine')

MIDDLE = Region(0.4, 0.4, 0.6, 0.6)
PER_SPLIT_AND_EXPRESSION = 6


@pytest.fixture(scope='session', autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own, for them and the processes they start; it knows the bundle the user's has."""
    home = tmp_path_factory.mktemp('cache_home')
    known = assets.cache_dir() / assets.BUNDLE_NAME
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(home))
        if known.is_file():
            assets.cache_dir().mkdir(parents=True)
            (assets.cache_dir() / assets.BUNDLE_NAME).symlink_to(known.resolve())
        yield


@pytest.fixture(scope='session')
def bundle() -> Path:
    """The FaceLandmarker bundle, on a machine that can run it."""
    try:
        path = assets.find_bundle()
        FaceLandmarker(path).close()
        return path
    except AssetError as error:
        pytest.skip(f'needs FaceLandmarker: {error}')


@pytest.fixture(scope='session')
def clips() -> Path:
    """The folder of face clips."""
    return _asset('data/clips', 'the face clips')


@pytest.fixture(scope='session')
def fer2013_zip() -> Path:
    """FER2013 as a zip."""
    return _asset('data/fer2013.zip', 'FER2013')


def _asset(relative: str, name: str) -> Path:
    path = assets.find_asset(relative)
    if path is None:
        pytest.skip(f'needs {name}: set ${assets.ASSETS_VARIABLE} to a folder with {relative}')
    return path


@pytest.fixture(scope='session')
def small_fer2013(fer2013_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip with a few pictures of each expression in each split."""
    path = tmp_path_factory.mktemp('fer') / 'small.zip'
    taken: Counter[tuple[str, str]] = Counter()
    with zipfile.ZipFile(fer2013_zip) as everything, zipfile.ZipFile(path, 'w') as small:
        for name in sorted(everything.namelist()):
            key = (Path(name).parent.name, Path(name).name.split('_')[0])
            if name.endswith('.jpg') and taken[key] < PER_SPLIT_AND_EXPRESSION:
                taken[key] += 1
                small.writestr(name, everything.read(name))
    return path


@pytest.fixture(scope='session')
def labelled_pictures(fer2013_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six pictures each in Happiness, sad and neutral. Not to be changed."""
    folder = tmp_path_factory.mktemp('labelled')
    with zipfile.ZipFile(fer2013_zip) as archive:
        names = sorted(name for name in archive.namelist() if Path(name).name.startswith('PrivateTest_'))
        for label, expression in (('Happiness', 'happy'), ('sad', 'sad'), ('neutral', 'neutral')):
            (folder / label).mkdir()
            for name in [name for name in names if Path(name).parent.name == expression][:6]:
                (folder / label / Path(name).name).write_bytes(archive.read(name))
    return folder


@pytest.fixture(scope='session')
def face_frames(clips: Path) -> list[RgbImage]:
    """A second of a woman's face, RGB, 640x360."""
    capture = cv2.VideoCapture(str(clips / 'woman_sad_to_happy.mp4'))
    frames = [cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB) for _ in range(24)]
    capture.release()
    return frames


@pytest.fixture(scope='session')
def image_bag(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag with 72 raw images, 320x180, of a face that turns happy. Not to be changed."""
    bag = tmp_path_factory.mktemp('images') / 'camera'
    write_image_bag(bag, clips / 'neutral_to_happy.mp4', 72, (320, 180))
    return bag


@pytest.fixture
def make_face() -> Callable[..., Face]:
    """A face with chosen scores by blendshape name, in the middle of the picture unless said otherwise."""

    def make(face_id: str = 'face_1', region: Region = MIDDLE, **scores: float) -> Face:
        blendshapes = np.zeros(len(BLENDSHAPE_NAMES), np.float32)
        for name, score in scores.items():
            blendshapes[BLENDSHAPE_NAMES.index(name)] = score
        geometry = np.linspace(-1.0, 1.0, GEOMETRY_SIZE, dtype=np.float32)
        return Face(blendshapes, geometry, HeadPose(0.0, 0.0, 0.0), region, face_id)

    return make


@pytest.fixture
def tiny_fer2013(tmp_path: Path) -> Path:
    """A csv like FER2013's with two grey ramps of each expression in each split; no faces."""
    path = tmp_path / 'fer2013.csv'
    with path.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['emotion', 'pixels', 'Usage'])
        for split in SPLITS.values():
            for label in range(len(EXPRESSIONS)):
                for shift in (0, 1):
                    pixels = (np.arange(48 * 48) + label + shift) % 256
                    writer.writerow([label, ' '.join(map(str, pixels)), split])
    return path
