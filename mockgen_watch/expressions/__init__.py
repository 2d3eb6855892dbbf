"""Expressions: CEL text as a tree, checked against types and evaluated with exact numbers."""
