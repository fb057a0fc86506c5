"""Needs: which statements a unit needs, and which names it uses most."""

import ast
import builtins
from collections import Counter

from tests.link.syntax import is_store

_SHORT_NAMES = 100  # a few of the 128 are MicroPython's own
_OFTEN = 4


def needed(body, exports):
    """The (statement, …) pairs that exports need; those that act by themselves stay."""
    definers = {}
    for pair in body:
        for name in _defines(pair[0]):
            definers.setdefault(name, []).append(pair)
    wanted = [pair for pair in body if not _defines(pair[0])]
    wanted.extend(pair for name in exports for pair in definers.get(name, ()))
    kept = set()
    while wanted:
        pair = wanted.pop()
        if id(pair) not in kept:
            kept.add(id(pair))
            for inner in ast.walk(pair[0]):
                if isinstance(inner, ast.Name):
                    wanted.extend(definers.get(inner.id, ()))
    return [pair for pair in body if id(pair) in kept]


def ranking(body):
    """A statement without effect that names what is named most, if that is worth it.

    Bytecode names by number, in order of appearance; the first ones take a byte, the others
    two.
    """
    uses = Counter()
    common = set(dir(builtins)).union(*[_defines(node) for node in body])  # no local has a name
    for node in body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute):
                uses[inner.attr] += 1
            elif isinstance(inner, ast.Name) and inner.id in common:
                uses[inner.id] += 1
    often = [name for name, count in uses.most_common(_SHORT_NAMES) if count >= _OFTEN]
    return ["[] and x." + ".".join(often)] if len(uses) > 2 * _SHORT_NAMES else []


def _defines(node):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {n.id for target in node.targets for n in ast.walk(target) if is_store(n)}
    return set()
