"""What follows from the table of parameters: config/emotion.yaml and docs/parameters.md; `make docs` writes both."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import write_text
from blendfer_ros.core.options import Value
from blendfer_ros.parameters.table import NODES, Parameter

# Those that emotion.launch.py starts.
LAUNCHED: Final = (
    'face_landmarker_node',
    'emotion_classifier_node',
    'cnn_lstm_node',
    'dialogue_bridge_node',
    'video_source_node',
    'ros4hri_node',
)
YAML_HEAD: Final = """\
# Every parameter of the nodes that emotion.launch.py starts, at its default; written by `make docs`. Copy, change, and
# give the copy as params_file:=… ; units and ranges are in docs/parameters.md. The launch files give a section under a
# bare name to the node in whatever namespace it is; `ros2 run` and `ros2 param load` do so for nodes without one, and
# want /NAMESPACE/emotion_classifier_node and so on for others.
"""
TABLE_HEAD: Final = '| name | default | unit | range | what it does |\n|---|---|---|---|---|\n'


def configuration() -> str:
    """The text of `config/emotion.yaml`."""
    sections = [
        f'{node}:\n  ros__parameters:\n' + ''.join(f'    {each.name}: {_yaml(each.default)}\n' for each in NODES[node])
        for node in LAUNCHED
    ]
    return YAML_HEAD + '\n'.join(sections)


def table(node: str) -> str:
    """The parameters of a node as a Markdown table; ● marks those that can be changed while it runs."""
    return TABLE_HEAD + ''.join(f'{_row(parameter)}\n' for parameter in NODES[node])


def with_tables(document: str) -> str:
    """A Markdown document with the table below each heading `… parameters` of a node written anew.

    Raises:
        BlendferError: a node has no such heading with a table below it.
    """
    for node in NODES:
        pattern = re.compile(rf'(^#+ `{node}` parameters\n\n)(?:\|.*\n)+', re.MULTILINE)
        found = pattern.search(document)
        if found is None:
            raise BlendferError(f'expected a heading `{node}` parameters with a table below it, found none')
        document = document[: found.start()] + found[1] + table(node) + document[found.end() :]
    return document


def main() -> int:
    """Write the documents of the checkout at the working directory; the exit code: 0 done, 1 refused."""
    page = Path('docs', 'parameters.md')
    try:
        write_text(page, with_tables(page.read_text(encoding='utf-8')))
        write_text(Path('config', 'emotion.yaml'), configuration())
    except (BlendferError, OSError) as error:
        print(f'make docs: {error}', file=sys.stderr)
        return 1
    return 0


def _row(parameter: Parameter) -> str:
    default = _shown(parameter.default)
    reach = '' if parameter.low is None or parameter.high is None else f'{parameter.low:g} to {parameter.high:g}'
    cells = (
        f'`{parameter.name}`{" ●" if parameter.live else ""}',
        f'`{default}`' if default else 'empty',
        parameter.unit,
        reach,
        parameter.help,
    )
    return re.sub(r' +', ' ', f'| {" | ".join(cells)} |')


def _shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _yaml(value: Value) -> str:
    """A scalar; text that YAML would take for nothing or for a number stands in quotes."""
    text = _shown(value)
    needs_quotes = isinstance(value, str) and (not text or text.replace('.', '').isdigit())
    return f"'{text}'" if needs_quotes else text


if __name__ == '__main__':
    sys.exit(main())
