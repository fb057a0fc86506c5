"""Private: short names for what a class keeps to itself."""

import ast
import string

from tests.link.syntax import free_name, is_store


class Private:
    """Short names for private attributes that a class uses of itself only."""

    def __init__(self, program):
        self._short = {}
        self._group = {}
        inside, outside = {}, set(program.texts)
        classes = {}
        for module in program.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef):
                    classes[module.name, node.name] = node
                elif not isinstance(node, (ast.Import, ast.ImportFrom)):
                    outside |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
        for key, node in classes.items():
            self._group[key] = self._root(key, classes, program)
            mine = inside.setdefault(self._group[key], set())
            for item in node.body:
                if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    outside |= {n.id for n in ast.walk(item) if is_store(n)}
                else:
                    mine.add(item.name)
                    me = item.args.args[0].arg if item.args.args else None
                    for n in ast.walk(item):
                        if isinstance(n, ast.Attribute):
                            is_own = isinstance(n.value, ast.Name) and n.value.id == me
                            (mine if is_own else outside).add(n.attr)
        for group, names in inside.items():
            taken = set(names) | outside
            for name in sorted(names - outside):
                if name.startswith("_") and not name.startswith("__"):
                    self._short[group, name] = free_name(taken, string.ascii_lowercase, "_")
                    taken.add(self._short[group, name])

    def _root(self, key, classes, program):
        for base in classes[key].bases:
            if isinstance(base, ast.Name):
                module = program.modules[key[0]]
                found = module.aliases.get(base.id, (key[0], base.id))
                if found in classes:
                    return self._root(found, classes, program)
        return key

    def short(self, key, name):
        """The short name of a private attribute of class `key`, or the name itself."""
        return self._short.get((self._group.get(key), name), name)
