"""Installs the part that needs no ROS with pip; colcon goes by CMakeLists.txt instead."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

# What the package reads while it runs. It lies beside the package, where ROS wants it; in a wheel it lies inside, so
# that it is found wherever pip puts that: in a virtual environment, with --user, with --target.
SHARED = ('config', 'models', 'msg', 'resource/recordings')


class BuildWithShare(build_py):
    """Copies SHARED to `blendfer_ros/share`."""

    def run(self) -> None:
        """Build anew, without what an earlier build has left there."""
        if self.editable_mode:
            super().run()
            return
        shutil.rmtree(Path(self.build_lib, 'blendfer_ros'), ignore_errors=True)
        super().run()
        share = Path(self.build_lib, 'blendfer_ros', 'share')
        for folder in SHARED:
            shutil.copytree(folder, share / folder, dirs_exist_ok=True)


setup(cmdclass={'build_py': BuildWithShare})
