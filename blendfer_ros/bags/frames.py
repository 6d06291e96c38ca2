"""Bags → the faces of each of their images, as the nodes would have seen them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from rosbags.typesys.store import Typestore

from blendfer_ros.bags.bulk import BulkDeserialiser
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.salvage import BagMessage, Topic
from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.errors import DatasetError, FrameError, SkipReason, one_line
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_messages import message_to_frame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.shot import Shot
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.perception.decoding import decode_compressed_image, decode_image
from blendfer_ros.perception.perceiver import FacePerceiver

BLENDSHAPES: Final = 'blendfer_ros/msg/BlendshapesArray'
# What FaceLandmarker can be shown.
DECODERS: Final[dict[str, Callable[[Any], RgbImage]]] = {
    'sensor_msgs/msg/Image': decode_image,
    'sensor_msgs/msg/CompressedImage': decode_compressed_image,
}
# Whatever the nodes answer to, in order of preference.
ANSWERABLE: Final = (BLENDSHAPES, *DECODERS)
# How many messages of blendshapes are read at a time: with all that is made of them no more than caches hold.
BATCH: Final = 64


@dataclass(frozen=True)
class BagFrame:
    """What one message came to.

    recorded_ns: when it was recorded [ns]. frame: None when the nodes would have skipped it.
    error: why; None when they would not. frame_id: of its header; empty when it was skipped.
    """

    recorded_ns: int
    frame: FaceFrame | None
    error: FrameError | None = None
    frame_id: str = ''


def choose_topic(bag: Bag, wanted: str = '', kinds: Collection[str] = ANSWERABLE) -> Topic:
    """The topic to look at: the one `wanted`, otherwise the only one of the first of `kinds` that the bag has.

    Raises:
        DatasetError: there is none, or more than one of a kind; names those there are.
    """
    usable = [topic for topic in bag.topics if topic.message_type in kinds]
    what = 'images or blendshapes' if BLENDSHAPES in kinds else 'images'
    shown = one_line(', '.join(f'{topic.name} ({topic.message_type})' for topic in usable or bag.topics) or 'none')
    if wanted:
        found = [topic for topic in usable if topic.name in (wanted, f'/{wanted}')]
        if not found:
            raise DatasetError(f'{bag.path} has no topic {wanted} of {what}; its topics: {shown}')
        return found[0]
    for kind in kinds:
        found = [topic for topic in usable if topic.message_type == kind]
        if len(found) > 1:
            raise DatasetError(f'{bag.path} has several topics of type {kind}, say which by --topic: {shown}')
        if found:
            return found[0]
    raise DatasetError(f'{bag.path} has no topic of {what}; its topics: {shown}')


def read_frames(bag: Bag, topic: Topic, bundle: Path | None) -> Iterator[BagFrame]:
    """As `read_batches`, one by one."""
    return chain.from_iterable(read_batches(bag, topic, bundle))


def read_batches(bag: Bag, topic: Topic, bundle: Path | None) -> Iterator[list[BagFrame]]:
    """The faces of each message of a topic in order, up to where the bag is damaged.

    Args:
        bag: read once through.
        topic: as `choose_topic` gives it.
        bundle: the FaceLandmarker bundle; only images need it.

    Returns:
        Images one at a time, because each takes long; blendshapes many at a time, because that is quick.

    Raises:
        DatasetError: the topic's messages are not what their type says.
        AssetError: images need the bundle, and MediaPipe refuses it.
    """
    types, messages = bag.typestore(), bag.messages([topic.name])
    if topic.message_type not in DECODERS:
        bulk = BulkDeserialiser(types, topic.message_type)
        while batch := list(islice(messages, BATCH)):
            contents = bulk.deserialise([message.cdr for message in batch])
            yield [_frame(types, *each, message_to_frame) for each in zip(batch, contents, strict=True)]
        return
    if bundle is None:
        raise DatasetError(f'{bag.path} has images, which need the FaceLandmarker bundle')
    with closing(FacePerceiver(bundle, expressions=find_expressions())) as perceiver:
        to_frame = partial(_perceived, perceiver, DECODERS[topic.message_type])
        for message in messages:
            yield [_frame(types, message, None, to_frame)]


def _frame(types: Typestore, message: BagMessage, content: Any, to_frame: Callable[[Any], FaceFrame]) -> BagFrame:
    """What a message came to; `content`: the message, where it has been deserialised."""
    try:
        content = _deserialised(types, message) if content is None else content
        return BagFrame(message.recorded_ns, to_frame(content), frame_id=content.header.frame_id)
    except FrameError as error:
        return BagFrame(message.recorded_ns, None, error)
    except AttributeError as error:
        topic = message.topic
        raise DatasetError(f'{topic.name} has another version of {topic.message_type}: {error}') from error


def read_messages(bag: Bag, topic: Topic) -> Iterator[Shot | FrameError]:
    """The image or the faces in each message of a topic, or why it cannot be used; up to where the bag is damaged.

    Args:
        bag: read once through.
        topic: as `choose_topic` gives it.

    Raises:
        DatasetError: the topic's messages are not what their type says.
    """
    types = bag.typestore()
    for message in bag.messages([topic.name]):
        try:
            yield _shot(_deserialised(types, message), message)
        except FrameError as error:
            yield error
        except AttributeError as error:
            raise DatasetError(f'{topic.name} has another version of {topic.message_type}: {error}') from error


def pictures_at(bag: Bag, topic: Topic, stamps_ns: Collection[int]) -> dict[int, RgbImage]:
    """The images of these stamps [ns], (height, width, 3) uint8, those of them that are there and can be decoded."""
    types = bag.typestore()
    pictures: dict[int, RgbImage] = {}
    if topic.message_type not in DECODERS:
        return pictures
    for message in bag.messages([topic.name]):
        with suppress(FrameError):
            image = _deserialised(types, message)
            stamp_ns = time_to_ns(image.header.stamp)
            if stamp_ns in stamps_ns:
                pictures.setdefault(stamp_ns, DECODERS[topic.message_type](image))
    return pictures


def _shot(content: Any, message: BagMessage) -> Shot:
    stamp_ns = time_to_ns(content.header.stamp)
    if decode := DECODERS.get(message.topic.message_type):
        return Shot(stamp_ns, message.recorded_ns, rgb=decode(content))
    return Shot(stamp_ns, message.recorded_ns, frame=message_to_frame(content))


def _perceived(perceiver: FacePerceiver, decode: Callable[[Any], RgbImage], message: Any) -> FaceFrame:
    return perceiver.perceive(decode(message), time_to_ns(message.header.stamp))


def _deserialised(types: Typestore, message: BagMessage) -> Any:
    try:
        return types.deserialize_cdr(message.cdr, message.topic.message_type)
    except Exception as error:  # of any kind, as rosbags does not check the bytes
        text = f'a message of {one_line(message.topic.name)} cannot be read: {one_line(error)}'
        raise FrameError(SkipReason.UNREADABLE_MESSAGE, text) from error
