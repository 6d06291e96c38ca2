"""Nothing that is read can make the package run what it says: by its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path for room in ('blendfer_ros', 'launch', 'examples', 'tools') for path in (ROOT / room).rglob('*.py')
)

# They run what they read, or make objects of it.
MODULES = {'pickle', 'cPickle', 'dill', 'cloudpickle', 'shelve', 'marshal', 'yaml', 'jsonpickle', 'telnetlib', 'ftplib'}
CALLS = {
    'eval', 'exec', 'compile', '__import__',
    'os.system', 'os.popen', 'os.execv', 'os.execvp', 'subprocess.getoutput', 'subprocess.getstatusoutput',
    'tempfile.mktemp', 'shutil.unpack_archive', 'joblib.load', 'torch.load',
}  # fmt: skip
METHODS = {'extractall', 'extract', 'full_load', 'unsafe_load'}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a call; empty where it is something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return '.'.join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ''


def dangers(source: str) -> Iterator[str]:
    """What a source does that may run what it reads."""
    for node in ast.walk(ast.parse(source)):
        where = f'line {getattr(node, "lineno", 0)}'
        if isinstance(node, ast.Import):
            yield from (f'{where} imports {name.name}' for name in node.names if name.name.split('.')[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or '').split('.')[0] in MODULES:
            yield f'{where} imports {node.module}'
        elif isinstance(node, ast.Call):
            yield from (f'{where} {text}' for text in dangers_of_call(node))


def dangers_of_call(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ''
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in CALLS or method in METHODS:
        yield f'calls {name or method}'
    if isinstance(options.get('shell'), ast.Constant) and options['shell'].value:
        yield 'starts a shell'
    if name == 'np.load':
        allowed = options.get('allow_pickle')
        if not (isinstance(allowed, ast.Constant) and allowed.value is False):
            yield 'loads arrays without saying that pickles are refused'
    elif 'allow_pickle' in options:
        yield 'speaks of pickles'
    if name.endswith('YAML') and ast.unparse(options.get('typ', ast.Constant(None))) != "'safe'":
        yield 'reads YAML that makes objects'
    if name in ('ssl._create_unverified_context', 'urllib.request.urlopen') or 'verify' in options:
        yield f'calls {name}, which may trust, or follow, anybody'


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_read_is_run(path: Path) -> None:
    assert list(dangers(path.read_text())) == []


@pytest.mark.parametrize(
    'source',
    [
        'import pickle',
        'from yaml import load',
        'eval(text)',
        'np.load(path)',
        'np.load(path, allow_pickle=True)',
        'subprocess.run(command, shell=True)',
        'YAML().load(text)',
        "YAML(typ='unsafe').load(text)",
        'archive.extractall(folder)',
        'urllib.request.urlopen(url)',
    ],
)
def test_each_of_these_would_be_seen(source: str) -> None:
    assert len(list(dangers(source))) == 1


def test_every_lock_pins_each_entry_by_hash() -> None:
    for lock in (ROOT / 'requirements').glob('*.lock'):
        entries = lock.read_text().split('\n')
        starts = [i for i, line in enumerate(entries) if line and line[0] not in ' #']
        assert starts
        for i in starts:
            assert '==' in entries[i], entries[i]
            assert '--hash=sha256:' in entries[i + 1], f'{lock.name}: {entries[i]}'
