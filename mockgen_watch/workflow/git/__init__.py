"""Takes what Git holds of specs and outputs; tells what is wrong there, and makes it right."""
