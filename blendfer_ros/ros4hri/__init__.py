"""What ROS4HRI (REP-155) wants to know: facial action units, and who is tracked. Knows no ROS."""
