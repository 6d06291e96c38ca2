"""How an event is said: as JSON, as a sentence, as the body of an HTTP request."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Final

from blendfer_ros.core.emotions import SAD, UNKNOWN
from blendfer_ros.core.errors import ParameterError, cause, one_line
from blendfer_ros.core.files import parse_json, read_text
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.dialogue.events import EMOTION_CHANGED, PERSON_ARRIVED, PERSON_LEFT, DialogueEvent

GENERIC: Final = 'generic'
RASA: Final = 'rasa'

BodyWriter = Callable[[DialogueEvent], str]

_EXAMPLE: Final = DialogueEvent(EMOTION_CHANGED, 'face_1', SAD, UNKNOWN, 0.8, 2 * NS_PER_S, NS_PER_S)


def json_fields(event: DialogueEvent) -> dict[str, str | float]:
    """The event as a JSON object; times in seconds, as a JSON number cannot hold nanoseconds of today."""
    return {
        'kind': event.kind,
        'face_id': event.face_id,
        'emotion': event.emotion,
        'previous_emotion': event.previous_emotion,
        'confidence': round(event.confidence, 3),
        'stamp_s': event.stamp_ns / NS_PER_S,
        'since_s': event.since_ns / NS_PER_S,
    }


def as_json(event: DialogueEvent) -> str:
    """The event as JSON text."""
    return json.dumps(json_fields(event))


def as_sentence(event: DialogueEvent) -> str:
    """The event in plain English, for a language model. It says what a face shows, which is not what is felt."""
    person = f'The person in front of you ({event.face_id})'
    if event.kind == PERSON_LEFT:
        return f'{person} has left.'
    looks = 'looks neither happy nor sad'
    if event.emotion != UNKNOWN:
        looks = f'looks {event.emotion} (confidence {event.confidence:.2f})'
    if event.kind == PERSON_ARRIVED:
        return f'{person} has arrived and {looks}.'
    no_longer = f', no longer {event.previous_emotion}' if event.previous_emotion != UNKNOWN else ''
    return f'{person} now {looks}{no_longer}.'


def as_rasa_intent(event: DialogueEvent) -> str:
    """The body of Rasa's `POST /conversations/ID/trigger_intent`."""
    entities = json_fields(event)
    return json.dumps({'name': f'EXTERNAL_{entities.pop("kind")}', 'entities': entities})


def body_writer(body: str) -> BodyWriter:
    """What `http_body` stands for: `generic`, `rasa`, or the path of a template.

    Raises:
        ParameterError: there is no such template, or it does not become JSON when it is filled in.
    """
    if body == GENERIC:
        return as_json
    if body == RASA:
        return as_rasa_intent
    path = Path(body).expanduser()
    try:
        template = Template(read_text(path))
    except (OSError, ValueError) as error:
        raise ParameterError(
            f'http_body is {body!r}, neither {GENERIC} nor {RASA} nor a file that can be read: {cause(error)}'
        ) from error

    def write(event: DialogueEvent) -> str:
        return template.substitute({name: _escaped(value) for name, value in json_fields(event).items()})

    try:
        parse_json(write(_EXAMPLE))
    except KeyError as error:
        names = ', '.join(json_fields(_EXAMPLE))
        raise ParameterError(f'{path} asks for ${one_line(error.args[0])}, but there are only {names}') from error
    except ValueError as error:
        raise ParameterError(f'{path} does not become JSON when its $names are filled in: {cause(error)}') from error
    return write


def _escaped(value: str | float) -> str:
    """A number as it is; a string without its quotes, which stand in the template, so that it may be part of a text."""
    return json.dumps(value)[1:-1] if isinstance(value, str) else json.dumps(value)
