"""What crosses our border: contracts, connectors and landing."""
