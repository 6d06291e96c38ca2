"""The one table of faults."""

from __future__ import annotations

from typing import Final

from faults.dialogue import DIALOGUE_FAULTS
from faults.disks import DISK_FAULTS
from faults.endings import ENDING_FAULTS
from faults.fault import Fault
from faults.files import FILE_FAULTS
from faults.streams import STREAM_FAULTS

TABLE: Final[tuple[Fault, ...]] = (*STREAM_FAULTS, *DIALOGUE_FAULTS, *FILE_FAULTS, *DISK_FAULTS, *ENDING_FAULTS)
