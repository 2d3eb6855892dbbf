"""Old text to new text: specs of the earlier system, and of older format versions."""
