"""Rewriter: one top-level statement, with the names that it has in its unit."""

import ast
import string

from tests.link.syntax import (
    COMPREHENSIONS,
    LinkError,
    free_name,
    is_docstring,
    is_store,
    literal,
)


class _Scope:
    """The names that a function, class or comprehension binds itself."""

    def __init__(self, names, renamed=None, aliases=None, is_class=False):
        self.names = names
        self.renamed = renamed or {}
        self.aliases = aliases or {}
        self.is_class = is_class


class Rewriter(ast.NodeTransformer):
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
            values = {n.id: self.module.symbols[n.id] for n in node.targets if is_store(n)}
            exported = self.program.exports[self.unit]
            for name, value in values.items():
                if isinstance(value, (int, float)):
                    named = ast.Assign([ast.Name(name, ast.Store())], literal(value))
                    return named if name in exported else None
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
            return literal(value)
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

    def visit_Constant(self, node):
        return literal(node.value) if isinstance(node.value, float) else node

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
        body = [statement for statement in node.body if not is_docstring(statement)]
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
                renamed[argument.arg] = free_name(taken, string.ascii_lowercase)
                taken.add(renamed[argument.arg])
                argument.arg = renamed[argument.arg]
        aliases = self.program.aliases_of(imports, self.module)
        self.scopes.append(_Scope(names, renamed, aliases))

    def visit_ClassDef(self, node):
        node.bases = [self.visit(base) for base in node.bases]
        names = {n.id for item in node.body for n in ast.walk(item) if is_store(n)}
        self.owner = (self.module.name, node.name)
        node.name = self.program.name_of(*self.owner)
        self.scopes.append(_Scope(names, is_class=True))
        node.body = self._statements([item for item in node.body if not is_docstring(item)])
        self.scopes.pop()
        self.owner = None
        return node

    def _comprehension(self, node):
        names = {n.id for each in node.generators for n in ast.walk(each.target) if is_store(n)}
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
            elif not isinstance(child, (ast.Lambda, *COMPREHENSIONS)):
                if is_store(child):
                    names.add(child.id)
                if isinstance(child, ast.ExceptHandler) and child.name:
                    names.add(child.name)
                walk(child)

    for statement in function.body if isinstance(function.body, list) else [function.body]:
        walk(ast.Module([statement], []))
    return names, imports
