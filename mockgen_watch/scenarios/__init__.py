"""Scenarios: records that keep or break the rules of their model, and what they show and cover."""
