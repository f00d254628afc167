"""The ruler: it plans, brings targets up, drives load, records, computes and judges; it knows no app."""
