"""Messages of ours recorded with an older definition → as they are defined today.

A bag brings its own definitions, and reading it goes by them; to ROS, bytes of an older one are no message at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys.store import Typestore

from blendfer_ros.bags.reading import OURS, Bag, typestore
from blendfer_ros.bags.salvage import Topic
from blendfer_ros.core.errors import DatasetError, FrameError, SkipReason, one_line


def upgrader(bag: Bag, topic: Topic) -> Callable[[bytes], bytes]:
    """Turns the bytes of a topic's messages into those of today's definition; raises FrameError for damaged ones.

    Raises:
        DatasetError: today's definition has a field that the recorded one lacks and that cannot be empty.
    """
    recorded, ours, name = bag.typestore(), typestore(), topic.message_type
    if name.startswith(OURS) and name not in ours.fielddefs:
        raise DatasetError(f'{bag.path} has messages of type {one_line(name)}, which this package has not')
    if not name.startswith(OURS) or recorded.hash_rihs01(name) == ours.hash_rihs01(name):
        return lambda cdr: cdr
    _check_fields(name, recorded, ours)

    def upgrade(cdr: bytes) -> bytes:
        try:
            message = recorded.deserialize_cdr(cdr, name)
            return bytes(ours.serialize_cdr(_as_ours(message, name, ours), name))
        except Exception as error:  # of any kind, as rosbags does not check the bytes
            text = f'a message of {one_line(topic.name)} cannot be read: {one_line(error)}'
            raise FrameError(SkipReason.UNREADABLE_MESSAGE, text) from error

    return upgrade


def _check_fields(name: str, recorded: Typestore, ours: Typestore) -> None:
    there = {field for field, _ in recorded.fielddefs[name][1]}
    for field, (node, of) in ours.fielddefs[name][1]:
        if field not in there and not _may_be_empty(node, of):
            raise DatasetError(f'{name} was recorded without {field}, which cannot be left empty')
        part = _named(node, of)
        if field in there and part.startswith(OURS):
            _check_fields(part, recorded, ours)


def _may_be_empty(node: Nodetype, of: Any) -> bool:
    return _is_text(node, of) or (node == Nodetype.SEQUENCE and of[0][0] == Nodetype.BASE)


def _is_text(node: Nodetype, of: Any) -> bool:
    return node == Nodetype.BASE and of[0] == 'string'


def _named(node: Nodetype, of: Any) -> str:
    """The message type that a field is, or is a list of; empty when it is numbers or text."""
    if node in (Nodetype.ARRAY, Nodetype.SEQUENCE):
        node, of = of[0]
    return str(of) if node == Nodetype.NAME else ''


def _as_ours(message: Any, name: str, ours: Typestore) -> Any:
    fields = {field: _value(message, field, node, of, ours) for field, (node, of) in ours.fielddefs[name][1]}
    return ours.types[name](**fields)


def _value(message: Any, field: str, node: Nodetype, of: Any, ours: Typestore) -> Any:
    if not hasattr(message, field):
        return '' if _is_text(node, of) else np.zeros(0, of[0][1][0])
    value, part = getattr(message, field), _named(node, of)
    if not part:
        return value
    return _as_ours(value, part, ours) if node == Nodetype.NAME else [_as_ours(each, part, ours) for each in value]
