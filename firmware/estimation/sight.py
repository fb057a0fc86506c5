"""One look's expectation: a table over SOC that the swarm is weighed against."""

from array import array

from firmware.estimation.cell import NODES


class Sight:
    """What the voltage should be at each per cent, and how sure that is."""

    def __init__(self):
        zeros = [0.0] * NODES
        self.volt = array("f", zeros)
        self.inverse = array("f", zeros)
        self.log_square = array("f", zeros)
        self.volt_v = 0.0
        self.bend = 0.0
        self.weight = 0.0
        self.anchor = 0
        self.anchor_z = 0.0
        self.anchor_inverse = 0.0
