"""Pages complete in themselves, from the templates beside this file."""

from __future__ import annotations

from typing import Any

import jinja2


def render(template: str, **values: Any) -> str:
    """The page as text. What is put in is text, not markup, but where the template says `safe`."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader('blendfer_ros.evaluation'),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
