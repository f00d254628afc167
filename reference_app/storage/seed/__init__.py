"""The data set: generated from a seed with numpy, loaded with binary COPY, identified by a fingerprint."""
