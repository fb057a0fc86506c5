"""The linker keeps what a program means, on programs of a few lines."""

import builtins

import pytest

from tests.link import LinkError, Program

# Programs: `## name` begins a module; what the name `answer` must come to stands above each.
CASES = {
    "a constant of another module: 9": """
        ## a
        K = 1 << 3
        ## b
        from a import K
        answer = K + 1
        """,
    "names that two modules share: 11": """
        ## a
        def f():
            return 1
        ## b
        from a import f as g
        def f():
            return 10 + g()
        answer = f()
        """,
    "a local that hides a global: 7": """
        ## a
        n = [5]
        def f(n):
            return n + 1
        answer = f(1) + n[0]
        """,
    "a class hides nothing from its methods: 3": """
        ## a
        v = [3]
        class C:
            v = [9]
            def f(self):
                return v[0]
        answer = C().f()
        """,
    "private names of relatives differ: 12": """
        ## a
        class A:
            def __init__(self):
                self._x = 1
        ## b
        from a import A
        class B(A):
            def __init__(self):
                super().__init__()
                self._y = 2
            def f(self):
                return self._x * 10 + self._y
        answer = B().f()
        """,
    "a private name that others use stays: 4": """
        ## a
        class A:
            def __init__(self):
                self._x = 4
        ## b
        from a import A
        answer = A()._x
        """,
    "a private constant of a class: 6": """
        ## a
        class A:
            _STEP = 3
            def f(self):
                return self._STEP * 2
        answer = A().f()
        """,
    "a private name in a text: 8": """
        ## a
        class A:
            def __init__(self):
                self._x = 8
        answer = getattr(A(), "_x")
        """,
    "keywords: 8": """
        ## a
        def f(first, second):
            return first - second
        answer = f(second=1, first=9)
        """,
    "closures and comprehensions: 9": """
        ## a
        def f(k):
            def g(n):
                return [n * k for n in range(n)]
            return g
        answer = sum(f(3)(3))
        """,
    "a comprehension in a closure, over its own parameter: 6": """
        ## a
        def f(a, k):
            def g(n):
                return [i + k for i in range(n)]
            a.append(sum(g(3)))
            return a[0]
        answer = f([], 1)
        """,
    "a number that is stored twice: 3": """
        ## a
        n = 1
        n += 2
        def f():
            return n
        answer = f()
        """,
    "a lambda: 5": """
        ## a
        pick = lambda row, at: row[at]
        answer = pick((4, 5), 1)
        """,
    "an import in a function: 6": """
        ## a
        def g():
            return 6
        ## b
        def f():
            from a import g
            return g()
        answer = f()
        """,
    "a module by its alias: 6": """
        ## p
        ## p.a
        SIDE = 2
        def double(n):
            return n * SIDE
        ## b
        from p import a as m
        answer = m.double(m.SIDE + 1)
        """,
    "constants from a range: 2": """
        ## a
        A, B, C = range(3)
        ## b
        from a import C
        answer = C
        """,
    "constants in a row: 14": """
        ## a
        A, B = 4, 2.5
        ## b
        from a import A, B
        answer = A + 4 * B
        """,
    "a row that is no row of constants: 58": """
        ## a
        def two():
            return 7, 8
        A, B = two()
        C, D = (A, B), 5
        B, D = D, B
        answer = C[0] - A + B * 10 + D
        """,
    "a row with a second name: 3": """
        ## a
        A, B = C = 1, 2
        answer = C[0] + C[1]
        """,
    "a row that calls what reads it: 5": """
        ## a
        A = [2]
        def f():
            return A[0] + 3
        A, B = [1], f()
        answer = B
        """,
    "a row that sets what it reads: 3": """
        ## a
        x = [3]
        x[0], B = 7, x[0]
        answer = B
        """,
    "a row with a star: 5": """
        ## a
        A, *B = 1, 5
        answer = B[0]
        """,
    "a row of nothing: 1": """
        ## a
        () = ()
        answer = 1
        """,
    "a negative constant in an expression: 9": """
        ## a
        N = -3
        answer = N ** 2
        """,
}
REFUSED = {
    "star import": """
        ## a
        n = 1
        ## b
        from a import *
        """,
    "used as a value": """
        ## p
        ## p.a
        n = 1
        ## b
        from p import a
        answer = [a]
        """,
    "global": """
        ## a
        n = 1
        def answer():
            global n
            n = 2
        """,
    "nonlocal": """
        ## a
        def answer(n):
            def f():
                nonlocal n
                n = 2
            return f
        """,
    "defines no nothing": """
        ## a
        n = 1
        ## b
        from a import nothing
        answer = nothing
        """,
}


# MicroPython keeps every float constant apart, as text.
FLOATS = {
    "1.0 / 3.0": "0.333333333",
    "0.7 / 0.1": "7",
    "-2.0": "-2",
    "0.5": "0.5",
    "16777215.0": "16777215",
    "16777216.0": "16777216.0",
}


def units_of(folder, text, units=None):
    """Unit → its source."""
    paths = {}
    for part in text.replace("\n        ", "\n").split("## ")[1:]:
        name, _, source = part.partition("\n")
        paths[name] = folder / (name + ".py")
        paths[name].write_text(source)
    units = units or {"one": list(paths)}
    return dict(Program(paths, units, {unit: ("answer",) for unit in units}).link())


@pytest.mark.parametrize("case", CASES)
def test_the_meaning_stays(tmp_path, case):
    space = {}
    exec(units_of(tmp_path, CASES[case])["one"], space)
    assert space["answer"] == int(case.split(": ")[1])


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_not_understood_is_refused(tmp_path, reason):
    with pytest.raises(LinkError, match=reason):
        units_of(tmp_path, REFUSED[reason])


@pytest.mark.parametrize("value", FLOATS)
def test_a_float_has_no_more_digits_than_single_precision(tmp_path, value):
    text = """
        ## a
        K = %s
        def answer(x):
            return x * %s
        """
    made = "def answer(a):\n    return a * %s\n" % FLOATS[value]
    assert units_of(tmp_path, text % (value, "K"))["one"] == made
    assert units_of(tmp_path, text % (value, float(FLOATS[value])))["one"] == made


@pytest.mark.parametrize("row", ("K, N = 1, 0.0", "N, K = (-(-0.0), 1)", "N, K = range(2)"))
def test_constants_in_a_row_become_literals(tmp_path, row):
    text = """
        ## a
        %s
        def answer(x):
            return x * K + N
        """
    made = "def answer(a):\n    return a * 1 + 0\n"
    assert units_of(tmp_path, text % row)["one"] == made


def test_what_nobody_needs_is_left_out(tmp_path):
    text = '''
        ## a
        """Doc."""
        SPARE = 5
        def spare():
            return SPARE
        def answer(number):
            """Doc."""
            return number
        '''
    assert units_of(tmp_path, text)["one"] == "def answer(a):\n    return a\n"


def test_a_later_unit_takes_from_an_earlier_one(tmp_path, monkeypatch):
    text = """
        ## a
        def f(n):
            return n + 1
        answer = 0
        ## b
        from a import f
        answer = f(1)
        """
    made = units_of(tmp_path, text, {"first": ["a"], "second": ["b"]})
    first = {}
    exec(made["first"], first)
    plain = builtins.__import__
    monkeypatch.setattr(
        builtins,
        "__import__",
        lambda name, *rest: type("first", (), first) if name == "first" else plain(name, *rest),
    )
    second = {}
    exec(made["second"], second)
    assert second["answer"] == 2
