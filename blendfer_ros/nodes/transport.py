"""The Fast DDS profiles that let camera images through, see `config/fastdds_*.xml`."""

from __future__ import annotations

import os
from typing import Final

from blendfer_ros.core.assets import find_config

LARGE_IMAGES: Final = 'fastdds_large_images.xml'
# What a profile costs is memory of the process that publishes; whoever only takes images needs none.
PROFILES: Final = {
    'video_source_node': LARGE_IMAGES,
    'replay_node': LARGE_IMAGES,
    'face_landmarker_node': 'fastdds_nodes.xml',
    'emotion_pipeline': 'fastdds_nodes.xml',
}
# Fast DDS 3 (ROS 2 Kilted) renamed the variable and warns of the old name.
DISTROS_WITH_FAST_DDS_2: Final = frozenset({'humble', 'iron', 'jazzy'})
OLD_VARIABLE: Final = 'FASTRTPS_DEFAULT_PROFILES_FILE'
NEW_VARIABLE: Final = 'FASTDDS_DEFAULT_PROFILES_FILE'
USERS_CHOICES: Final = (OLD_VARIABLE, NEW_VARIABLE, 'FASTDDS_BUILTIN_TRANSPORTS')


def large_image_environment(profile: str = LARGE_IMAGES) -> dict[str, str]:
    """What to add to a process's environment before its first node; empty where the user chose a transport."""
    if any(name in os.environ for name in USERS_CHOICES):
        return {}
    old = os.environ.get('ROS_DISTRO') in DISTROS_WITH_FAST_DDS_2
    return {OLD_VARIABLE if old else NEW_VARIABLE: str(find_config(profile))}


def environment_of(executable: str) -> dict[str, str]:
    """The same for one of our executables; empty where it publishes no images."""
    return large_image_environment(PROFILES[executable]) if executable in PROFILES else {}
