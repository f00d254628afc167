"""What holds the backend up when others fail: breakers, pools, limits, and alerts about all of it."""
