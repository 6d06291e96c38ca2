"""Faults need ROS 2, FaceLandmarker and a clip."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec('rclpy') is None:
    collect_ignore_glob = ['test_*.py']

    def pytest_report_header() -> str:
        """Say why this folder is passed over."""
        return 'test/faults: not run, it needs ROS 2 (rclpy)'
