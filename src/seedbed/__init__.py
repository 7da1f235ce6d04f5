"""seedbed: how neural networks learn, over thousands of seeds at once."""
