"""The Textual app: screens and widgets. It draws what the runner's events say."""
