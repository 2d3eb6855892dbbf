"""Takes a project that people edit; keeps its outputs right as long as it runs."""
