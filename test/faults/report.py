"""What came of the faults: as JSON, and as the table of docs/reliability.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from faults.fault import ANYTHING, STATE_NAMES, Fault, Outcome, SceneFault, StreamFault
from marked_text import replace_between

HEAD: Final = (
    '| fault | what is done | nodes | `/emotion` meanwhile | `/diagnostics`, or else who, says | held | right again |\n'
    '|---|---|---|---|---|---|---|'
)


def as_json(faults: Sequence[Fault], outcomes: Mapping[str, Sequence[Outcome]]) -> list[dict[str, Any]]:
    """A row for each fault."""
    return [
        {
            'name': fault.name,
            'what': fault.what,
            'nodes': nodes_of(fault),
            'limit_s': limit_of(fault),
            'outcomes': [dataclasses.asdict(outcome) for outcome in outcomes[fault.name]],
        }
        for fault in faults
    ]


def summary(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """One line."""
    all_of_them = [outcome for found in outcomes.values() for outcome in found]
    passed = sum(outcome.passed for outcome in all_of_them)
    failed = sorted(name for name, found in outcomes.items() if any(outcome.problems for outcome in found))
    cannot = sorted(name for name, found in outcomes.items() if any(outcome.cannot for outcome in found))
    text = f'{len(outcomes)} faults, {len(all_of_them)} tries: {passed} held'
    text += f'; broken: {", ".join(failed)}' if failed else ''
    return text + (f'; not tried: {", ".join(cannot)}' if cannot else '')


def write_table(document: Path, faults: Sequence[Fault], outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    """Put the table in place of what is between its markers."""
    rows = '\n'.join(row_of(fault, outcomes[fault.name]) for fault in faults)
    replace_between(document, 'faults', f'{summary(outcomes)}.\n\n{HEAD}\n{rows}')


def row_of(fault: Fault, outcomes: Sequence[Outcome]) -> str:
    """A line of the table."""
    if isinstance(fault, StreamFault):
        meanwhile = 'any' if fault.meanwhile == ANYTHING else ', '.join(STATE_NAMES[s] for s in sorted(fault.meanwhile))
        meanwhile += ', or nothing' if fault.is_silent else ''
        said = f'`{fault.cause}`'.replace('|', ' or ') if fault.cause else ''
    else:
        assert isinstance(fault, SceneFault)
        meanwhile, said = fault.meanwhile, fault.said
    cells = (f'`{fault.name}`', fault.what, nodes_of(fault), meanwhile, said, held(outcomes), again(fault, outcomes))
    return f'| {" | ".join(cells)} |'


def held(outcomes: Sequence[Outcome]) -> str:
    """How often of how many tries."""
    if outcomes and outcomes[0].cannot:
        return f'not tried: {outcomes[0].cannot}'
    return f'{sum(outcome.passed for outcome in outcomes)} of {len(outcomes)}'


def again(fault: Fault, outcomes: Sequence[Outcome]) -> str:
    """How long it took to be right again, and how long it may."""
    took_s = [outcome.recovered_s for outcome in outcomes if outcome.recovered_s is not None]
    if not took_s:
        return ''
    return f'{median(took_s):.1f} s, at worst {max(took_s):.1f} of {limit_of(fault):g}'


def limit_of(fault: Fault) -> float:
    assert isinstance(fault, (StreamFault, SceneFault))
    return fault.limit_s


def nodes_of(fault: Fault) -> str:
    if isinstance(fault, StreamFault):
        return fault.arrangement.name.strip()
    assert isinstance(fault, SceneFault)
    return fault.nodes
