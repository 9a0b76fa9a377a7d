"""Zhibiao: the nightly indicator pipeline of a district market-regulation bureau."""

import os

# No package of ours plugs into pydantic, which looks through all that are installed at each start:
# a tenth of what a reader takes.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

__version__ = "0.1.0"
