"""Failures that a person can do something about."""


class StartError(Exception):
    """The command cannot do its work: one sentence, shown without a traceback; exit code 2."""
