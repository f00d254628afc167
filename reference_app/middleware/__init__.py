"""Middleware layers: what stands between the socket and a handler, outermost first in `Components.layers`."""
