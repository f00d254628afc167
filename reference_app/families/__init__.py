"""The catalogues: a file for each family, a line for each service."""
