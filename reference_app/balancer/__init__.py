"""The process in front of several instances of the backend: HTTP/1.1 in, HTTP/1.1 out."""
