"""What the backend does, independent of HTTP and of how the statements are written."""
