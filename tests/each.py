"""Table tests on both Pythons: `@each(ROWS)` runs the test once for every row."""

try:
    import pytest
except ImportError:
    pytest = None


class Each:
    """A test function and its rows, for the runner on MicroPython."""

    def __init__(self, function, rows):
        self.function = function
        self.rows = rows

    def __call__(self):
        for row in self.rows:
            try:
                self.function(row)
            except Exception:
                print("row:", row)
                raise


def each(rows):
    """Decorator; the test takes one argument, the row."""
    rows = list(rows)
    if pytest:
        return pytest.mark.parametrize("row", rows)
    return lambda function: Each(function, rows)
