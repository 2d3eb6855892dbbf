"""Faults: records that break exactly one rule of their model, or as many as asked for."""
