"""The run folder: read and write its files; nothing is computed here."""
