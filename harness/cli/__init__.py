"""The command line: one command, one file; COMMANDS in main.py says what exists."""
