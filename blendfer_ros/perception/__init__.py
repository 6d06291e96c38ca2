"""Image → faces: decoding, FaceLandmarker, landmark geometry, face ids. Knows no ROS."""
