"""The Fast DDS setting that lets camera images through.

A raw 640x480 image does not fit Fast DDS's default shared-memory segment and is cut into UDP pieces
of which many are lost. Must be in the environment of every process before its first node is made,
and ROS_AUTOMATIC_DISCOVERY_RANGE must not be LOCALHOST, for which rmw_fastrtps puts transports of
its own in place of these.
Source: https://fast-dds.docs.eprosima.com, "Large Data with Fast DDS".
"""

from __future__ import annotations

from typing import Final

LARGE_IMAGE_ENVIRONMENT: Final[dict[str, str]] = {
    'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA?max_msg_size=2MB&sockets_size=4MB',
}
