"""Takes readable specs of test data; gives deterministic fixtures and keeps them up to date."""

__all__ = ["__version__"]

__version__ = "0.1.0.dev0"
