"""BEFORE's middleware layers, one file each."""
