"""Estimates over time → what a dialogue manager should hear of, and how it is said. Nothing here knows ROS."""
