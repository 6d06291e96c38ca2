"""A dialogue server reached by HTTP."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from blendfer_ros.dialogue.http_sender import HttpOptions, HttpSender
from blendfer_ros.dialogue.wording import body_writer
from blendfer_ros.nodes.managed_node import ManagedNode


def prepare(node: ManagedNode) -> Callable[[], HttpSender]:
    """Needs `http_url`, and a `http_body` that is one."""
    options = HttpOptions(
        url=node.value('http_url'),
        timeout_s=node.value('http_timeout_s'),
        retries=node.value('http_retries'),
        backoff_s=node.value('http_backoff_s'),
    )
    logger = node.get_logger()
    return partial(HttpSender, options, body_writer(node.value('http_body')), logger.warning, logger.info)
