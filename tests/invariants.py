"""placeholder"""
class Invariants:
    def __call__(self, sim): pass
