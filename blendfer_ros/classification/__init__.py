"""Faces → emotion: features, the TFLite model with its card, smoothing, the primary person. Knows no ROS."""
