"""Links modules of the firmware into one, for the device: same meaning, fewer bytes.

On an ESP32 every module costs a dictionary, every import an entry in two of them, every
public constant an object that is read once, and every name a place in a table in RAM. So
what is deployed is one module for each unit: names are resolved here, constants become
literals, what nobody uses is left out, parameters and private names of unrelated classes
share short names. Public attributes keep theirs. The sources stay as they are read and
tested; `tests/boot` runs what comes out of this.

Not understood, and refused: a project's module used as a value, a star import, `global` and
`nonlocal`.
"""

import ast
import builtins
import string
from collections import Counter
from pathlib import Path

_SHORT_NAMES = 100  # a few of the 128 are MicroPython's own
_OFTEN = 4


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
        self.symbols = {}
        self.aliases = {}


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
            _collect_symbols(module)
        for module in self.modules.values():
            module.aliases = self.aliases_of(module.tree.body, module)
        self.keywords, self.texts = set(), set()
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.keyword) and node.arg:
                    self.keywords.add(node.arg)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    self.texts.add(node.value)
        self.private = _Private(self)
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
                short = _free(self._taken, string.ascii_uppercase)
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
                if _is_docstring(node) or isinstance(node, (ast.Import, ast.ImportFrom)):
                    continue
                rewriter = _Rewriter(self, self.modules[name], unit)
                statement = rewriter.top(node)
                if statement:
                    body.append((statement, rewriter.foreign))
        body = _needed(body, self.exports[unit])
        for _, needs in body:
            foreign |= needs
        used = {n.id for node, _ in body for n in ast.walk(node) if isinstance(n, ast.Name)}
        head = [text for bound, text in sorted(imports.items()) if bound in used]
        for other in sorted({other for other, _ in foreign}):
            names = sorted(name for where, name in foreign if where == other)
            self.exports[other] |= set(names)
            head.append("from %s import %s" % (other, ", ".join(names)))
        head[:0] = _ranking([node for node, _ in body])
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


class _Private:
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
                    outside |= {n.id for n in ast.walk(item) if _is_store(n)}
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
                    self._short[group, name] = _free(taken, string.ascii_lowercase, "_")
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


class _Scope:
    """The names that a function, class or comprehension binds itself."""

    def __init__(self, names, renamed=None, aliases=None, is_class=False):
        self.names = names
        self.renamed = renamed or {}
        self.aliases = aliases or {}
        self.is_class = is_class


class _Rewriter(ast.NodeTransformer):
    """Rewrites one top-level statement into its unit."""

    def __init__(self, program, module, unit):
        self.program, self.module, self.unit = program, module, unit
        self.scopes = []
        self.owner = self.me = None  # the class, and the first parameter of its method
        self.foreign = set()  # (unit, name) pairs that the unit must import
        self.lazy = set()  # those that a function imports itself

    def top(self, node):
        """The statement in its unit, or None for a constant that became literals."""
        if isinstance(node, ast.Assign):
            values = {n.id: self.module.symbols[n.id] for n in node.targets if _is_store(n)}
            exported = self.program.exports[self.unit]
            for name, value in values.items():
                if isinstance(value, (int, float)):
                    named = ast.Assign([ast.Name(name, ast.Store())], _literal(value))
                    return named if name in exported else None
            if isinstance(node.targets[0], ast.Tuple) and _constants(node, self.module):
                return None
        return self.visit(node)

    def _lookup(self, name):
        for scope in reversed(self.scopes):
            if scope.is_class and scope is not self.scopes[-1]:
                continue
            if name in scope.aliases:
                return scope.aliases[name]
            if name in scope.names:
                return scope.renamed.get(name, name)
        if name in self.module.aliases:
            return self.module.aliases[name]
        return (self.module.name, name) if name in self.module.symbols else name

    def _symbol(self, found, context):
        name, symbol = found
        if symbol is None:
            raise LinkError("%s: module %s used as a value" % (self.module.name, name))
        value = self.program.modules[name].symbols[symbol]
        if isinstance(value, (int, float)):
            return _literal(value)
        short = self.program.name_of(name, symbol)
        other = self.program.unit_of[name]
        if other != self.unit and (other, short) not in self.lazy:
            self.foreign.add((other, short))
        return ast.Name(short, context)

    def visit_Name(self, node):
        found = self._lookup(node.id)
        if isinstance(found, str):
            return ast.Name(found, node.ctx)
        return self._symbol(found, node.ctx)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            found = self._lookup(node.value.id)
            if isinstance(found, tuple) and found[1] is None:
                return self._symbol(self.program.definition(found[0], node.attr), node.ctx)
            if self.me and node.value.id == self.me:
                node.attr = self.program.private.short(self.owner, node.attr)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        if not self.scopes:
            node.name = self.program.name_of(self.module.name, node.name)
        elif self.scopes[-1].is_class:
            node.name = self.program.private.short(self.owner, node.name)
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.returns = None
        is_method = self.scopes and self.scopes[-1].is_class
        before = self.me
        if is_method and node.args.args:
            self.me = node.args.args[0].arg
        self._function(node)
        body = [statement for statement in node.body if not _is_docstring(statement)]
        node.body = self._statements(body)
        self.scopes.pop()
        self.me = before
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._function(node)
        node.body = self.visit(node.body)
        self.scopes.pop()
        return node

    def _function(self, node):
        """Rewrite the parameters and enter the scope."""
        arguments = node.args
        arguments.defaults = [self.visit(item) for item in arguments.defaults]
        arguments.kw_defaults = [item and self.visit(item) for item in arguments.kw_defaults]
        names, imports = _bound_in(node)
        taken = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | set(names)
        taken |= {name for scope in self.scopes for name in scope.renamed.values()}
        taken |= {"as", "if", "in", "is", "or", "id"}
        renamed = {}
        for argument in arguments.args + arguments.kwonlyargs:
            argument.annotation = None
            if argument.arg not in self.program.keywords and argument.arg != self.me:
                renamed[argument.arg] = _free(taken, string.ascii_lowercase)
                taken.add(renamed[argument.arg])
                argument.arg = renamed[argument.arg]
        aliases = self.program.aliases_of(imports, self.module)
        self.scopes.append(_Scope(names, renamed, aliases))

    def visit_ClassDef(self, node):
        node.bases = [self.visit(base) for base in node.bases]
        names = {n.id for item in node.body for n in ast.walk(item) if _is_store(n)}
        self.owner = (self.module.name, node.name)
        node.name = self.program.name_of(*self.owner)
        self.scopes.append(_Scope(names, is_class=True))
        node.body = self._statements([item for item in node.body if not _is_docstring(item)])
        self.scopes.pop()
        self.owner = None
        return node

    def _comprehension(self, node):
        names = {n.id for each in node.generators for n in ast.walk(each.target) if _is_store(n)}
        # The first iterable belongs to the scope outside, and is rewritten once.
        first = self.visit(node.generators[0].iter)
        node.generators[0].iter = ast.Constant(None)
        self.scopes.append(_Scope(names))
        self.generic_visit(node)
        self.scopes.pop()
        node.generators[0].iter = first
        return node

    visit_ListComp = visit_DictComp = visit_SetComp = visit_GeneratorExp = _comprehension

    def _statements(self, statements):
        kept = []
        for statement in statements:
            result = self.visit(statement)
            kept.extend(result if isinstance(result, list) else [result] if result else [])
        return kept or [ast.Pass()]

    def visit_ImportFrom(self, node):
        # In a function: what is in this unit needs no import, of another unit it is needed
        # only then, and anything else stays.
        if node.module not in self.program.modules and not any(
            "%s.%s" % (node.module, alias.name) in self.program.modules for alias in node.names
        ):
            return node
        kept = []
        aliases = self.program.aliases_of([node], self.module)
        for alias in node.names:
            target, symbol = aliases[alias.asname or alias.name]
            other = self.program.unit_of[target]
            if other != self.unit and symbol:
                name = self.program.name_of(target, symbol)
                kept.append(ast.ImportFrom(other, [ast.alias(name)], 0))
                self.lazy.add((other, name))
        return kept

    def visit_AnnAssign(self, node):
        if node.value is None:
            return None
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Global(self, node):
        raise LinkError("%s: global or nonlocal" % self.module.name)

    visit_Nonlocal = visit_Global


