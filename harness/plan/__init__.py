"""Experiment file -> Plan: which variants, which load, how many rounds and slices, in which seeded order."""
