"""The switch of nodes that look at images: `~/enable`, and `face_reading` for those who must know."""

from __future__ import annotations

from typing import Final

import rclpy
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from blendfer_ros.nodes.managed_node import ManagedNode
from blendfer_ros.nodes.qos import LATCHED

PARAMETER: Final = 'enabled'
TOPIC: Final = 'face_reading'


class Switch:
    """Sets the parameter `enabled` when asked to, and tells what it is."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._told: bool | None = None
        # Not a lifecycle publisher: whether faces are read is known in every state.
        self._publisher = node.create_publisher(Bool, TOPIC, LATCHED)
        node.create_service(SetBool, '~/enable', self._on_request)
        node.add_post_set_parameters_callback(lambda _changed: self._tell())
        self._tell()

    @property
    def is_on(self) -> bool:
        """Whether faces are read."""
        return bool(self._node.value(PARAMETER))

    def _tell(self) -> None:
        if self.is_on is self._told:
            return
        if self._told is not None:
            self._node.get_logger().info(f'the reading of faces is switched {"on" if self.is_on else "off"}')
        self._told = self.is_on
        self._publisher.publish(Bool(data=self.is_on))

    def _on_request(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        result = self._node.set_parameters([rclpy.Parameter(PARAMETER, value=request.data)])[0]
        response.success = result.successful
        response.message = result.reason or f'the reading of faces is {"on" if request.data else "off"}'
        return response
