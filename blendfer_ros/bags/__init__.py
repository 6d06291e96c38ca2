"""Recorded input and output: rosbag2 read (also damaged), recorded and played back. Knows no ROS."""
