"""The command line and the composition root: the only package that knows every layer.

Modules here are imported when their command runs, so that `--help` and `--version` stay quick.
"""
