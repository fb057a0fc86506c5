"""Syntax: what a statement defines and binds, which constants it makes, and free names."""

import ast
import string
from collections import Counter
from pathlib import Path

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_PLAIN = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Name, ast.operator, ast.unaryop, ast.Load)


class LinkError(Exception):
    """What this linker does not understand, in one line."""


class Module:
    """One source file: its statements and what its names stand for.

    symbols: name → what defines it ("def" or the number of a constant)
    aliases: name → (module, symbol) or (module, None), for what it imports of the project
    """

    def __init__(self, name, path):
        self.name = name
        self.tree = ast.parse(Path(path).read_text())
        self.tree.body = [one for node in self.tree.body for one in _apart(node)]
        self.symbols = {}
        self.aliases = {}


def _apart(node):
    """`A, B = 1, 2` and `A, B = range(2)` as an assignment for each name; else the statement."""
    if not isinstance(node, ast.Assign) or len(node.targets) > 1:
        return [node]
    names = getattr(node.targets[0], "elts", [])
    if ast.unparse(node.value) == "range(%d)" % len(names):
        values = [ast.Constant(at) for at in range(len(names))]
    else:
        values = getattr(node.value, "elts", [])
    inner = [n for value in values for n in ast.walk(value)]
    bound = {n.id for n in names if isinstance(n, ast.Name)}
    if (
        not names
        or len(values) != len(names)
        or len(bound) != len(names)
        or not all(isinstance(n, _PLAIN + (ast.Tuple,)) for n in inner)
        or bound & {n.id for n in inner if isinstance(n, ast.Name)}
    ):
        return [node]
    return [
        ast.fix_missing_locations(ast.copy_location(ast.Assign([name], value), node))
        for name, value in zip(names, values)
    ]


def collect_symbols(module):
    """Fill in what a module defines at its top level."""
    for node in module.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            module.symbols[node.name] = "def"
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            for inner in ast.walk(node):
                if is_store(inner) and not _is_in_comprehension(inner, node):
                    module.symbols[inner.id] = "def"
    stored = Counter(node.id for node in ast.walk(module.tree) if is_store(node))
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
                value = value.args[0]
            number = _number(value, module)
            if isinstance(target, ast.Name) and stored[target.id] == 1 and number is not None:
                module.symbols[target.id] = number


def _number(node, module):
    """The value of a constant expression, or None."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    known = {name: module.symbols.get(name) for name in names}
    if not all(isinstance(value, (int, float)) for value in known.values()):
        return None
    if not all(isinstance(n, _PLAIN) for n in ast.walk(node)):
        return None
    value = eval(compile(ast.Expression(node), "constant", "eval"), known)
    return value if type(value) in (int, float) else None


def is_store(node):
    """A name that is bound or deleted here."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))


def _is_in_comprehension(name, statement):
    return any(
        name in ast.walk(each.target)
        for node in ast.walk(statement)
        if isinstance(node, COMPREHENSIONS)
        for each in node.generators
    )


def literal(value):
    """The expression of a number.

    MicroPython keeps every float constant apart, as text: nine digits are what single precision
    has, and a whole number is as good an integer, which needs none.
    """
    if isinstance(value, float):
        value = float("%.9g" % value)
        if value.is_integer() and abs(value) < 1 << 24:
            value = int(value)
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def is_docstring(node):
    """A statement that is nothing but a constant."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def free_name(taken, firsts, prefix=""):
    """The shortest name that begins with one of `firsts` and is not taken."""
    for rest in ("", *string.ascii_letters, *string.digits):
        for first in firsts:
            if prefix + first + rest not in taken:
                return prefix + first + rest
    raise LinkError("out of names")
