"""A command line that refuses in one line."""

import argparse


class Parser(argparse.ArgumentParser):
    """argparse without the usage before each refusal: `--help` has that."""

    def error(self, message):
        self.exit(2, "%s: %s\n" % (self.prog, message))
