"""JK-B1A8S20P: the reference board with the 1 A balancer."""

from boards.jk8s.board import *  # noqa: F403

MODEL = "JK_B1A8S20P"
BALANCE_MAX_MA = 1000