def _collect_symbols(module):
    for node in module.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            module.symbols[node.name] = "def"
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            for inner in ast.walk(node):
                if _is_store(inner) and not _is_in_comprehension(inner, node):
                    module.symbols[inner.id] = "def"
    stored = Counter(node.id for node in ast.walk(module.tree) if _is_store(node))
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            for name, value in _constants(node, module):
                if stored[name] == 1:
                    module.symbols[name] = value


def _constants(node, module):
    """(name, number) pairs of an assignment that defines constants."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and ast.unparse(value) == "range(%d)" % len(target.elts):
        return [(item.id, at) for at, item in enumerate(target.elts)]
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "const":
        value = value.args[0]
    number = _number(value, module)
    if isinstance(target, ast.Name) and number is not None:
        return [(target.id, number)]
    return []


def _number(node, module):
    """The value of a constant expression, or None."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    known = {name: module.symbols.get(name) for name in names}
    if not all(isinstance(value, (int, float)) for value in known.values()):
        return None
    plain = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Name, ast.operator, ast.unaryop, ast.Load)
    if not all(isinstance(n, plain) for n in ast.walk(node)):
        return None
    value = eval(compile(ast.Expression(node), "constant", "eval"), known)
    return value if type(value) in (int, float) else None


def _bound_in(function):
    """Names that a function binds, and the import statements in it."""
    arguments = function.args
    names = {item.arg for item in arguments.args + arguments.kwonlyargs}
    names |= {item.arg for item in (arguments.vararg, arguments.kwarg) if item}
    imports = []

    def walk(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names.add(child.name)
            elif isinstance(child, (ast.Import, ast.ImportFrom)):
                imports.append(child)
                names.update(alias.asname or alias.name.split(".")[0] for alias in child.names)
            elif not isinstance(child, (ast.Lambda, *_COMPREHENSIONS)):
                if _is_store(child):
                    names.add(child.id)
                if isinstance(child, ast.ExceptHandler) and child.name:
                    names.add(child.name)
                walk(child)

    for statement in function.body if isinstance(function.body, list) else [function.body]:
        walk(ast.Module([statement], []))
    return names, imports


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _is_store(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))


def _is_in_comprehension(name, statement):
    return any(
        name in ast.walk(each.target)
        for node in ast.walk(statement)
        if isinstance(node, _COMPREHENSIONS)
        for each in node.generators
    )


def _literal(value):
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _is_docstring(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _free(taken, firsts, prefix=""):
    """The shortest name that begins with one of `firsts` and is not taken."""
    for rest in ("", *string.ascii_letters, *string.digits):
        for first in firsts:
            if prefix + first + rest not in taken:
                return prefix + first + rest
    raise LinkError("out of names")


def _needed(body, exports):
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


def _ranking(body):
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
        return {n.id for target in node.targets for n in ast.walk(target) if _is_store(n)}
    return set()
