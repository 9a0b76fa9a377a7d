"""What one night publishes, as one unit: identity, build, verification, switch and reading."""
