"""What users of the nodes may set: one table, files with some of it, and the documents made from it. Knows no ROS."""
