"""Program: all modules of a firmware, and the units that they are linked into."""

import ast
import string

from tests.link.needs import needed, ranking
from tests.link.private import Private
from tests.link.rewriter import Rewriter
from tests.link.syntax import LinkError, Module, collect_symbols, free_name, is_docstring


class Program:
    """All modules; `link` gives the source of every unit.

    sources: module name → path. units: unit name → names of its modules, in any order; a
    unit may use those before it. exports: names that the outside imports of a unit.
    """

    def __init__(self, sources, units, exports):
        self.modules = {name: Module(name, path) for name, path in sources.items()}
        self.unit_of = {name: unit for unit, names in units.items() for name in names}
        self.exports = {unit: set(names) for unit, names in exports.items()}
        for module in self.modules.values():
            collect_symbols(module)
        for module in self.modules.values():
            module.aliases = self.aliases_of(module.tree.body, module)
        self.keywords, self.texts = set(), set()
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.keyword) and node.arg:
                    self.keywords.add(node.arg)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    self.texts.add(node.value)
        self.private = Private(self)
        self._names = {}
        # Names of every scope: a short global must not be hidden by a local of that name.
        self._taken = {"id", "as", "if", "in", "is", "or"}.union(*self.exports.values())
        for module in self.modules.values():
            self._taken |= {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name)}

    def aliases_of(self, statements, module):
        """What import statements bind to parts of the project."""
        found = {}
        for node in statements:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name == "*":
                        raise LinkError("%s: a star import" % module.name)
                    bound = alias.asname or alias.name
                    inner = "%s.%s" % (node.module, alias.name)
                    if inner in self.modules:
                        found[bound] = (inner, None)
                    elif node.module in self.modules:
                        found[bound] = self.definition(node.module, alias.name)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in self.modules:
                        raise LinkError("%s: import %s; say from" % (module.name, alias.name))
        return found

    def definition(self, name, symbol):
        """(module, symbol) where a symbol is defined, through modules that pass it on."""
        module = self.modules[name]
        if symbol in module.symbols:
            return name, symbol
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module in self.modules:
                for alias in node.names:
                    if (alias.asname or alias.name) == symbol:
                        return self.definition(node.module, alias.name)
        raise LinkError("%s defines no %s" % (name, symbol))

    def name_of(self, name, symbol):
        """The name that a symbol has in its unit."""
        key = (name, symbol)
        if key not in self._names:
            short = symbol
            if symbol not in self.exports[self.unit_of[name]]:
                short = free_name(self._taken, string.ascii_uppercase)
                self._taken.add(short)
            self._names[key] = short
        return self._names[key]

    def link(self):
        """(unit, source) pairs: its imports, then what is needed of it, in order of need."""
        # A later one says what it needs of the others.
        return [(unit, self._unit(unit)) for unit in reversed(list(self.exports))]

    def _unit(self, unit):
        order = []
        for name, where in self.unit_of.items():
            if where == unit:
                self._visit(name, unit, order)
        imports = {}
        for name in order:
            for node in self.modules[name].tree.body:
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    self._outside(node, self.modules[name], imports)
        body = []
        foreign = set()
        for name in order:
            for node in self.modules[name].tree.body:
                if is_docstring(node) or isinstance(node, (ast.Import, ast.ImportFrom)):
                    continue
                rewriter = Rewriter(self, self.modules[name], unit)
                statement = rewriter.top(node)
                if statement:
                    body.append((statement, rewriter.foreign))
        body = needed(body, self.exports[unit])
        for _, needs in body:
            foreign |= needs
        used = {n.id for node, _ in body for n in ast.walk(node) if isinstance(n, ast.Name)}
        head = [text for bound, text in sorted(imports.items()) if bound in used]
        for other in sorted({other for other, _ in foreign}):
            names = sorted(name for where, name in foreign if where == other)
            self.exports[other] |= set(names)
            head.append("from %s import %s" % (other, ", ".join(names)))
        head[:0] = ranking([node for node, _ in body])
        tree = ast.Module([ast.parse(text).body[0] for text in head], [])
        tree.body.extend(node for node, _ in body)
        return ast.unparse(ast.fix_missing_locations(tree)) + "\n"

    def _visit(self, name, unit, order):
        if name in order or self.unit_of.get(name) != unit:
            return
        for target, _ in self.modules[name].aliases.values():
            if target != name and target not in order:
                self._visit(target, unit, order)
        if name not in order:
            order.append(name)

    def _outside(self, node, module, imports):
        for alias in node.names:
            bound = alias.asname or alias.name.split(".")[0]
            if bound in module.aliases:
                continue
            one = ast.copy_location(type(node)(**{**node.__dict__, "names": [alias]}), node)
            text = ast.unparse(one)
            if imports.setdefault(bound, text) != text:
                raise LinkError("%s: %s means two things" % (module.name, bound))
