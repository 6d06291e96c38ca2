"""The ROS shell: the only room that imports rclpy. Nodes convert, call the pure rooms, and publish."""
