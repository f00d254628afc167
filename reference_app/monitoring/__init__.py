"""What the backend tells about itself; the same in every variant and apart from what it measures."""
