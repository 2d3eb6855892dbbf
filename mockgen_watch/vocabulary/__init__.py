"""Holds the pools that ship with the package, one JSON file a vocabulary; no code."""
