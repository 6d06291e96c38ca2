"""Every model measured on PrivateTest: the best of many candidates looks better on it than it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from blendfer_ros.core.errors import DatasetError, cause
from blendfer_ros.core.files import read_json, write_text


@dataclass(frozen=True)
class Ledger:
    """A JSON file with the name, by SHA-256, of every model file ever measured on PrivateTest."""

    path: Path

    def add(self, sha256: str, name: str) -> None:
        """Enter a file before it is measured; an entry that exists stays as it is.

        Raises:
            DatasetError: the ledger cannot be read, which is no reason to begin a new one.
            BlendferError: it cannot be written.
        """
        entries = self.entries()
        if sha256 not in entries:
            text = json.dumps(dict(sorted({**entries, sha256: name}.items())), indent=1)
            write_text(self.path, f'{text}\n')

    def entries(self) -> dict[str, str]:
        """Names by SHA-256; empty where there is no ledger yet. Errors as `add`."""
        try:
            content = read_json(self.path)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise DatasetError(f'the ledger {self.path} cannot be read: {cause(error)}') from error
        if not isinstance(content, dict):
            raise DatasetError(f'the ledger {self.path} is no JSON object of sha256 and name')
        return content
