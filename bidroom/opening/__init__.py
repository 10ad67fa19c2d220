"""The opening: its table of phases and commands, its guards, and what each audience sees."""
