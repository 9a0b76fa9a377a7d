"""How a night is put together, opened, recorded and ended."""
