"""Stand-ins for time and cables, shared by every test."""
