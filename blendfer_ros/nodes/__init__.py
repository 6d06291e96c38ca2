"""The ROS shell: the only room that imports rclpy. Nodes convert, call the pure rooms, and publish."""

import os

# Before anything imports numpy, whose OpenBLAS otherwise has a thread for every core spin beside our small matrices.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
