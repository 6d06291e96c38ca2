"""Installs the part that needs no ROS with pip; colcon goes by CMakeLists.txt instead."""

from setuptools import setup

setup()
