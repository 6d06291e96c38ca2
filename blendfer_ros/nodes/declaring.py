"""The table of parameters, as ROS is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from blendfer_ros.parameters.table import Parameter


def declare(node: Node, parameters: Sequence[Parameter]) -> None:
    """Declare a node's parameters; raises what rclpy raises for a value of wrong type or out of range."""
    for parameter in parameters:
        node.declare_parameter(parameter.name, parameter.default, _descriptor(parameter))


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    """By this rclpy refuses values of another type or out of range."""
    descriptor = ParameterDescriptor(name=parameter.name, description=parameter.help)
    changes = 'can be changed while the node runs' if parameter.live else 'read when the node is configured'
    descriptor.additional_constraints = f'unit: {parameter.unit}; {changes}' if parameter.unit else changes
    low, high = parameter.low, parameter.high
    if low is not None and high is not None:
        if isinstance(parameter.default, float):
            descriptor.floating_point_range = [FloatingPointRange(from_value=float(low), to_value=float(high))]
        else:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    return descriptor
